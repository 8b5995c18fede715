"""All formats, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import WrongUseError
from .arrays.huggingface import HuggingFace
from .arrays.webdataset import Webdataset
from .arrays.zarr_store import Zarr
from .base import Format
from .coco.format import Coco
from .geotiff import Chips, Geotiff
from .stac.format import Stac
from .taco import Taco
from .terratorch import TerraTorch
from .torchgeo import TorchGeo
from .ultralytics import Ultralytics

_ALL: tuple[Format, ...] = (
    Geotiff(),
    Chips(),
    TorchGeo(),
    TerraTorch(),
    Ultralytics(),
    Stac(),
    Coco(),
    Taco(),
    HuggingFace(),
    Webdataset(),
    Zarr(),
)
_FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}

FORMATS = tuple(_FORMATS)


def format_named(name: str) -> Format:
    """The format of that name. Raises WrongUseError when there is none."""
    if name not in _FORMATS:
        raise WrongUseError(f"{name!r} is no format; needed is one of {', '.join(FORMATS)}.")
    return _FORMATS[name]
