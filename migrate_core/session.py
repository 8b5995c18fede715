"""What a use case works with: settings, the workspace and its store, opened when first needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property

from .jobs.background import working
from .logs.setup import LogFile
from .settings import Settings, secrets_of
from .store.base import Store, open_store
from .workspace import Workspace, main_log

log = logging.getLogger(__name__)

# Called with (finished, total, note).
Update = Callable[[int, int, str], None]
# Shows how far a job of a kind is, for the time of a block.
ShowProgress = Callable[[str], AbstractContextManager[Update]]


@contextmanager
def no_progress(_kind: str) -> Iterator[Update]:
    """Show nothing."""
    yield lambda *_: None


def say_nothing(_message: str) -> None:
    """Keep notices to oneself."""


@dataclass(frozen=True, eq=False)
class Session:
    """The settings, and how whoever calls hears of work that goes on.

    `show_progress(kind)` is entered for each job; `say` gets a notice that can't wait for the
    result. `words` are those that a command was given, for the log.
    """

    settings: Settings
    show_progress: ShowProgress = no_progress
    say: Callable[[str], None] = say_nothing
    words: str = ""

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace folder, made when it is missing."""
        return Workspace(self.settings.workspace)

    @cached_property
    def store(self) -> Store:
        """The database of the workspace."""
        return open_store(self.workspace, self.settings.database_url)

    @contextmanager
    def tracked(self, kind: str) -> Iterator[Callable[[int, int], None]]:
        """Claim a job in the store, where other processes see it, and show its progress here.

        Yields a function to call with (finished, total). Raises JobRunningError when another
        process does the same work, and, out of that function, JobCancelledError.
        """
        with working(self.store, kind) as job, self.show_progress(kind) as update:
            log.info("Command: %s", self.words or "(none: called by a program)")

            def progress(finished: int, total: int) -> None:
                update(finished, total, "")
                job.advance(finished, total)

            yield progress


def log_file(settings: Settings) -> LogFile:
    """The log of the workspace, which need not be there yet."""
    return LogFile(main_log(settings.workspace), settings.log_level, secrets_of(settings))
