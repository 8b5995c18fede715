"""What a command works with: settings, the workspace and its store, opened when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property

from ..errors import JobRunningError
from ..jobs.background import working
from ..masks.register.rasters import read_pending
from ..settings import Settings
from ..store.base import Store, open_store
from ..store.masks import any_pending
from ..workspace import Workspace
from .console import progress_bar, say


class Session:
    """One run of the command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace folder, made when it is missing."""
        return Workspace(self.settings.workspace)

    @cached_property
    def store(self) -> Store:
        """The database of the workspace."""
        return open_store(self.workspace, self.settings.database_url)

    def finish_masks(self) -> None:
        """Read the pixels of masks of which only the header is known: a command died over them.

        While another process does that, work goes on with the masks that are read.
        """
        if not any_pending(self.store):
            return
        try:
            with self.tracked("masks") as progress:
                read_pending(self.store, progress)
        except JobRunningError:
            say("Masks are being added by another command; those not read yet are left out.")

    @contextmanager
    def tracked(self, kind: str) -> Iterator[Callable[[int, int], None]]:
        """Work that is seen from outside: a bar here, and a job in the store for everyone else.

        Yields a function to call with (finished, total). Raises JobRunningError when another
        process does the same work, and, out of that function, JobCancelledError.
        """
        with working(self.store, kind) as job, progress_bar(kind) as update:

            def progress(finished: int, total: int) -> None:
                update(finished, total, "")
                job.advance(finished, total)

            yield progress
