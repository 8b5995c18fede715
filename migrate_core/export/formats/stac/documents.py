"""Items and the collection of a static STAC catalogue (https://github.com/radiantearth/stac-spec).

An item is a sample: its image, and by the extension Label its label, whose source is the item
itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ....grid import PixelGrid
from ...manifest import Row
from ...samples.footprint import lonlat_bounds, lonlat_footprint
from ...samples.sample import Sample
from ..base import SPLITS, ClassOfLabel, Content
from ..wording import description, identifier
from .assets import EXTENSIONS, IMAGE_ASSET, Json, file_of_asset, item_assets

VERSION = "1.1.0"
COLLECTION = "collection.json"
ITEMS_TABLE = "items.parquet"
PARQUET = "application/vnd.apache.parquet"
_DESCRIPTION = (
    "Class of each pixel, migrated from a label that was drawn on another satellite's image to "
    "the Sentinel-2 grid at 10 m; for semantic segmentation. 255 is ignore."
)
# Columns of the manifest that go into the properties of an item.
_COLUMNS = (
    "split",
    "pair_id",
    "mask_name",
    "scene_id",
    "acquired",
    "days_offset",
    "coverage",
    "decision",
    "level",
    "tile",
    "baseline",
)
_LICENCE = re.compile(r"[A-Za-z0-9.+-]+")
_PLATFORM = re.compile(r"S2([A-D])_")


def item_document(sample: Sample, content: Content, label: NDArray[np.uint8]) -> Json:
    """The item of a sample; `label` is (height, width), of which pixels are counted."""
    footprint = lonlat_footprint(sample.grid)
    assets = {
        key: {"href": f"./{file_of_asset(key)}", **asset}
        for key, asset in item_assets(content).items()
    }
    return {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": sample.sample_id,
        "geometry": _geojson(footprint),
        "bbox": list(lonlat_bounds([footprint])),
        "properties": {
            **_of_scene(sample.row),
            **_of_grid(sample.grid),
            **_of_label(content.classes, label),
            **{name: sample.row[name] for name in _COLUMNS if sample.row[name] is not None},
        },
        "links": _links_of_item(sample.sample_id),
        "assets": assets,
        "collection": identifier(content),
    }


def extent_document(sample: Sample) -> Json:
    """The outline of the label as GeoJSON, which the extension Label wants beside a raster."""
    feature = {
        "type": "Feature",
        "id": sample.sample_id,
        "properties": {"sample_id": sample.sample_id},
        "geometry": _geojson(lonlat_footprint(sample.grid)),
    }
    return {"type": "FeatureCollection", "features": [feature]}


def _geojson(geometry: Any) -> Json:
    found: Json = shapely.geometry.mapping(geometry)
    return found


def _of_scene(row: Row) -> Json:
    platform = _PLATFORM.match(row["scene_id"])
    cloud = row["cloud_percent"]
    return {
        "datetime": row["sensed_at"],
        "constellation": "sentinel-2",
        **({"platform": f"sentinel-2{platform[1].lower()}"} if platform else {}),
        "instruments": ["msi"],
        "gsd": 10,
        **({"eo:cloud_cover": cloud} if cloud is not None else {}),
    }


def _of_grid(grid: PixelGrid) -> Json:
    known = grid.crs.startswith("EPSG:")
    return {
        **({"proj:code": grid.crs} if known else {"proj:code": None, "proj:wkt2": grid.crs}),
        "proj:shape": list(grid.shape),
        "proj:transform": [float(number) for number in tuple(grid.transform)[:6]],
        "proj:bbox": list(grid.bounds),
    }


def _of_label(classes: Sequence[ClassOfLabel], label: NDArray[np.uint8]) -> Json:
    values, counts = np.unique(label, return_counts=True)
    pixels = dict(zip(values.tolist(), counts.tolist(), strict=True))
    counted = [{"name": one.name, "count": pixels.get(one.value, 0)} for one in classes]
    return {
        "label:type": "raster",
        # Rasters have no properties, by the extension's rule.
        "label:properties": None,
        "label:description": _DESCRIPTION,
        "label:tasks": ["segmentation"],
        "label:classes": [{"name": None, "classes": [one.name for one in classes]}],
        "label:overviews": [{"property_key": "label", "counts": counted}],
    }


def _links_of_item(sample_id: str) -> list[Json]:
    above = [
        {"rel": rel, "href": f"../{COLLECTION}", "type": "application/json"}
        for rel in ("root", "parent", "collection")
    ]
    source = {
        "rel": "source",
        "href": f"./{sample_id}.json",
        "type": "application/geo+json",
        "label:assets": [IMAGE_ASSET],
    }
    return [*above, source]


def collection_document(content: Content, items: Sequence[Mapping[str, Any]]) -> Json:
    """The collection of all items."""
    licence = content.about.licence
    return {
        "type": "Collection",
        "stac_version": VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": identifier(content),
        "title": content.name,
        "description": description(content),
        # STAC has SPDX identifiers here, and this word for all else.
        "license": licence if _LICENCE.fullmatch(licence) else "other",
        "keywords": ["sentinel-2", "segmentation", "label"],
        "providers": _providers(content),
        "extent": _extent(content),
        "summaries": _summaries(content, items),
        "item_assets": item_assets(content),
        "assets": {
            "items": {
                "href": f"./{ITEMS_TABLE}",
                "type": PARQUET,
                "title": "All items as GeoParquet",
                "roles": ["collection-mirror"],
            }
        },
        "links": _links_of_collection([str(item["id"]) for item in items]),
    }


def _providers(content: Content) -> list[Json]:
    makers = [{"name": name, "roles": ["processor"]} for name in content.about.authors]
    owner = {"name": "European Union/ESA/Copernicus", "roles": ["producer", "licensor"]}
    return [*makers, {**owner, "url": "https://sentinels.copernicus.eu"}]


def _extent(content: Content) -> Json:
    times = sorted(sample.row["sensed_at"] for sample in content.samples)
    bounds = lonlat_bounds(lonlat_footprint(sample.grid) for sample in content.samples)
    return {
        "spatial": {"bbox": [list(bounds)]},
        "temporal": {"interval": [[times[0], times[-1]]]},
    }


def _summaries(content: Content, items: Sequence[Mapping[str, Any]]) -> Json:
    splits = Counter(item["properties"]["split"] for item in items)
    codes = {item["properties"]["proj:code"] for item in items}
    return {
        "split": [split for split in SPLITS if splits[split]],
        "proj:code": sorted(code for code in codes if code),
        "constellation": ["sentinel-2"],
        "gsd": [10],
        "label:type": ["raster"],
        "label:tasks": ["segmentation"],
        "label:classes": [{"name": None, "classes": [one.name for one in content.classes]}],
    }


def _links_of_collection(item_ids: Sequence[str]) -> list[Json]:
    root = {"rel": "root", "href": f"./{COLLECTION}", "type": "application/json"}
    items = [
        {"rel": "item", "href": f"./{name}/{name}.json", "type": "application/geo+json"}
        for name in item_ids
    ]
    return [root, *items]
