"""A tile as the AWS buckets sentinel-s2-l1c and sentinel-s2-l2a have it.

    tiles/33/U/UU/2018/6/17/0/metadata.xml      the granule's metadata (MTD_TL.xml elsewhere)
        tileInfo.json, productInfo.json         footprint; name and time of the product
        B02.jp2                                 level 2A: R10m/B02.jp2, R20m/SCL.jp2
        qi/MSK_CLOUDS_B00.gml                   later qi/CLASSI_B00.jp2

The metadata of the product are not there, so its offsets are known by its baseline only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .layout import (
    Granule,
    Layout,
    below,
    cloud_mask,
    native_bands,
    scene_classification,
    shallowest,
)

TILE_METADATA = "metadata.xml"
TILE_INFO, PRODUCT_INFO = "tileInfo.json", "productInfo.json"
_BAND = re.compile(r"(?:^|/)(?:R\d{2}m/)?(?:B\d{2}|B8A)\.jp2$")
_IMAGES = re.compile(r"(?:R\d{2}m/)?[^/]+\.jp2$")


def find(names: Sequence[str]) -> Layout | None:
    """The tile among these names; None where there is none."""
    roots = [_BAND.sub("", name) for name in names if _BAND.search(name)]
    root = next(iter(shallowest(f"{root}/" if root else "" for root in roots)), None)
    if root is None:
        return None
    inside = below(names, root)
    images = [name for name in inside if _IMAGES.fullmatch(name)]
    granule = Granule(
        root.strip("/").rpartition("/")[2],
        native_bands(images),
        scene_classification(images),
        TILE_METADATA if TILE_METADATA in inside else None,
        cloud_mask(name for name in inside if name.startswith("qi/")),
    )
    documents = tuple(name for name in (PRODUCT_INFO, TILE_INFO) if name in inside)
    return Layout(root, (granule,), documents=documents)
