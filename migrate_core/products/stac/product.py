"""The product behind a STAC item: COGs or JPEG 2000 files beside it, over https, or in S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ...errors import MigrateError, ProductError
from ...files.regular import read_bytes, read_text
from ..access import Access
from ..metadata.product_xml import parse_product
from ..offsets import OffsetSource, resolve_offset
from ..pixels.reading import grid_of
from ..product import GEOTIFF, JPEG2000, RESOLUTION_M, BandFile, Product, in_order, missing_bands
from .item import (
    PRODUCT_METADATA,
    SCENE_CLASSIFICATION,
    Item,
    band_assets,
    describe_item,
    reduced,
    sun_angles,
)


class Described(Protocol):
    """What is known of the scene beside its assets; an `ItemScene` or a `Scene`."""

    @property
    def scene_id(self) -> str: ...  # noqa: D102

    @property
    def level(self) -> str: ...  # noqa: D102

    @property
    def baseline(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class AssetLocation:
    """Where the assets of an item are: relative addresses start at `folder`.

    `access` leads to remote ones; `read` gives the content of the product's metadata at an
    address, and raises MigrateError or OSError.
    """

    folder: Path | None = None
    access: Access | None = field(default=None, compare=False, repr=False)
    read: Callable[[str], bytes] | None = field(default=None, compare=False, repr=False)


def open_item(path: Path) -> Product:
    """The product behind an item file. Raises ProductError."""
    try:
        item = json.loads(read_text(path))
    except (OSError, ValueError) as err:
        raise ProductError(
            f"{path}: the STAC item can't be read ({err}). It may have been moved: search again."
        ) from err
    if not isinstance(item, dict):
        raise ProductError(f"{path}: it is no STAC item. It may have been replaced: search again.")
    described = describe_item(item)
    return product_of(
        reduced(item), described, AssetLocation(path.parent, read=_read_local(path.parent))
    )


def product_of(item: Item, scene: Described, location: AssetLocation) -> Product:
    """The product behind an item as `reduced` leaves it. Raises ProductError."""
    assets = band_assets(item)
    bands = {
        band: _band(band, asset, RESOLUTION_M[band], location)
        for band, asset in assets.items()
        if band in RESOLUTION_M
    }
    ordered = in_order(bands)
    fine = next((band for band in ordered if band.resolution_m == 10), None)
    if fine is None:
        raise ProductError(
            f"{scene.scene_id}: its STAC item has no asset of a 10 m band (B02, B03, B04, B08), "
            "so it isn't known where its pixels lie. Choose another scene."
        )
    names = [band.name for band in ordered]
    offset_source, unread = _metadata(assets, location, scene)
    decision = resolve_offset(names, item, scene.baseline, offset_source)
    return Product(
        product_id=scene.scene_id,
        level=scene.level,
        baseline=scene.baseline,
        grid=grid_of(fine),
        bands=ordered,
        scene_classification=classification_of(item, location),
        offsets=decision.offsets,
        offset_origin=decision.origin + unread,
        offset_warnings=decision.warnings,
        missing=missing_bands(scene.level, bands),
        sun=sun_angles(item),
    )


def classification_of(item: Item, location: AssetLocation) -> BandFile | None:
    """The scene classification of an item as `reduced` leaves it; None where it has none."""
    asset = band_assets(item).get(SCENE_CLASSIFICATION)
    return None if asset is None else _band(SCENE_CLASSIFICATION, asset, 20, location)


def _band(name: str, asset: Item, resolution_m: int, location: AssetLocation) -> BandFile:
    href = str(asset["href"])
    media = str(asset.get("type") or "")
    jpeg2000 = "jp2" in media or href.partition("?")[0].lower().endswith(".jp2")
    driver = JPEG2000 if jpeg2000 else GEOTIFF
    return BandFile(name, location_of(href, location.folder), resolution_m, driver, location.access)


def location_of(href: str, folder: Path | None) -> str:
    """What GDAL opens an asset by: a path, or an address in its own notation."""
    if href.startswith(("http://", "https://")):
        return f"/vsicurl/{href}"
    if href.startswith("s3://"):
        return f"/vsis3/{href.removeprefix('s3://')}"
    if folder is None:
        raise ProductError(
            f"{href}: the place of an asset must begin with https:// or s3:// in an item that is "
            "no file. Choose the scene of another source."
        )
    return str((folder / href.removeprefix("file://")).resolve())


def _read_local(folder: Path) -> Callable[[str], bytes]:
    """Reads metadata that lie beside the item; what is linked elsewhere isn't fetched."""

    def read(href: str) -> bytes:
        if "://" in href.removeprefix("file://"):
            raise FileNotFoundError("it isn't on this disk")
        return read_bytes(folder / href.removeprefix("file://"))

    return read


def _metadata(
    assets: Mapping[str, Mapping[str, Any]], location: AssetLocation, scene: Described
) -> tuple[OffsetSource | None, str]:
    """The offsets by the product's metadata, or None and why they could not be read."""
    asset = assets.get(PRODUCT_METADATA)
    if asset is None or location.read is None:
        return None, ""
    try:
        metadata = parse_product(location.read(str(asset["href"])), scene.scene_id)
    except (MigrateError, OSError):
        return None, " (the product's metadata, which the item links, could not be read)"
    tag = "RADIO_ADD_OFFSET" if metadata.level == "L1C" else "BOA_ADD_OFFSET"
    if metadata.offsets:
        return OffsetSource(metadata.offsets, f"{tag} in the product's metadata"), ""
    return OffsetSource({}, f"no {tag} in the product's metadata: 0"), ""
