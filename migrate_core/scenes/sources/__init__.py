"""One small adapter per kind of service; none imports another."""

from __future__ import annotations

from pathlib import Path

from ...errors import WrongUseError
from .local import LocalSource
from .protocol import SceneSource

KINDS = "local:PATH"


def open_source(spec: str) -> SceneSource:
    """The source that a SOURCE argument names. Raises WrongUseError when there is no such kind."""
    kind, _, rest = spec.partition(":")
    if kind == "local" and rest:
        return LocalSource(Path(rest))
    raise WrongUseError(f"{spec!r} is not a scene source; known are: {KINDS}.")
