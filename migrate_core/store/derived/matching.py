"""How each mask is matched: its candidates counted, and its selected scene, beside the mask.

The rows of `candidates` stay the truth: whoever changes them renews what follows in the same
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from ...states import Match, PairState
from ..tables import candidates, masks, pairs

# Values in one question to the database; SQLite takes at most 32,766.
CHUNK = 500


def renew_matches(connection: sa.Connection, mask_ids: Iterable[str] | None = None) -> None:
    """Write what the candidates of these masks, or of all, add up to into the masks' rows."""
    everywhere: list[Any] = [sa.true()]
    here = (masks.c.mask_id.in_(chunk) for chunk in chunks(mask_ids or ()))
    for condition in everywhere if mask_ids is None else here:
        update = sa.update(masks).where(condition)
        connection.execute(update.values(_found()))
        connection.execute(update.values(to_make=_to_make()))


def renew_to_make(connection: sa.Connection, mask_ids: Iterable[str]) -> None:
    """Write whether pairs of these masks are still to make, as their pairs have changed."""
    for chunk in chunks(dict.fromkeys(mask_ids)):
        update = sa.update(masks).where(masks.c.mask_id.in_(chunk))
        # Most pairs that change were begun before.
        changed = update.where(masks.c.to_make != _to_make())
        connection.execute(changed.values(to_make=~masks.c.to_make))


def chunks(values: Iterable[str]) -> Iterable[Sequence[str]]:
    """Values in lists that fit into one question to the database."""
    listed = list(values)
    return (listed[first : first + CHUNK] for first in range(0, len(listed), CHUNK))


def in_parts(
    query: sa.Select[Any], column: sa.ColumnElement[str], values: Iterable[str] | None
) -> list[sa.Select[Any]]:
    """A query limited to values of a column, for each list of them that fits; itself for None."""
    if values is None:
        return [query]
    return [query.where(column.in_(chunk)) for chunk in chunks(values)]


def _found() -> dict[str, Any]:
    """The columns, each as a question about the candidates of the mask that is written."""
    usable_one = sa.case((candidates.c.usable, 1), else_=0)
    number, usable = _of(sa.func.count()), sa.func.coalesce(_of(sa.func.sum(usable_one)), 0)
    chosen = sa.func.coalesce(_of(sa.func.max(usable_one), candidates.c.selected), 0)
    by_person = _of(sa.func.count(), candidates.c.selected, candidates.c.chosen_by_person)
    match = sa.case(
        (number == 0, Match.WITHOUT.value),
        (usable == 0, Match.ONLY_UNUSABLE.value),
        (chosen == 0, Match.BY_HAND.value),
        else_=Match.MATCHED.value,
    )
    return {
        "candidates": number,
        "usable": usable,
        "has_usable": usable > 0,
        "scene_id": _of(sa.func.min(candidates.c.scene_id), candidates.c.selected),
        "by_person": by_person > 0,
        "match": match,
    }


def _to_make() -> sa.ColumnElement[bool]:
    begun = sa.exists().where(
        pairs.c.mask_id == masks.c.mask_id,
        pairs.c.scene_id == masks.c.scene_id,
        pairs.c.state != PairState.SUPERSEDED,
    )
    return sa.and_(masks.c.scene_id.is_not(None), ~begun.correlate(masks))


def _of(column: Any, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    """A number of the candidates of the mask whose row is written."""
    query = sa.select(column).select_from(candidates)
    here = query.where(candidates.c.mask_id == masks.c.mask_id, *conditions)
    return here.correlate(masks).scalar_subquery()
