"""What the search needs of a source of scenes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from ...grid import Bounds
from ...model import SearchResult


@dataclass(frozen=True)
class SceneRequest:
    """Scenes of a level that touch `bounds` (lon/lat: west, south, east, north) in a period.

    The days are UTC dates and both inclusive.
    """

    bounds: Bounds
    first_day: date
    last_day: date
    level: str


class SceneSource(Protocol):
    """A place that offers scenes."""

    @property
    def spec(self) -> str:
        """How a person names the source, e.g. `local:/data/safe`."""

    def search(self, request: SceneRequest) -> SearchResult:
        """The scenes that fit, and what could not be read; raises SourceError when nothing can."""
