"""STAC items of Sentinel-2: what a scene is, and which of its assets are the bands.

Asset and property names of Earth Search v1, the Planetary Computer and the Copernicus Data Space;
an item of another service is understood as far as it follows one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

from ...errors import ProductError
from ...model import utc
from ..footprints import from_geojson
from ..metadata.product_xml import finite
from ..names import parse_name, without_safe
from ..product import RESOLUTION_M, SunAngles, utm_crs

SCENE_CLASSIFICATION = "SCL"
PRODUCT_METADATA = "product_metadata"

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
    "scl": SCENE_CLASSIFICATION,
    SCENE_CLASSIFICATION: SCENE_CLASSIFICATION,
    f"{SCENE_CLASSIFICATION}_20m": SCENE_CLASSIFICATION,
    **{name: name for name in RESOLUTION_M},
    # The Copernicus Data Space offers each band at several resolutions; here its own.
    **{f"{name}_{resolution}m": name for name, resolution in RESOLUTION_M.items()},
    PRODUCT_METADATA: PRODUCT_METADATA,
    "product-metadata": PRODUCT_METADATA,
}
# What of an asset is kept: where and what it is, and what the raster extension says of it.
_ASSET_FIELDS = ("href", "type", "raster:bands", "bands", "raster:offset", "raster:scale")
_RASTER_FIELDS = ("offset", "scale", "raster:offset", "raster:scale")
_KEPT_PROPERTIES = (
    "earthsearch:boa_offset_applied",
    "view:sun_azimuth",
    "view:sun_elevation",
    "s2:mean_solar_azimuth",
    "s2:mean_solar_zenith",
)

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
    footprint_problem: str | None = None


def describe_item(item: Item) -> ItemScene:
    """Read an item's scene. Raises ProductError that names what is missing."""
    try:
        properties = item["properties"]
        product_id = _product_id(item)
        name = parse_name(product_id or "")
        tile = name.tile if name else _tile(item)
        utm_crs(tile)  # raises where there is no such tile
        footprint = from_geojson(item.get("geometry"), tile)
        return ItemScene(
            scene_id=product_id or str(item["id"]),
            sensed_at=_sensed_at(properties),
            level=name.level if name else _level(item),
            tile=tile,
            baseline=_baseline(properties) or (name.baseline if name else ""),
            cloud_percent=_cloud_percent(properties),
            footprint=footprint.area,
            footprint_problem=footprint.problem,
        )
    except (KeyError, TypeError, ValueError, AttributeError, ProductError) as err:
        raise ProductError(
            f"{item.get('id', 'an item')}: its STAC item lacks or garbles {err}; needed are id, "
            "geometry, datetime, grid:code and a level."
        ) from err


def _product_id(item: Item) -> str | None:
    """The product's name without .SAFE, where the item knows it."""
    uri = item["properties"].get("s2:product_uri")
    if uri:
        return without_safe(str(uri))
    # The Copernicus Data Space calls its items by the product's name.
    name = without_safe(str(item["id"]))
    return name if parse_name(name) else None


def _sensed_at(properties: Item) -> datetime:
    """The time of the scene; an item with a null `datetime` has a start and an end."""
    moment = properties.get("datetime") or properties.get("start_datetime")
    if not moment:
        raise ValueError("datetime")
    return utc(datetime.fromisoformat(moment))


def _cloud_percent(properties: Item) -> float | None:
    """Cloud cover in percent; numbers that can't be one (-1, NaN) mean that it isn't known."""
    cloud = finite(properties.get("eo:cloud_cover"))
    return cloud if cloud is not None and 0 <= cloud <= 100 else None


def _level(item: Item) -> str:
    """The processing level by the item's properties, its collection or its id."""
    properties = item.get("properties", {})
    hints = (
        properties.get("processing:level"),
        properties.get("s2:product_type"),
        properties.get("product:type"),
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


def sun_angles(item: Item) -> SunAngles | None:
    """Where the sun stood, by the Sentinel-2 properties or those of the view extension."""
    properties = item.get("properties", {})
    try:
        zenith = finite(properties.get("s2:mean_solar_zenith"))
        elevation = finite(properties.get("view:sun_elevation"))
        azimuth = finite(
            properties.get("s2:mean_solar_azimuth", properties.get("view:sun_azimuth"))
        )
    except (TypeError, ValueError):
        return None  # garbled: as if it were not given
    if zenith is None and elevation is not None:
        zenith = 90 - elevation
    return None if zenith is None or azimuth is None else SunAngles(zenith, azimuth)


def band_assets(item: Item) -> dict[str, dict[str, Any]]:
    """The assets that are bands, the scene classification (SCL) or the product's metadata.

    By band name, `SCL` and `product_metadata`; of each only what reading it needs. Assets without
    a position are left out, and so are bands at another than their own resolution.
    """
    assets = item.get("assets")
    found: dict[str, dict[str, Any]] = {}
    for key, asset in assets.items() if isinstance(assets, Mapping) else ():
        if not isinstance(asset, Mapping) or not asset.get("href"):
            continue
        name = _ASSET_NAMES.get(key) or _named_band(asset)
        if name and (name not in found or key in _ASSET_NAMES):
            found[name] = _reduced(asset)
    return found


def _named_band(asset: Item) -> str | None:
    """The band of an asset of unknown key, by what it says of its only band."""
    for key in ("eo:bands", "bands"):
        described = asset.get(key)
        if isinstance(described, list) and len(described) == 1:
            name = described[0].get("name") if isinstance(described[0], Mapping) else None
            if name in RESOLUTION_M and asset.get("gsd") in (None, RESOLUTION_M[name]):
                return str(name)
    return None


def _reduced(asset: Item) -> dict[str, Any]:
    kept = {name: asset[name] for name in _ASSET_FIELDS if name in asset}
    for name in ("raster:bands", "bands"):
        described = kept.get(name)
        if isinstance(described, list):
            kept[name] = [
                {field: band[field] for field in _RASTER_FIELDS if field in band}
                for band in described
                if isinstance(band, Mapping)
            ]
    kept["href"] = str(kept["href"])
    return kept


def reduced(item: Item) -> dict[str, Any]:
    """What of an item its pixels are read by: 3 kB in place of 30.

    `assets` are named as `band_assets` names them, so that whoever reads it needs no other names.
    """
    properties = item.get("properties", {})
    return {
        "id": str(item.get("id")),
        "collection": item.get("collection"),
        "properties": {name: properties[name] for name in _KEPT_PROPERTIES if name in properties},
        "assets": band_assets(item),
    }
