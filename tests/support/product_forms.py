"""The same pixels as `builders.write_safe` writes, in the other forms that products come in.

Names and elements are those of the Sentinel-2 Products Specification Document before version 14
(long names), of GDAL's SENTINEL2 driver, which opens these products, and of the buckets
sentinel-s2-l1c and sentinel-s2-l2a.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import mapping

from tests.support.builders import (
    BANDS_L1C,
    BANDS_L2A,
    RESOLUTION,
    Safe,
    product_xml,
    scene_classes,
    tile_xml,
    write_jp2,
    write_safe,
)

# What level 2A called its elements at first.
_LEVEL_2AP = (
    ("Product_Info>", "L2A_Product_Info>"),
    ("Product_Organisation>", "L2A_Product_Organisation>"),
    ("Product_Image_Characteristics>", "L2A_Product_Image_Characteristics>"),
    ("QUANTIFICATION_VALUES_LIST>", "L1C_L2A_Quantification_Values_List>"),
    ("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE"),
    (">Level-2A<", ">Level-2Ap<"),
    (">S2MSI2A<", ">S2MSI2Ap<"),
)
CREATED = "20160607T154053"
LONG = "R008_V20160508T104027_20160508T104027"
# Before 2016-12 products had neither offsets nor compact names.
OLD = Safe(level="L1C", sensed="20160508T104027", baseline="02.02")


def neighbours(level: str = "L1C", **changes: Any) -> tuple[Safe, Safe]:
    """Two granules of one old product, side by side, with pixels of their own."""
    one = replace(OLD, level=level, **changes)

    def pixels(band: str, height: int, width: int) -> NDArray[np.uint16]:
        return one.pixels(band, height, width) + 10_000

    return one, replace(one, tile="31TEG", west=one.west + 10 * one.size, pixels=pixels)


def bands_of(safe: Safe) -> tuple[str, ...]:
    return BANDS_L2A if safe.level == "L2A" else BANDS_L1C


def pixels_of(safe: Safe, band: str) -> NDArray[Any]:
    """The digital numbers of a band (or SCL) at its own resolution."""
    size = safe.size * 10 // RESOLUTION.get(band, 20)
    return scene_classes(size, size) if band == "SCL" else safe.pixels(band, size, size)


def tile_id(safe: Safe) -> str:
    """The long name of a granule."""
    return (
        f"{safe.mission}_OPER_MSI_{safe.level}_TL_SGS__{CREATED}_A004581_T{safe.tile}"
        f"_N{safe.baseline}"
    )


def full_tile_xml(safe: Safe) -> str:
    """The granule's metadata with the general part, which names it."""
    level_2a = f"<TILE_ID_2A>{tile_id(safe)}</TILE_ID_2A>"
    first = f"<TILE_ID>{tile_id(replace(safe, level='L1C'))}</TILE_ID>"
    general = (
        f"<n1:General_Info>{first}{level_2a if safe.level == 'L2A' else ''}"
        f"<SENSING_TIME>{safe.sensing_time}</SENSING_TIME></n1:General_Info><n1:Geometric_Info>"
    )
    quality = (
        "<n1:Quality_Indicators_Info><Image_Content_QI><CLOUDY_PIXEL_PERCENTAGE>12.5"
        "</CLOUDY_PIXEL_PERCENTAGE></Image_Content_QI></n1:Quality_Indicators_Info></n1:Level-"
    )
    xml = tile_xml(safe).replace("<n1:Geometric_Info>", general)
    return xml.replace("</n1:Level-", quality)


# long names, until 2016-12


def write_old(folder: Path, granules: Sequence[Safe]) -> Path:
    """An old SAFE folder with these granules; the footprint covers all of them."""
    first = granules[0]
    by = "USER" if first.level == "L2A" else "OPER"
    name = f"{first.mission}_{by}_PRD_MSI{first.level}_PDMC_{CREATED}_{LONG}"
    product = folder / f"{name}.SAFE"
    product.mkdir(parents=True)
    metadata = name.replace("_PRD_MSI", "_MTD_SAF")
    xml = _old_product_xml(f"{name}.SAFE", granules, by)
    (product / f"{metadata}.xml").write_text(xml, encoding="utf-8")
    for granule in granules:
        _write_old_granule(product, granule, by)
    return product


def old_tile_id(safe: Safe, by: str) -> str:
    return tile_id(safe).replace("_OPER_", f"_{by}_")


def _write_old_granule(product: Path, safe: Safe, by: str) -> None:
    identifier = old_tile_id(safe, by)
    folder = product / "GRANULE" / identifier
    stem = identifier.rpartition("_N")[0]
    (folder / "QI_DATA").mkdir(parents=True)
    own = stem.replace("_MSI_", "_MTD_")
    (folder / f"{own}.xml").write_text(full_tile_xml(safe), encoding="utf-8")
    mask = stem.replace("_MSI_L1C_TL_", "_MSK_CLOUDS_").replace("_MSI_L2A_TL_", "_MSK_CLOUDS_")
    (folder / "QI_DATA" / f"{mask}_B00_MSI{safe.level}.gml").write_text(EMPTY_GML)
    for band in bands_of(safe):
        place = f"IMG_DATA/{stem}_{band}.jp2"
        if safe.level == "L2A":
            place = f"IMG_DATA/R{RESOLUTION[band]}m/{stem}_{band}_{RESOLUTION[band]}m.jp2"
        write_jp2(folder / place, pixels_of(safe, band), safe, band)
    if safe.level == "L2A":
        classes = stem.replace("_MSI_L2A_", "_SCL_L2A_")
        write_jp2(folder / f"IMG_DATA/{classes}_20m.jp2", pixels_of(safe, "SCL"), safe, "SCL")


