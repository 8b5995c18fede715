"""The logs of decisions and of repairs, and the superseded pairs that the first mentions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..model import Decision, Pair, PairEdit, utc
from ..states import Basis, EditKind, PairState, Verdict
from .base import Store
from .derived.matching import chunks, in_parts
from .derived.revisions import Part, raise_revision
from .derived.standings import STANDING, standing_of
from .review.rows import decision_of
from .review.standing import ReviewStatus
from .rows import row_of_pair
from .serialize import from_json, to_json
from .tables import (
    attention_checks,
    decisions,
    dialect_insert,
    masks,
    pair_edits,
    pairs,
    standings,
)

# Looked up, since calling an enumeration takes a third of the time that reading a log does.
_VERDICTS = {one.value: one for one in Verdict}
_BASES = {one.value: one for one in Basis}


class LogEntry(NamedTuple):
    """Who said what of a pair, and on what basis; see `Decision`."""

    pair_id: str
    verdict: Verdict
    reviewer: str
    basis: Basis = Basis.PERSON
    batch: str | None = None
    settles: bool = False


class EarlierPair(NamedTuple):
    """A superseded pair that is decided; `last` is the number of its last entry.

    `mask_key` is set where the mask was taken out since, `superseded_at` where it is known.
    """

    pair_id: str
    mask_id: str
    mask_key: str | None
    superseded_at: datetime | None
    last: int


class PresentPair(NamedTuple):
    """A pair that is not superseded; `mask_key` is None where the mask was taken out."""

    pair_id: str
    mask_id: str
    mask_key: str | None


def decision_logs(store: Store, *, of_checks: bool = False) -> dict[str, list[LogEntry]]:
    """The log of every pair, oldest entry first, by pair_id; or of attention checks alone."""
    is_check = decisions.c.pair_id.in_(sa.select(attention_checks.c.pair_id))
    return _logs(store, is_check if of_checks else sa.true())


def standing_rows(store: Store, pair_ids: Collection[str] | None = None) -> dict[str, ReviewStatus]:
    """The standing of every pair that the log mentions, by pair_id; or of these pairs."""
    return _standings(
        store, sa.select(standings.c.pair_id, STANDING), standings.c.pair_id, pair_ids
    )


def present_standings(
    store: Store, mask_ids: Collection[str] | None = None
) -> dict[str, ReviewStatus]:
    """The standing of each pair that is decided and not superseded; or of these masks' pairs."""
    query = (
        sa.select(pairs.c.pair_id, STANDING)
        .join(standings, standings.c.pair_id == pairs.c.pair_id)
        .where(pairs.c.state != PairState.SUPERSEDED, pairs.c.decision.is_not(None))
    )
    return _standings(store, query, pairs.c.mask_id, mask_ids)


def _standings(
    store: Store,
    query: sa.Select[Any],
    column: sa.ColumnElement[str],
    wanted: Collection[str] | None,
) -> dict[str, ReviewStatus]:
    """The standings of a query's rows, by pair_id; of those alone whose column is `wanted`."""
    with store.engine.connect() as connection:
        return {
            pair_id: standing_of(text)
            for part in in_parts(query, column, wanted)
            for pair_id, text in connection.execute(part)
        }


def logs_since(store: Store, number: int, pair_ids: Collection[str]) -> dict[str, list[LogEntry]]:
    """As `decision_logs`, of pairs that have entries after the one of this number, and of these."""
    log = decisions.c
    changed = sa.select(log.pair_id).where(log.number > number)
    return _logs(store, log.pair_id.in_(changed) | log.pair_id.in_(sorted(pair_ids)))


def _logs(store: Store, condition: sa.ColumnElement[bool]) -> dict[str, list[LogEntry]]:
    columns = [decisions.c[name] for name in LogEntry._fields]
    query = sa.select(*columns).where(condition).order_by(decisions.c.number)
    logs: dict[str, list[LogEntry]] = defaultdict(list)
    with store.engine.connect() as connection:
        for pair_id, verdict, reviewer, basis, *rest in connection.execute(query):
            entry = LogEntry(pair_id, _VERDICTS[verdict], reviewer, _BASES[basis], *rest)
            logs[pair_id].append(entry)
    return logs


def reviewers_of_log(store: Store) -> list[str]:
    """The names of all who have ever decided, as persons or by rules and models, sorted."""
    query = sa.select(decisions.c.reviewer).distinct().order_by(decisions.c.reviewer)
    with store.engine.connect() as connection:
        return list(connection.scalars(query))


def newest_number(store: Store) -> int:
    """The number of the newest entry of the log; 0 while there is none."""
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.max(decisions.c.number))) or 0


def decisions_by(store: Store, reviewer: str) -> Generator[Decision, None, None]:
    """What a reviewer said of all pairs, newest first; read only as far as it is asked for."""
    log = decisions.c
    query = sa.select(decisions).where(log.reviewer == reviewer).order_by(log.number.desc())
    with store.engine.connect() as connection:
        for row in connection.execute(query):
            yield decision_of(row)


def has_token(store: Store, token: str) -> bool:
    """Whether the log has the entry of a request that was given this token."""
    query = sa.select(sa.exists().where(decisions.c.token == token))
    with store.engine.connect() as connection:
        return bool(connection.scalar(query))


