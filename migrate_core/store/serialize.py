"""The travelling values as JSON and back, driven by their type hints."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from ..model import Acquired, iso

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A dataclass, geometry, time, state, path, mapping or sequence as plain JSON values."""
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (Acquired, Path)):
        return str(value)
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, BaseGeometry):
        return _lists(mapping(value))
    if dataclasses.is_dataclass(value):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value]


def _lists(value: Any) -> Any:
    """A GeoJSON object with its nested tuples as lists."""
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    if not isinstance(value, (tuple, list)):
        return value
    if value and isinstance(value[0], float):  # a position; there are many of them
        return list(value)
    return [_lists(item) for item in value]


def from_json(kind: Callable[..., T], value: Any) -> T:
    """The value of the dataclass `kind` that `to_json` wrote."""
    fields = _fields(kind)
    return kind(**{name: _decoded(fields[name], item) for name, item in value.items()})


@lru_cache
def _fields(kind: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _decoded(hint: Any, value: Any) -> Any:
    """One field's value by its type hint."""
    origin, arguments = get_origin(hint), get_args(hint)
    if value is None:
        return None
    if origin in (Union, types.UnionType):
        kinds = [argument for argument in arguments if argument is not types.NoneType]
        return _decoded(kinds[0], value) if len(kinds) == 1 else value
    if origin is not None:
        return _collected(origin, arguments, value)
    if hint is Acquired:
        return Acquired.parse(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, (StrEnum, Path)):
        return hint(value)
    if isinstance(hint, type) and issubclass(hint, BaseGeometry):
        return shape(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, value)
    return value


def _collected(origin: Any, arguments: tuple[Any, ...], value: Any) -> Any:
    """A collection, whose items have the type hint that its own ends with, or a pattern."""
    if origin in (tuple, frozenset):
        return origin(_decoded(arguments[0], item) for item in value)
    if origin is Mapping:
        return {key: _decoded(arguments[1], item) for key, item in value.items()}
    return re.compile(value) if origin is re.Pattern else value
