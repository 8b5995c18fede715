"""How exactly PROJ brings coordinates from one CRS to another, and what it lacks to do better.

Where a datum needs a grid of shifts that isn't installed, PROJ takes the next best way without a
word; where it knows no way between two datums, it takes them for the same ("ballpark"), which may
be wrong by hundreds of metres. https://proj.org/en/stable/operations/operations_computation.html
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

from pyproj.exceptions import ProjError
from pyproj.transformer import AreaOfInterest, TransformerGroup
from shapely.geometry.base import BaseGeometry

from ..grid import Bounds, transformer
from ..model import LONLAT

_BALLPARK = "Ballpark"
# Half a 10 m pixel: a mask that may lie further off than this is not where its objects are.
_DOUBTFUL_M = 5.0


@dataclass(frozen=True)
class Transformation:
    """The way that coordinates take between two CRS at one place, in PROJ's words.

    `accuracy_m` is what PROJ says of it, None where it can't say. `ballpark` is whether the datums
    were taken for the same. `missing_grids` are files of a more exact way that aren't installed,
    which would be right to `better_m` metres.
    """

    source: str
    target: str
    operation: str
    accuracy_m: float | None
    ballpark: bool
    missing_grids: tuple[str, ...] = ()
    better_m: float | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences that say why the mask may not lie where it should."""
        if self.ballpark:
            what = (
                f"PROJ knows no exact way from the mask's CRS ({_short(self.source)}) to "
                f"{self.target}, only a ballpark one: the label may be off by a hundred metres"
            )
        elif self.accuracy_m is not None and self.accuracy_m > _DOUBTFUL_M:
            what = (
                f"The way from the mask's CRS ({_short(self.source)}) to {self.target} is right "
                f"only to {self.accuracy_m:g} m"
            )
        else:
            return ()
        return (f"{what}{self._remedy}.",)

    @property
    def note(self) -> str | None:
        """What to say of the accuracy of a mask's position; None where nothing matters."""
        if self.warnings:
            return self.warnings[0]
        if not self.missing_grids or self.accuracy_m is None:
            return None
        return f"Placed to {self.accuracy_m:g} m{self._remedy}."

    @property
    def _remedy(self) -> str:
        if not self.missing_grids:
            return ""
        names = ", ".join(self.missing_grids)
        better = f" for {self.better_m:g} m" if self.better_m is not None else ""
        return f"; install {names}{better} (`pyproj sync --file {self.missing_grids[0]}`)"


def transformation(source: str, target: str, area: BaseGeometry) -> Transformation:
    """How coordinates get from `source` to `target` within `area`, a geometry in lon/lat."""
    point = area.representative_point()
    west, south, east, north = point.buffer(0.01).bounds
    return _transformation(source, target, (west, south, east, north))


@lru_cache(maxsize=1024)
def _transformation(source: str, target: str, bounds: Bounds) -> Transformation:
    if source == target:
        return Transformation(source, target, "none", 0.0, ballpark=False)
    west, south, east, north = bounds
    way = transformer(source, target)
    x, y = transformer(LONLAT, source).transform((west + east) / 2, (south + north) / 2)
    way.transform(x, y)
    # Of several ways, PROJ decides by the place which to go, and tells only afterwards.
    used = way.get_last_used_operation()
    accuracy = used.accuracy if used.accuracy is not None and used.accuracy >= 0 else None
    grids, better = _missing(source, target, bounds, accuracy)
    return Transformation(
        source, target, used.description, accuracy, _BALLPARK in used.description, grids, better
    )


def _missing(
    source: str, target: str, bounds: Bounds, accuracy: float | None
) -> tuple[tuple[str, ...], float | None]:
    """The grids of the most exact way that would be better than `accuracy`, and how exact it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it warns of what is asked for here
        try:
            group = TransformerGroup(
                source, target, always_xy=True, area_of_interest=AreaOfInterest(*bounds)
            )
        except ProjError:
            return (), None
    better = [
        way
        for way in group.unavailable_operations
        if way.accuracy >= 0 and (accuracy is None or way.accuracy < accuracy)
    ]
    if not better:
        return (), None
    best = min(better, key=lambda way: way.accuracy)
    names = sorted(grid.short_name for grid in best.grids if not grid.available)
    return tuple(names), float(best.accuracy)


def _short(crs: str) -> str:
    """A CRS as people name it: WKT would fill the page."""
    if len(crs) <= 40:
        return crs
    return crs.partition('"')[2].partition('"')[0] or crs[:40]
