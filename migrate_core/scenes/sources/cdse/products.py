"""Answers of the catalogue as our own values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ....errors import MigrateError, ProductError, SourceError
from ....model import Scene, utc
from ....products.footprints import Footprint, from_geojson, from_wkt
from ....products.metadata.product_xml import finite
from ....products.names import parse_name, without_safe
from ....products.product import utm_crs
from ....transfer.checks import Checksum

SPEC = "cdse"
_HREF = "cdse:"
_TYPES = {"S2MSI1C": "L1C", "S2MSI2A": "L2A", "S2MSI2Ap": "L2A"}
_BASELINE = re.compile(r"N?(\d{2})\.?(\d{2})")

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class CdseProduct:
    """A product of the catalogue; `size` None and no checksums where it doesn't say.

    `s3_path` is where its files lie in the S3 store: `/eodata/Sentinel-2/…/NAME.SAFE`.
    """

    id: str
    name: str
    size: int | None
    online: bool
    checksums: tuple[Checksum, ...]
    s3_path: str | None = None

    @property
    def product_id(self) -> str:
        """The name without `.SAFE`."""
        return without_safe(self.name)


def parse_product(entry: Any) -> CdseProduct:
    """What a download needs of an entry. Raises SourceError."""
    try:
        sums = entry.get("Checksum") or []
        return CdseProduct(
            id=str(entry["Id"]),
            name=str(entry["Name"]),
            size=int(entry.get("ContentLength") or 0) or None,
            online=entry.get("Online") is not False,
            checksums=tuple(
                Checksum(str(item.get("Algorithm", "")), str(item.get("Value") or ""))
                for item in sums
                if isinstance(item, Mapping)
            ),
            s3_path=str(entry["S3Path"]) if entry.get("S3Path") else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise SourceError(f"{SPEC}: its catalogue gave a product without {err}.") from err


def parse_scene(entry: Any) -> Scene:
    """The scene of an entry with its attributes. Raises SourceError that names what is missing."""
    try:
        name = str(entry["Name"])
        attributes = _attributes(entry)
        parts = parse_name(name)
        tile = parts.tile if parts else str(attributes["tileId"])
        utm_crs(tile)
        footprint = _footprint(entry, tile)
        return Scene(
            scene_id=without_safe(name),
            source=SPEC,
            sensed_at=utc(datetime.fromisoformat(entry["ContentDate"]["Start"])),
            level=parts.level if parts else _TYPES[str(attributes["productType"])],
            tile=tile,
            baseline=parts.baseline if parts else _baseline(attributes),
            cloud_percent=finite(attributes.get("cloudCover")),
            footprint=footprint.area,
            href=f"{_HREF}{entry['Id']}",
            footprint_problem=footprint.problem,
        )
    except (KeyError, TypeError, ValueError, AttributeError, MigrateError) as err:
        title = entry.get("Name") if isinstance(entry, Mapping) else None
        raise SourceError(
            f"{title or 'a product'}: its catalogue entry lacks or garbles {err}; needed are Name, "
            "ContentDate, and the tile, level and baseline."
        ) from err


def id_of(scene: Scene) -> str:
    """The product's id at the service. Raises SourceError for a scene that has none."""
    found = scene.href.removeprefix(_HREF)
    if not re.fullmatch(r"[0-9A-Za-z-]+", found):
        raise SourceError(f"{scene.scene_id}: {scene.href} is no product of {SPEC}: search again.")
    return found


def _attributes(entry: Entry) -> dict[str, Any]:
    return {
        str(item["Name"]): item.get("Value")
        for item in entry.get("Attributes") or []
        if isinstance(item, Mapping) and "Name" in item
    }


def _baseline(attributes: Entry) -> str:
    match = _BASELINE.fullmatch(str(attributes.get("processorVersion") or ""))
    return f"{match[1]}.{match[2]}" if match else ""


def _footprint(entry: Entry, tile: str) -> Footprint:
    """GeoFootprint, or the EWKT of Footprint where that is better. Raises ProductError."""
    geometry, text = entry.get("GeoFootprint"), entry.get("Footprint")
    if not geometry:
        return from_wkt(text, tile)
    try:
        found = from_geojson(geometry, tile)
    except ProductError:
        if not text:
            raise
        return from_wkt(text, tile)
    if found.problem is None or not text:
        return found
    try:
        other = from_wkt(text, tile)
    except ProductError:
        return found
    return found if other.problem else other
