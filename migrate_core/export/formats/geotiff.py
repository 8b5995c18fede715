"""The formats `geotiff` and `chips`: GeoTIFFs of whole pairs, or of chips of one size, in folders.

Names begin with the mask, followed by the day of sensing and eight digits that tell pairs apart, so
that whoever reads files by name has the date. The files of a sample have one name in all folders.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ...errors import ExportError
from ...pairs.files import FRACTIONS, IMAGE, LABEL, QUALITY, PairRaster
from ...workspace import written_then_renamed
from ..request import UINT16, PixelOptions
from ..samples.sample import Sample
from .base import Content, Cut, Format, Part
from .loading import write_loader
from .rasters import (
    write_classes,
    write_fractions,
    write_image,
    write_label,
    write_quality,
    write_table,
)

# Raster of a pair -> folder of the dataset.
FOLDERS = {
    IMAGE: "images",
    LABEL: "labels",
    QUALITY: "quality",
    FRACTIONS: "fractions",
}


CHIPS_TABLE = "chips.csv"


class Geotiff(Format):
    """The rasters of whole pairs; images have all bands of their product unless some are chosen."""

    name = "geotiff"
    title = "GeoTIFF, whole pairs"
    help = "A folder each for images, labels, area shares and quality; opens in QGIS and GDAL."
    loads = "sys.path.insert(0, 'DEST'); from load import Dataset; Dataset('train')[0]"
    cut = Cut.NEVER
    streams = True

    def folder(self, destination: Path) -> Path:
        """The dataset itself."""
        return destination

    def parts(self, content: Content) -> Sequence[Part]:
        """One a pair."""
        return [_part(sample) for sample in content.samples]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write a pair; what goes out as it is is copied."""
        (sample,) = part.samples
        pair = content.reader.workspace.pair(sample.pair_id)
        copied = _copied(content.options)
        for raster in copied:
            _copy(pair / raster.file, sample, _target(folder, raster, sample), folder)
        rest = [raster for raster in FOLDERS if raster not in copied]
        if rest == [LABEL]:
            label = content.reader.read_label(sample)
            write_label(_target(folder, LABEL, sample), label, content.classes, folder)
        else:
            _write_rasters(rest, sample, content, folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The table of classes, and the module that loads the dataset by its manifest."""
        loader = write_loader(folder, content, "manifest.csv", "pair_id")
        return [write_classes(folder, content.classes), *loader]


class Chips(Format):
    """Chips of one size; all chips of a pair are in one split."""

    name = "chips"
    title = "GeoTIFF chips of one size"
    help = "As GeoTIFF, cut into squares of one size, each with its place on the ground."
    loads = "sys.path.insert(0, 'DEST/chips'); from load import Dataset; Dataset('train')[0]"
    cut = Cut.ALWAYS
    streams = True

    def parts(self, content: Content) -> Sequence[Part]:
        """One a chip."""
        return [_part(sample) for sample in content.samples]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """The four files of a chip."""
        (sample,) = part.samples
        _write_rasters(tuple(FOLDERS), sample, content, folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The table of chips (split, pair, and where in the pair each lies), classes and loader."""
        loader = write_loader(folder, content, CHIPS_TABLE, "sample_id")
        table = write_table(folder / CHIPS_TABLE, content.samples)
        return [table, write_classes(folder, content.classes), *loader]


def _part(sample: Sample) -> Part:
    files = tuple(f"{folder}/{sample.sample_id}.tif" for folder in FOLDERS.values())
    return Part(sample.sample_id, (sample,), files)


def _target(folder: Path, raster: PairRaster, sample: Sample) -> Path:
    return folder / FOLDERS[raster] / f"{sample.sample_id}.tif"


def _copied(options: PixelOptions) -> tuple[PairRaster, ...]:
    """The rasters of a whole pair that go out as they are.

    The label is none: it gets its colour table here.
    """
    image_too = not options.bands and options.values == UINT16
    return (QUALITY, FRACTIONS, *((IMAGE,) if image_too else ()))


def _copy(source: Path, sample: Sample, target: Path, folder: Path) -> None:
    if not source.is_file():
        raise ExportError(
            f"{sample.pair_id}: {source} is gone. Run `pairs make`, which makes the pair again."
        )
    with written_then_renamed(target, apart=folder) as temporary:
        shutil.copyfile(source, temporary)


def _write_rasters(
    rasters: Sequence[PairRaster], sample: Sample, content: Content, folder: Path
) -> None:
    pixels = content.pixels(sample)
    for raster in rasters:
        target = _target(folder, raster, sample)
        if raster is IMAGE:
            write_image(target, pixels, folder)
        elif raster is LABEL:
            write_label(target, pixels, content.classes, folder)
        elif raster is FRACTIONS:
            write_fractions(target, pixels, content.classes, folder)
        else:
            write_quality(target, pixels, folder)


def remove_pair(pair_id: str, destination: Path) -> None:
    """Take the rasters of a pair out of the dataset, also of one that an earlier version wrote."""
    for folder in FOLDERS.values():
        (destination / folder / f"{pair_id}.tif").unlink(missing_ok=True)