EMPTY_GML = (
    '<eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0" '
    'xmlns:gml="http://www.opengis.net/gml/3.2"/>'
)


def _old_product_xml(uri: str, granules: Sequence[Safe], by: str) -> str:
    first = granules[0]
    area = first.lonlat()
    for granule in granules[1:]:
        area = area.union(granule.lonlat())
    whole = replace(first, footprint=area.convex_hull)
    xml = product_xml(replace(whole, metadata={**whole.metadata, "PRODUCT_URI": uri}))
    lists = ""
    for granule in granules:
        identifier = old_tile_id(granule, by)
        stem = identifier.rpartition("_N")[0]
        tag = "IMAGE_ID_2A" if granule.level == "L2A" else "IMAGE_ID"
        suffix = {band: f"_{RESOLUTION[band]}m" for band in bands_of(granule)}
        files = "".join(
            f"<{tag}>{stem}_{band}{suffix[band] if granule.level == 'L2A' else ''}</{tag}>"
            for band in bands_of(granule)
        )
        lists += (
            f'<Granule_List><Granules granuleIdentifier="{identifier}" imageFormat="JPEG2000">'
            f"{files}</Granules></Granule_List>"
        )
    start, end = xml.index("<Granule_List>"), xml.index("</Granule_List>") + len("</Granule_List>")
    xml = xml[:start] + lists + xml[end:]
    names = "".join(f"<BAND_NAME>{band.replace('B0', 'B')}</BAND_NAME>" for band in bands_of(first))
    xml = xml.replace("SAFE_COMPACT", "SAFE")
    xml = xml.replace("</PRODUCT_FORMAT>", f"</PRODUCT_FORMAT><Band_List>{names}</Band_List>")
    if first.level == "L2A":
        for old, new in _LEVEL_2AP:
            xml = xml.replace(old, new)
    return xml


# the pilot of level 2A, 2017


def write_pilot(folder: Path, safe: Safe) -> Path:
    """A Level-2Ap product: compact names, files that begin with L2A_, elements as before."""
    product = write_safe(folder, safe)
    granule = product / safe.granule
    for path in list(granule.rglob("*.jp2")):
        path.rename(path.with_name(f"L2A_{path.name}"))
    # GDAL makes up the granule's folder from the ids.
    granule = granule.rename(granule.with_name(f"L2A_T{safe.tile}_A000001_{safe.discriminator}"))
    metadata = product / "MTD_MSIL2A.xml"
    xml = metadata.read_text(encoding="utf-8")
    xml = xml.replace(safe.granule, f"GRANULE/{granule.name}")
    xml = xml.replace(f"/T{safe.tile}_", f"/L2A_T{safe.tile}_")
    xml = xml.replace("_TL_TEST_", "_TL_SGS__").replace("S2A_OPER_MSI_L2A", "S2A_USER_MSI_L2A")
    for old, new in (
        *_LEVEL_2AP,
        ("IMAGE_FILE", "IMAGE_FILE_2A"),
        ("PRODUCT_URI", "PRODUCT_URI_2A"),
    ):
        xml = xml.replace(old, new)
    metadata.write_text(xml, encoding="utf-8")
    return product


# AWS


def write_aws(folder: Path, safe: Safe, *, documents: bool = True) -> Path:
    """A tile's folder as in the buckets; without documents only bands and metadata.xml."""
    tile = folder / tile_id(safe)
    (tile / "qi").mkdir(parents=True)
    (tile / "metadata.xml").write_text(full_tile_xml(safe), encoding="utf-8")
    for band in bands_of(safe):
        place = f"R{RESOLUTION[band]}m/{band}.jp2" if safe.level == "L2A" else f"{band}.jp2"
        write_jp2(tile / place, pixels_of(safe, band), safe, band)
    if safe.level == "L2A":
        write_jp2(tile / "R20m/SCL.jp2", pixels_of(safe, "SCL"), safe, "SCL")
        # A coarser copy, which is not to be taken for the band.
        size = safe.size // 2
        write_jp2(tile / "R20m/B02.jp2", safe.pixels("B05", size, size), safe, "B05")
    (tile / "qi" / "MSK_CLOUDS_B00.gml").write_text(EMPTY_GML)
    # A small picture under a band's name, as the buckets have it, which is no band.
    write_jp2(tile / "preview" / "B02.jp2", safe.pixels("B01", 4, 4), safe, "B01")
    if documents:
        area = mapping(safe.grid.polygon().buffer(-20))
        crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG:8.8.1:{safe.epsg}"}}
        info = {
            "timestamp": safe.sensing_time,
            "utmZone": int(safe.tile[:2]),
            "latitudeBand": safe.tile[2],
            "gridSquare": safe.tile[3:],
            "tileDataGeometry": {**area, "crs": crs},
            "productName": safe.product_id,
        }
        (tile / "tileInfo.json").write_text(json.dumps(info))
        product = {"name": safe.product_id, "timestamp": safe.sensing_time}
        (tile / "productInfo.json").write_text(json.dumps(product))
    return tile


# what is left of a product


def flattened(product: Path, folder: Path) -> Path:
    """The JPEG 2000 files of a product in one folder, without anything else."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in product.rglob("*.jp2"):
        shutil.copy(path, folder / path.name)
    return folder
