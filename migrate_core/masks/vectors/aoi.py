"""Areas of interest that a second file draws."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from ...errors import MaskError
from ...grid import reproject_geometries
from ...model import Problem
from ..options import VectorOptions
from .antimeridian import joined
from .formats.layer import GeometryArray, Layer, column, missing, one_line
from .formats.reading import read_layer
from .periods import Periods, feature_periods
from .polygons import Polygons, usable_polygons
from .segments import FOOTPRINT_M, densified

_NAME_COLUMNS = ("name", "id", "fid")


@dataclass(frozen=True, eq=False)
class AoiLayer:
    """The polygons (n,) of a file in the CRS of the features, their names, dates if it has any."""

    file: str
    polygons: GeometryArray
    names: tuple[str, ...]
    periods: Periods | None
    problems: tuple[Problem, ...]


def read_aoi(path: Path, options: VectorOptions, crs: str) -> AoiLayer:
    """The areas of interest in a vector file, reprojected to `crs`. Raises MaskError."""
    layer = read_layer(path)
    if layer.crs is None:
        raise MaskError(
            f"{path.name}: the areas of interest have no CRS. Save them with one (a Shapefile "
            "needs its .prj)."
        )
    found = usable_polygons(layer, layer.crs, path.name)
    polygons = found.geometries
    if layer.crs != crs:
        polygons = reproject_geometries(densified(polygons, layer.crs, FOOTPRINT_M), layer.crs, crs)
        if not np.isfinite(shapely.bounds(polygons)).all():
            raise MaskError(
                f"{path.name}: its areas, in {layer.crs}, lie outside of where the CRS of the "
                f"labels ({crs[:60]}) is defined. Check both CRS."
            )
        polygons = joined(polygons, crs)
    periods = _periods(layer, found, options, path.name)
    return AoiLayer(path.name, polygons, _names(layer, found), periods, found.problems)


def _periods(layer: Layer, found: Polygons, options: VectorOptions, file: str) -> Periods | None:
    """The dates of the areas, when they have the column that holds those of the features."""
    if options.date_field is None or options.date_field not in layer.table.columns:
        return None
    starts = column(layer, options.date_field, file, "--date-field")
    ends = None
    if options.end_date_field in layer.table.columns:
        values = column(layer, str(options.end_date_field), file, "--end-date-field")
        ends = [values[row] for row in found.rows]
    return feature_periods([starts[row] for row in found.rows], ends)


def _names(layer: Layer, found: Polygons) -> tuple[str, ...]:
    """The names of the areas where each has its own, else their numbers."""
    columns = {str(name).lower(): name for name in layer.table.columns}
    for wanted in _NAME_COLUMNS:
        if wanted in columns:
            values = layer.table[columns[wanted]].iloc[found.rows]
            names = ["" if missing(value) else _name(value) for value in values]
            if all(names) and len(set(names)) == len(names):
                return tuple(names)
    return tuple(str(row + 1) for row in found.rows)


def _name(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return one_line(str(value))
