"""A few requests for many masks: those near each other in space and time share one.

Neither a request a mask (services answer a few a second) nor one for all (masks in Spain and Peru
span the Atlantic, and most of what came back would cover none of them).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ...grid import Bounds

# A tile of Sentinel-2 is 110 km wide, about a degree: masks of one cell share most of their scenes.
CELL_DEGREES = 1.0
# Requests are joined while that asks for at most this many times the area and days of the parts.
_WASTE = 1.5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SearchArea:
    """Where and when scenes are looked for: lon/lat bounds; UTC days, both inclusive."""

    bounds: Bounds
    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.last_day - self.first_day).days + 1

    @property
    def cost(self) -> float:
        """What a request for it asks for: square degrees, with the tiles at its edges, by days."""
        west, south, east, north = self.bounds
        return (east - west + CELL_DEGREES) * (north - south + CELL_DEGREES) * self.days

    def joined(self, other: SearchArea) -> SearchArea:
        """What contains both."""
        mine, theirs = self.bounds, other.bounds
        bounds = (
            min(mine[0], theirs[0]),
            min(mine[1], theirs[1]),
            max(mine[2], theirs[2]),
            max(mine[3], theirs[3]),
        )
        first = min(self.first_day, other.first_day)
        return SearchArea(bounds, first, max(self.last_day, other.last_day))


def grouped(areas: Iterable[SearchArea]) -> list[SearchArea]:
    """Requests that together contain everything that is asked for, few and without much waste.

    The order of the input doesn't matter. First what lies in one cell of a grid is joined where the
    periods touch; then neighbours are, as long as hardly more is asked for than by both alone.
    """
    cells: dict[tuple[int, int], list[SearchArea]] = defaultdict(list)
    for item in areas:
        west, south, east, north = item.bounds
        centre = ((west + east) / 2, (south + north) / 2)
        column, row = (math.floor(value / CELL_DEGREES) for value in centre)
        cells[column, row].append(item)
    parts = [part for key in sorted(cells) for part in _by_time(cells[key])]
    return _neighbours_joined(parts)


def everything(areas: Sequence[SearchArea]) -> SearchArea:
    """One request that contains all; `areas` must not be empty."""
    merged = areas[0]
    for item in areas[1:]:
        merged = merged.joined(item)
    return merged


def _by_time(items: Sequence[SearchArea]) -> list[SearchArea]:
    """The items of one cell, joined where their periods overlap or follow each other."""
    joined: list[SearchArea] = []
    for item in sorted(items, key=lambda i: (i.first_day, i.last_day, i.bounds)):
        if joined and item.first_day <= joined[-1].last_day + _DAY:
            joined[-1] = joined[-1].joined(item)
        else:
            joined.append(item)
    return joined


def _neighbours_joined(parts: Sequence[SearchArea]) -> list[SearchArea]:
    """Parts joined, in one sweep over time and one over space, while little is wasted."""
    by_time = _sweep(sorted(parts, key=lambda p: (p.first_day, p.bounds, p.last_day)))
    return _sweep(sorted(by_time, key=lambda p: (p.bounds, p.first_day, p.last_day)))


def _sweep(parts: Sequence[SearchArea]) -> list[SearchArea]:
    """Each part joined to the first before it with which little is wasted."""
    found: list[SearchArea] = []
    measures = np.empty((len(parts), 7))
    for part in parts:
        number = _first_fitting(measures[: len(found)], part)
        if number == len(found):
            found.append(part)
        else:
            found[number] = found[number].joined(part)
        measures[number] = _measures(found[number])
    return found


def _measures(area: SearchArea) -> tuple[float, ...]:
    days = area.first_day.toordinal(), area.last_day.toordinal()
    return (*area.bounds, *days, area.cost)


def _first_fitting(measures: NDArray[np.float64], part: SearchArea) -> int:
    """The first of some areas to join a part to; the number of areas where there is none.

    `measures` (n, 7) are of each its bounds, its days and its cost.
    """
    west, south, east, north, first, last, cost = _measures(part)
    width = np.maximum(measures[:, 2], east) - np.minimum(measures[:, 0], west)
    height = np.maximum(measures[:, 3], north) - np.minimum(measures[:, 1], south)
    days = np.maximum(measures[:, 5], last) - np.minimum(measures[:, 4], first) + 1
    merged = (width + CELL_DEGREES) * (height + CELL_DEGREES) * days
    fitting = (merged <= _WASTE * np.maximum(measures[:, 6], cost)) | (
        merged <= measures[:, 6] + cost
    )
    return int(np.argmax(fitting)) if fitting.any() else len(measures)
