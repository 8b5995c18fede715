"""SAFE products: finding the metadata and band files of a folder or zip."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from ..errors import ProductError
from .files import Files, product_files
from .metadata import ProductMetadata, TileMetadata, parse_product, parse_tile
from .product import (
    RESOLUTION_M,
    BandFile,
    CloudMask,
    Product,
    in_order,
    parse_name,
    without_safe,
)

MARKER = "MTD_MSIL??.xml"
_BAND = re.compile(r"IMG_DATA/.*_(B\d{2}|B8A)(?:_(\d{2})m)?\.jp2$")
_SCENE_CLASSIFICATION = re.compile(r"IMG_DATA/.*_SCL_20m\.jp2$")
# Rasters since processing baseline 04.00, polygons before, of a longer name before 2016-12.
_CLOUD_CLASSES = re.compile(r"QI_DATA/MSK_CLASSI_B00\.jp2$")
_CLOUD_POLYGONS = re.compile(r"QI_DATA/(?:MSK_CLOUDS_B00|[^/]*_MSK_CLOUDS_[^/]*_B00_[^/]*)\.gml$")
_TILE_METADATA = re.compile(r"^GRANULE/[^/]+/MTD_TL\.xml$")
_TILE = re.compile(r"_T(\d{2}[A-Z]{3})(?=_|$|\.)")
JPEG2000 = "JP2OpenJPEG"


@dataclass(frozen=True)
class SafeProduct:
    """A SAFE product whose product metadata were read, its granule's not yet."""

    product_id: str
    tile: str
    metadata: ProductMetadata
    files: Files


def find_safe(path: Path) -> SafeProduct | None:
    """The SAFE product in a folder or zip; None when it holds none. Raises ProductError."""
    files = product_files(path, MARKER)
    return None if files is None else _found(files)


def _found(files: Files) -> SafeProduct:
    metadata = parse_product(files.read(_metadata_name(files)), files.title)
    product_id = metadata.product_id or without_safe(files.title)
    return SafeProduct(product_id, _tile(product_id, files), metadata, files)


def _metadata_name(files: Files) -> str:
    return next(name for name in files.names if fnmatch(name, MARKER))


def _tile(product_id: str, files: Files) -> str:
    """The MGRS tile by the product's name, else by its granule's."""
    parts = parse_name(product_id)
    if parts is not None:
        return parts.tile
    tiles = sorted({match[1] for name in files.names if (match := _TILE.search(name))})
    if len(tiles) != 1:
        raise ProductError(
            f"{files.title}: it holds {len(tiles) or 'no'} granules; only products of one granule "
            "can be read. Use the product of the granule you need."
        )
    return tiles[0]


def open_safe(path: Path) -> Product:
    """A SAFE folder or zip as a `Product`. Raises ProductError when it can't be used."""
    safe = find_safe(path)
    if safe is None:
        raise ProductError(
            f"{path}: it is no SAFE product: no {MARKER} in it. It may have been moved or "
            "deleted: search again."
        )
    return _opened(safe)


def product_of_files(files: Files, title: str) -> Product:
    """These files as a `Product`; `title` names it in errors. Raises MigrateError."""
    if not any(fnmatch(name, MARKER) for name in files.names):
        raise ProductError(
            f"{title}: it is no SAFE product: no {MARKER} in it. It is incomplete: choose another "
            "scene."
        )
    return _opened(_found(files))


def _opened(safe: SafeProduct) -> Product:
    metadata, files = safe.metadata, safe.files
    bands = _bands(files)
    tile = _tile_metadata(files)
    return Product(
        product_id=safe.product_id,
        level=metadata.level,
        baseline=metadata.baseline,
        grid=tile.grid,
        bands=in_order(safe.product_id, metadata.level, bands),
        scene_classification=scene_classification(files),
        offsets={name: metadata.offsets.get(name, 0) for name in bands},
        offset_origin=_offset_origin(metadata, _metadata_name(files)),
        sun=tile.sun,
        cloud_mask=_cloud_mask(files),
    )


def _bands(files: Files) -> dict[str, BandFile]:
    """Each band at its native resolution; L2A has coarser copies beside it."""
    bands = {}
    for name in files.names:
        match = _BAND.search(name)
        if match is None:
            continue
        band, resolution = match[1], int(match[2] or 0)
        if resolution in (0, RESOLUTION_M[band]):
            bands[band] = _band(files, name, band, RESOLUTION_M[band])
    return bands


def scene_classification(files: Files) -> BandFile | None:
    """The scene classification of the one granule among these files; None in L1C products."""
    found = [name for name in files.names if _SCENE_CLASSIFICATION.search(name)]
    return _band(files, found[0], "SCL", 20) if len(found) == 1 else None


def _band(files: Files, name: str, band: str, resolution_m: int) -> BandFile:
    return BandFile(band, files.location(name), resolution_m, JPEG2000, files.access)


def _cloud_mask(files: Files) -> CloudMask | None:
    for name in files.names:
        if _CLOUD_CLASSES.search(name):
            return CloudMask(classes=_band(files, name, "MSK_CLASSI", 60))
    for name in files.names:
        if _CLOUD_POLYGONS.search(name):
            return CloudMask(polygons=partial(files.read, name))
    return None


def _tile_metadata(files: Files) -> TileMetadata:
    tiles = [name for name in files.names if _TILE_METADATA.match(name)]
    if len(tiles) != 1:
        raise ProductError(
            f"{files.title}: it has {len(tiles) or 'no'} MTD_TL.xml; exactly one granule is "
            "needed. Get the product again, or use the product of the granule you need."
        )
    return parse_tile(files.read(tiles[0]), files.title)


def _offset_origin(metadata: ProductMetadata, file: str) -> str:
    tag = "RADIO_ADD_OFFSET" if metadata.level == "L1C" else "BOA_ADD_OFFSET"
    if metadata.offsets:
        return f"{tag} in {file}"
    return f"no {tag} in {file} (processing baseline {metadata.baseline}): 0"
