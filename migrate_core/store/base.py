"""The database: masks, scenes, candidates, pairs and the log of decisions.

SQLite in the workspace (WAL, so that pages read while a run writes), or the same tables on
PostgreSQL through DATABASE_URL. Only owning processes write; workers never do.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..model import Decision, Mask, Pair, RankedScene, Scene
from ..states import MaskState, Match, PairState
from ..workspace import Workspace
from . import tables
from .derived.matching import chunks, renew_matches, renew_to_make
from .derived.revisions import Part, hold_revision, kept, raise_revision
from .derived.standings import copy_standings
from .mask_documents import mask_from
from .review.rows import append_rows, decision_of, decision_row
from .rows import Candidate as Candidate
from .rows import candidate_of, candidate_rows, row_of_mask, row_of_pair
from .schema.opening import open_engine
from .serialize import from_json
from .tables import upsert

# Values in one question to the database; SQLite takes at most 32,766.
_CHUNK = 500
_NUMBER = sa.func.count().label("number")


class PairKey(NamedTuple):
    """What pairs are counted by: `decision` and `basis` are None where nobody has decided."""

    state: str
    on_order: bool
    decision: str | None
    basis: str | None


class Store:
    """The tables of one workspace behind typed questions and answers."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        # What was found, by name, with the revision it was found at: see `revisions.kept`.
        self.kept: dict[str, tuple[tuple[int, ...], Any]] = {}

    # masks

    def put_masks(self, masks: Sequence[Mask]) -> None:
        """Register masks; one whose file was registered before with other content replaces it."""
        column = tables.masks.c
        keys, by_id = {mask.key for mask in masks}, {mask.mask_id: mask for mask in masks}
        with self.engine.begin() as connection:
            _change_masks(connection)
            for mask_id, path in _paths_of(connection, keys).items():
                if mask_id not in by_id:
                    forget_mask(connection, mask_id)
                elif path != by_id[mask_id].key:
                    # Files have changed places; no two rows may have one path even in between.
                    here = sa.update(tables.masks).where(column.mask_id == mask_id)
                    connection.execute(here.values(path=f"#{mask_id}"))
            upsert(connection, tables.masks, [row_of_mask(mask) for mask in by_id.values()])
            renew_matches(connection, by_id)

    def masks_of_file(self, path: str) -> list[str]:
        """The ids of all masks that were registered from a file."""
        column = tables.masks.c
        parts = column.path.startswith(f"{path}#", autoescape=True)
        query = sa.select(column.mask_id).where(sa.or_(column.path == path, parts))
        return list(self._scalars(query))

    def remove_masks(self, mask_ids: Iterable[str]) -> None:
        """Take masks off the list; files and decisions stay, their pairs are superseded."""
        with self.engine.begin() as connection:
            _change_masks(connection)
            for mask_id in mask_ids:
                forget_mask(connection, mask_id)

    def forget_candidates(self, mask_ids: Iterable[str]) -> None:
        """Drop what a search found for masks that are now of another day or elsewhere."""
        wanted = list(mask_ids)
        with self.engine.begin() as connection:
            raise_revision(connection, Part.MASKS)
            for mask_id in wanted:
                _forget_candidates(connection, mask_id)
            renew_matches(connection, wanted)

    def masks(self) -> list[Mask]:
        """All masks, by name."""
        query = sa.select(tables.masks.c.document).order_by(
            tables.masks.c.name, tables.masks.c.mask_id
        )
        return [mask_from(document) for document in self._scalars(query)]

    # scenes and candidates

    def put_candidates(self, ranked: Mapping[str, Sequence[RankedScene]]) -> None:
        """Replace the candidates of each mask_id by `ranked`, best first, and select one of them.

        The best is selected, unless a person had chosen one that is still among them.
        """
        table = tables.candidates
        chosen_by_hand = sa.select(table.c.mask_id, table.c.scene_id).where(
            table.c.selected, table.c.chosen_by_person
        )
        with self.engine.begin() as connection:
            raise_revision(connection, Part.MASKS)
            choices = {row.mask_id: row.scene_id for row in connection.execute(chosen_by_hand)}
            for chunk in chunks(ranked):
                connection.execute(sa.delete(table).where(table.c.mask_id.in_(chunk)))
            rows = [
                row
                for mask_id, scenes in ranked.items()
                for row in candidate_rows(mask_id, scenes, choices.get(mask_id))
            ]
            if rows:
                connection.execute(sa.insert(table), rows)
            renew_matches(connection, ranked)

    def put_scenes(self, scenes: Iterable[Scene]) -> None:
        """Remember scenes; the same scene of the same source is renewed."""
        rows = [
            {"scene_id": scene.scene_id, "source": scene.source, "document": scene}
            for scene in scenes
        ]
        with self.engine.begin() as connection:
            raise_revision(connection, Part.MASKS)
            upsert(connection, tables.scenes, rows)

    def scenes(self) -> dict[tuple[str, str], Scene]:
        """All scenes by (scene_id, source)."""
        return self._scenes(sa.true())

    def _scenes(self, condition: sa.ColumnElement[bool]) -> dict[tuple[str, str], Scene]:
        rows = self._rows(sa.select(tables.scenes).where(condition))
        return {(row.scene_id, row.source): from_json(Scene, row.document) for row in rows}

    def candidates(self, mask_ids: Iterable[str] | None = None) -> dict[str, list[Candidate]]:
        """The candidates of every mask that was searched, or of these, best first, by mask_id."""
        found: dict[str, list[Candidate]] = {}
        column = tables.candidates.c
        everywhere: list[Any] = [sa.true()]
        here = (column.mask_id.in_(chunk) for chunk in chunks(mask_ids or ()))
        for condition in everywhere if mask_ids is None else here:
            # There may be many scenes that are candidates of no mask.
            theirs = sa.select(column.scene_id, column.source).where(condition)
            scenes = self._scenes(sa.tuple_(*tables.scenes.primary_key).in_(theirs))
            query = sa.select(tables.candidates).where(condition)
            for row in self._rows(query.order_by(column.mask_id, column.rank)):
                candidate = candidate_of(row, scenes[row.scene_id, row.source])
                found.setdefault(row.mask_id, []).append(candidate)
        return found

    def select(self, mask_id: str, scene_id: str) -> bool:
        """Choose a candidate by hand; False when the mask has no such candidate."""
        table = tables.candidates
        with self.engine.begin() as connection:
            raise_revision(connection, Part.MASKS)
            here = table.c.mask_id == mask_id
            known = connection.scalar(
                sa.select(sa.func.count()).where(here, table.c.scene_id == scene_id)
            )
            if not known:
                return False
            is_it = table.c.scene_id == scene_id
            connection.execute(
                sa.update(table).where(here).values(selected=is_it, chosen_by_person=is_it)
            )
            renew_matches(connection, [mask_id])
        return True

    # pairs

    def put_pairs(self, pairs: Sequence[Pair]) -> None:
        """Write pairs as they are now."""
        with self.engine.begin() as connection:
            put_pairs(connection, pairs)

    def pairs(self) -> list[Pair]:
        """All pairs, superseded ones included, by mask and pair id."""
        query = sa.select(tables.pairs.c.document).order_by(
            tables.pairs.c.mask_id, tables.pairs.c.pair_id
        )
        return [from_json(Pair, document) for document in self._scalars(query)]

    def pairs_of(self, mask_ids: Iterable[str]) -> list[Pair]:
        """The pairs of these masks, superseded ones included."""
        column = tables.pairs.c
        query = sa.select(column.document).order_by(column.mask_id, column.pair_id)
        return [
            from_json(Pair, document)
            for chunk in chunks(sorted(mask_ids))
            for document in self._scalars(query.where(column.mask_id.in_(chunk)))
        ]

    def pairs_in(self, state: PairState) -> list[Pair]:
        """The pairs that are in a state."""
        here = tables.pairs.c.state == state
        return [
            from_json(Pair, document)
            for document in self._scalars(sa.select(tables.pairs.c.document).where(here))
        ]

    def pair(self, pair_id: str) -> Pair | None:
        """One pair, or None when there is no such pair."""
        query = sa.select(tables.pairs.c.document).where(tables.pairs.c.pair_id == pair_id)
        found = self._scalars(query)
        return from_json(Pair, found[0]) if found else None

    # counts

    def mask_states(self) -> dict[str, int]:
        """How many masks are in each state."""
        counts = Counter[str]()
        for (state, _), number in self.mask_counts().items():
            counts[state] += number
        return dict(counts)

    def pair_states(self) -> dict[str, int]:
        """How many pairs are in each state."""
        counts = Counter[str]()
        for key, number in self.pair_counts().items():
            counts[key.state] += number
        return dict(counts)

    def mask_counts(self) -> Mapping[tuple[str, str], int]:
        """How many masks there are of each state and `Match`; counted anew when they changed."""
        query = sa.select(tables.masks.c.state, tables.masks.c.match, _NUMBER)
        by = query.group_by(tables.masks.c.state, tables.masks.c.match)

        def count() -> Mapping[tuple[str, str], int]:
            return {(row.state, row.match): row.number for row in self._rows(by)}

        return kept(self, "masks", count, (Part.MASKS,))

    def pair_counts(self) -> Mapping[PairKey, int]:
        """How many pairs stand how; counted anew when they changed."""
        columns = [tables.pairs.c[name] for name in PairKey._fields]
        query = sa.select(*columns, _NUMBER).group_by(*columns)

        def count() -> Mapping[PairKey, int]:
            return {PairKey._make(row[:-1]): row.number for row in self._rows(query)}

        return kept(self, "pairs", count, (Part.PAIRS,))

    def masks_with_candidates(self, *, usable: bool = False, selected: bool = False) -> int:
        """How many masks that are ready have a candidate: a usable, or a selected one, or both."""
        matches = {Match.MATCHED}
        if not (usable and selected):
            matches.add(Match.BY_HAND)
        if not usable:
            matches.add(Match.ONLY_UNUSABLE)
        counts = self.mask_counts()
        return sum(counts.get((MaskState.READY, match), 0) for match in matches)

    def finished_pairs(self) -> list[str]:
        """The ids of the pairs that are done."""
        done = tables.pairs.c.state == PairState.DONE
        return list(self._scalars(sa.select(tables.pairs.c.pair_id).where(done)))

    # decisions

    def append_decision(self, decision: Decision, token: str | None = None) -> None:
        """Add to the log; the same `token` a second time changes nothing."""
        with self.engine.begin() as connection:
            append_rows(connection, [decision_row(decision, token or uuid.uuid4().hex)])

    def decisions(self, pair_id: str | None = None) -> list[Decision]:
        """The log, oldest first: all of it, or what was said of one pair."""
        query = sa.select(tables.decisions).order_by(tables.decisions.c.number)
        if pair_id is not None:
            query = query.where(tables.decisions.c.pair_id == pair_id)
        return [decision_of(row) for row in self._rows(query)]

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self.engine.connect() as connection:
            return connection.execute(query).all()

    def _scalars(self, query: sa.Select[Any]) -> Sequence[Any]:
        with self.engine.connect() as connection:
            return connection.scalars(query).all()


