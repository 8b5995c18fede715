"""Writing GeoTIFFs so that a full disk is noticed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rasterio.io import MemoryFile


@contextmanager
def new_geotiff(path: Path, **profile: Any) -> Iterator[Any]:
    """A dataset to be filled, which is written to `path` after the block.

    `profile` is that of `rasterio.open`. It is made in memory: GDAL tells nobody when it can't
    write the end of a file.

    Raises:
        OSError: the file can't be written.
    """
    with MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            yield dataset
        path.write_bytes(memory.getbuffer())
