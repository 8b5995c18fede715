"""The names of a pair's files, and types and no-data of its rasters; nothing here opens one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..model import IGNORE
from ..products.product import NO_DATA


@dataclass(frozen=True)
class PairRaster:
    """One of the rasters of a pair; `nodata` is None where every value means something."""

    name: str
    dtype: str
    nodata: int | None

    @property
    def file(self) -> str:
        """The name of its file in the folder of a pair."""
        return f"{self.name}.tif"


IMAGE = PairRaster("image", "uint16", NO_DATA)
LABEL = PairRaster("label", "uint8", IGNORE)
FRACTIONS = PairRaster("fractions", "float32", None)
QUALITY = PairRaster("quality", "uint8", None)
RASTERS = (IMAGE, LABEL, FRACTIONS, QUALITY)
DOCUMENT = "pair.json"


def pair_complete(folder: Path) -> bool:
    """Whether every file of the pair in `folder` is there."""
    names = (*(raster.file for raster in RASTERS), DOCUMENT)
    return all((folder / name).is_file() for name in names)
