"""The format `geotiff`: the rasters of a pair as they are, sorted into folders."""

from __future__ import annotations

import shutil
from pathlib import Path

from ...errors import ExportError
from ...pairs.files import FRACTIONS, IMAGE, LABEL, QUALITY
from ...workspace import written_then_renamed

# Raster of a pair -> folder of the dataset.
FOLDERS = {
    IMAGE: "images",
    LABEL: "labels",
    QUALITY: "quality",
    FRACTIONS: "fractions",
}


def write_pair(pair_folder: Path, pair_id: str, destination: Path) -> None:
    """Copy the rasters of one pair into the dataset. Raises ExportError, DiskError."""
    for raster, folder in FOLDERS.items():
        source = pair_folder / raster.file
        if not source.is_file():
            raise ExportError(
                f"{pair_id}: {source} is gone. Run `pairs make`, which makes the pair again."
            )
        target = destination / folder / f"{pair_id}.tif"
        with written_then_renamed(target, apart=destination) as temporary:
            shutil.copyfile(source, temporary)


def remove_pair(pair_id: str, destination: Path) -> None:
    """Take the rasters of a pair out of the dataset."""
    for folder in FOLDERS.values():
        (destination / folder / f"{pair_id}.tif").unlink(missing_ok=True)
