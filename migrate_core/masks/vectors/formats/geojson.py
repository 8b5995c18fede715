"""GeoJSON (RFC 7946, and the `crs` member of its predecessor of 2008) without GDAL.

GDAL would look into the text for what else it may be, such as a description that reads other
files; here nothing but JSON is read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from ....errors import MaskError
from ....model import LONLAT
from .crs import crs_text
from .layer import Layer

if TYPE_CHECKING:
    import pandas as pd

# What comes of a geometry that isn't built as it must be.
_FAILURES = (
    ShapelyError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


def geojson_layer(document: dict[str, Any], file: str) -> Layer:
    """The features of a GeoJSON document of the kind `documents.GEOJSON`. Raises MaskError."""
    features = _features(document, file)
    geometries = np.empty(len(features), dtype=object)
    geometries[:] = [_geometry(feature.get("geometry")) for feature in features]
    return Layer(geometries, _table(features), _crs(document, file))


def _features(document: dict[str, Any], file: str) -> list[dict[str, Any]]:
    if document["type"] == "Feature":
        return [document]
    if document["type"] != "FeatureCollection":
        return [{"geometry": document}]
    features = document.get("features")
    if not isinstance(features, list):
        raise MaskError(
            f"{file}: a FeatureCollection without a list of features. Save it again as GeoJSON."
        )
    return [feature if isinstance(feature, dict) else {} for feature in features]


def _geometry(value: Any) -> Any:
    """A geometry, or None for none and for what can't be read as one."""
    if not isinstance(value, dict):
        return None
    try:
        # What numbers are no positions is reported where the polygons are looked at.
        with np.errstate(invalid="ignore", over="ignore"):
            read = shapely.from_geojson(json.dumps(value), on_invalid="ignore")
            # A ring that isn't closed, as some programs write, is closed by `shape`.
            return shape(_on_the_map(value)) if read is None else read
    except _FAILURES:
        return None


def _on_the_map(value: Any) -> Any:
    """A geometry without what its positions have beside x and y (RFC 7946, section 3.1.1)."""
    if isinstance(value, dict):
        return {key: _on_the_map(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    is_position = len(value) > 2 and not any(isinstance(one, (list, dict)) for one in value)
    return value[:2] if is_position else [_on_the_map(one) for one in value]


def _table(features: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    records = []
    for feature in features:
        given = feature.get("properties")
        record = dict(given) if isinstance(given, dict) else {}
        if feature.get("id") is not None:
            record.setdefault("id", feature["id"])
        records.append(record)
    return pd.DataFrame(records, index=range(len(records)), dtype=object)


def _crs(document: dict[str, Any], file: str) -> str | None:
    """Lon/lat, as GeoJSON is, or what its `crs` member names; None where that is null."""
    if "crs" not in document:
        return LONLAT
    member = document["crs"]
    if member is None:
        return None
    given = member.get("properties") if isinstance(member, dict) else None
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str):
        raise MaskError(
            f"{file}: its member `crs` names no CRS. Take it out when the coordinates are lon/lat, "
            'or write {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32631"}}.'
        )
    return crs_text(name, file)
