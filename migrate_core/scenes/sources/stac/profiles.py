"""Which STAC APIs are known: their names, addresses and collections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....errors import WrongUseError
from ....settings import ServiceSettings

EARTH_SEARCH = "earth-search"
PLANETARY_COMPUTER = "planetary-computer"
CDSE_STAC = "cdse-stac"
_COLLECTIONS = {"L1C": "sentinel-2-l1c", "L2A": "sentinel-2-l2a"}


@dataclass(frozen=True)
class StacService:
    """A STAC API: how a person names it, where it is, and its collection for each level.

    `conforms_to` are conformance classes that the service has but doesn't declare.
    """

    spec: str
    url: str
    collections: Mapping[str, str]
    conforms_to: tuple[str, ...] = ()


def earth_search(services: ServiceSettings) -> StacService:
    """Earth Search v1."""
    return StacService(EARTH_SEARCH, services.earth_search_url, _COLLECTIONS)


def planetary_computer(services: ServiceSettings) -> StacService:
    """The Planetary Computer, which has L2A only."""
    collections = {"L2A": _COLLECTIONS["L2A"]}
    return StacService(PLANETARY_COMPUTER, services.planetary_computer_url, collections)


def cdse_stac(services: ServiceSettings) -> StacService:
    """The Copernicus Data Space's STAC; its declaration lacks the search that it has."""
    return StacService(CDSE_STAC, services.cdse_stac_url, _COLLECTIONS, ("ITEM_SEARCH", "QUERY"))


def any_stac(spec: str) -> StacService:
    """`stac:URL#COLLECTION`. Raises WrongUseError."""
    url, _, collection = spec.removeprefix("stac:").partition("#")
    if not url.startswith(("http://", "https://")) or not collection:
        raise WrongUseError(
            f"{spec!r}: needed is stac:URL#COLLECTION with the address of a STAC API, such as "
            "stac:https://host/v1#sentinel-2-l2a. A catalogue on disk is local:PATH."
        )
    return StacService(spec, url.rstrip("/"), dict.fromkeys(_COLLECTIONS, collection))
