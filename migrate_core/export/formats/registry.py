"""All formats, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import WrongUseError
from .base import Format
from .coco.format import Coco
from .geotiff import Chips, Geotiff
from .stac.format import Stac
from .taco import Taco

_FORMATS: Mapping[str, Format] = {
    one.name: one for one in (Geotiff(), Chips(), Stac(), Coco(), Taco())
}

FORMATS = tuple(_FORMATS)


def format_named(name: str) -> Format:
    """The format of that name. Raises WrongUseError when there is none."""
    if name not in _FORMATS:
        raise WrongUseError(f"{name!r} is no format; needed is one of {', '.join(FORMATS)}.")
    return _FORMATS[name]
