"""SAFE, compact (since 2016-12) and old with long names, with or without the product's metadata.

S2A_MSIL1C_….SAFE/MTD_MSIL1C.xml                          compact
    GRANULE/L1C_T33UUU_A…_…/MTD_TL.xml
        IMG_DATA/T33UUU_…_B02.jp2                         level 2A: R10m/…_B02_10m.jp2
        QI_DATA/MSK_CLOUDS_B00.gml or MSK_CLASSI_B00.jp2
S2A_OPER_PRD_MSIL1C_….SAFE/S2A_OPER_MTD_SAFL1C_….xml      old, one granule or several
    GRANULE/S2A_OPER_MSI_L1C_TL_…_T33UUU_N02.04/S2A_OPER_MTD_L1C_TL_…_T33UUU.xml
        IMG_DATA/S2A_OPER_MSI_L1C_TL_…_T33UUU_B02.jp2
        QI_DATA/S2A_OPER_MSK_CLOUDS_…_T33UUU_B00_MSIL1C.gml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .layout import (
    Granule,
    Layout,
    below,
    cloud_mask,
    native_bands,
    scene_classification,
    shallowest,
)

# In the product's folder itself; old ones have S2A_OPER_MTD_SAFL1C_…, by users S2A_USER_….
MARKER = re.compile(r"(?:^|/)(?:MTD_MSIL(?:1C|2A)|S2[A-Z]_[A-Z]{4}_MTD_SAFL(?:1C|2A)[^/]*)\.xml$")
MARKER_NAMES = "MTD_MSIL1C.xml, MTD_MSIL2A.xml or S2?_*_MTD_SAFL*.xml"
_TILE_METADATA = re.compile(r"(?:^|/)(?:MTD_TL|S2[A-Z]_[A-Z]{4}_MTD_L(?:1C|2A)_[^/]*)\.xml$")
_IN_GRANULE = re.compile(r"(?P<root>(?:[^/]+/)*?)GRANULE/[^/]+/")


def product_folders(names: Iterable[str]) -> set[str]:
    """The folders, least deep, that have a product's metadata; one in a proper archive."""
    markers = shallowest(name for name in names if MARKER.search(name))
    return {marker[: marker.rfind("/") + 1] for marker in markers}


def find(names: Sequence[str]) -> Layout | None:
    """The SAFE product among these names; None where there is none."""
    root = min(product_folders(names), default=None)
    if root is None:
        inside = shallowest(name for name in names if _IN_GRANULE.match(name))
        match = _IN_GRANULE.match(inside[0]) if inside else None
        if match is None:
            return None
        root = match["root"]
    files = below(names, root)
    granules = _granules(files)
    metadata = next((name for name in files if "/" not in name and MARKER.search(name)), None)
    return Layout(root, granules, metadata) if granules or metadata else None


def _granules(names: Sequence[str]) -> tuple[Granule, ...]:
    """Each folder in GRANULE that has bands or metadata; there are empty ones in real products."""
    folders: dict[str, list[str]] = {}
    for name in names:
        parts = name.split("/", 2)
        if parts[0] == "GRANULE" and len(parts) == 3:
            folders.setdefault(parts[1], []).append(name)
    found = (granule_of(folder, files, f"GRANULE/{folder}/") for folder, files in folders.items())
    return tuple(granule for granule in found if granule.bands or granule.metadata)


def granule_of(name: str, names: Sequence[str], folder: str) -> Granule:
    """The granule whose `folder` holds `names`, in the way that SAFE has them."""
    images = [file for file in names if file.startswith(f"{folder}IMG_DATA/")]
    tops = [file for file in names if "/" not in file.removeprefix(folder)]
    return Granule(
        name,
        native_bands(images),
        scene_classification(images),
        next((file for file in tops if _TILE_METADATA.search(file)), None),
        cloud_mask(file for file in names if file.startswith(f"{folder}QI_DATA/")),
    )
