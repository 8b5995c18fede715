"""The travelling values as JSON and back, driven by their type hints."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_origin

import shapely
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override
from cattrs.strategies import configure_union_passthrough
from shapely.geometry import Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from ..model import Acquired, iso

T = TypeVar("T")

_PLAIN = frozenset({type(None), str, int, float, bool})


def to_json(value: Any) -> Any:
    """A dataclass, geometry, time, state, path, mapping or sequence as plain JSON values."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _writer_of(kind)(value)


def json_text(value: Any) -> str:
    """The JSON text of what `to_json` makes of a value.

    What is plain already, as nearly all of a scene's STAC item is, Python's encoder walks in C.
    """
    return json.dumps(value, default=_one_level)


def _one_level(value: Any) -> Any:
    """A value of which the encoder knows nothing, its fields as they are."""
    if dataclasses.is_dataclass(value) and not isinstance(value, Acquired):
        kind: Any = type(value)
        return {stored: getattr(value, name) for stored, name in _names_of(kind)}
    return to_json(value)


@lru_cache(maxsize=512)
def _writer_of(kind: Any) -> Callable[[Any], Any]:
    """What makes JSON of the values of a type; it is looked up for each of many thousand values."""
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    if issubclass(kind, (str, int, float)):
        return lambda value: value
    if issubclass(kind, (Acquired, Path)):
        return str
    if issubclass(kind, re.Pattern):
        return lambda value: value.pattern
    if issubclass(kind, datetime):
        return iso
    if issubclass(kind, BaseGeometry):
        return _geojson
    if dataclasses.is_dataclass(kind):
        names = _names_of(cast(Any, kind))
        return lambda value: {stored: to_json(getattr(value, name)) for stored, name in names}
    if issubclass(kind, Mapping):
        return lambda value: {str(key): to_json(item) for key, item in value.items()}
    return lambda value: [to_json(item) for item in value]


def stored_name(field: dataclasses.Field[Any]) -> str:
    """The name of a field in documents: its own, or `stored` of its metadata, from before."""
    return str(field.metadata.get("stored", field.name))


@lru_cache(maxsize=256)
def _names_of(kind: Any) -> tuple[tuple[str, str], ...]:
    """The fields of a dataclass: their names in documents, and their own."""
    return tuple((stored_name(field), field.name) for field in dataclasses.fields(kind))


def _geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry as GeoJSON (RFC 7946, section 3.1), with lists."""
    if not isinstance(geometry, Polygon) or geometry.is_empty or geometry.has_z or geometry.has_m:
        document: dict[str, Any] = _lists(mapping(geometry))
        return document
    # The most of them by far, and quicker read at once than point by point.
    holes = shapely.get_num_interior_rings(geometry)
    rings = shapely.get_rings(geometry) if holes else (geometry,)
    return {"type": "Polygon", "coordinates": [shapely.get_coordinates(r).tolist() for r in rings]}


def _lists(value: Any) -> Any:
    """A GeoJSON object with its nested tuples as lists."""
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    if not isinstance(value, (tuple, list)):
        return value
    if value and isinstance(value[0], float):  # a position; there are many of them
        return list(value)
    return [_lists(item) for item in value]


def from_json(kind: type[T], value: Any) -> T:
    """The value of the dataclass `kind` that `to_json` wrote.

    A field that the document lacks gets its default, a name that is no field is passed over: so
    documents of older versions are read. Raises KeyError, TypeError or ValueError for others.
    """
    return _CONVERTER.structure(value, kind)


def _converter() -> Converter:
    """What makes values of JSON by type hints; text, numbers and null stay what JSON says."""
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_factory(
        dataclasses.is_dataclass, lambda kind: _from_document(kind, converter)
    )
    converter.register_structure_hook_func(_is_plain, lambda value, _: value)
    configure_union_passthrough(str | int | float | bool | None, converter)
    converter.register_structure_hook(Acquired, lambda text, _: Acquired.parse(text))
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_structure_hook_func(_is_pattern, lambda text, _: re.compile(text))
    converter.register_structure_hook_func(_is_geometry, lambda document, _: _geometry(document))
    return converter


def _from_document(kind: type[T], converter: Converter) -> Callable[[Any, Any], T]:
    """How a dataclass is read, its fields by the names that they have in documents."""
    fields = dataclasses.fields(cast(Any, kind))
    renamed: dict[str, Any] = {
        field.name: override(rename=stored_name(field)) for field in fields if field.metadata
    }
    return make_dict_structure_fn(kind, converter, **renamed)


def _geometry(document: Mapping[str, Any]) -> BaseGeometry:
    """The geometry of GeoJSON; polygons of one ring, which most are, without a step a vertex."""
    rings: Sequence[Any] = document["coordinates"] if document["type"] == "Polygon" else ()
    if len(rings) != 1:
        return shape(document)
    polygon: BaseGeometry = shapely.polygons(rings[0])
    return polygon


def _is_plain(kind: Any) -> bool:
    return kind in (str, int, float, bool)


def _is_pattern(kind: Any) -> bool:
    return re.Pattern in (kind, get_origin(kind))


def _is_geometry(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseGeometry)


_CONVERTER = _converter()
