"""All masks as `masks list` shows them, without their outlines where those aren't shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from ...mask import problem_text
from ...model import Mask
from ..base import Store
from ..mask_documents import LIGHT_FIELDS, light_mask_from, problems_of
from ..tables import masks
from .reading import decoded, json_array, streamed

_IN_DOCUMENTS = ("crs", "width", "height", "extent", "classes", "problems", "problem")


class MaskLine(NamedTuple):
    """What is listed of a mask, as JSON has it; `extent` is GeoJSON, `classes` by source value."""

    mask_id: str
    name: str
    crs: str | None
    width: int | None
    height: int | None
    extent: Mapping[str, Any] | None
    acquired: str | None
    classes: Mapping[str, int] | None
    state: str
    problem: str | None
    image: str | None


def mask_lines(store: Store) -> Iterator[MaskLine]:
    """All masks by name; of their documents only what is listed is decoded."""
    column = masks.c
    known = (column.mask_id, column.name, column.acquired, column.state, column.image)
    rows = _by_name(store, *known, json_array(store, column.document, *_IN_DOCUMENTS))
    for mask_id, name, acquired, state, image, array in rows:
        crs, width, height, extent, classes, *reasons = decoded(array)
        problem = problem_text(name, problems_of(*reasons))
        grid = (crs, width, height, extent)
        yield MaskLine(mask_id, name, *grid, acquired, classes, state, problem, image)


def light_masks(store: Store) -> Iterator[Mask]:
    """All masks by name, without their outlines, which take longest to decode.

    `extent` and `footprint` are None, and the area of one that consists of polygons is empty.
    """
    for (array,) in _by_name(store, json_array(store, masks.c.document, *LIGHT_FIELDS)):
        yield light_mask_from(decoded(array))


def _by_name(store: Store, *columns: sa.ColumnElement[Any]) -> Iterator[Any]:
    """Columns of all masks."""
    return streamed(store, sa.select(*columns).order_by(masks.c.name, masks.c.mask_id))
