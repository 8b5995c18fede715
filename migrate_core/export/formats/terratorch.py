"""The format `terratorch`: chips, split lists and a configuration that TerraTorch runs.

By its GenericNonGeoSegmentationDataModule (TerraTorch 1.2): images and labels are found by name in
two folders, lists name the files of each split, `no_label_replace` is the value of what labels mask
out, `constant_scale` makes reflectance of what is stored. Paths hold in the folder itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..samples.sample import Sample
from .base import SPLITS, Content, Cut, Format, Part
from .class_ids import check_hard_label, class_ids, counted, write_class_ids
from .loading import write_text
from .rasters import write_image, write_label, write_table
from .terratorch_config import config

TABLE = "samples.csv"
CONFIG = "config.yaml"
IMAGES, LABELS = "images", "labels"


class TerraTorch(Format):
    """GeoTIFF chips and the numbers of their classes, with a configuration of a training."""

    name = "terratorch"
    title = "TerraTorch"
    help = "Chips with split lists and a YAML configuration; labels count classes from 0."
    loads = "cd DEST/terratorch && terratorch fit --config config.yaml"
    cut = Cut.ALWAYS

    def parts(self, content: Content) -> Sequence[Part]:
        """One a chip. Raises WrongUseError where only area shares are asked for."""
        check_hard_label(content, self.title)
        return [_part(sample) for sample in content.samples]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write the image and the label of a chip."""
        (sample,) = part.samples
        pixels = content.pixels(sample)
        label = replace(pixels, label=class_ids(pixels.label, content.classes))
        image_file, label_file = part.files
        write_image(folder / image_file, pixels, folder)
        write_label(folder / label_file, label, counted(content.classes), folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The lists of splits, the configuration, and the tables of samples and classes."""
        lists = {split: _list(folder, split, content.of_split(split)) for split in SPLITS}
        write_text(folder / CONFIG, config(content, lists))
        samples = write_table(folder / TABLE, content.samples)
        return [*lists.values(), CONFIG, samples, write_class_ids(folder, content.classes)]


def _part(sample: Sample) -> Part:
    name = f"{sample.sample_id}.tif"
    return Part(sample.sample_id, (sample,), (f"{IMAGES}/{name}", f"{LABELS}/{name}"))


def _list(folder: Path, split: str, samples: Sequence[Sample]) -> str:
    name = f"splits/{split}.txt"
    lines = (f"{sample.sample_id}.tif\n" for sample in samples)
    write_text(folder / name, "".join(lines), apart=folder)
    return name
