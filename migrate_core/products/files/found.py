"""A granule that was found on disk or in a store, before it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from ...errors import ProductError
from ...grid import PixelGrid
from ..layouts.layout import Granule
from ..metadata.product_xml import ProductMetadata, TileMetadata, parse_tile
from ..pixels.reading import grid_of
from ..product import JPEG2000, RESOLUTION_M, BandFile
from .archive import Files


@dataclass(frozen=True)
class FoundGranule:
    """One granule of a product: what it is, as in `model.Scene`, and where its files are.

    `scene_id` is the product's name, with `_T33UUU` at its end where the product has several.
    `metadata` are the product's own, read from the file `metadata_name`; None where they are lost.
    """

    scene_id: str
    level: str
    tile: str
    baseline: str
    sensed_at: datetime
    cloud_percent: float | None
    footprint: BaseGeometry
    files: Files
    granule: Granule
    metadata: ProductMetadata | None = None
    metadata_name: str | None = None
    footprint_problem: str | None = None


def tile_metadata(files: Files, granule: Granule) -> TileMetadata | None:
    """The granule's own metadata, None where they are lost. Raises MigrateError."""
    return parse_tile(files.read(granule.metadata), files.title) if granule.metadata else None


def base_grid(files: Files, granule: Granule, own: TileMetadata | None) -> PixelGrid:
    """The 10 m grid by the granule's metadata, else by a 10 m band. Raises MigrateError."""
    if own is not None:
        return own.grid
    for name, file in granule.bands.items():
        if RESOLUTION_M[name] == 10:
            return grid_of(band_file(files, name, file))
    raise ProductError(
        f"{files.title}: neither MTD_TL.xml nor a 10 m band (B02, B03, B04, B08) is in it, so it "
        "isn't known where its pixels lie. It is incomplete: get it again."
    )


def tile_grid_of(band: BandFile) -> PixelGrid:
    """The 10 m grid that a coarser raster lies on, by its own georeference.

    Raises ProductError.
    """
    return grid_of(band).finer(band.resolution_m // 10)


def band_file(files: Files, name: str, file: str, resolution_m: int | None = None) -> BandFile:
    """One raster of a granule; `resolution_m` None is that of the band of this name."""
    resolution = resolution_m or RESOLUTION_M[name]
    return BandFile(name, files.location(file), resolution, JPEG2000, files.access)
