"""What is known of a granule whose product metadata (MTD_MSIL*.xml) are lost or never were there.

The granule's own metadata say most of it; names and the documents of the AWS layout the rest;
where the footprint is not given it is the whole granule, valid or not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...errors import ProductError
from ...grid import PixelGrid
from ...model import utc
from ..files.archive import Files
from ..files.found import FoundGranule, base_grid, tile_metadata
from ..footprints import Footprint, from_geojson, granule_footprint
from ..layouts.aws import PRODUCT_INFO, TILE_INFO
from ..layouts.layout import Granule, Layout
from ..names import is_product_name, read_names, without_safe
from ..tiles import lonlat_polygon

_TILE_KEYS = ("utmZone", "latitudeBand", "gridSquare")
# Level 2A says the resolution in the names of files or folders.
_RESOLVED = re.compile(r"(?:^|/)R\d{2}m/|_\d{2}m\.jp2$")
_BAND_NAMES = "names such as T33UUU_20200118T104351_B02.jp2"


@dataclass(frozen=True)
class _Documents:
    """What tileInfo.json and productInfo.json say; all None where they are not there.

    `area` is the outline as it was written: GeoJSON in the CRS of the granule.
    """

    name: str | None = None
    tile: str | None = None
    sensed_at: datetime | None = None
    area: Any = None


def describe_without(files: Files, layout: Layout, granule: Granule) -> FoundGranule:
    """The granule by all that there is but the product's metadata. Raises MigrateError."""
    own = tile_metadata(files, granule)
    grid = base_grid(files, granule, own)
    info = _documents(files, layout)
    named = [name for name in (info.name, files.folder, files.title) if name]
    tile_id = (own.tile_id if own else None) or ""
    parts = read_names((*named, tile_id, granule.name))
    tile = parts.tile or info.tile
    sensed_at = parts.sensed_at or info.sensed_at or (own.sensed_at if own else None)
    if tile is None:
        raise unknown(files, "the tile", _BAND_NAMES)
    if sensed_at is None:
        raise unknown(files, "the time of sensing", _BAND_NAMES)
    footprint = _footprint(info.area, tile, grid)
    return FoundGranule(
        scene_id=_scene_id(named, granule, files),
        level=parts.level or _level_by_files(granule),
        tile=tile,
        baseline=parts.baseline or "",
        sensed_at=sensed_at,
        cloud_percent=own.cloud_percent if own else None,
        footprint=footprint.area,
        files=files,
        granule=granule,
        footprint_problem=footprint.problem,
    )


def unknown(files: Files, what: str, needed: str) -> ProductError:
    """An error that says what neither metadata nor names give."""
    return ProductError(
        f"{files.title}: neither metadata nor names tell {what} of it. Needed are MTD_MSIL*.xml, "
        f"MTD_TL.xml or {needed}: give the files their names back, or get the product again."
    )


def _scene_id(named: list[str], granule: Granule, files: Files) -> str:
    """The product's name where it is still known, else that of the granule or its files."""
    product = next(filter(is_product_name, named), None)
    return without_safe(product or granule.name or files.title)


def _level_by_files(granule: Granule) -> str:
    resolved = any(_RESOLVED.search(file) for file in granule.bands.values())
    return "L2A" if granule.scene_classification or resolved else "L1C"


def _footprint(area: Any, tile: str, grid: PixelGrid) -> Footprint:
    """The footprint that a document gives, else the whole granule."""
    if not area:
        return Footprint(lonlat_polygon(grid))
    try:
        return from_geojson(area, tile, grid.crs)
    except ProductError as err:
        return granule_footprint(grid, err)


def _documents(files: Files, layout: Layout) -> _Documents:
    product, tile = (
        _json(files, name) if name in layout.documents else {} for name in (PRODUCT_INFO, TILE_INFO)
    )
    try:
        name = product.get("name") or tile.get("productName")
        moment = product.get("timestamp") or tile.get("timestamp")
        zone, *rest = (str(tile.get(key) or "") for key in _TILE_KEYS)
        return _Documents(
            str(name) if name else None,
            "".join((zone.zfill(2), *rest)) if zone and all(rest) else None,
            utc(datetime.fromisoformat(moment)) if moment else None,
            tile.get("tileDataGeometry"),
        )
    except (TypeError, ValueError, KeyError, AttributeError) as err:
        raise ProductError(
            f"{files.title}: {TILE_INFO} or {PRODUCT_INFO} holds a value that can't be read "
            f"({err}). Get the tile again, or delete them."
        ) from err


def _json(files: Files, name: str) -> dict[str, Any]:
    try:
        content = json.loads(files.read(name))
    except ValueError as err:
        raise ProductError(
            f"{files.title}: {name} is no JSON ({err}). Get the tile again, or delete it."
        ) from err
    return content if isinstance(content, dict) else {}
