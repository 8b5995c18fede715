"""The database: masks, scenes, candidates, pairs and the log of decisions.

SQLite in the workspace (WAL, so that pages read while a run writes), or the same tables on
PostgreSQL through DATABASE_URL. Only owning processes write; workers never do.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from .codec import from_json, to_json
from .errors import StoreError
from .model import Decision, Mask, Pair, RankedScene, Scene, utc
from .workspace import Workspace

SCHEMA_VERSION = "1"

metadata = sa.MetaData()
_facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
_masks = sa.Table(
    "masks",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    sa.Column("path", sa.String, nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
_scenes = sa.Table(
    "scenes",
    metadata,
    sa.Column("scene_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
)
_candidates = sa.Table(
    "candidates",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    sa.Column("scene_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("selected", sa.Boolean, nullable=False),
    sa.Column("chosen_by_person", sa.Boolean, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
_pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("mask_id", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
_decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String, nullable=False, unique=True),
    sa.Column("pair_id", sa.String, nullable=False, index=True),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("reason", sa.String),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True)
class Candidate:
    """A ranked scene of a mask as it stands in the store: whether it is chosen, and by whom."""

    mask_id: str
    ranked: RankedScene
    selected: bool
    chosen_by_person: bool


class Store:
    """The tables of one workspace behind typed questions and answers."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    # masks

    def put_masks(self, masks: Sequence[Mask]) -> None:
        """Register masks; one whose file was registered before with other content replaces it."""
        with self.engine.begin() as connection:
            for mask in masks:
                stale = sa.select(_masks.c.mask_id).where(
                    _masks.c.path == mask.path, _masks.c.mask_id != mask.mask_id
                )
                for mask_id in connection.scalars(stale).all():
                    _forget_mask(connection, mask_id)
            rows = [
                {
                    "mask_id": mask.mask_id,
                    "path": mask.path,
                    "name": mask.name,
                    "state": mask.state,
                    "document": to_json(mask),
                }
                for mask in masks
            ]
            upsert(connection, _masks, rows)

    def masks(self) -> list[Mask]:
        """All masks, by name."""
        query = sa.select(_masks.c.document).order_by(_masks.c.name, _masks.c.mask_id)
        return [from_json(Mask, document) for document in self._scalars(query)]

    # scenes and candidates

    def put_candidates(self, ranked: Mapping[str, Sequence[RankedScene]]) -> None:
        """Replace the candidates of each mask_id by `ranked`, best first, and select one of them.

        The best is selected, unless a person had chosen one that is still among them.
        """
        table = _candidates
        chosen_by_hand = sa.select(table.c.mask_id, table.c.scene_id).where(
            table.c.selected, table.c.chosen_by_person
        )
        with self.engine.begin() as connection:
            choices = {row.mask_id: row.scene_id for row in connection.execute(chosen_by_hand)}
            for mask_id in ranked:
                connection.execute(sa.delete(table).where(table.c.mask_id == mask_id))
            rows = [
                row
                for mask_id, scenes in ranked.items()
                for row in _candidate_rows(mask_id, scenes, choices.get(mask_id))
            ]
            if rows:
                connection.execute(sa.insert(table), rows)

    def put_scenes(self, scenes: Iterable[Scene]) -> None:
        """Remember scenes; the same scene of the same source is renewed."""
        rows = [
            {"scene_id": scene.scene_id, "source": scene.source, "document": to_json(scene)}
            for scene in scenes
        ]
        with self.engine.begin() as connection:
            upsert(connection, _scenes, rows)

    def scenes(self) -> dict[tuple[str, str], Scene]:
        """All scenes by (scene_id, source)."""
        rows = self._rows(sa.select(_scenes))
        return {(row.scene_id, row.source): from_json(Scene, row.document) for row in rows}

    def candidates(self) -> dict[str, list[Candidate]]:
        """The candidates of every mask that was searched, best first, by mask_id."""
        scenes = self.scenes()
        found: dict[str, list[Candidate]] = {}
        query = sa.select(_candidates).order_by(_candidates.c.mask_id, _candidates.c.place)
        for row in self._rows(query):
            ranked = from_json(RankedScene, {**row.document, "scene": None})
            ranked = replace(ranked, scene=scenes[row.scene_id, row.source])
            candidate = Candidate(row.mask_id, ranked, row.selected, row.chosen_by_person)
            found.setdefault(row.mask_id, []).append(candidate)
        return found

    def select(self, mask_id: str, scene_id: str) -> bool:
        """Choose a candidate by hand; False when the mask has no such candidate."""
        table = _candidates
        with self.engine.begin() as connection:
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
        return True

    # pairs

    def put_pairs(self, pairs: Sequence[Pair]) -> None:
        """Write pairs as they are now."""
        rows = [
            {
                "pair_id": pair.pair_id,
                "mask_id": pair.mask_id,
                "state": pair.state,
                "document": to_json(pair),
            }
            for pair in pairs
        ]
        with self.engine.begin() as connection:
            upsert(connection, _pairs, rows)

    def pairs(self) -> list[Pair]:
        """All pairs, superseded ones included, by mask and pair id."""
        query = sa.select(_pairs.c.document).order_by(_pairs.c.mask_id, _pairs.c.pair_id)
        return [from_json(Pair, document) for document in self._scalars(query)]

    def pair(self, pair_id: str) -> Pair | None:
        """One pair, or None when there is no such pair."""
        query = sa.select(_pairs.c.document).where(_pairs.c.pair_id == pair_id)
        found = self._scalars(query)
        return from_json(Pair, found[0]) if found else None

    # decisions

    def append_decision(self, decision: Decision, token: str | None = None) -> None:
        """Add to the log; the same `token` a second time changes nothing."""
        row = {
            "token": token or uuid.uuid4().hex,
            "pair_id": decision.pair_id,
            "verdict": decision.verdict,
            "reviewer": decision.reviewer,
            "reason": decision.reason,
            "decided_at": decision.decided_at,
        }
        with self.engine.begin() as connection:
            insert = _dialect_insert(connection, _decisions).values(row)
            connection.execute(insert.on_conflict_do_nothing(index_elements=["token"]))

    def decisions(self, pair_id: str | None = None) -> list[Decision]:
        """The log, oldest first: all of it, or what was said of one pair."""
        query = sa.select(_decisions).order_by(_decisions.c.number)
        if pair_id is not None:
            query = query.where(_decisions.c.pair_id == pair_id)
        rows = self._rows(query)
        return [
            Decision(row.pair_id, row.verdict, row.reviewer, row.reason, utc(row.decided_at))
            for row in rows
        ]

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self.engine.connect() as connection:
            return connection.execute(query).all()

    def _scalars(self, query: sa.Select[Any]) -> Sequence[Any]:
        with self.engine.connect() as connection:
            return connection.scalars(query).all()


