"""The standing of each pair beside its log, written with every entry of the log.

The log stays the truth: `rebuild` writes all of it anew, and `differing` says what that would
change.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from ...states import Basis, DecisionState, Verdict
from ..review.standing import ReviewStatus, review_status
from ..tables import decisions, pairs, standings, upsert
from .matching import chunks
from .revisions import Part, raise_revision

# Looked up, since calling an enumeration takes a third of the time that reading rows does.
_VERDICTS = {one.value: one for one in Verdict}
_BASES = {one.value: one for one in Basis}
_DECISIONS = {one.value: one for one in DecisionState}


def renew_standings(connection: sa.Connection, pair_ids: Iterable[str], changed: int) -> None:
    """Write what the logs of these pairs add up to; `changed` is the revision of the change."""
    for chunk in chunks(dict.fromkeys(pair_ids)):
        found = _by_log(connection, chunk)
        upsert(connection, standings, [_row(*item) for item in found.items()])
        copy_standings(connection, chunk, changed)


def copy_standings(connection: sa.Connection, pair_ids: Collection[str], changed: int) -> None:
    """Write the standings of at most some hundred pairs into the pairs' own rows."""
    here = standings.c.pair_id == pairs.c.pair_id
    values = {
        name: sa.select(standings.c[name]).where(here).correlate(pairs).scalar_subquery()
        for name in ("decision", "basis")
    }
    update = sa.update(pairs).where(pairs.c.pair_id.in_(pair_ids))
    connection.execute(update.values(**values, changed=changed))


# The document as text: most pairs are decided like many others, and those are decoded once.
STANDING = sa.cast(standings.c.document, sa.String).label("standing")


@lru_cache(maxsize=4096)
def standing_of(text: str) -> ReviewStatus:
    """The standing of a row's document, given as text."""
    document = json.loads(text)
    decision, basis = document["decision"], document["basis"]
    return ReviewStatus(
        decision and _DECISIONS[decision],
        tuple(document["reviewers"]),
        tuple(_VERDICTS[verdict] for verdict in document["verdicts"]),
        tuple(document["deciders"]),
        basis and _BASES[basis],
        document["batch"],
        tuple(document["persons"]),
    )


def rebuild(connection: sa.Connection) -> None:
    """Write all standings anew, by the log alone."""
    changed = raise_revision(connection, Part.PAIRS)
    connection.execute(sa.delete(standings))
    stale = pairs.c.decision.is_not(None)
    connection.execute(
        sa.update(pairs).where(stale).values(decision=None, basis=None, changed=changed)
    )
    log = sa.select(decisions.c.pair_id).distinct()
    renew_standings(connection, connection.scalars(log).all(), changed)


def differing(connection: sa.Connection) -> list[str]:
    """The pairs whose stored standing isn't what their log adds up to, by their ids."""
    stored = {row.pair_id: row for row in connection.execute(sa.select(standings))}
    logged = connection.scalars(sa.select(decisions.c.pair_id).distinct()).all()
    wrong = set(stored).difference(logged)
    for chunk in chunks(logged):
        for pair_id, status in _by_log(connection, chunk).items():
            row = stored.get(pair_id)
            if row is None or dict(row._mapping) != _row(pair_id, status):
                wrong.add(pair_id)
    return sorted(wrong.union(_copied_wrong(connection)))


def _copied_wrong(connection: sa.Connection) -> Iterator[str]:
    """The pairs whose own row has another standing than `standings`."""
    differs = sa.or_(
        *(pairs.c[name].is_distinct_from(standings.c[name]) for name in ("decision", "basis"))
    )
    query = sa.select(pairs.c.pair_id).outerjoin(standings, standings.c.pair_id == pairs.c.pair_id)
    yield from connection.scalars(query.where(differs))


def _by_log(connection: sa.Connection, pair_ids: Collection[str]) -> dict[str, ReviewStatus]:
    """What the logs of these pairs add up to; pairs without entries are left out."""
    names = ("pair_id", "verdict", "reviewer", "basis", "batch", "settles")
    query = sa.select(*(decisions.c[name] for name in names))
    here = query.where(decisions.c.pair_id.in_(pair_ids)).order_by(decisions.c.number)
    logs: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(here):
        logs[row.pair_id].append(row)
    return {pair_id: review_status(log) for pair_id, log in logs.items()}


def _row(pair_id: str, status: ReviewStatus) -> dict[str, Any]:
    """The row of a standing."""
    document = {
        "decision": status.decision,
        "reviewers": list(status.reviewers),
        "verdicts": list(status.verdicts),
        "deciders": list(status.deciders),
        "basis": status.basis,
        "batch": status.batch,
        "persons": list(status.persons),
    }
    return {
        "pair_id": pair_id,
        "decision": status.decision,
        "basis": status.basis,
        "document": document,
    }