def _paths_of(connection: sa.Connection, paths: set[str]) -> dict[str, str]:
    """The paths of those masks, by id, that have one of these paths."""
    wanted, found = sorted(paths), dict[str, str]()
    column = tables.masks.c
    for first in range(0, len(wanted), _CHUNK):
        chunk = wanted[first : first + _CHUNK]
        query = sa.select(column.mask_id, column.path).where(column.path.in_(chunk))
        found.update((row.mask_id, row.path) for row in connection.execute(query))
    return found


def superseded(pair: Pair, now: datetime) -> Pair:
    """The pair as another takes its place `now`; unchanged where that has happened before."""
    if pair.state == PairState.SUPERSEDED:
        return pair
    return replace(pair, state=PairState.SUPERSEDED, superseded_at=now)


def _forget_candidates(connection: sa.Connection, mask_id: str) -> None:
    for table in (tables.candidates, tables.advice):
        connection.execute(sa.delete(table).where(table.c.mask_id == mask_id))


def forget_mask(connection: sa.Connection, mask_id: str) -> None:
    """Take out a mask whose file is another one now; its pairs stay, superseded."""
    path = sa.select(tables.masks.c.path).where(tables.masks.c.mask_id == mask_id)
    key = connection.scalar(path)
    for table in (tables.masks, tables.measurements):
        connection.execute(sa.delete(table).where(table.c.mask_id == mask_id))
    _forget_candidates(connection, mask_id)
    # By its file, a mask that is added there later finds what was decided about this one's pairs.
    here = sa.select(tables.pairs.c.document).where(tables.pairs.c.mask_id == mask_id)
    pairs = [from_json(Pair, document) for document in connection.scalars(here)]
    now = datetime.now(UTC)
    left = [replace(superseded(pair, now), mask_key=key or pair.mask_key) for pair in pairs]
    put_pairs(connection, left)


def put_pairs(connection: sa.Connection, pairs: Sequence[Pair]) -> None:
    """Write pairs as they are now, each with what its log adds up to."""
    if pairs:
        hold_revision(connection, Part.MASKS)
        changed = raise_revision(connection, Part.PAIRS)
        upsert(connection, tables.pairs, [row_of_pair(pair, changed) for pair in pairs])
        for chunk in chunks(pair.pair_id for pair in pairs):
            copy_standings(connection, chunk, changed)
        renew_to_make(connection, [pair.mask_id for pair in pairs])


def _change_masks(connection: sa.Connection) -> None:
    """Begin a change of masks, and of pairs of those that go: always in this order."""
    for part in (Part.MASKS, Part.PAIRS):
        raise_revision(connection, part)


def open_store(workspace: Workspace, database_url: str | None = None) -> Store:
    """The store of a workspace, its tables made when they are missing. Raises StoreError."""
    return Store(open_engine(workspace, database_url))
