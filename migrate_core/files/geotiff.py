"""GeoTIFFs that are whole when they are there.

GDAL writes what it holds back when a file is closed, and then tells nobody that the disk was full:
rasterio 1.4 with GDAL 3.10 was seen to end without an error and with half a file. So small rasters
are made in memory and written by Python, and large ones are looked at after they are closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

# GDAL's COG driver repeats the last bytes of each block after it (its documentation calls it the
# trailer).
_COG_TRAILER_BYTES = 4


@contextmanager
def new_geotiff(path: Path, **profile: Any) -> Iterator[Any]:
    """A dataset to be filled, which is written to `path` after the block. Raises OSError.

    `profile` is that of `rasterio.open`; the file is made in memory, so it should not be large.
    """
    with MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            yield dataset
        path.write_bytes(memory.getbuffer())


@contextmanager
def check_complete_after(path: Path) -> Iterator[None]:
    """For a block in which GDAL writes the GeoTIFF `path`. Raises OSError unless it is whole."""
    try:
        yield
    except (RasterioError, CPLE_BaseError) as err:
        raise _incomplete(path) from err
    check_complete(path)


def check_complete(path: Path) -> None:
    """Raise OSError unless every block of a GeoTIFF, overviews included, lies inside the file.

    Blocks are those of TIFF 6.0, section 15, by their offset and size in bytes; a block that
    could not be written has neither.
    """
    try:
        size = path.stat().st_size
        with rasterio.open(path, driver="GTiff") as dataset:
            levels = [None, *range(len(dataset.overviews(1)))]
            cog = dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG"
            end = size - _COG_TRAILER_BYTES if cog else size
            complete = all(_fits(dataset, level, end) for level in levels)
    except RasterioError as err:
        raise _incomplete(path) from err
    if not complete:
        raise _incomplete(path)


def _fits(dataset: Any, level: int | None, end: int) -> bool:
    """Whether all blocks of a level, None for the full resolution, end at byte `end` or before."""
    factor = 1 if level is None else dataset.overviews(1)[level]
    height, width = (-(-side // factor) for side in (dataset.height, dataset.width))
    rows, columns = dataset.block_shapes[0]
    for band in dataset.indexes:
        for row in range(-(-height // rows)):
            for column in range(-(-width // columns)):
                entry = (
                    dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", band, level)
                    for what in ("OFFSET", "SIZE")
                )
                offset, length = (int(text or 0) for text in entry)
                if not length or offset + length > end:
                    return False
    return True


def _incomplete(path: Path) -> OSError:
    """Without a number: GDAL keeps for itself whether it was the disk, a quota or a limit."""
    return OSError(f"GDAL could not write all of {path.name}")
