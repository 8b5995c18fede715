"""Which of a product's files tell its cloud mask, by names alone.

An L2A product has its scene classification at 20 m and at 60 m, a product of either level a cloud
mask in QI_DATA: a raster since processing baseline 04.00, polygons before (Sentinel-2 Products
Specification Document, ESA, S2-PDGS-TAS-DI-PSD).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from ....products.layouts.layout import cloud_mask
from .documents import parsed, texts

RASTER, POLYGONS = "MSK_CLASSI_B00.jp2", "MSK_CLOUDS_B00.gml"
# From this processing baseline on the cloud mask is a raster.
RASTER_SINCE = "04.00"
# A band that is there at each resolution that the scene classification has, the coarsest first.
_BESIDE = (("_B09_60m", "_SCL_60m"), ("_B05_20m", "_SCL_20m"))


def classifications(images: Iterable[str]) -> list[str]:
    """The scene classification at 60 m and at 20 m, the smallest file first.

    `images` are the paths that IMAGE_FILE elements give, without suffix. Some metadata leave it
    out, though it lies beside the bands.
    """
    images = list(images)
    found = []
    for band, classes in _BESIDE:
        named = [name for name in images if name.endswith(classes)]
        beside = [f"{name.removesuffix(band)}{classes}" for name in images if name.endswith(band)]
        found += (named or beside)[:1]
    return found


def named_cloud_masks(xml: bytes, title: str) -> list[str]:
    """The cloud masks that MTD_TL.xml names in Pixel_Level_QI, as file names in QI_DATA.

    The folders that it gives are not believed: in L2A products they may be those of the L1C
    product. Raises TransferError.
    """
    names = (PurePosixPath(text).name for text in texts(parsed(xml, title), "MASK_FILENAME"))
    return list(dict.fromkeys(name for name in names if cloud_mask([name])))


def cloud_masks(xml: bytes, title: str) -> list[str]:
    """The same, and after them those that there may be though they aren't named."""
    return list(dict.fromkeys([*named_cloud_masks(xml, title), RASTER, POLYGONS]))
