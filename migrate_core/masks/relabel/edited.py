"""What was drawn in a GeoPackage, checked against the mask that it is to become a version of.

Nothing is mended: what can't be taken as it is, is named by the ids of its features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError
from ...grid import BoolArray, FloatArray, reproject_geometries
from ...model import BACKGROUND, IGNORE, Mask
from ...text import capital
from ..vectors.features import Features
from ..vectors.formats.layer import GeometryArray, Layer, missing, plain
from ..vectors.periods import UNDATED
from ..vectors.polygons import features_are
from ..vectors.segments import densified
from .geopackage import AREA, CLASS, NAME, EditedFile, ids_of
from .label_areas import LabelAreas

_NAMED = 10
_POLYGONS = (3, 6)
_EPS = 16 * np.finfo(np.float64).eps


def edited_features(
    mask: Mask, before: LabelAreas, path: Path, edited: EditedFile, *, allow_empty: bool
) -> tuple[Features, tuple[str, ...]]:
    """The features of the new version, and what to say of them. Raises MaskError.

    What was unknown lies below all that was drawn; of what was drawn, later rows lie on top.
    """
    layer, file = edited.labels, path.name
    if not len(layer.geometries) and not allow_empty:
        raise MaskError(
            f"{file}: no label is drawn in the layer {layer.name}. If all of the area is meant to "
            "be background, say so with --allow-empty."
        )
    _check_geometries(layer, file)
    values = _values(mask, layer, file)
    drawn, moved = _in_crs(layer, mask.georeference.crs or "", file)
    outside = _outside(layer, drawn, before.area, file)
    notes = [*moved, *outside, *_overlaps(layer, drawn, values)]
    notes += _other_area(mask, edited.area, before)
    unknown = shapely.get_parts(before.unknown)
    geometries = np.concatenate([unknown, drawn])
    stored = np.concatenate([np.full(len(unknown), IGNORE, np.uint8), values])
    return Features(geometries, stored, (UNDATED,) * len(stored)), tuple(
        f"{file}: {note}" for note in notes
    )


def _check_geometries(layer: Layer, file: str) -> None:
    """Refuse what is no valid polygon. Raises MaskError."""
    found = layer.geometries
    kinds = shapely.get_type_id(found)
    absent = (kinds < 0) | shapely.is_empty(found)
    other = ~absent & ~np.isin(kinds, _POLYGONS)
    infinite = ~absent & ~np.isfinite(shapely.bounds(found)).all(axis=1)
    invalid = ~absent & ~other & ~infinite & ~shapely.is_valid(found)
    faults = [
        (absent, "without a geometry", "delete it, or draw it again"),
        (other, "a point or a line, no polygon", "delete it, or draw around it"),
        (infinite, "at no position on a map", "delete it"),
        (invalid, _reasons(found[invalid]), "mend it with the vertex tool"),
    ]
    sentences = [
        f"{_are(ids_of(layer, which), what)}; {remedy}."
        for which, what, remedy in faults
        if which.any()
    ]
    if sentences:
        raise MaskError(f"{file}: nothing was taken. {' '.join(sentences)}")


def _reasons(invalid: GeometryArray) -> str:
    reasons = dict.fromkeys(shapely.is_valid_reason(invalid).tolist())
    return f"invalid ({', '.join(list(reasons)[:3])})"


def _are(ids: Sequence[int], what: str) -> str:
    return capital(features_are(ids, what))


def _values(mask: Mask, layer: Layer, file: str) -> NDArray[np.uint8]:
    """The stored value of each feature by its columns of class and name. Raises MaskError."""
    classes = {str(BACKGROUND): BACKGROUND, **(mask.classes.stored or {})}
    by_name: dict[str, set[int]] = {}
    for text, title in (mask.classes.names or {}).items():
        by_name.setdefault(title, set()).add(classes[text])
    columns = [_texts(layer, name) for name in (CLASS, NAME)]
    if all(column is None for column in columns):
        raise MaskError(
            f"{file}: its layer {layer.name} has neither of the columns {CLASS} and {NAME}. Take "
            "the layer that `masks labels` wrote."
        )
    nothing: list[str | None] = [None] * len(layer.geometries)
    keys, names = (nothing if column is None else column for column in columns)
    values, wrong = np.zeros(len(keys), np.uint8), dict[str, list[int]]()
    for row, (key, name) in enumerate(zip(keys, names, strict=True)):
        found = _value(key, name, classes, by_name)
        if isinstance(found, int):
            values[row] = found
        else:
            wrong.setdefault(found, []).append(int(layer.table.index[row]))
    if wrong:
        details = " ".join(f"{_are(ids, what)}." for what, ids in list(wrong.items())[:_NAMED])
        raise MaskError(f"{file}: nothing was taken. {details} The classes are {_known(mask)}.")
    return values


def _texts(layer: Layer, name: str) -> list[str | None] | None:
    """A column as text; whole numbers, of whatever type, as they are written."""
    if name not in layer.table.columns:
        return None
    return [None if missing(value) else _text(plain(value)) for value in layer.table[name]]


def _text(value: Any) -> str:
    union = isinstance(value, float) and value.is_integer()
    return str(int(value)) if union else str(value).strip()


def _value(
    key: str | None, name: str | None, classes: Mapping[str, int], by_name: Mapping[str, set[int]]
) -> int | str:
    """The stored value of a feature, or in words what is wrong with its class."""
    if key is None and name is None:
        return "without a class"
    if key is not None and key not in classes:
        return f"of the unknown class {key!r}"
    named = by_name.get(name) if name is not None else None
    if key is None:
        if not named or len(named) > 1:
            return f"of a name that tells no class, {name!r}"
        return next(iter(named))
    if named is not None and classes[key] not in named:
        return f"of class {key!r} but named {name!r}, which is another one"
    if name is not None and named is None and by_name:
        return f"of class {key!r} but of the unknown name {name!r}"
    return classes[key]


def _known(mask: Mask) -> str:
    names = mask.classes.names or {}
    listed = (f"{k} ({names[k]})" if k in names else k for k in mask.classes.stored or {})
    return ", ".join(listed)


def _in_crs(layer: Layer, crs: str, file: str) -> tuple[GeometryArray, list[str]]:
    """The polygons in the CRS of the mask, and a note where they weren't. Raises MaskError."""
    if layer.crs is None:
        raise MaskError(f"{file}: its layer {layer.name} has no CRS. Needed is that of the mask.")
    if layer.crs == crs or CRS(layer.crs).equals(CRS(crs), ignore_axis_order=True):
        return layer.geometries, []
    moved = reproject_geometries(densified(layer.geometries, layer.crs), layer.crs, crs)
    lost = ~np.isfinite(shapely.bounds(moved)).all(axis=1) | ~shapely.is_valid(moved)
    if lost.any():
        what = f"in {_short(layer.crs)} and can't be brought to {_short(crs)}, the CRS of the mask"
        raise MaskError(f"{file}: {_are(ids_of(layer, lost), what)}. Save the layer in that.")
    return moved, [f"brought from {_short(layer.crs)} to {_short(crs)}, the CRS of the mask."]


