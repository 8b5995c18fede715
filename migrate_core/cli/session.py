"""What a command works with: settings, the workspace and its store, opened when first needed."""

from __future__ import annotations

from functools import cached_property

from ..settings import Settings
from ..store import Store, open_store
from ..workspace import Workspace


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
