"""All pairs as `pairs list` shows them, without a document decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..base import Store
from ..tables import pairs
from .reading import decoded, json_array, json_parts, parts_of, streamed

# The parts of `PairTexts`.
TEXTS = ("scene_ids", "occlusion", "days_offset", "suggestion", "shift", "change", "error")
# Where a document has the fields of `PairLine`.
_SHOWN = (
    "occlusion.labelled",
    "occluded",
    "one_sided.labelled.clear",
    "days_offset",
    "change",
    "change_note",
    "suggestion.verdict",
    "suggestion.reason",
    "error",
)


class PairTexts(NamedTuple):
    """A pair as the store has it: columns decoded, parts of its document as JSON texts."""

    pair_id: str
    mask_id: str
    mask_name: str
    state: str
    decision: str | None
    # By `TEXTS`; `null` for what is null or isn't there.
    parts: Sequence[str]


class PairLine(NamedTuple):
    """What a table shows of a pair; the fields are those of `Pair` and of what it holds.

    `label_clear` is what counts where `occluded` is None, as it is for pairs of earlier versions.
    """

    pair_id: str
    state: str
    decision: str | None
    occlusion_of_label: Mapping[str, Any] | None
    occluded: Mapping[str, Any] | None
    label_clear: float | None
    days_offset: float | None
    change: float | None
    change_note: str | None
    verdict: str | None
    reason: str | None
    error: str | None


def pair_texts(store: Store) -> Iterator[PairTexts]:
    """All pairs by mask and pair id, none of their documents decoded."""
    column = pairs.c
    known = (column.pair_id, column.mask_id, column.mask_name, column.state, column.decision)
    for row in _by_mask(store, *known, json_parts(store, column.document, "pair_id", TEXTS)):
        pair_id, mask_id, mask_name, state, decision, array = row
        parts = parts_of(store, array, pair_id, len(TEXTS))
        yield PairTexts(pair_id, mask_id, mask_name, state, decision, parts)


def pair_lines(store: Store) -> Iterator[PairLine]:
    """All pairs by mask and pair id, as a table shows them; none of their documents is decoded."""
    column = pairs.c
    shown = json_array(store, column.document, *_SHOWN)
    rows = _by_mask(store, column.pair_id, column.state, column.decision, shown)
    for pair_id, state, decision, array in rows:
        yield PairLine(pair_id, state, decision, *decoded(array))


def _by_mask(store: Store, *columns: sa.ColumnElement[Any]) -> Iterator[Any]:
    """Columns of all pairs."""
    query = sa.select(*columns).order_by(pairs.c.mask_id, pairs.c.pair_id)
    return streamed(store, query)
