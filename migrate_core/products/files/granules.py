"""The granules of a product in a folder, a zip or a store: what is known of each.

What the product's metadata say is used; where they are lost, `lost_metadata` finds out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import ProductError
from ..footprints import DATATAKE_KM2, TILE_KM2, Footprint, from_positions, granule_footprint
from ..layouts import loose, safe
from ..layouts.finding import has_loose_bands, is_product_folder, layout_of
from ..layouts.layout import Granule, Layout
from ..metadata.missing import describe_without, unknown
from ..metadata.product_xml import ProductMetadata, parse_product
from ..names import is_product_name, parse_name, read_names, without_safe
from ..tiles import lonlat_polygon
from .archive import Files, ProductFiles, product_files
from .found import FoundGranule, base_grid, tile_metadata

# The share of a granule in a footprint that only touches it.
_SLIVER = 1e-6


def find_granules(path: Path) -> tuple[FoundGranule, ...]:
    """The granules of the product in a folder or zip; none when it holds no product.

    Raises ProductError when there is one that can't be understood.
    """
    try:
        files, layout = _laid_out(path)
    except OSError as err:
        raise ProductError(f"{path}: it can't be read ({err.strerror}). Check its rights.") from err
    if layout is None:
        return ()
    if layout.metadata and len(safe.product_folders(files.names)) > 1:
        raise ProductError(
            f"{files.title}: it holds several products. Unpack it, and use each by itself."
        )
    return _granules(files.below(layout.root), layout)


def _laid_out(path: Path) -> tuple[ProductFiles, Layout | None]:
    """All files at a location and how they are laid out, so far as they are a product's."""
    if not path.is_dir() or is_product_folder(path):
        files = product_files(path)
        return files, layout_of(files.names)
    if has_loose_bands(path):
        # Products in folders beside the band files are none of theirs.
        files = product_files(path)
        return files, loose.find(files.names)
    return ProductFiles(str(path), ()), None


def granules_of(files: Files) -> tuple[FoundGranule, ...]:
    """The granules of the product whose files these are; none when they are no product's.

    Raises MigrateError.
    """
    layout = layout_of(files.names)
    return () if layout is None or layout.root else _granules(files, layout)


def _granules(files: Files, layout: Layout) -> tuple[FoundGranule, ...]:
    """`files` are those below the layout's root."""
    if layout.metadata is None:
        found = [describe_without(files, layout, granule) for granule in layout.granules]
    else:
        metadata = parse_product(files.read(layout.metadata), files.title)
        # Bare metadata are enough for a search; opening says that there is no band.
        granules = layout.granules or (Granule("", {}),)
        found = [_described(files, layout, metadata, granule) for granule in granules]
    return tuple(found) if len(found) == 1 else tuple(_apart(found))


def _described(
    files: Files, layout: Layout, metadata: ProductMetadata, granule: Granule
) -> FoundGranule:
    product_id = _product_id(metadata, files)
    names = (granule.name, *granule.bands.values())
    if len(layout.granules) <= 1:
        names = (product_id, *names)
    tile = read_names(names).tile
    if tile is None:
        raise unknown(files, "the tile", "a granule's folder such as L1C_T33UUU_A015757_…")
    footprint = _footprint(files, metadata, granule, tile)
    return FoundGranule(
        scene_id=product_id,
        level=metadata.level,
        tile=tile,
        baseline=metadata.baseline,
        sensed_at=metadata.sensed_at,
        cloud_percent=metadata.cloud_percent,
        footprint=footprint.area,
        files=files,
        granule=granule,
        metadata=metadata,
        metadata_name=layout.metadata,
        footprint_problem=footprint.problem,
    )


def _footprint(files: Files, metadata: ProductMetadata, granule: Granule, tile: str) -> Footprint:
    """The product's outline; the granule's whole extent where that can't be right."""
    # Products of the old form have one outline for all their granules.
    largest_km2 = TILE_KM2 if parse_name(metadata.product_id or "") else DATATAKE_KM2
    try:
        return from_positions(metadata.positions, tile, largest_km2)
    except ProductError as err:
        if not (granule.metadata or granule.bands):
            raise
        own = tile_metadata(files, granule)
        return granule_footprint(base_grid(files, granule, own), err)


def _product_id(metadata: ProductMetadata, files: Files) -> str:
    """The product's name by its metadata, else by its folder or archive."""
    named = (metadata.product_id or "", without_safe(files.folder), without_safe(files.title))
    return next(filter(is_product_name, named), next(filter(None, named)))


def _apart(found: Sequence[FoundGranule]) -> Iterator[FoundGranule]:
    """Granules of one product with ids of their own, and each with its part of the footprint."""
    ids = [granule.scene_id for granule in found]
    for granule in found:
        scene_id = granule.scene_id
        if ids.count(scene_id) > 1:
            scene_id = f"{scene_id}_T{granule.tile}"
        own = tile_metadata(granule.files, granule.granule)
        square = lonlat_polygon(base_grid(granule.files, granule.granule, own))
        part = granule.footprint.intersection(square)
        # Footprints of old products are coarse and may miss a granule at their edge.
        footprint = part if part.area > _SLIVER * square.area else square
        yield replace(granule, scene_id=scene_id, footprint=footprint)
