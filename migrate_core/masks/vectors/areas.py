"""Areas of interest: a vector says nothing of where it was looked, so that has to be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from ...errors import MaskError
from ...grid import FloatArray, reproject_points
from ...model import LONLAT, Acquired, Problem
from ..options import VectorOptions
from .antimeridian import pairs_inside
from .aoi import AoiLayer, read_aoi
from .chips import Chips, chips
from .formats.crs import units_per_metre
from .formats.layer import GeometryArray
from .periods import Periods

MAX_MASKS = 50_000
# Labels that fit in a square of this size become one mask, unless options say otherwise.
ONE_MASK_M = 20_000.0


@dataclass(frozen=True, eq=False)
class Drawn:
    """Polygons (n,) in `crs`, their feature numbers, and their dates when they are dated."""

    geometries: GeometryArray
    numbers: tuple[int, ...]
    crs: str
    periods: Periods | None


@dataclass(frozen=True, eq=False)
class Area:
    """One area of interest, in the CRS of the features.

    `part` tells it apart; `dates` are as in `VectorForm`, `acquired` the date of the mask, None to
    take that of the file, and `undated` why it has none at all.
    """

    part: str
    geometry: shapely.Geometry
    dates: str | None = None
    acquired: Acquired | None = None
    undated: str | None = None


@dataclass(frozen=True)
class Areas:
    """The areas of a file, a sentence on how they were made, and what couldn't be used."""

    areas: tuple[Area, ...]
    note: str
    problems: tuple[Problem, ...] = ()


def areas_of_interest(drawn: Drawn, options: VectorOptions, file: str) -> Areas:
    """The areas that the options ask for. Raises MaskError, also when there are too many."""
    if options.aoi is not None:
        made = _within_aoi(drawn, options, read_aoi(options.aoi, options, drawn.crs), file)
    elif options.chip_size_m is not None:
        made = _as_chips(drawn, chips(drawn.geometries, drawn.crs, _size(options, file)), options)
    elif drawn.periods is not None or options.margin_m is not None or not _close(drawn):
        made = _buffered_features(drawn, options.margin_m or 0.0)
    else:
        joint = shapely.box(*shapely.total_bounds(drawn.geometries))
        made = Areas(
            (Area("1", joint),),
            f"one mask of the extent of {_all(len(drawn.numbers))}; inside it, what is in "
            "no feature is background. --aoi, --chip-size and --margin make other areas.",
        )
    check_count(len(made.areas), file)
    return made


def check_count(count: int, file: str) -> None:
    """Refuse more areas than can be worked with. Raises MaskError."""
    if count > MAX_MASKS:
        raise MaskError(
            f"{file}: it would become {count} masks or more, at most {MAX_MASKS} are made of one "
            "file. Use larger chips (--chip-size), fewer areas (--aoi), or split the file."
        )


def _size(options: VectorOptions, file: str) -> float:
    size = options.chip_size_m or 0.0
    if not 10.0 <= size <= 110_000.0:
        raise MaskError(
            f"{file}: chips of {size:g} m can't be made; needed is a size from 10 m (a pixel of "
            "Sentinel-2) to 110,000 m (a tile). Change --chip-size."
        )
    return size


def _extents(drawn: Drawn, margin_m: float) -> FloatArray:
    """The bounds of each feature (n, 4) with a margin in metres on the ground."""
    bounds: FloatArray = shapely.bounds(drawn.geometries)
    if margin_m == 0:
        return bounds
    east, north = _units(bounds, drawn.crs)
    margin = np.column_stack([-east, -north, east, north]) * margin_m
    wider: FloatArray = bounds + margin
    return wider


def _units(bounds: FloatArray, crs: str) -> tuple[FloatArray, FloatArray]:
    """Units of the CRS a metre, eastward and northward, in the middle of each of the bounds."""
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    return units_per_metre(crs, *reproject_points(crs, LONLAT, x, y))


def _close(drawn: Drawn) -> bool:
    """Whether all features fit in a square of 20 km."""
    bounds = np.array([shapely.total_bounds(drawn.geometries)])
    east, north = _units(bounds, drawn.crs)
    width, height = bounds[0, 2] - bounds[0, 0], bounds[0, 3] - bounds[0, 1]
    return bool(width <= ONE_MASK_M * east[0] and height <= ONE_MASK_M * north[0])