def _candidate_rows(
    mask_id: str, ranked: Sequence[RankedScene], choice: str | None
) -> list[dict[str, Any]]:
    """Rows for the candidates of a mask; `choice` is the scene a person selected before."""
    kept = choice in {item.scene.scene_id for item in ranked}
    rows = []
    for place, item in enumerate(ranked):
        document = to_json(item)
        del document["scene"]
        by_person = kept and item.scene.scene_id == choice
        row = {
            "mask_id": mask_id,
            "scene_id": item.scene.scene_id,
            "source": item.scene.source,
            "place": place,
            "selected": by_person if kept else place == 0,
            "chosen_by_person": by_person,
            "document": document,
        }
        rows.append(row)
    return rows


def _forget_mask(connection: sa.Connection, mask_id: str) -> None:
    """Take out a mask whose file is another one now; its pairs stay, superseded."""
    connection.execute(sa.delete(_masks).where(_masks.c.mask_id == mask_id))
    connection.execute(sa.delete(_candidates).where(_candidates.c.mask_id == mask_id))
    pairs = connection.execute(sa.select(_pairs).where(_pairs.c.mask_id == mask_id)).all()
    for pair in pairs:
        document = {**pair.document, "state": "superseded"}
        connection.execute(
            sa.update(_pairs)
            .where(_pairs.c.pair_id == pair.pair_id)
            .values(state="superseded", document=document)
        )


def _dialect_insert(connection: sa.Connection, table: sa.Table) -> Any:
    """INSERT with the ON CONFLICT that SQLite and PostgreSQL share, but SQLAlchemy splits."""
    module = postgresql if connection.dialect.name == "postgresql" else sqlite
    return module.insert(table)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or renew those whose primary key is there."""
    if not rows:
        return
    insert = _dialect_insert(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def open_store(workspace: Workspace, database_url: str | None = None) -> Store:
    """The store of a workspace, its tables made when they are missing. Raises StoreError."""
    url = database_url or f"sqlite:///{workspace.database}"
    try:
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _configure_sqlite)
        metadata.create_all(engine)
        _check_version(engine)
    except SQLAlchemyError as err:
        place = workspace.database if database_url is None else "the database of DATABASE_URL"
        raise StoreError(
            f"{place} can't be opened ({type(err).__name__}). Needed is a database that this "
            "program made, or may make. Check that the place exists and can be written."
        ) from err
    return Store(engine)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets pages read while a run writes; FULL keeps decisions through a power cut."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _check_version(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        insert = _dialect_insert(connection, _facts).values(name="schema", value=SCHEMA_VERSION)
        connection.execute(insert.on_conflict_do_nothing())
        found = connection.scalar(sa.select(_facts.c.value).where(_facts.c.name == "schema"))
    if found != SCHEMA_VERSION:
        raise StoreError(
            f"The database has schema {found}, this program needs {SCHEMA_VERSION}. Use the "
            "version of the program that made the workspace, or a new workspace."
        )