def _short(crs: str) -> str:
    return crs if len(crs) <= 40 else CRS(crs).name


def _rounding(geometries: GeometryArray) -> FloatArray:
    """The area (n,) that rounding of coordinates makes of the outlines of polygons."""
    if not len(geometries):
        return np.zeros(0)
    largest = np.abs(shapely.bounds(geometries)).max(axis=1)
    found: FloatArray = _EPS * largest * shapely.length(geometries)
    return found


def _outside(layer: Layer, drawn: GeometryArray, area: BaseGeometry, file: str) -> list[str]:
    """What is said of features that reach out of the area, and so are clipped.

    Raises MaskError when all lie outside of it.
    """
    shapely.prepare(area)
    if len(drawn) and not shapely.intersects(area, drawn).any():
        raise MaskError(
            f"{file}: none of its features lies in the area of the mask. Is it the file of another "
            "mask, or its CRS not the one it was drawn in?"
        )
    crossing = np.flatnonzero(~shapely.covers(area, drawn))
    inside = shapely.area(shapely.intersection(drawn[crossing], area))
    out: BoolArray = np.zeros(len(drawn), dtype=bool)
    out[crossing] = shapely.area(drawn[crossing]) - inside > _rounding(drawn[crossing])
    if not out.any():
        return []
    what = "not all within the area of the mask; what lies outside of it is cut off"
    return [f"{_are(ids_of(layer, out), what)}."]


def _overlaps(layer: Layer, drawn: GeometryArray, values: NDArray[np.uint8]) -> list[str]:
    """What is said of features of two classes that lie upon each other."""
    low, high = shapely.STRtree(drawn).query(drawn, predicate="intersects")
    other = (low < high) & (values[low] != values[high])
    low, high = low[other], high[other]
    shared = shapely.area(shapely.intersection(drawn[low], drawn[high]))
    upon = shared > _rounding(drawn[low]) + _rounding(drawn[high])
    if not upon.any():
        return []
    covered = ids_of(layer, np.isin(np.arange(len(drawn)), low[upon]))
    what = "partly covered by features of other classes; those later in the file count"
    return [f"{_are(covered, what)}."]


def _other_area(mask: Mask, layer: Layer | None, before: LabelAreas) -> list[str]:
    """That the layer of the area was edited, too, which changes nothing."""
    if layer is None or layer.crs is None or not len(layer.geometries):
        return []
    if not CRS(layer.crs).equals(CRS(mask.georeference.crs), ignore_axis_order=True):
        return []
    found = layer.geometries[~shapely.is_missing(layer.geometries)]
    if not shapely.is_valid(found).all():
        return [f"the layer {AREA} was edited and isn't taken; the area stays as it was."]
    union = shapely.union_all(found)
    both = np.array([union, before.area], dtype=object)
    if shapely.symmetric_difference(union, before.area).area > _rounding(both).sum():
        return [f"the layer {AREA} was edited and isn't taken; the area stays as it was."]
    return []
