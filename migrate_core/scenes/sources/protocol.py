"""What the search needs of a source of scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from ...grid import Bounds
from ...model import SearchResult

Progress = Callable[[int, int], None]


def no_progress(finished: int, total: int) -> None:
    """For callers that nobody watches."""


@dataclass(frozen=True)
class SceneRequest:
    """Scenes of a level that touch `bounds` (lon/lat: west, south, east, north) in a period.

    The days are UTC dates and both inclusive. A source calls `progress(finished, total)` as it
    goes on, in steps of its own; an error that comes out of it (a cancellation) is not caught.
    `max_cloud_percent` lets a service leave out cloudier scenes; None, as a search asks that also
    wants to say what a higher limit would find, leaves out none.
    """

    bounds: Bounds
    first_day: date
    last_day: date
    level: str
    max_cloud_percent: float | None = None
    progress: Progress = field(default=no_progress, compare=False, repr=False)


class SceneSource(Protocol):
    """A place that offers scenes."""

    @property
    def spec(self) -> str:
        """How a person names the source, e.g. `local:/data/safe`."""

    def search(self, request: SceneRequest) -> SearchResult:
        """The scenes that fit, and what could not be read; raises SourceError when nothing can."""
