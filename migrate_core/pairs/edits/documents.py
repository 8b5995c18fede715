"""What an edit is asked to do: checked, and brought to the CRS of the pair."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError, WrongUseError
from ...grid import PixelGrid, reproject_geometries
from ...masks.vectors.formats.geojson import geojson_layer
from ...masks.vectors.formats.json_documents import GEOJSON, kind_of
from ...masks.vectors.polygons import usable_polygons
from ...masks.vectors.segments import densified
from ...states import EditKind
from ...store.serialize import to_json

# A label that is further off has a wrong georeference, which no nudge mends.
FURTHEST_M = 200.0
_AREA = "the area to ignore"


def checked_document(kind: str, given: Mapping[str, Any], grid: PixelGrid) -> dict[str, Any]:
    """The document of an edit, as `PairEdit` has it, of what was asked for.

    `given` has `area` (a GeoJSON object in lon/lat, or in the CRS that its member `crs` names) and
    `reason`, or `east_m` and `north_m`; `grid` is that of the pair. Raises WrongUseError.
    """
    if kind == EditKind.IGNORE:
        area = _area(given.get("area"), grid)
        return {"crs": grid.crs, "area": to_json(area), "reason": _reason(given.get("reason"))}
    if kind == EditKind.NUDGE:
        return {name: _metres(name, given.get(name)) for name in ("east_m", "north_m")}
    return {}


def area_of(document: Mapping[str, Any]) -> BaseGeometry:
    """The area of an `ignore`, in the CRS of the pair."""
    return shape(document["area"])


def _area(given: Any, grid: PixelGrid) -> BaseGeometry:
    """The polygons of a GeoJSON object in the CRS of the pair, of which they must touch the grid.

    Edges are straight in the CRS that they come in.
    """
    if kind_of(given) != GEOJSON:
        raise WrongUseError(
            f"{_AREA.capitalize()} is no GeoJSON. Needed is a polygon, or features with polygons."
        )
    try:
        layer = geojson_layer(given, _AREA)
        if layer.crs is None:
            raise WrongUseError(
                f"{_AREA.capitalize()} has no CRS: its member `crs` is null. Take that out when "
                "the coordinates are lon/lat, or name the CRS."
            )
        found = usable_polygons(layer, layer.crs, _AREA)
    except MaskError as err:
        raise WrongUseError(str(err)) from err
    if found.problems:
        raise WrongUseError(found.problems[0].message)
    geometries = found.geometries
    if layer.crs != grid.crs:
        geometries = reproject_geometries(densified(geometries, layer.crs), layer.crs, grid.crs)
    area = shapely.union_all(geometries) if _finite(geometries) else shapely.Polygon()
    if not area.intersects(grid.polygon()):
        raise WrongUseError(
            f"{_AREA.capitalize()}, in {layer.crs}, doesn't touch the pair, in {grid.crs}. Check "
            "its coordinates and its CRS; GeoJSON is in lon/lat unless its member `crs` says "
            "otherwise."
        )
    return area


def _finite(geometries: Any) -> bool:
    return bool(np.isfinite(shapely.bounds(geometries)).all())


def _reason(given: Any) -> str | None:
    if given is None:
        return None
    return " ".join(str(given).split()) or None


def _metres(name: str, given: Any) -> float:
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not number or not math.isfinite(given):
        raise WrongUseError(f"{name} is {given!r}; needed is a number of metres.")
    if abs(given) > FURTHEST_M:
        raise WrongUseError(
            f"{name} is {given:g}; a label is moved by at most {FURTHEST_M:g} m. Where it lies "
            "further off, mend the georeference of its mask and add that again."
        )
    return float(given)
