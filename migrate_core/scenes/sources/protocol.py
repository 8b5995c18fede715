"""What the search needs of a source of scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from ...errors import MigrateError
from ...grid import Bounds
from ...model import Scene, SearchResult

Progress = Callable[[int, int], None]


def no_progress(finished: int, total: int) -> None:
    """For callers that nobody watches."""


# Scenes that one search may bring; a tile has about 150 a year. Beyond that a service has no end.
MOST_SCENES = 50_000


def endless(spec: str) -> str:
    """What to say of a service whose pages don't end."""
    return (
        f"{spec}: it sent {MOST_SCENES:,} entries and has still more. Search for fewer masks, or "
        "fewer days, at a time"
    )


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


@dataclass(frozen=True)
class Fetched:
    """Where the pixels of a scene can be read now, and where they came from.

    `href` is what `open_product` opens. `source` and `product_id` say which product of which
    service it is, which another service or a reprocessing may have made differ from the scene;
    `access` how it was fetched. Whoever got it calls `release` when it was read. `in_place` is the
    scene itself where nothing was fetched, since it is read where it lies.
    """

    href: str
    access: str
    source: str
    product_id: str
    release: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)
    in_place: Scene | None = None


# The cloud mask of a scene alone: an access beside those of settings.ACCESSES, and the suffix of
# its folder among the products.
CLOUD_FILES = "clouds"
NO_CLOUD_MASK = "there is neither a scene classification nor a cloud mask"


class NotInPlaceError(MigrateError):
    """The pixels of a scene can't be read before its product, or much of it, is fetched."""


class SceneFetcher(Protocol):
    """Brings the pixels of a source's scenes to this machine."""

    def fetch(self, scene: Scene, access: str) -> Fetched:
        """The product on disk, fetched if it isn't there; `access` is one of settings.ACCESSES.

        Raises TransferError; ArchiveOrderedError when it will come from a long-term archive.
        """

    def fetch_clouds(self, scene: Scene) -> Fetched:
        """Where the cloud mask can be read now: `window` in place, or CLOUD_FILES, a folder.

        Raises NotInPlaceError where much more would have to be fetched, and TransferError.
        """


class SceneSource(Protocol):
    """A service or folder that offers scenes."""

    @property
    def spec(self) -> str:
        """How a person names the source, e.g. `local:/data/safe`."""

    @property
    def is_local(self) -> bool:
        """Whether it is read on this machine: any question costs a look at all it has.

        It is asked once, for everything, and its answers aren't kept.
        """

    def search(self, request: SceneRequest) -> SearchResult:
        """The scenes that fit, and what could not be read; raises SourceError when nothing can."""
