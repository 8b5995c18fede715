"""The tables of the database, on SQLite or PostgreSQL, and opening it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from ..errors import StoreError
from ..states import Basis, JobState
from ..workspace import Workspace
from .database_errors import tell_plainly
from .transfers.former_files import former_files

SCHEMA_VERSION = "5"
# What brings a database of an older version up to the next one; missing tables are made before.
_MIGRATIONS: dict[str, tuple[str, ...]] = {
    "1": ("ALTER TABLE jobs ADD COLUMN request JSON", "ALTER TABLE jobs ADD COLUMN answer JSON"),
    "2": (),  # pair_edits is a table of its own
    "3": (),  # and so is mask_versions
    "4": (
        "ALTER TABLE decisions ADD COLUMN basis VARCHAR DEFAULT 'person' NOT NULL",
        "ALTER TABLE decisions ADD COLUMN batch VARCHAR",
        "ALTER TABLE decisions ADD COLUMN settles BOOLEAN DEFAULT false NOT NULL",
        "CREATE INDEX ix_decisions_batch ON decisions (batch)",
    ),
}

metadata = sa.MetaData()
settings_kv = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
masks = sa.Table(
    "masks",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    # `Mask.key`: the file, and which part of it where it holds several masks.
    sa.Column("path", sa.String, nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("acquired", sa.String),
    sa.Column("image", sa.String),
    sa.Column("outline", sa.JSON),
    sa.Column("document", sa.JSON, nullable=False),
)
scenes = sa.Table(
    "scenes",
    metadata,
    sa.Column("scene_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
)
candidates = sa.Table(
    "candidates",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    sa.Column("scene_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("place", sa.Integer, nullable=False, key="rank"),
    sa.Column("selected", sa.Boolean, nullable=False),
    sa.Column("usable", sa.Boolean, nullable=False),
    sa.Column("chosen_by_person", sa.Boolean, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
# What was measured of the clouds over a mask; `mask_state` tells whether the mask is as it was.
measurements = sa.Table(
    "measurements",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    # The ids of the scenes of one acquisition, in the order in which they complete each other.
    sa.Column("scenes", sa.String, primary_key=True),
    sa.Column("mask_state", sa.String, nullable=False),
    sa.Column("cloud_percent", sa.Float),
    sa.Column("occluded_percent", sa.Float),
)
# What would give a usable scene to a mask that the last search left without one.
advice = sa.Table(
    "advice",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
)
pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("mask_id", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String, nullable=False, unique=True),
    sa.Column("pair_id", sa.String, nullable=False, index=True),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("reason", sa.String),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("basis", sa.String, nullable=False, server_default=Basis.PERSON),
    sa.Column("batch", sa.String, index=True),
    sa.Column("settles", sa.Boolean, nullable=False, server_default=sa.false()),
)
# Decisions made at once; `document` says by what, see `Batch`.
review_batches = sa.Table(
    "review_batches",
    metadata,
    sa.Column("batch_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
)
# Pairs that are open with a reviewer in a window of a browser, for some minutes; times are in
# seconds since 1970.
pair_leases = sa.Table(
    "pair_leases",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("window", sa.String, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)
# Pairs made to be rejected, as a check of attention: apart from all others, so that no list, count
# or export has them. `document` is the pair, `of_pair` the one it was made from.
attention_checks = sa.Table(
    "attention_checks",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("of_pair", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
# What the triage learnt, as numbers; the newest that is not retired is in use.
review_models = sa.Table(
    "review_models",
    metadata,
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
# The log of repairs; `document` says what an entry does, see `PairEdit`.
pair_edits = sa.Table(
    "pair_edits",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String, nullable=False, unique=True),
    sa.Column("pair_id", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
)
# The log of edited labels; `document` is the mask that was taken out of force.
mask_versions = sa.Table(
    "mask_versions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("mask_key", sa.String, nullable=False, index=True),
    sa.Column("before_id", sa.String, nullable=False, index=True),
    sa.Column("after_id", sa.String, nullable=False, index=True),
    sa.Column("file", sa.String),
    sa.Column("sha256", sa.String),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)

# What was downloaded from a service; `at` in seconds since 1970.
downloads = sa.Table(
    "downloads",
    metadata,
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("service", sa.String, nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("what", sa.String, nullable=False),
)
# Products that long-term archives were asked for.
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("product_id", sa.String, primary_key=True),
    sa.Column("scene_id", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("since", sa.String, nullable=False),
    sa.Column("words", sa.String, nullable=False),
)
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("job_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("finished", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    # What a process was started for, and the document that the job ended with.
    sa.Column("request", sa.JSON(none_as_null=True)),
    sa.Column("answer", sa.JSON(none_as_null=True)),
)
# One running job a kind: the database itself refuses a second claim.
sa.Index(
    "one_running_job",
    jobs.c.kind,
    unique=True,
    sqlite_where=jobs.c.state == JobState.RUNNING,
    postgresql_where=jobs.c.state == JobState.RUNNING,
)

# What jobs have to say to whoever looks at them, in the order of `position`.
job_messages = sa.Table(
    "job_messages",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String, nullable=False, index=True),
    sa.Column("level", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
)


def dialect_insert(connection: sa.Connection, table: sa.Table) -> Any:
    """INSERT with the ON CONFLICT that SQLite and PostgreSQL share, but SQLAlchemy splits."""
    module = postgresql if connection.dialect.name == "postgresql" else sqlite
    return module.insert(table)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or renew those whose primary key is there."""
    if not rows:
        return
    insert = dialect_insert(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def open_engine(workspace: Workspace, database_url: str | None) -> sa.Engine:
    """The database of a workspace, its tables made when they are missing. Raises StoreError."""
    url = database_url or f"sqlite:///{workspace.database}"
    database = str(workspace.database) if database_url is None else "the database of DATABASE_URL"
    try:
        engine = sa.create_engine(url)
        tell_plainly(engine, database)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _configure_sqlite)
        _prepare(engine)
    except ImportError as err:
        raise StoreError(
            f"The driver of the database of DATABASE_URL is not installed ({err}). For PostgreSQL: "
            'pip install "psycopg[binary]".'
        ) from err
    except SQLAlchemyError as err:
        raise StoreError(
            f"{database} can't be opened ({type(err).__name__}). Needed is a database that this "
            "program made, or may make. Check that the place exists and can be written."
        ) from err
    _take_over_files(engine, workspace)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets pages read while a run writes; FULL keeps decisions through a power cut."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare(engine: sa.Engine) -> None:
    """Make the tables of a new database, and bring an older one up to them. Raises StoreError."""
    version, noted = settings_kv.c.value, settings_kv.c.name == "schema"
    with engine.begin() as connection:
        connection.execute(CreateTable(settings_kv, if_not_exists=True))
        # Said together with the tables, so that they need not be looked for one by one.
        if connection.scalar(sa.select(version).where(noted)) == SCHEMA_VERSION:
            return
    with engine.begin() as connection:
        insert = dialect_insert(connection, settings_kv).values(name="schema", value=SCHEMA_VERSION)
        connection.execute(insert.on_conflict_do_nothing())
        # Of two processes one changes the tables: SQLite is locked by the insertion already.
        connection.execute(sa.select(version).where(noted).with_for_update())
        metadata.create_all(connection)
        for older, statements in _MIGRATIONS.items():
            change = sa.update(settings_kv).where(noted, version == older)
            if connection.execute(change.values(value=str(int(older) + 1))).rowcount:
                for statement in statements:
                    connection.execute(sa.text(statement))
        found = connection.scalar(sa.select(version).where(noted))
    if found != SCHEMA_VERSION:
        raise StoreError(
            f"The database has schema {found}, this program needs {SCHEMA_VERSION}. Use the "
            "version of the program that made the workspace, or a new workspace."
        )


def _take_over_files(engine: sa.Engine, workspace: Workspace) -> None:
    """Put what earlier versions kept in files into tables, and delete the files."""
    with suppress(OSError):  # the rest is taken over when the workspace is opened next
        for file in former_files(workspace):
            if file.rows:
                with engine.begin() as connection:
                    insert = dialect_insert(connection, metadata.tables[file.table])
                    connection.execute(insert.on_conflict_do_nothing(), list(file.rows))
            file.path.unlink(missing_ok=True)
