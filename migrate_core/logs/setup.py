"""The one configuration of the log, for commands and for worker processes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..files.locks import try_lock
from .context import AddIds, about, ids_here
from .redaction import Redactor

# The file and those it was rotated to take five times as much.
MAX_BYTES = 5_000_000
ROTATED_FILES = 4
OURS = "migrate_core"
# No record takes more characters: a traceback may hold a whole document.
_MOST_CHARACTERS = 100_000
_HEAD = "%(time)sZ %(levelname)-8s [%(process)d] job=%(job)s pair=%(pair)s %(name)s: "
# Controls that would move the cursor of a terminal, or begin a line for some programs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class LogFile:
    """Where records go, from which level on, and the values that are taken out of them."""

    path: Path
    level: str = "INFO"
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True)
class LogContext:
    """What a call takes along to another process: the log it writes, and the ids it is about."""

    file: LogFile | None
    ids: Mapping[str, str]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Log there, with these ids, for the time of the block."""
        if self.file is not None and self.file != configured():
            configure(self.file)
        with about(self.ids):
            yield


def configure(file: LogFile) -> None:
    """Let this process log to `file` and nowhere else; a configuration before it is replaced.

    Other libraries are heard from WARNING on, among them Python's own warnings and GDAL's.
    """
    root = logging.getLogger()
    for before in _handlers():
        root.removeHandler(before)
    root.addHandler(SharedFileHandler(file))
    logging.getLogger(OURS).setLevel(file.level)
    logging.captureWarnings(True)


def configured() -> LogFile | None:
    """Where this process logs, if it does."""
    return next((handler.file for handler in _handlers()), None)


def log_context() -> LogContext:
    """What a call from here takes along to another process."""
    return LogContext(configured(), ids_here())


def _handlers() -> list[SharedFileHandler]:
    return [item for item in logging.getLogger().handlers if isinstance(item, SharedFileHandler)]


class SharedFileHandler(RotatingFileHandler):
    """A rotating file that several processes append to.

    The file is opened for each record and appended to with one write, so records of processes
    don't mix; the process that finds it full rotates it under a lock, and nobody waits for that.
    A log that can't be written, as on a full disk, is passed over: it never ends the work.
    """

    def __init__(self, file: LogFile) -> None:
        super().__init__(file.path, maxBytes=MAX_BYTES, backupCount=ROTATED_FILES, delay=True)
        self.file = file
        self.setLevel(file.level)
        self.setFormatter(_Formatter(Redactor(file.secrets)))
        self.addFilter(_heard)
        self.addFilter(AddIds())

    def emit(self, record: logging.LogRecord) -> None:
        """Append the record."""
        try:
            text = f"{self.format(record)}\n".encode(errors="backslashreplace")
            path = Path(self.baseFilename)
            path.parent.mkdir(exist_ok=True)
            if _size(path) + len(text) > self.maxBytes:
                self._rotate(path, len(text))
            with path.open("ab", buffering=0) as stream:
                stream.write(text)
        except Exception:  # whatever it is, the work goes on
            self.handleError(record)

    def _rotate(self, path: Path, coming: int) -> None:
        lock = try_lock(path.with_name(f".{path.name}.lock"))
        if lock is None:
            return
        try:
            # Another process may have done it just before.
            if _size(path) + coming > self.maxBytes:
                self.doRollover()
        finally:
            lock.release()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the name of logging)
        """Say nothing: what would be said goes to stderr, which belongs to the command."""


def _heard(record: logging.LogRecord) -> bool:
    """Of other libraries, warnings and errors only, whatever level they set themselves."""
    ours = record.name == OURS or record.name.startswith(f"{OURS}.")
    return ours or record.levelno >= logging.WARNING


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class _Formatter(logging.Formatter):
    """Time in UTC, level, process and ids before every line, those of a traceback included.

    So a search for a pair finds its tracebacks, and no text of others can pass for a record.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record as lines, without secrets."""
        moment = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
        head = _HEAD % {**record.__dict__, "time": moment.isoformat(timespec="milliseconds")}
        text = self._redactor.redact(super().format(record))[:_MOST_CHARACTERS]
        return "\n".join(head + _CONTROL.sub("\ufffd", line) for line in text.split("\n"))
