"""What fetching the pixels of pairs costs, by each way of access: bytes, requests, minutes.

Pure arithmetic on sizes, for a look before the start. Sizes are those of typical products: lossless
JPEG 2000 of land takes 9 to 10 bits a pixel at 10 m, less where it is dark or clouded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..products.product import RESOLUTION_M, band_names
from ..settings import ACCESSES

# Pixels a side of a tile at 10 m, and of a JPEG 2000 code block tile by resolution in metres.
TILE_PIXELS = 10_980
BLOCK_PIXELS: Mapping[int, int] = {10: 1024, 20: 640, 60: 192}
# About 110 MB a band at 10 m.
_BYTES_A_PIXEL = 110e6 / TILE_PIXELS**2
# Measured zips of complete products.
_PRODUCT_BYTES: Mapping[str, float] = {"L1C": 700e6, "L2A": 1100e6}
_METADATA_BYTES = 0.7e6
# Metadata of the product and of the granule, one each.
_METADATA_FILES = 2
# What finding a tile's place in a file costs by range: its header.
_HEADER_BYTES = 32_768
_HEADER_REQUESTS = 2
_WINDOW_ACCESS, _BANDS_ACCESS, _PRODUCT_ACCESS = ACCESSES[1:]


@dataclass(frozen=True)
class Speed:
    """Bytes a second of each connection, how many there are, and seconds each request takes."""

    bytes_a_second: float = 10e6
    connections: int = 4
    request_s: float = 0.5


@dataclass(frozen=True)
class Wanted:
    """A product and the windows in it that pairs need, each as (width, height) in metres.

    `bytes` is the size of its archive where the service says it; `here` that it is in the cache.
    """

    level: str
    windows: tuple[tuple[float, float], ...]
    bytes: int | None = None
    here: bool = False


@dataclass(frozen=True)
class Cost:
    """What a way of access takes."""

    access: str
    bytes: int
    requests: int
    minutes: float


@dataclass(frozen=True)
class CloudCost:
    """What looking at the clouds over a mask takes of the network, for one product."""

    bytes: int
    requests: int


# The blocks under a mask: a header of 16 kB twice, and blocks of some 10 kB.
CLOUD_WINDOW = CloudCost(40_000, 3)
CLOUD_ON_DISK = CloudCost(0, 0)


def clouds_cost(windows: int, of_each: CloudCost, speed: Speed | None = None) -> Cost:
    """The cost of measuring clouds over so many windows, each of one mask in one product."""
    parts = [(float(of_each.bytes), of_each.requests)] * windows
    return _total(_WINDOW_ACCESS, parts, speed or Speed())


def candidates_within(days: int) -> int:
    """About how many scenes a search finds for a mask within so many days before and after.

    Two satellites pass every 5 days, and twice as often where their swaths overlap.
    """
    return math.ceil((2 * days + 1) / 4)


def costs(wanted: Iterable[Wanted], speed: Speed | None = None) -> dict[str, Cost]:
    """The cost of `window`, `bands` and `product` for all that is wanted, by access.

    Bands and products are fetched once for all their pairs, windows for each.
    """
    speed = speed or Speed()
    absent = [item for item in wanted if not item.here]
    parts = {
        _WINDOW_ACCESS: [_window(item, size) for item in absent for size in item.windows],
        _BANDS_ACCESS: [_bands(item) for item in absent],
        _PRODUCT_ACCESS: [_product(item) for item in absent],
    }
    return {access: _total(access, found, speed) for access, found in parts.items()}


def _total(access: str, parts: list[tuple[float, int]], speed: Speed) -> Cost:
    size = sum(part[0] for part in parts)
    requests = sum(part[1] for part in parts)
    # Connections work side by side, but no more of them than there are parts.
    lanes = max(min(speed.connections, len(parts)), 1)
    seconds = (size / speed.bytes_a_second + requests * speed.request_s) / lanes
    return Cost(access, round(size), requests, seconds / 60)


def _files(level: str) -> list[int]:
    """The resolution in metres of each file of pixels that a pair reads; SCL is one of 20 m."""
    found = [RESOLUTION_M[name] for name in band_names(level)]
    return [*found, 20] if level == "L2A" else found


def _window(item: Wanted, size: tuple[float, float]) -> tuple[float, int]:
    received, requests = 0.0, 0
    for resolution in _files(item.level):
        block = BLOCK_PIXELS[resolution]
        across, down = (_blocks(length / resolution, block) for length in size)
        received += across * down * block**2 * _BYTES_A_PIXEL + _HEADER_BYTES
        requests += math.ceil(across) * math.ceil(down) + _HEADER_REQUESTS
    return received, requests


def _blocks(pixels: float, block: int) -> float:
    """How many blocks a window of `pixels` touches on average, wherever it lies; one at least."""
    return 1 + max(pixels - 1, 0) / block


def _bands(item: Wanted) -> tuple[float, int]:
    files = _files(item.level)
    pixels = sum((TILE_PIXELS * 10 / resolution) ** 2 for resolution in files)
    return pixels * _BYTES_A_PIXEL + _METADATA_BYTES, len(files) + _METADATA_FILES


def _product(item: Wanted) -> tuple[float, int]:
    return item.bytes or _PRODUCT_BYTES[item.level], 1
