"""All masks as `masks list` shows them, without their outlines where those aren't shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as json_text
from typing import Any

import sqlalchemy as sa

from ...mask import problem_text
from ...model import Mask
from ..base import Store
from ..mask_documents import LIGHT_FIELDS, light_mask_from, problems_of
from ..tables import masks
from .reading import decoded, json_array, json_parts, parts_of, readable, streamed

_IN_DOCUMENTS = ("crs", "width", "height", "extent", "classes", "problems", "problem")
# How documents have no problem.
_NO_PROBLEMS = ("{}", "null")


def mask_row_texts(store: Store) -> Iterator[str]:
    """The rows of `masks list` as JSON texts, by name, for which no document is decoded.

    `extent` is GeoJSON, `classes` by source value.
    """
    column = masks.c
    known = (column.mask_id, column.name, column.acquired, column.state, column.image)
    parts = json_parts(store, column.document, "mask_id", _IN_DOCUMENTS)
    for mask_id, name, acquired, state, image, array in _by_name(store, *known, parts):
        found = parts_of(store, array, mask_id, len(_IN_DOCUMENTS))
        crs, width, height, extent, classes, *reasons = found
        yield readable(
            f'{{"mask_id": {json_text(mask_id)}, "name": {json_text(name)}, "crs": {crs}, '
            f'"width": {width}, "height": {height}, "extent": {extent}, '
            f'"acquired": {_text(acquired)}, "classes": {classes}, "state": {json_text(state)}, '
            f'"problem": {_text(_problem(name, *reasons))}, "image": {_text(image)}}}'
        )


def _problem(name: str, problems: str, problem: str) -> str | None:
    """What is wrong with a mask, of the JSON texts of its document."""
    if problems in _NO_PROBLEMS and problem == "null":
        return None
    return problem_text(name, problems_of(json.loads(problems), json.loads(problem)))


def _text(value: str | None) -> str:
    return "null" if value is None else json_text(value)


def light_masks(store: Store) -> Iterator[Mask]:
    """All masks by name, without their outlines, which take longest to decode.

    `extent` and `footprint` are None, and the area of one that consists of polygons is empty.
    """
    for (array,) in _by_name(store, json_array(store, masks.c.document, *LIGHT_FIELDS)):
        yield light_mask_from(decoded(array))


def _by_name(store: Store, *columns: sa.ColumnElement[Any]) -> Iterator[Any]:
    """Columns of all masks."""
    return streamed(store, sa.select(*columns).order_by(masks.c.name, masks.c.mask_id))