def undecided_pairs(store: Store, keys: Collection[str]) -> list[PresentPair]:
    """The present pairs that nobody has decided about, of masks with these ids or files."""
    query = (
        sa.select(pairs.c.pair_id, pairs.c.mask_id, masks.c.path)
        .outerjoin(masks, masks.c.mask_id == pairs.c.mask_id)
        .where(pairs.c.state != PairState.SUPERSEDED, pairs.c.decision.is_(None))
    )
    found = set[PresentPair]()
    with store.engine.connect() as connection:
        for chunk in chunks(keys):
            for column in (pairs.c.mask_id, masks.c.path):
                rows = connection.execute(query.where(column.in_(chunk)))
                found.update(PresentPair(*row) for row in rows)
    return sorted(found)


def earlier_pairs(store: Store) -> list[EarlierPair]:
    """The superseded pairs of all masks that are decided."""
    return _earlier(store, _superseded())


def earlier_pairs_of(store: Store, pair: Pair) -> list[EarlierPair]:
    """The superseded pairs of the pair's mask, or of its file, that are decided."""
    return _earlier(store, _superseded().where(_same_mask(pair)))


def _same_mask(pair: Pair) -> Any:
    """Pairs of the pair's mask, or of its file."""
    path = sa.select(masks.c.path).where(masks.c.mask_id == pair.mask_id).scalar_subquery()
    return (pairs.c.mask_id == pair.mask_id) | (_text("mask_key") == path)


def _superseded() -> sa.Select[Any]:
    """The superseded pairs that are decided, each with the last entry of its log."""
    of_pair = decisions.c.pair_id == pairs.c.pair_id
    last = sa.select(sa.func.max(decisions.c.number)).where(of_pair).correlate(pairs)
    columns = (pairs.c.pair_id, pairs.c.mask_id, _text("mask_key"), _text("superseded_at"))
    return sa.select(*columns, last.scalar_subquery()).where(
        pairs.c.state == PairState.SUPERSEDED, pairs.c.decision.is_not(None)
    )


def _earlier(store: Store, query: sa.Select[Any]) -> list[EarlierPair]:
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        EarlierPair(pair_id, mask_id, key, datetime.fromisoformat(at) if at else None, last)
        for pair_id, mask_id, key, at, last in rows
    ]


def _text(name: str) -> Any:
    """A text inside the document of a pair; NULL in documents of before it was there."""
    return pairs.c.document[name].as_string()


# repairs


def append_edit(store: Store, edit: PairEdit) -> None:
    """Add to the log; an entry of the same token a second time changes nothing."""
    row = {
        "token": edit.token,
        "pair_id": edit.pair_id,
        "kind": edit.kind,
        "document": to_json(edit.document),
        "reviewer": edit.reviewer,
        "made_at": utc(edit.made_at),
    }
    with store.engine.begin() as connection:
        insert = dialect_insert(connection, pair_edits).values(row)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["token"]))


def edit_of(store: Store, token: str) -> PairEdit | None:
    """The entry of a token, of whichever pair; None when there is none."""
    query = sa.select(pair_edits).where(pair_edits.c.token == token)
    with store.engine.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else _edit(row)


def edits_of(store: Store, pair_id: str) -> list[PairEdit]:
    """The log of one pair, oldest first."""
    query = sa.select(pair_edits).where(pair_edits.c.pair_id == pair_id)
    with store.engine.connect() as connection:
        return [_edit(row) for row in connection.execute(query.order_by(pair_edits.c.number))]


def earlier_edits_of(store: Store, pair: Pair) -> list[PairEdit]:
    """The logs of the superseded pairs of the pair's mask, or of its file, oldest first."""
    query = (
        sa.select(pair_edits)
        .join(pairs, pairs.c.pair_id == pair_edits.c.pair_id)
        .where(pairs.c.state == PairState.SUPERSEDED, _same_mask(pair))
        .order_by(pair_edits.c.number)
    )
    with store.engine.connect() as connection:
        return [_edit(row) for row in connection.execute(query)]


def edit_logs(store: Store) -> dict[str, list[PairEdit]]:
    """The logs of all pairs that are done and were ever edited, oldest first, by pair_id."""
    query = (
        sa.select(pair_edits)
        .join(pairs, pairs.c.pair_id == pair_edits.c.pair_id)
        .where(pairs.c.state == PairState.DONE)
        .order_by(pair_edits.c.number)
    )
    logs: dict[str, list[PairEdit]] = defaultdict(list)
    with store.engine.connect() as connection:
        for row in connection.execute(query):
            logs[row.pair_id].append(_edit(row))
    return logs


def applied_edits(store: Store) -> dict[str, tuple[str, ...]]:
    """The tokens of what the files of the pairs that were ever edited have in them, by pair_id."""
    edited = sa.select(pair_edits.c.pair_id).distinct()
    query = sa.select(pairs.c.pair_id, pairs.c.document["edits"].as_json())
    with store.engine.connect() as connection:
        rows = connection.execute(query.where(pairs.c.pair_id.in_(edited))).all()
    return {pair_id: tuple(tokens or ()) for pair_id, tokens in rows}


def renew_pair(store: Store, pair_id: str, values: Mapping[str, Any]) -> None:
    """Replace fields of a pair as it stands now; its state stays what others made of it."""
    query = sa.select(pairs.c.document).where(pairs.c.pair_id == pair_id)
    with store.engine.begin() as connection:
        number = raise_revision(connection, Part.PAIRS)
        document = connection.scalar(query.with_for_update())
        if document is not None:
            changed = {**document, **to_json(values)}
            row = row_of_pair(from_json(Pair, changed), number)
            update = sa.update(pairs).where(pairs.c.pair_id == pair_id)
            connection.execute(update.values({**row, "document": changed}))


def _edit(row: sa.Row[Any]) -> PairEdit:
    return PairEdit(
        row.token, row.pair_id, EditKind(row.kind), row.document, row.reviewer, utc(row.made_at)
    )