def _buffered_features(drawn: Drawn, margin_m: float) -> Areas:
    boxes = shapely.box(*_extents(drawn, margin_m).T)
    # As many digits for all, so that they are listed in the order of the file.
    digits = len(str(max(drawn.numbers)))
    numbers = (f"{number:0{digits}d}" for number in drawn.numbers)
    found = [Area(number, box) for number, box in zip(numbers, boxes, strict=True)]
    if drawn.periods is not None:
        found = [
            replace(area, dates=text, acquired=acquired, undated=reason)
            for area, text, acquired, reason in zip(
                found,
                drawn.periods.texts,
                drawn.periods.acquired,
                drawn.periods.reasons,
                strict=True,
            )
        ]
    margin = f" with {margin_m:g} m around it" if margin_m else ""
    return Areas(
        tuple(found),
        f"one mask for {_each_feature(len(found))}, of its extent{margin}; inside it, what "
        "is in no feature is background. --margin widens the extents, --aoi and --chip-size make "
        "other areas.",
    )


def _as_chips(drawn: Drawn, found: Chips, options: VectorOptions) -> Areas:
    areas = [Area(name, chip) for name, chip in zip(found.names, found.polygons, strict=True)]
    return Areas(
        tuple(_dated(areas, drawn)),
        f"one mask for each of {len(areas)} chips of {options.chip_size_m:g} m that a feature "
        f"lies in (grid in {found.crs})" + _by_date(drawn) + ".",
    )


def _within_aoi(drawn: Drawn, options: VectorOptions, aoi: AoiLayer, file: str) -> Areas:
    if options.chip_size_m is None:
        areas = [Area(name, area) for name, area in zip(aoi.names, aoi.polygons, strict=True)]
        note = f"one mask for {_each_area(len(areas))} in {aoi.file}"
        if aoi.periods is None:
            return Areas(tuple(_dated(areas, drawn)), note + _by_date(drawn) + ".", aoi.problems)
        of_features = drawn.periods is not None
        dated = [
            replace(area, dates=text if of_features else None, acquired=acquired, undated=reason)
            for area, text, acquired, reason in zip(
                areas, aoi.periods.texts, aoi.periods.acquired, aoi.periods.reasons, strict=True
            )
        ]
        return Areas(tuple(dated), f"{note}, of the date given there.", aoi.problems)
    union = shapely.union_all(aoi.polygons)
    inside = chips(drawn.geometries, drawn.crs, _size(options, file), union)
    made = _as_chips(drawn, inside, options)
    return Areas(made.areas, f"inside {aoi.file}, {made.note}", aoi.problems)


def _each_feature(count: int) -> str:
    return "the only feature" if count == 1 else f"each of the {count} features"


def _each_area(count: int) -> str:
    return "the only area" if count == 1 else f"each of the {count} areas"


def _all(count: int) -> str:
    return "the only feature" if count == 1 else f"all {count} features"


def _by_date(drawn: Drawn) -> str:
    return "" if drawn.periods is None else ", and each date of the features in it"


def _dated(areas: Sequence[Area], drawn: Drawn) -> list[Area]:
    """An area for each date of the features in it; the areas as they are for undated ones.

    An area without any feature stays one, of no date.
    """
    if drawn.periods is None:
        return list(areas)
    geometries = np.array([area.geometry for area in areas], dtype=object)
    which, feature = pairs_inside(geometries, drawn.geometries, drawn.crs)
    acquired = dict(zip(drawn.periods.texts, drawn.periods.acquired, strict=True))
    reasons = dict(zip(drawn.periods.texts, drawn.periods.reasons, strict=True))
    texts: dict[int, dict[str, None]] = {index: {} for index in range(len(areas))}
    for index, number in zip(which.tolist(), feature.tolist(), strict=True):
        texts[index][drawn.periods.texts[number]] = None
    none = "no feature in it has one"
    return [
        replace(
            areas[index],
            part=f"{areas[index].part}-{text.replace('/', '_') or 'undated'}",
            dates=text,
            acquired=acquired.get(text),
            undated=reasons.get(text, none),
        )
        for index, found in texts.items()
        for text in (sorted(found) or [""])
    ]
