"""STAC APIs: searched by pystac-client, their pixels read where they lie."""

from __future__ import annotations

from .profiles import CDSE_STAC, EARTH_SEARCH, PLANETARY_COMPUTER
from .services import AnyStac, CdseStac, EarthSearch, PlanetaryComputer

__all__ = [
    "CDSE_STAC",
    "EARTH_SEARCH",
    "PLANETARY_COMPUTER",
    "AnyStac",
    "CdseStac",
    "EarthSearch",
    "PlanetaryComputer",
]
