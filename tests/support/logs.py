"""The log of a test, and what worker processes are asked to log there."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrate_core.logs.context import about
from migrate_core.logs.setup import LogFile, configure, configured

log = logging.getLogger("migrate_core.test")


@contextmanager
def logging_to(file: LogFile) -> Iterator[None]:
    """Log there for the time of the block; after it as before."""
    root, ours = logging.getLogger(), logging.getLogger("migrate_core")
    before, level = list(root.handlers), ours.level
    # Where a test before left it on, pytest has put warnings back to their own place.
    logging.captureWarnings(False)
    configure(file)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        ours.setLevel(level)


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def log_many(pair: str, count: int) -> int:
    """Log so many numbered records about a pair; the id of the process."""
    with about({"pair": pair}):
        for number in range(count):
            log.info("number %d of %s", number, pair)
    return os.getpid()


def log_and_fill(path: str, name: str, count: int) -> None:
    """Log many records from a process of its own, which configures its log itself."""
    if configured() is None:
        configure(LogFile(Path(path)))
    log_many(name, count)


def log_then_die(pair: str) -> None:
    """Log one record, and be killed."""
    with about({"pair": pair}):
        log.info("the last words")
    os.kill(os.getpid(), signal.SIGKILL)
