"""STAC items of Sentinel-2 COGs: what a scene is, and the product behind it.

Asset and property names of Earth Search v1 and of the Planetary Computer; an item of another
service is understood as far as it follows either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shapely import make_valid
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ..errors import ProductError
from ..model import utc
from .metadata import finite
from .product import (
    RESOLUTION_M,
    BandFile,
    Product,
    in_order,
    parse_name,
    utm_crs,
    without_safe,
)
from .reading import grid_of

# Earth Search names assets after their use; others after the band.
_ASSET_NAMES = {
    "coastal": "B01",
    "blue": "B02",
    "green": "B03",
    "red": "B04",
    "rededge1": "B05",
    "rededge2": "B06",
    "rededge3": "B07",
    "nir": "B08",
    "nir08": "B8A",
    "nir09": "B09",
    "cirrus": "B10",
    "swir16": "B11",
    "swir22": "B12",
    **{name: name for name in RESOLUTION_M},
}
_OFFSET_SINCE = "04.00"
_OFFSET = -1000

Item = Mapping[str, Any]


@dataclass(frozen=True)
class ItemScene:
    """What an item says of its scene; field meanings as in `model.Scene`."""

    scene_id: str
    sensed_at: datetime
    level: str
    tile: str
    baseline: str
    cloud_percent: float | None
    footprint: BaseGeometry


def describe_item(item: Item) -> ItemScene:
    """Read an item's scene. Raises ProductError that names what is missing."""
    try:
        properties = item["properties"]
        product_id = _product_id(properties)
        name = parse_name(product_id or "")
        tile = name.tile if name else _tile(item)
        utm_crs(tile)  # raises where there is no such tile
        cloud = properties.get("eo:cloud_cover")
        return ItemScene(
            scene_id=product_id or str(item["id"]),
            sensed_at=utc(datetime.fromisoformat(properties["datetime"])),
            level=name.level if name else _level(item),
            tile=tile,
            baseline=_baseline(properties) or (name.baseline if name else ""),
            cloud_percent=finite(cloud),
            footprint=make_valid(shape(item["geometry"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError, ShapelyError, ProductError) as err:
        raise ProductError(
            f"{item.get('id', 'an item')}: its STAC item lacks or garbles {err}; needed are id, "
            "geometry, datetime, grid:code and a level."
        ) from err


def _product_id(properties: Item) -> str | None:
    uri = properties.get("s2:product_uri")
    return without_safe(str(uri)) if uri else None


def _level(item: Item) -> str:
    """The processing level by the item's properties, its collection or its id."""
    properties = item.get("properties", {})
    hints = (
        properties.get("processing:level"),
        properties.get("s2:product_type"),
        item.get("collection"),
        item.get("id"),
    )
    for hint in hints:
        match = re.search(r"(?:L|MSI)(1C|2A)", str(hint or "").upper())
        if match:
            return f"L{match[1]}"
    raise ValueError("the processing level")


def _tile(item: Item) -> str:
    properties = item.get("properties", {})
    code = properties.get("grid:code") or properties.get("s2:mgrs_tile") or item.get("id", "")
    match = re.search(r"(?<![0-9A-Z])T?(\d{1,2}[A-Z]{3})(?![0-9A-Z])", str(code))
    if match is None:
        raise ValueError("the MGRS tile (grid:code)")
    return match[1].zfill(5)


def _baseline(properties: Item) -> str | None:
    found = properties.get("s2:processing_baseline") or properties.get("processing:version")
    match = re.fullmatch(r"N?(\d{1,2})\.?(\d{2})", str(found or ""))
    return f"{match[1]:0>2}.{match[2]}" if match else None


def open_item(path: Path) -> Product:
    """The product behind an item file whose assets are COGs. Raises ProductError."""
    try:
        item = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise ProductError(
            f"{path}: the STAC item can't be read ({err}). It may have been moved: search again."
        ) from err
    if not isinstance(item, dict):
        raise ProductError(f"{path}: it is no STAC item. It may have been replaced: search again.")
    scene = describe_item(item)
    hrefs = _hrefs(item)
    bands = {
        band: BandFile(band, _location(hrefs[key], path), RESOLUTION_M[band], "GTiff")
        for key, band in _ASSET_NAMES.items()
        if key in hrefs
    }
    ordered = in_order(scene.scene_id, scene.level, bands)
    classification = next((key for key in hrefs if key.upper() == "SCL"), None)
    offset, origin = item_offset(item, scene.baseline)
    return Product(
        product_id=scene.scene_id,
        level=scene.level,
        baseline=scene.baseline,
        grid=grid_of(bands["B02"]),
        bands=ordered,
        scene_classification=BandFile("SCL", _location(hrefs[classification], path), 20, "GTiff")
        if classification
        else None,
        offsets={band.name: offset for band in ordered},
        offset_origin=origin,
    )


def _hrefs(item: Item) -> dict[str, str]:
    """Where each asset of an item lies; assets without a place are left out."""
    assets = item.get("assets")
    if not isinstance(assets, Mapping):
        return {}
    return {
        key: str(asset["href"])
        for key, asset in assets.items()
        if isinstance(asset, Mapping) and asset.get("href")
    }


def _location(href: str, path: Path) -> str:
    """What GDAL opens an asset by: a path relative to the item's file, or an address."""
    if href.startswith(("http://", "https://")):
        return f"/vsicurl/{href}"
    if href.startswith("s3://"):
        return f"/vsis3/{href.removeprefix('s3://')}"
    return str((path.parent / href.removeprefix("file://")).resolve())


def item_offset(item: Item, baseline: str) -> tuple[int, str]:
    """What to add to the pixels of an item's COGs, and where that was found.

    Precedence: `earthsearch:boa_offset_applied` true means that nothing is left to add; else the
    offset of `raster:bands`; else the processing baseline.
    """
    flag = item.get("properties", {}).get("earthsearch:boa_offset_applied")
    if flag is True:
        return 0, "earthsearch:boa_offset_applied is true: 0"
    for key, asset in item.get("assets", {}).items():
        described = (asset.get("raster:bands") or [{}])[0]
        if key in _ASSET_NAMES and "offset" in described and described.get("scale"):
            offset = round(float(described["offset"]) / float(described["scale"]))
            return offset, "offset / scale of raster:bands in the STAC item"
    if _OFFSET_SINCE <= baseline < "99":
        return _OFFSET, f"processing baseline {baseline} of the STAC item"
    return 0, f"processing baseline {baseline} of the STAC item: 0"
