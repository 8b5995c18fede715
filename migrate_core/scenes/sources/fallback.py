"""A source with another to fall back on: two doors to the same archive."""

from __future__ import annotations

import logging

from ...errors import JobCancelledError, MigrateError
from ...model import Problem, SearchResult
from .protocol import SceneRequest, SceneSource

log = logging.getLogger(__name__)


class FallbackSource:
    """Asks `first`, and `second` once the first has failed; both are named then.

    Scenes name the one that they came from.
    """

    def __init__(self, first: SceneSource, second: SceneSource) -> None:
        self._first = first
        self._second = second
        self._failure: str | None = None

    @property
    def spec(self) -> str:
        """The first one's."""
        return self._first.spec

    @property
    def is_local(self) -> bool:
        """The first one's."""
        return self._first.is_local

    def search(self, request: SceneRequest) -> SearchResult:
        """What either has. Raises the error of the first when both fail."""
        if self._failure is None:
            try:
                return self._first.search(request)
            except JobCancelledError:
                raise
            except MigrateError as err:
                found = self._instead(request, err)
                self._failure = str(err)
        else:
            found = self._second.search(request)
        note = f"{self._failure} Its other catalogue, {self._second.spec}, was asked instead."
        # Not named by the spec alone, since a source of that name did answer.
        problem = Problem(f"{self.spec}, first catalogue", note)
        return SearchResult(found.scenes, (problem, *found.problems))

    def _instead(self, request: SceneRequest, failure: MigrateError) -> SearchResult:
        log.warning("%s: %s %s is asked instead.", self.spec, failure, self._second.spec)
        try:
            return self._second.search(request)
        except JobCancelledError:
            raise
        except MigrateError:
            raise failure from None
