"""Opening the database of a workspace: made where it is missing, brought up where it is older."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from ...errors import StoreError
from ...workspace import Workspace
from ..serialize import json_text
from ..tables import dialect_insert, metadata, settings_kv
from ..transfers.former_files import former_files
from .database_errors import tell_plainly
from .migrations import MIGRATIONS, SCHEMA_VERSION, Statement


def open_engine(workspace: Workspace, database_url: str | None) -> sa.Engine:
    """The database of a workspace, its tables made when they are missing. Raises StoreError."""
    url = database_url or f"sqlite:///{workspace.database}"
    database = str(workspace.database) if database_url is None else "the database of DATABASE_URL"
    try:
        engine = sa.create_engine(url, json_serializer=json_text)
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
        for older, statements in MIGRATIONS.items():
            change = sa.update(settings_kv).where(noted, version == older)
            if connection.execute(change.values(value=str(int(older) + 1))).rowcount:
                for statement in statements:
                    _change(connection, statement)
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


def _change(connection: sa.Connection, statement: Statement) -> None:
    if isinstance(statement, str):
        connection.execute(sa.text(statement))
    else:
        statement(connection)
