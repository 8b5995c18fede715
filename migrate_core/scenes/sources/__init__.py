"""One small adapter per kind of service; none imports another."""

from __future__ import annotations

from pathlib import Path

from ...errors import WrongUseError
from ...settings import ServiceSettings, load_settings
from . import stac
from .local import LocalSource
from .protocol import SceneSource

KINDS = "local:PATH, earth-search, planetary-computer, cdse-stac, stac:URL#COLLECTION"

_STAC = {
    stac.EARTH_SEARCH: stac.earth_search,
    stac.PLANETARY_COMPUTER: stac.planetary_computer,
    stac.CDSE_STAC: stac.cdse_stac,
}


def open_source(spec: str, services: ServiceSettings | None = None) -> SceneSource:
    """The source that a SOURCE argument names. Raises WrongUseError when there is no such kind.

    `services` None reads addresses and credentials from the environment.
    """
    kind, _, rest = spec.partition(":")
    if kind == "local" and rest:
        return LocalSource(Path(rest))
    if spec in _STAC:
        return stac.StacSource(_STAC[spec](services or load_settings().services))
    if kind == "stac":
        return stac.StacSource(stac.any_stac(spec))
    raise WrongUseError(f"{spec!r} is not a scene source; known are: {KINDS}.")
