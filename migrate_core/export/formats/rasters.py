"""The pixels of a sample as GeoTIFFs: what every format that has georeferenced files writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ...escaping import write_csv
from ...files.geotiff import new_geotiff
from ...grid import PixelGrid
from ...model import IGNORE
from ...pairs.files import raster_profile
from ...workspace import written_then_renamed
from ..samples.pixels import LabelPixels, Pixels
from ..samples.sample import Sample
from .base import ClassOfLabel

NO_DATA = 0
IGNORE_NAME = "ignore"
CLASSES_TABLE = "classes.csv"


def write_image(path: Path, pixels: Pixels, apart: Path) -> None:
    """The image, its bands named. Raises DiskError; `apart` is that of `written_then_renamed`."""
    with _written(path, pixels.image, pixels.grid, apart, nodata=NO_DATA) as dataset:
        dataset.descriptions = pixels.bands


def write_label(
    path: Path, pixels: Pixels | LabelPixels, classes: Sequence[ClassOfLabel], apart: Path
) -> None:
    """The hard label with a colour table, and the names of classes as tags of its band.

    TIFF has no place for the names of classes; tags of a band are shown by GDAL and QGIS.
    """
    colours = {one.value: (*one.colour, 255) for one in classes}
    names = {one.value: one.name for one in classes}
    with _written(path, pixels.label[None], pixels.grid, apart, nodata=IGNORE) as dataset:
        dataset.descriptions = ("label",)
        dataset.write_colormap(1, {**colours, IGNORE: (0, 0, 0, 0)})
        named = {f"class_{value}": name for value, name in {**names, IGNORE: IGNORE_NAME}.items()}
        dataset.update_tags(1, **named)


def write_fractions(
    path: Path, pixels: Pixels, classes: Sequence[ClassOfLabel], apart: Path
) -> None:
    """The area shares 0…1, a band each class, called `class <value>`; names are tags."""
    with _written(path, pixels.fractions, pixels.grid, apart, nodata=None) as dataset:
        dataset.descriptions = tuple(f"class {value}" for value in pixels.classes)
        for band, one in enumerate(classes, 1):
            dataset.update_tags(band, name=one.name)


def write_quality(path: Path, pixels: Pixels, apart: Path) -> None:
    """The flags of each pixel."""
    with _written(path, pixels.quality[None], pixels.grid, apart, nodata=None) as dataset:
        dataset.descriptions = ("quality flags",)


def write_classes(folder: Path, classes: Sequence[ClassOfLabel]) -> str:
    """A table of values, names and colours of the classes; gives the name of the file back."""
    rows = [
        {"value": one.value, "name": one.name, "colour": "#{:02x}{:02x}{:02x}".format(*one.colour)}
        for one in classes
    ]
    write_csv(folder / CLASSES_TABLE, ["value", "name", "colour"], rows)
    return CLASSES_TABLE


def write_table(path: Path, samples: Sequence[Sample]) -> str:
    """A table of samples: split, pair, and where in the pair each lies; gives its name back."""
    rows = [
        {
            "sample_id": sample.sample_id,
            "split": sample.split,
            "pair_id": sample.pair_id,
            "row": sample.window.row,
            "column": sample.window.column,
        }
        for sample in samples
    ]
    write_csv(path, list(rows[0]), rows)
    return path.name


@contextmanager
def _written(
    path: Path, pixels: NDArray[Any], grid: PixelGrid, apart: Path, nodata: int | None
) -> Iterator[Any]:
    """An open GeoTIFF of (bands, height, width); what the block gives it comes before the pixels.

    GDAL takes a colour table only until the first pixel is written.
    """
    profile = raster_profile(pixels, grid, nodata)
    with (
        written_then_renamed(path, apart=apart) as temporary,
        new_geotiff(temporary, **profile) as dataset,
    ):
        yield dataset
        dataset.write(pixels)
