"""JPEG 2000 files as products hold them, each encoded once however many tests write it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.io import MemoryFile

# Lossless, as products are.
JP2_OPTIONS = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}


def write_jp2_file(path: Path, pixels: NDArray[Any], crs: str, transform: Affine) -> Path:
    """Write pixels (height, width) or (bands, height, width) without loss, at their place."""
    shape = pixels.shape if pixels.ndim == 3 else (1, *pixels.shape)
    content = _encoded(pixels.tobytes(), pixels.dtype.name, shape, crs, tuple(transform)[:6])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path


# Most products of tests are alike, and encoding is most of the work of writing one. At some
# kilobytes a band, all of a run fit.
@lru_cache(maxsize=4096)
def _encoded(
    pixels: bytes, dtype: str, shape: tuple[int, ...], crs: str, transform: tuple[float, ...]
) -> bytes:
    """The file of pixels in C order."""
    profile = {
        **JP2_OPTIONS,
        "dtype": dtype,
        "count": shape[0],
        "height": shape[1],
        "width": shape[2],
        "crs": crs,
        "transform": Affine(*transform),
    }
    with MemoryFile(ext=".jp2") as memory:
        with memory.open(**profile) as dataset:
            dataset.write(np.frombuffer(pixels, dtype).reshape(shape))
        return bytes(memory.read())
