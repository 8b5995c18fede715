"""The configuration of a TerraTorch training, as YAML for its command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import Content
from .loading import scale_of

# Sentinel-2's bands as TerraTorch calls them (HLSBands), by which its models know them.
BAND_NAMES = {
    "B01": "COASTAL_AEROSOL",
    "B02": "BLUE",
    "B03": "GREEN",
    "B04": "RED",
    "B05": "RED_EDGE_1",
    "B06": "RED_EDGE_2",
    "B07": "RED_EDGE_3",
    "B08": "NIR_BROAD",
    "B8A": "NIR_NARROW",
    "B09": "WATER_VAPOR",
    "B10": "CIRRUS",
    "B11": "SWIR_1",
    "B12": "SWIR_2",
}
_RGB = ("B04", "B03", "B02")
_LARGEST_BATCH = 8
# More say the same of mean and deviation, and take time to read.
_CHIPS_MEASURED = 500

_TEMPLATE = """\
# Run in this folder: terratorch fit --config config.yaml
# Learning starts from nothing, so that it runs anywhere: for a pretrained model set `backbone`,
# `backbone_pretrained` and what that model needs (TerraTorch's documentation of models).
seed_everything: 0
trainer:
  accelerator: auto
  devices: 1
  max_epochs: 50
  log_every_n_steps: 1
  default_root_dir: runs{trainer}
data:
  class_path: terratorch.datamodules.GenericNonGeoSegmentationDataModule
  init_args:
    batch_size: {batch_size}
    num_workers: 2
    num_classes: {num_classes}
    train_data_root: images
    train_label_data_root: labels
    train_split: {train}
    val_data_root: images
    val_label_data_root: labels
    val_split: {val}
    test_data_root: images
    test_label_data_root: labels
    test_split: {test}
    img_grep: "*.tif"
    label_grep: "*.tif"
    # Lists hold full names of files.
    ignore_split_file_extensions: false
    allow_substring_split_file: false
    dataset_bands: {bands}
    output_bands: {bands}
    rgb_indices: {rgb}
    # To reflectance, in which means and deviations of the training chips are, too.
    constant_scale: {scale}
    no_data_replace: 0
    no_label_replace: 255
    means: {means}
    stds: {stds}
model:
  class_path: terratorch.tasks.SemanticSegmentationTask
  init_args:
    model_factory: EncoderDecoderFactory
    model_args:
      backbone: timm_resnet18
      backbone_pretrained: false
      backbone_in_chans: {channels}
      decoder: UNetDecoder
      decoder_channels: [256, 128, 64, 32, 16]
      num_classes: {num_classes}
    loss: ce
    # 255 in labels; it takes no part in loss and measures.
    ignore_index: 255
    class_names: {class_names}
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: 0.0001
"""


def config(content: Content, lists: Mapping[str, str]) -> str:
    """The YAML; `lists` are the files with the names of each split. Raises ExportError."""
    train = content.of_split("train")
    means, deviations = _statistics(content)
    return _TEMPLATE.format(
        trainer="" if content.of_split("val") else _WITHOUT_VALIDATION,
        batch_size=min(_LARGEST_BATCH, max(len(train), 1)),
        num_classes=len(content.classes),
        channels=len(content.bands),
        bands=_list([BAND_NAMES.get(band, band) for band in content.bands]),
        rgb=_list(_rgb(content.bands)),
        scale=np.format_float_positional(scale_of(content), trim="0"),
        means=_list(means),
        stds=_list(deviations),
        class_names=_list([one.name for one in content.classes]),
        **lists,
    )


_WITHOUT_VALIDATION = "\n  # No chip is in val.\n  limit_val_batches: 0\n  num_sanity_val_steps: 0"


def _rgb(bands: Sequence[str]) -> list[int]:
    """Where red, green and blue are; the first bands where one of them isn't."""
    if set(_RGB) <= set(bands):
        return [bands.index(band) for band in _RGB]
    return [min(number, len(bands) - 1) for number in range(3)]


def _statistics(content: Content) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each band over pixels with data, in reflectance.

    Of the training chips, or of all where there are none; of some evenly spread where there are
    many.
    """
    samples = content.of_split("train") or content.samples
    step = -(-len(samples) // _CHIPS_MEASURED)
    sums = np.zeros((3, len(content.bands)))
    for sample in samples[::step]:
        sums += _sums(content.pixels(sample).image * scale_of(content))
    count = np.maximum(sums[0], 1)
    mean = sums[1] / count
    deviation = np.sqrt(np.maximum(sums[2] / count - mean**2, 0))
    # A band without any difference is only shifted.
    deviation[deviation < 1e-6] = 1
    return [round(float(one), 6) for one in mean], [round(float(one), 6) for one in deviation]


def _sums(reflectance: NDArray[Any]) -> NDArray[np.float64]:
    """Of each band: pixels with data, their sum, and the sum of their squares."""
    values = reflectance.astype(np.float64).reshape(len(reflectance), -1)
    return np.stack([(values > 0).sum(1), values.sum(1), (values**2).sum(1)])


def _list(values: Sequence[Any]) -> str:
    """A list in YAML, which takes JSON's."""
    return json.dumps(list(values), ensure_ascii=False)
