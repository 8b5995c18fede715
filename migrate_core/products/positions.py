"""EXT_POS_LIST, the outline in a product's metadata, as positions of latitude and longitude.

Some products carry a height after each position (0, with two dimensions meant), and some after all
but one: S2A_MSIL2A_20150826T185436_N0212_R070_T11SLT_20210412T023147 has six positions with a
height and one without. The list doesn't say so; its numbers do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

# How far positions of one tile, which is 109.8 km wide, may be apart in degrees of latitude.
_NEAR_DEGREES = 1.5
_FEWEST = 4  # a triangle, closed

Position = tuple[float, float]
Positions = tuple[Position, ...]


def readings(text: str) -> Iterator[Positions]:
    """The ways to read a list, the likeliest first; none where it isn't one of numbers.

    As (latitude, longitude). Those that close (end where they begin), as the format wants it, come
    before the others: pairs, then triples, then pairs among triples. All are to be tried, since
    which numbers are plausible as an outline depends on where the scene is.
    """
    try:
        coordinates = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        return
    ways = (_regular(coordinates, 2), _regular(coordinates, 3), _mixed(coordinates))
    found = [way for way in ways if len(way) >= _FEWEST - 1]
    distinct = list(dict.fromkeys(found))
    yield from sorted(distinct, key=lambda way: not (_is_closed(way) and len(way) >= _FEWEST))


def _regular(coordinates: Sequence[float], step: int) -> Positions:
    """Positions of `step` numbers each; none where the list doesn't divide into them."""
    if len(coordinates) % step:
        return ()
    return tuple(zip(coordinates[::step], coordinates[1::step], strict=True))


def _is_closed(positions: Positions) -> bool:
    return positions[0] == positions[-1]


def _mixed(coordinates: Sequence[float]) -> Positions:
    """Positions near the first one, each with a height after it or without.

    A number that doesn't begin a position near the first is a height. None where the list can't be
    read so.
    """
    found: list[Position] = []
    index = 0
    while index + 1 < len(coordinates):
        found.append((coordinates[index], coordinates[index + 1]))
        for step in (2, 3):
            if index + step == len(coordinates) or _near(coordinates, index + step, found[0]):
                index += step
                break
        else:
            return ()
    return tuple(found) if index == len(coordinates) else ()


def _near(coordinates: Sequence[float], index: int, first: Position) -> bool:
    """Whether a position near the first of an outline begins at `index`."""
    if index + 1 >= len(coordinates):
        return False
    latitude, longitude = coordinates[index], coordinates[index + 1]
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return False
    across = abs((longitude - first[1] + 180) % 360 - 180)
    shrunk = max(math.cos(math.radians(latitude)), 1e-3)
    return abs(latitude - first[0]) < _NEAR_DEGREES and across * shrunk < _NEAR_DEGREES
