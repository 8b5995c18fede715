"""Masks and scenes as outlines and days alone, for searches: none on the border of a scene."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIRST = datetime(2020, 1, 1, 10, 15, tzinfo=UTC)
DAYS_BETWEEN = 5
_TILES = 500


@dataclass(frozen=True)
class Outline:
    """A rectangle in lon/lat (west, south, east, north), a time, and a name."""

    name: str
    bounds: tuple[float, float, float, float]
    time: datetime
    tile: str


def scenes(count: int) -> Iterator[Outline]:
    """Scenes of 500 tiles that don't overlap, each tile every five days."""
    for number in range(count):
        index, turn = number % _TILES, number // _TILES
        time = FIRST + timedelta(days=DAYS_BETWEEN * turn)
        yield Outline(f"S{number:06}", _tile_bounds(index), time, _tile_name(index))


def masks(count: int, scene_count: int) -> Iterator[Outline]:
    """Masks of some 2 km, far inside of tiles, in the time that the scenes are of."""
    chance = random.Random(count)
    tiles = min(_TILES, scene_count)
    days = DAYS_BETWEEN * max(1, scene_count // _TILES)
    for number in range(count):
        index = chance.randrange(tiles)
        west, south, east, north = _tile_bounds(index)
        x = west + (east - west) * chance.uniform(0.2, 0.8)
        y = south + (north - south) * chance.uniform(0.2, 0.8)
        time = FIRST + timedelta(days=chance.randrange(days), hours=1)
        yield Outline(f"M{number:06}", (x, y, x + 0.02, y + 0.02), time, _tile_name(index))


def _tile_bounds(index: int) -> tuple[float, float, float, float]:
    """Three tiles across each UTM zone, of 1.2 by 0.9 degrees, with gaps between them."""
    row, column = divmod(index, 30)
    west, south = -30 + 6 * (column // 3) + 2 * (column % 3) + 0.3, 10 + 1.1 * row
    return west, south, west + 1.2, south + 0.9


def _tile_name(index: int) -> str:
    row, column = divmod(index, 30)
    return f"{26 + column // 3:02}N{chr(65 + column % 3)}{chr(65 + row)}"
