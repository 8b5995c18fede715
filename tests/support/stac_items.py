"""STAC items as three services write them, after their documents, and a small API that serves any.

Shortened to one or two assets of a kind; names and forms of properties are the services' own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shapely.geometry import box, mapping

from tests.support.builders import BANDS_L2A, EARTH_SEARCH_NAMES, RESOLUTION
from tests.support.range_server import Answer, Asked

CDSE_NAME = "S2C_MSIL2A_20251229T094321_N0511_R036_T35ULV_20251229T113015"
CDSE_PATH = f"s3://eodata/Sentinel-2/MSI/L2A/2025/12/29/{CDSE_NAME}.SAFE"
PC_NAME = "S2A_MSIL2A_20200128T104251_N0212_R008_T31TDG_20201003T043254"
EARTH_NAME = "S2B_MSIL2A_20220308T104319_N0400_R008_T31TDG_20220308T134500"
FOOTPRINT = box(2.8, 42.3, 4.1, 43.3)


def cdse_item() -> dict[str, Any]:
    """STAC 1.1 of the Copernicus Data Space."""
    granule = f"{CDSE_PATH}/GRANULE/L2A_T35ULV_A006000_20251229T094321/IMG_DATA"
    assets: dict[str, Any] = {}
    for band in BANDS_L2A:
        for resolution in (10, 20, 60):
            if resolution < RESOLUTION[band]:
                continue
            name = f"{band}_{resolution}m"
            assets[name] = {
                "href": f"{granule}/R{resolution}m/T35ULV_20251229T094321_{name}.jp2",
                "type": "image/jp2",
                "roles": ["data", "reflectance", f"sampling:{resolution}m"],
                "gsd": resolution,
                "nodata": 0,
                "data_type": "uint16",
                "raster:scale": 0.0001,
                "raster:offset": -0.1,
                "bands": [{"name": band, "eo:common_name": "blue"}],
                "alternate": {"https": {"href": "https://download.example/$value"}},
            }
    for resolution in (20, 60):
        assets[f"SCL_{resolution}m"] = {
            "href": f"{granule}/R{resolution}m/T35ULV_20251229T094321_SCL_{resolution}m.jp2",
            "type": "image/jp2",
        }
    assets["product_metadata"] = {"href": f"{CDSE_PATH}/MTD_MSIL2A.xml", "type": "application/xml"}
    assets["Product"] = {"href": "https://download.example/Products(1)/$value"}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": CDSE_NAME,
        "collection": "sentinel-2-l2a",
        "geometry": mapping(box(24.0, 53.1, 25.7, 54.1)),
        "bbox": [24.0, 53.1, 25.7, 54.1],
        "properties": {
            "datetime": "2025-12-29T09:43:21.024000Z",
            "start_datetime": "2025-12-29T09:43:21.024000Z",
            "end_datetime": "2025-12-29T09:43:21.024000Z",
            "platform": "sentinel-2c",
            "eo:cloud_cover": 87.31,
            "grid:code": "MGRS-35ULV",
            "product:type": "S2MSI2A",
            "processing:level": "L2",
            "processing:version": "05.11",
            "sat:relative_orbit": 36,
        },
        "links": [{"rel": "self", "href": f"https://stac.example/v1/items/{CDSE_NAME}"}],
        "assets": assets,
    }


def planetary_item() -> dict[str, Any]:
    """An item of the Planetary Computer; its id lacks the baseline that the product's name has."""
    base = "https://storage.example/sentinel2-l2/31/T/DG/2020/01/28"
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2A_MSIL2A_20200128T104251_R008_T31TDG_20201003T043254",
        "collection": "sentinel-2-l2a",
        "geometry": mapping(FOOTPRINT),
        "bbox": list(FOOTPRINT.bounds),
        "properties": {
            "datetime": "2020-01-28T10:42:51.024000Z",
            "platform": "Sentinel-2A",
            "proj:epsg": 32631,
            "s2:mgrs_tile": "31TDG",
            "eo:cloud_cover": 0.012,
            "s2:product_uri": f"{PC_NAME}.SAFE",
            "s2:product_type": "S2MSI2A",
            "s2:processing_baseline": "02.12",
        },
        "links": [],
        "assets": {
            **{
                band: {
                    "href": f"{base}/{PC_NAME}/{band}.tif",
                    "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                }
                for band in (*BANDS_L2A, "SCL", "AOT", "WVP")
            },
            "visual": {"href": f"{base}/TCI.tif"},
            "product-metadata": {"href": f"{base}/MTD_MSIL2A.xml", "type": "application/xml"},
            "granule-metadata": {"href": f"{base}/MTD_TL.xml", "type": "application/xml"},
        },
    }


