"""Sources of scenes by their names: one adapter per kind of service; none imports another.

All that differs between services is asked of the adapter; nobody else names a service.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import WrongUseError
from ...settings import ServiceSettings
from ...transfer.http.address import gives_away, shown
from .adapter import SourceAdapter
from .cdse import SPEC as CDSE
from .cdse import Cdse
from .dhus import Dhus
from .fallback import FallbackSource
from .local import PREFIX, Local, LocalSource
from .protocol import SceneFetcher, SceneSource
from .stac import (
    CDSE_STAC,
    EARTH_SEARCH,
    PLANETARY_COMPUTER,
    AnyStac,
    CdseStac,
    EarthSearch,
    PlanetaryComputer,
)

if TYPE_CHECKING:  # it needs the database, which workers do without
    from ...transfer.product_store import ProductStore

_NAMED: dict[str, type[SourceAdapter]] = {
    CDSE: Cdse,
    CDSE_STAC: CdseStac,
    EARTH_SEARCH: EarthSearch,
    PLANETARY_COMPUTER: PlanetaryComputer,
}
# Asked where the first one fails: two doors to the same archive.
_SECOND_CATALOGUES = {CDSE: CDSE_STAC}

# A folder as a source begins so.
LOCAL = PREFIX
# What users are told: how a source is written, services by name and title, and those that have
# the whole world, in the order in which they are proposed.
KINDS = ", ".join([f"{LOCAL}PATH", *_NAMED, "stac:URL#COLLECTION", "dhus:URL"])
EXAMPLES = "dhus:https://host/dhus, or stac:https://host/v1#sentinel-2-l2a"
SERVICES = {spec: adapter.title for spec, adapter in _NAMED.items()}
WORLDWIDE = (CDSE, EARTH_SEARCH, PLANETARY_COMPUTER)


def source_of(spec: str, services: ServiceSettings | None = None) -> SourceAdapter:
    """What is known of the source that a SOURCE argument, or a stored scene, names.

    One of no known kind is a plain `SourceAdapter`, which can't be opened.
    """
    return _kind_of(spec)(spec, services or ServiceSettings())


def open_source(spec: str, services: ServiceSettings | None = None) -> SceneSource:
    """What searches the source that a SOURCE argument names.

    Nothing is asked of it yet. Raises WrongUseError when there is no such source.
    """
    kind, __, rest = spec.partition(":")
    if kind in ("dhus", "stac") and gives_away(rest):
        raise WrongUseError(
            f"{kind}:{shown(rest)}: an address with a user, a password or a query can't "
            "be a source, since sources are shown and stored. Leave them out; what lets us "
            "in is set in variables such as DHUS_URL, DHUS_USER and DHUS_PASSWORD."
        )
    if _kind_of(spec) is SourceAdapter:
        raise WrongUseError(f"{shown(spec)!r} is not a scene source; known are: {KINDS}.")
    source = source_of(spec, services).open()
    second = _SECOND_CATALOGUES.get(spec)
    return FallbackSource(source, open_source(second, services)) if second else source


def _kind_of(spec: str) -> type[SourceAdapter]:
    kind, _, rest = spec.partition(":")
    if kind == "local" and rest:
        return Local
    if kind == "dhus" and rest.startswith(("http://", "https://")):
        return Dhus
    return AnyStac if kind == "stac" else _NAMED.get(spec, SourceAdapter)


def remembering(source: SceneSource, folder: Path, *, refresh: bool) -> SceneSource:
    """The source; one of this machine's disks keeps in `folder` what it found in which files.

    With `refresh` it reads all of them again.
    """
    return (
        source.remembering(folder, refresh=refresh) if isinstance(source, LocalSource) else source
    )


def local_source(path: Path) -> str:
    """How a folder of products is named as a source."""
    return f"{LOCAL}{path}"


class Fetchers:
    """The fetchers of a run, each opened when it is first needed; threads share them."""

    def __init__(self, services: ServiceSettings, product_store: ProductStore) -> None:
        self._services = services
        self._product_store = product_store
        self._opened: dict[str, SceneFetcher | None] = {}
        self._lock = threading.Lock()

    def of(self, spec: str) -> SceneFetcher | None:
        """What fetches the scenes of a source; None where they are read where they lie."""
        with self._lock:
            if spec not in self._opened:
                source = source_of(spec, self._services)
                self._opened[spec] = source.fetcher(self._product_store)
            return self._opened[spec]
