"""One small adapter per kind of service; none imports another."""

from __future__ import annotations

from pathlib import Path

from ...errors import WrongUseError
from ...settings import ServiceSettings
from ...transfer.http.address import gives_away, shown
from ...transfer.product_store import ProductStore
from . import stac
from .cdse import CdseFetcher, CdseSource
from .dhus import DhusFetcher, DhusSource
from .fallback import FallbackSource
from .local import LocalSource
from .protocol import SceneFetcher, SceneSource

KINDS = (
    "local:PATH, cdse, cdse-stac, earth-search, planetary-computer, stac:URL#COLLECTION, dhus:URL"
)

_STAC = {
    stac.CDSE_STAC: stac.cdse_stac,
    stac.EARTH_SEARCH: stac.earth_search,
    stac.PLANETARY_COMPUTER: stac.planetary_computer,
}


def open_source(spec: str, services: ServiceSettings | None = None) -> SceneSource:
    """The source that a SOURCE argument names. Raises WrongUseError when there is no such kind."""
    services = services or ServiceSettings()
    kind, _, rest = spec.partition(":")
    if kind in ("dhus", "stac") and gives_away(rest):
        raise WrongUseError(
            f"{kind}:{shown(rest)}: an address with a user, a password or a query can't be a "
            "source, since sources are shown and stored. Leave them out; what lets us in is set in "
            "variables such as DHUS_URL, DHUS_USER and DHUS_PASSWORD."
        )
    if kind == "local" and rest:
        return LocalSource(Path(rest))
    if spec == "cdse":
        return FallbackSource(CdseSource(services), stac.StacSource(stac.cdse_stac(services)))
    if kind == "dhus" and rest.startswith(("http://", "https://")):
        return DhusSource(rest, services)
    if spec in _STAC:
        return stac.StacSource(_STAC[spec](services))
    if kind == "stac":
        return stac.StacSource(stac.any_stac(spec))
    raise WrongUseError(f"{shown(spec)!r} is not a scene source; known are: {KINDS}.")


def open_fetcher(
    spec: str, services: ServiceSettings, product_store: ProductStore
) -> SceneFetcher | None:
    """What fetches the scenes of a source; None where their pixels are read where they lie."""
    if spec == "cdse":
        return CdseFetcher(services, product_store)
    if spec.startswith("dhus:"):
        return DhusFetcher(spec.removeprefix("dhus:"), services, product_store)
    return None


def needs_fetching(spec: str) -> bool:
    """Whether the scenes of a source must be brought here before they can be read."""
    return spec == "cdse" or spec.startswith("dhus:")