def earth_item() -> dict[str, Any]:
    """An item of Earth Search v1, with the JPEG 2000 twin of each band beside it."""
    base = "https://cogs.example/sentinel-s2-l2a-cogs/31/T/DG/2022/3/S2B_31TDG_20220308_0_L2A"
    assets: dict[str, Any] = {}
    for band in BANDS_L2A:
        name = EARTH_SEARCH_NAMES[band]
        raster = [{"nodata": 0, "data_type": "uint16", "scale": 0.0001, "offset": -0.1}]
        cog = {"type": "image/tiff; application=geotiff; profile=cloud-optimized"}
        bands = [{"name": name, "common_name": name}]
        assets[f"{name}-jp2"] = {
            "href": f"s3://sentinel-s2-l2a/tiles/31/T/DG/2022/3/8/0/{band}.jp2",
            "type": "image/jp2",
            "eo:bands": bands,
            "raster:bands": raster,
        }
        assets[name] = {"href": f"{base}/{band}.tif", "eo:bands": bands, "raster:bands": raster}
        assets[name] |= cog
    assets["scl"] = {"href": f"{base}/SCL.tif"}
    assets["granule_metadata"] = {"href": f"{base}/granule_metadata.xml"}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2B_31TDG_20220308_0_L2A",
        "collection": "sentinel-2-l2a",
        "geometry": mapping(FOOTPRINT),
        "bbox": list(FOOTPRINT.bounds),
        "properties": {
            "datetime": "2022-03-08T10:48:12.345000Z",
            "eo:cloud_cover": 2.058,
            "grid:code": "MGRS-31TDG",
            "s2:processing_baseline": "04.00",
            "s2:product_uri": f"{EARTH_NAME}.SAFE",
            "earthsearch:boa_offset_applied": False,
        },
        "links": [{"rel": "self", "href": "https://earth.example/v1/items/S2B"}],
        "assets": assets,
    }


def many_items(count: int) -> list[dict[str, Any]]:
    """Small items, one an hour from 2020-01-01 on, in turn on three tiles."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    return [
        {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": f"S2A_{('31TDG', '31TDH', '31TEG')[number % 3]}_{number:06}_0_L2A",
            "collection": "sentinel-2-l2a",
            "geometry": mapping(FOOTPRINT),
            "bbox": list(FOOTPRINT.bounds),
            "properties": {
                "datetime": (start + timedelta(hours=number)).isoformat(),
                "eo:cloud_cover": float(number % 101),
            },
            "links": [],
            "assets": {},
        }
        for number in range(count)
    ]


class SmallApi:
    """A STAC API over a list of items: pages by token, with the limits and oddities of real ones.

    `deepest` is how far one can page before it answers 400, as a search engine does; `stops_at`
    how far before it just sends no more; `tells` whether it says how many items match.
    """

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        self.items = items
        self.url = ""
        self.conforms = ("core", "item-search", "item-search#query")
        self.page: int | None = None
        self.deepest: int | None = None
        self.stops_at: int | None = None
        self.tells = True
        self.repeats = False
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Answer | None:
        if asked.path == "/stac":
            return self._document(self._landing())
        if asked.path != "/stac/search":
            return None
        body = json.loads(asked.body)
        self.bodies.append(body)
        return self._search(body)

    def _landing(self) -> dict[str, Any]:
        return {
            "type": "Catalog",
            "id": "small",
            "stac_version": "1.0.0",
            "description": "small",
            "conformsTo": [f"https://api.stacspec.org/v1.0.0/{name}" for name in self.conforms],
            "links": [
                {"rel": "self", "href": f"{self.url}/stac"},
                {"rel": "root", "href": f"{self.url}/stac"},
                {"rel": "search", "href": f"{self.url}/stac/search", "method": "POST"},
            ],
        }

    def _search(self, body: Mapping[str, Any]) -> Answer:
        found = [item for item in self.items if _matches(item, body)]
        first = int(body.get("token", "0"))
        size = min(self.page or body["limit"], body["limit"])
        if self.deepest is not None and first + size > self.deepest:
            return Answer(400, b'{"description": "Result window is too large"}')
        if self.repeats:
            first = 0
        last = first + size
        page = found[first:last]
        if self.stops_at is not None and last >= self.stops_at:
            page, last = found[first : self.stops_at], len(found)
        links = []
        if last < len(found):
            link = {"rel": "next", "href": f"{self.url}/stac/search", "method": "POST"}
            links.append({**link, "body": {**body, "token": str(last)}})
        document: dict[str, Any] = {"type": "FeatureCollection", "features": page, "links": links}
        if self.tells:
            document["numberMatched"] = len(found)
        return self._document(document)

    @staticmethod
    def _document(document: Mapping[str, Any]) -> Answer:
        return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _matches(item: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    first, last = (datetime.fromisoformat(text) for text in body["datetime"].split("/"))
    properties = item.get("properties") or {}
    try:
        inside = first <= datetime.fromisoformat(properties["datetime"]) <= last
        west, south, east, north = body["bbox"]
        left, bottom, right, top = item["bbox"]
    except (KeyError, TypeError, ValueError):
        return True  # an odd item turns up in every answer
    touching = west <= right and left <= east and south <= top and bottom <= north
    limit = (body.get("query") or {}).get("eo:cloud_cover", {}).get("lte", 100)
    return (
        inside
        and touching
        and properties.get("eo:cloud_cover", 0) <= limit
        and item.get("collection") in body["collections"]
    )


def catalogue_api(catalogue: Path, url: str) -> SmallApi:
    """The items of a static catalogue as a service, at a server that has its assets, too."""
    items = []
    for path in sorted(catalogue.glob("*/*.json")):
        item = json.loads(path.read_text())
        item["collection"] = "sentinel-2-l2a"
        for asset in item["assets"].values():
            asset["href"] = f"{url}/{path.parent.name}/{asset['href'].lstrip('./')}"
        items.append(item)
    api = SmallApi(items)
    api.url = url
    return api
