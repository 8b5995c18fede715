"""The format `ultralytics`: 8-bit pictures and masks for its semantic segmentation (8.4).

By its documentation of semantic datasets: pictures in `images/<split>`, masks of one channel with
the same names in `masks/<split>`, pixels are the numbers of `names` in `data.yaml`, 255 is ignore.
Without `path` the folders are searched beside `data.yaml`, so the dataset can be moved.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ExportError
from ...workspace import written_then_renamed
from ..samples.sample import Sample
from .base import SPLITS, Content, Cut, Format, Part
from .class_ids import check_hard_label, class_ids, counted, write_class_ids
from .loading import scale_of, write_text
from .rasters import write_table

TABLE = "samples.csv"
SETTINGS = "data.yaml"
TRUE_COLOUR = ("B04", "B03", "B02")
# The reflectance that becomes 255. What is visible has the saturation of the true-colour images in
# L1C products (Sentinel-2 Products Specification Document: 1…255 is reflectance 0…0.3558, 0 is no
# data); vegetation is brighter in the near infrared.
_BRIGHTEST_VISIBLE = 0.3558
_BRIGHTEST_INFRARED = 0.6
_VISIBLE = frozenset(("B01", "B02", "B03", "B04"))


class Ultralytics(Format):
    """Chips as PNG: three bands, stretched to 8 bits, and the numbers of their classes."""

    name = "ultralytics"
    title = "Ultralytics, semantic segmentation"
    help = (
        "8-bit pictures of three bands (true colour, unless others are chosen) and masks, with "
        "data.yaml."
    )
    loads = "YOLO('yolo26n-sem.yaml').train(data='DEST/ultralytics/data.yaml')"
    cut = Cut.ALWAYS

    def parts(self, content: Content) -> Sequence[Part]:
        """One a chip. Raises WrongUseError for a label, ExportError for bands it can't hold."""
        check_hard_label(content, self.title)
        bands_of_picture(content.bands)
        return [_part(sample) for sample in content.samples]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write the picture and the mask of a chip."""
        (sample,) = part.samples
        pixels = content.pixels(sample)
        bands = bands_of_picture(content.bands)
        image = pixels.image[[content.bands.index(band) for band in bands]]
        picture = stretched(image * scale_of(content), bands)
        image_file, mask_file = part.files
        _write_png(folder / image_file, picture.transpose(1, 2, 0), folder)
        _write_png(folder / mask_file, class_ids(pixels.label, content.classes), folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """`data.yaml`, and the tables of samples and classes."""
        write_text(folder / SETTINGS, _settings(content))
        samples = write_table(folder / TABLE, content.samples)
        return [SETTINGS, samples, write_class_ids(folder, content.classes)]


def bands_of_picture(bands: Sequence[str]) -> tuple[str, ...]:
    """The three bands of pictures: those chosen, if three, else true colour. Raises ExportError."""
    if len(bands) == len(TRUE_COLOUR):
        return tuple(bands)
    if set(TRUE_COLOUR) <= set(bands):
        return TRUE_COLOUR
    raise ExportError(
        f"Pictures have three bands, and {', '.join(bands)} are chosen. Choose three, or leave "
        f"{', '.join(TRUE_COLOUR)} among them, or leave the format ultralytics out."
    )


def stretched(reflectance: NDArray[Any], bands: Sequence[str]) -> NDArray[np.uint8]:
    """Reflectance (bands, height, width) in 8 bits: no data (0) is 0, all else 1…255, linear.

    The stretch is the same for all images, so that brightness means the same in all of them.
    """
    brightest = [_BRIGHTEST_VISIBLE if one in _VISIBLE else _BRIGHTEST_INFRARED for one in bands]
    share = np.clip(reflectance / np.array(brightest)[:, None, None], 0, 1)
    found: NDArray[np.uint8] = np.where(reflectance > 0, 1 + np.rint(share * 254), 0).astype(
        np.uint8
    )
    return found


def _part(sample: Sample) -> Part:
    name = f"{sample.split}/{sample.sample_id}"
    # A sample that gets another split is another part, so that its old files go.
    return Part(name, (sample,), (f"images/{name}.png", f"masks/{name}.png"))


def _write_png(path: Path, pixels: NDArray[np.uint8], apart: Path) -> None:
    from PIL import Image

    with written_then_renamed(path, apart=apart) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")


def _settings(content: Content) -> str:
    there = [split for split in SPLITS if content.of_split(split)]
    lines = [
        "# Train: yolo semantic train data=data.yaml model=yolo26n-sem.yaml",
        f"# Pictures: {', '.join(bands_of_picture(content.bands))} in 8 bits, 0 is no data.",
        *_folders(there),
        "masks_dir: masks",
        "# Pixels of masks; 255 is ignore. Values in the labels of pairs: classes.csv.",
        "names:",
        *(f"  {one.value}: {_text(one.name)}" for one in counted(content.classes)),
    ]
    return "\n".join(lines) + "\n"


def _folders(there: Sequence[str]) -> list[str]:
    """Ultralytics wants `train` and `val` in every dataset; one that is small may lack either."""
    lines = [f"{split}: images/{split}" for split in there]
    for split in ("train", "val"):
        if split not in there:
            instead = "train" if "train" in there else there[0]
            lines += [
                f"# No sample is in {split}: this stands in, and measures nothing.",
                f"{split}: images/{instead}",
            ]
    return lines


def _text(value: str) -> str:
    """A text in YAML, which takes JSON's."""
    return json.dumps(value, ensure_ascii=False)
