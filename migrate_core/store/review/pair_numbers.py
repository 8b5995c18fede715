"""The numbers of finished pairs that the triage learns from, taken out of documents by SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ...states import PairState
from ..base import Store
from ..tables import attention_checks, masks, pairs


class PairNumbers(NamedTuple):
    """A pair's `numbers`, `suggestion` (a verdict), and classes of its mask.

    `class_pixels` counts pixels by class value in the file, `classes` is the value stored for each.
    Anything unknown is None.
    """

    pair_id: str
    numbers: tuple[float | None, ...]
    suggestion: str | None
    class_pixels: Mapping[str, int] | None
    classes: Mapping[str, int] | None


def pair_numbers(store: Store, paths: Sequence[tuple[str, ...]]) -> list[PairNumbers]:
    """The numbers at `paths` in the documents of all pairs that are done, in order of their ids."""
    return _read(store, _of_pairs(paths).order_by(pairs.c.pair_id))


def numbers_of_pair(
    store: Store, pair_id: str, paths: Sequence[tuple[str, ...]]
) -> PairNumbers | None:
    """Those of one pair that is done, or of an attention check; None of any other pair."""
    check = attention_checks.c
    of_checks = _numbers(attention_checks, check.document["mask_id"].as_string(), paths)
    queries = (
        _of_pairs(paths).where(pairs.c.pair_id == pair_id),
        of_checks.where(check.pair_id == pair_id),
    )
    return next((row for query in queries for row in _read(store, query)), None)


def _of_pairs(paths: Sequence[tuple[str, ...]]) -> sa.Select[Any]:
    return _numbers(pairs, pairs.c.mask_id, paths).where(pairs.c.state == PairState.DONE)


def _numbers(
    table: sa.Table, mask_id: sa.ColumnElement[str], paths: Sequence[tuple[str, ...]]
) -> sa.Select[Any]:
    """The query of a table that has documents of pairs; `mask_id` is that of the pair's mask."""
    mask = masks.c.document
    return sa.select(
        table.c.pair_id,
        table.c.document["suggestion"]["verdict"].as_string(),
        mask["class_pixels"].as_json(),
        mask["classes"].as_json(),
        *(table.c.document[path].as_float() for path in paths),
    ).select_from(table.outerjoin(masks, masks.c.mask_id == mask_id))


def _read(store: Store, query: sa.Select[Any]) -> list[PairNumbers]:
    with store.engine.connect() as connection:
        return [
            PairNumbers(pair_id, tuple(numbers), suggestion, class_pixels, classes)
            for pair_id, suggestion, class_pixels, classes, *numbers in connection.execute(query)
        ]
