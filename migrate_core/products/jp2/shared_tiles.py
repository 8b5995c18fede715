"""Whole tiles of JPEG 2000, decoded once for the many windows that lie on them.

Of a tile that few windows touch, each decodes its own area; from about eight on, the whole tile is
quicker. How many there will be, a run of pairs says by `expecting`; otherwise they are counted.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ...grid import Window
from .byte_ranges import Location, locate
from .codestream import ImageSize
from .cut import tiles_under
from .window import read_window, size_of

# From so many windows of a tile on, it is decoded as a whole.
ENOUGH = 8
# The tiles that are kept: those of all bands under about five places.
_KEPT_BYTES = 128 * 2**20
_COUNTED = 1 << 16
# An image that is a single tile is too large to be decoded for windows of it.
_LARGEST_TILE_PIXELS = 1 << 22

# How many windows are to be read on each tile of the 10 m bands near the one that is read now.
_expected: ContextVar[int] = ContextVar("expected_windows", default=1)

TileKey = tuple[Location, int]


@contextmanager
def expecting(windows: int) -> Iterator[None]:
    """For the time of the block, windows are some of `windows` that lie together."""
    token = _expected.set(windows)
    try:
        yield
    finally:
        _expected.reset(token)


def many_expected() -> bool:
    """Whether so many windows lie together here that most are cut from tiles that are kept.

    That takes less than to hand each to a thread.
    """
    return _expected.get() >= ENOUGH


class TileCache:
    """Decoded tiles, the latest used of them, up to so many bytes; threads may share one."""

    def __init__(self, limit_bytes: int = _KEPT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._tiles: OrderedDict[TileKey, NDArray[np.uint16]] = OrderedDict()
        self._touched: Counter[TileKey] = Counter()
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """How many bytes of pixels are kept."""
        return self._bytes

    def find(self, key: TileKey) -> NDArray[np.uint16] | None:
        """A tile that is kept."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def touch(self, key: TileKey) -> int:
        """Count a window on a tile; how many there were."""
        with self._lock:
            if len(self._touched) >= _COUNTED:
                self._touched.clear()
            self._touched[key] += 1
            return self._touched[key]

    def keep(self, key: TileKey, pixels: NDArray[np.uint16]) -> None:
        """Keep a tile; those that were used longest ago go."""
        with self._lock:
            if key in self._tiles or pixels.nbytes > self._limit_bytes:
                return
            self._tiles[key] = pixels
            self._bytes += pixels.nbytes
            while self._bytes > self._limit_bytes:
                self._bytes -= self._tiles.popitem(last=False)[1].nbytes


_cache = TileCache()


def read_shared(location: str, window: Window) -> NDArray[np.uint16]:
    """The pixels of a window inside the image, (height, width) uint16, as `read_window` gives them.

    From tiles that are kept, or become so; else its area is decoded. Raises UnsuitableError.
    """
    found = locate(location)
    size = size_of(found)
    right, bottom = window.column + window.width, window.row + window.height
    numbers = tiles_under(size, window.column, window.row, right, bottom).numbers(size)
    keys = [(found, number) for number in numbers]
    kept = [_cache.find(key) is not None for key in keys]
    counts = [_cache.touch(key) for key in keys]
    large = size.tile_width * size.tile_height > _LARGEST_TILE_PIXELS
    if large or (not all(kept) and max(_expected.get(), *counts) < ENOUGH):
        return read_window(location, window)
    pixels = np.empty((window.height, window.width), dtype=np.uint16)
    for key in keys:
        _copy(_tile(location, key, size), _inside(size, key[1]), pixels, window)
    return pixels


def _tile(location: str, key: TileKey, size: ImageSize) -> NDArray[np.uint16]:
    """A whole tile, kept from now on."""
    found = _cache.find(key)
    if found is None:
        found = read_window(location, _inside(size, key[1]))
        _cache.keep(key, found)
    return found


def _inside(size: ImageSize, number: int) -> Window:
    """What of the image lies on a tile."""
    x0, y0, x1, y1 = size.tile_area(number)
    return Window(x0 - size.x0, y0 - size.y0, x1 - x0, y1 - y0)


def _copy(
    tile: NDArray[np.uint16], there: Window, pixels: NDArray[np.uint16], window: Window
) -> None:
    """Copy what a tile, which lies at `there`, has of a window."""
    left, top = max(there.column, window.column), max(there.row, window.row)
    right = min(there.column + there.width, window.column + window.width)
    bottom = min(there.row + there.height, window.row + window.height)
    pixels[top - window.row : bottom - window.row, left - window.column : right - window.column] = (
        tile[top - there.row : bottom - there.row, left - there.column : right - there.column]
    )
