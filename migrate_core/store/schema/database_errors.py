"""What a database says when it can't read or write, in words that help.

SQLAlchemy calls `_raise_plainly` for every error of a driver, at whatever statement and in
whatever module it comes up, so nothing else has to know what SQLite and PostgreSQL raise.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, OperationalError

from ...errors import DatabaseUnusableError
from ...files.disk import is_full

# Beginnings of SQLite's names of errors (https://www.sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_FULL": ("the disk is full", "Free space there"),
    "SQLITE_IOERR": (
        "the disk refuses to read or write it",
        "Check that there is space, that no quota is used up, and the disk itself",
    ),
    "SQLITE_READONLY": (
        "it can't be written",
        "Mend the rights of the file and its folder, or mount the disk writable",
    ),
    "SQLITE_PERM": ("permission denied", "Mend the rights of the file and its folder"),
    "SQLITE_CANTOPEN": (
        "it, or a file that SQLite keeps beside it, can't be opened",
        "Check that the folder exists and can be written, and that not too many files are open "
        "(ulimit -n)",
    ),
    "SQLITE_BUSY": (
        "another process has kept it locked for half a minute",
        "Wait until that one is done, or end it",
    ),
    "SQLITE_LOCKED": ("it is locked", "Wait until the other command is done"),
    "SQLITE_CORRUPT": (
        "it is damaged",
        "Put back a copy of it from a backup, or save what is left with `sqlite3 FILE .recover`",
    ),
    "SQLITE_NOTADB": (
        "it is no SQLite database",
        "Put back a copy of it from a backup, or use another workspace",
    ),
}
# Classes and codes of SQLSTATE (PostgreSQL, appendix A).
_POSTGRES = {
    "53100": ("the disk of the server is full", "Free space there"),
    "53300": ("the server takes no more connections", "Close other programs that use it"),
    "25006": ("the server is read-only", "Use the server that takes writes"),
    "08": ("the connection was lost", "Check that the server runs and can be reached"),
    "57P": ("the server is shutting down or starting", "Try again when it runs"),
    "42501": ("permission denied", "Give the user rights to the tables"),
}
_OTHERS = ("the database doesn't answer as it should", "Check that it is there and can be written")


def tell_plainly(engine: sa.Engine, database: str) -> None:
    """Let all of an engine's errors that a person must know of be StoreErrors; `database` names it.

    What is a matter of rows (IntegrityError, DataError) or a bug stays as it is.
    """
    sa.event.listen(engine, "handle_error", partial(_raise_plainly, database))


def _raise_plainly(database: str, context: sa.engine.ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, (IntegrityError, DataError)):
        return
    if isinstance(context.sqlalchemy_exception, OperationalError) or _is_damage(context):
        raise unusable(database, context.original_exception) from context.original_exception


def _is_damage(context: sa.engine.ExceptionContext) -> bool:
    """Whether SQLite says that the file is damaged, for which it has no class of its own."""
    name = _code(context.original_exception)
    damaged = name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
    return type(context.sqlalchemy_exception) is DatabaseError and damaged


def unusable(database: str, err: BaseException | None) -> DatabaseUnusableError:
    """An error of a driver as one that a person can act on."""
    code = _code(err)
    known = {**_SQLITE, **_POSTGRES}
    found, remedy = next((known[key] for key in known if code.startswith(key)), _OTHERS)
    if code.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and is_full(Path(database).parent):
        # SQLite can't make, or lengthen, one of the files that it keeps beside the database.
        found, remedy = _SQLITE["SQLITE_FULL"]
    return DatabaseUnusableError(
        f"{database}: {found} ({_reason(err, code)}). {remedy}, and run it again: what was "
        "finished is kept."
    )


def _code(err: BaseException | None) -> str:
    """What the driver calls the error: SQLite's name, or the SQLSTATE of PostgreSQL."""
    found: Any = getattr(err, "sqlite_errorname", None) or getattr(err, "sqlstate", None)
    return str(found or "")


def _reason(err: BaseException | None, code: str) -> str:
    """The words of SQLite; those of a server may name hosts and users, so only its code."""
    return str(err) if code.startswith("SQLITE_") else code or type(err).__name__
