"""The CRS of GeoTIFFs, made once for all files that state it alike.

To make a CRS of the keys of a GeoTIFF takes GDAL several times as long as all else of opening it,
and the chips of a folder all have the same keys.
"""

from __future__ import annotations

import struct
import threading
from pathlib import Path
from typing import Any, BinaryIO

from affine import Affine
from rasterio.io import DatasetReader

from ...files.regular import is_alone

# By TIFF 6.0, section 2: how a file begins says the order of the bytes of its numbers.
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_VALUE_BYTES = {2: 1, 3: 2, 12: 8}  # ASCII, SHORT, DOUBLE
# OGC GeoTIFF 1.1, section 7.1: the keys with their numbers and texts, and the size of pixels.
_BY_CONTENT = frozenset({34735, 34736, 34737, 33550})
# Points and a matrix, which are others in each file: with many points these are control points.
_BY_COUNT = frozenset({33922, 34264})
_KEYS = 34735
_MOST_BYTES, _MOST_KNOWN = 10_000, 256
_NEAR_ONE = 0.01

_Key = tuple[str, tuple[tuple[int, bytes], ...]]


def is_identity(transform: Affine) -> bool:
    """Whether a transform is none, as that of a raster without georeference."""
    # Affine looks at all numbers one by one, by a way that takes longer than to read them.
    return abs(transform.a - 1) < _NEAR_ONE and bool(transform.is_identity)


class _Known(threading.local):
    """What this thread knows, since a CRS is for one thread at a time."""

    def __init__(self) -> None:
        self.crs: dict[_Key, Any] = {}


_known = _Known()


class QuickReader(DatasetReader):  # type: ignore[misc]
    """A dataset of rasterio that takes its CRS from another one with the same keys, if it can."""

    def read_crs(self) -> Any:
        """The CRS of the dataset, as rasterio asks for it when a file is opened."""
        key = self._crs_key()
        if key is None:
            return super().read_crs()
        found = _known.crs.get(key)
        if found is None:
            found = super().read_crs()
            if found:
                if len(_known.crs) >= _MOST_KNOWN:
                    _known.crs.clear()
                _known.crs[key] = found
        return found

    def _crs_key(self) -> _Key | None:
        """What the CRS follows from; None where more may count than the keys of the file."""
        path = Path(self.name)
        # Without a transform the CRS may be that of control points, which isn't the dataset's.
        if self.driver != "GTiff" or is_identity(self.transform) or not is_alone(path):
            return None
        return _geo_keys(path)


def _geo_keys(path: Path) -> _Key | None:
    """The keys of a TIFF and what decides with them; None for BigTIFF, and where there are none."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, struct.error):
        return None


def _read(file: BinaryIO) -> _Key | None:
    order = _ORDERS.get(file.read(4))
    if order is None:
        return None
    file.seek(*struct.unpack(f"{order}I", file.read(4)))
    (number,) = struct.unpack(f"{order}H", file.read(2))
    entries = list(struct.iter_unpack(f"{order}HHI4s", file.read(12 * number)))
    kept = []
    for tag, kind, count, value in entries:
        if tag in _BY_COUNT:
            kept.append((tag, count.to_bytes(4)))
        elif tag in _BY_CONTENT:
            size = count * _VALUE_BYTES[kind] if kind in _VALUE_BYTES else _MOST_BYTES + 1
            if size > _MOST_BYTES:
                return None
            if size > len(value):
                file.seek(*struct.unpack(f"{order}I", value))
                value = file.read(size)
            kept.append((tag, value[:size]))
    return (order, tuple(kept)) if any(tag == _KEYS for tag, _ in kept) else None
