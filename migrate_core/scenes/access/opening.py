"""From a scene to the product that its pixels are read from, wherever it lies."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from ...errors import ProductError
from ...grid import PixelGrid
from ...model import Scene
from ...products.files.archive import RemoteFiles, product_files
from ...products.files.found import tile_grid_of
from ...products.opening import (
    ANY,
    Wanted,
    classification_of_files,
    clouds_of_files,
    open_product,
    product_of_files,
)
from ...products.product import BandFile, Product
from ...products.stac.product import AssetLocation, classification_of, product_of
from ...settings import ServiceSettings, load_settings
from ...transfer.s3 import list_keys
from ..sources import source_of
from ..sources.eodata import EODATA
from .remote import RemoteAccess, Remotes


def open_scene(scene: Scene, services: ServiceSettings | None = None) -> Product:
    """The product of a scene: on disk, in S3, or at the service that its STAC item points to.

    Its `href` decides: a path is opened whatever the source is, since it may have been fetched;
    `s3://eodata/…` is a SAFE product to read by windows; an address is that of the scene's item.
    `services` None reads them from the environment, as a worker process does. Nothing is
    downloaded but the product's metadata, where the item links them. Of a product of several
    granules it is the scene's. Raises MigrateError.
    """
    wanted = Wanted(scene.scene_id, scene.tile)
    if scene.href.startswith("s3://") and scene.item is None:
        return open_s3_safe(scene.href, services, wanted)
    if scene.item is None or "://" not in scene.href:
        return open_product(scene.href, wanted)
    return product_of(scene.item, scene, _asset_location(scene, services))


def open_classified(scene: Scene, services: ServiceSettings | None = None) -> Product:
    """The product of a scene with its scene classification, or with its cloud mask.

    Of what lies at a service nothing else is read, which is given up soon where it isn't answered,
    and the product has no bands; else, and where there is no scene classification, it is that of
    `open_scene`. Raises MigrateError.
    """
    classes = None
    if scene.href.startswith("s3://") and scene.item is None:
        classes = classification_of_files(_s3_files(scene.href, services, brief=True))
    elif scene.item is not None and "://" in scene.href:
        classes = classification_of(scene.item, _asset_location(scene, services, brief=True))
    if classes is None:
        return open_scene(scene, services)
    return _without_bands(scene, tile_grid_of(classes), classes)


def open_cloud_files(scene: Scene, folder: Path) -> Product:
    """The product of a scene by those of its files alone that tell the cloud mask, in a folder.

    They are the scene classification, at 20 m or 60 m, or the cloud mask in QI_DATA, with
    MTD_TL.xml where it is polygons. The product has no bands. Raises ProductError.
    """
    files = product_files(folder)
    classes = classification_of_files(files)
    if classes is not None:
        return _without_bands(scene, tile_grid_of(classes), classes)
    clouds = clouds_of_files(files)
    if clouds is None:
        raise ProductError(
            f"{folder}: it holds neither a scene classification nor a cloud mask. Delete it: it is "
            "fetched again."
        )
    mask, grid = clouds
    return replace(_without_bands(scene, grid, None), cloud_mask=mask)


def _without_bands(scene: Scene, grid: PixelGrid, classes: BandFile | None) -> Product:
    unread = "not read, since there are no bands"
    return Product(
        scene.scene_id, scene.level, scene.baseline, grid, (), classes, {}, offset_origin=unread
    )


def _asset_location(
    scene: Scene, services: ServiceSettings | None, *, brief: bool = False
) -> AssetLocation:
    """The way to the assets of a scene's item."""
    item = scene.item or {}
    signs = source_of(scene.source).signs_addresses
    collection = str(item.get("collection") or "") if signs else None
    access = _remotes(services or load_settings().services).access(collection, brief=brief)
    return AssetLocation(None, access, access.read)


def open_s3_safe(
    path: str, services: ServiceSettings | None = None, wanted: Wanted = ANY
) -> Product:
    """The SAFE product under a path of the Copernicus Data Space's S3 store, read by windows.

    `path` is as the catalogue gives it (`S3Path`): `/eodata/Sentinel-2/…/NAME.SAFE`, or
    `s3://eodata/…`. One listing, and the two metadata files, are read at once. Raises MigrateError.
    """
    files = _s3_files(path, services)
    return product_of_files(files, wanted)


def _s3_files(path: str, services: ServiceSettings | None, *, brief: bool = False) -> RemoteFiles:
    """The files under a path of the S3 store, by one listing."""
    bucket, _, prefix = path.removeprefix("s3://").strip("/").partition("/")
    if bucket != EODATA or not prefix:
        raise ProductError(f"{path}: a path in s3://{EODATA} is needed. Search again.")
    remotes = _remotes(services or load_settings().services)
    access = remotes.access(brief=brief)
    access.keys(f"/vsis3/{EODATA}/")
    keys = list_keys(remotes.http, remotes.store, bucket, f"{prefix}/")
    names = tuple(sorted(key.removeprefix(f"{prefix}/") for key in keys))
    root = f"s3://{bucket}/{prefix}"
    if not names:
        raise ProductError(
            f"{root}: there is nothing at this place. The product may have been replaced by a "
            "newer baseline: search again."
        )
    return RemoteFiles(root, names, partial(_read, access), access)


def _read(access: RemoteAccess, href: str) -> bytes:
    return access.read(href)


@lru_cache(maxsize=8)
def _remotes(services: ServiceSettings) -> Remotes:
    """One for each process and set of services, so that tokens and connections are shared."""
    return Remotes(services)
