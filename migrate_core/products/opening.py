"""From where a scene's pixels are described to the product that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import ProductError
from ..grid import PixelGrid
from .files.archive import Files
from .files.found import FoundGranule, band_file, base_grid, tile_grid_of, tile_metadata
from .files.granules import find_granules, granules_of
from .layouts.finding import NEEDED
from .layouts.layout import Granule, scene_classification
from .layouts.safe import granule_of
from .offsets import OffsetDecision, OffsetSource, by_metadata, without_metadata
from .product import BandFile, CloudMask, Product, in_order, missing_bands
from .stac.product import open_item

# Resolutions in metres at which L2A products have their scene classification, the best first.
_CLASSIFIED_M = (20, 60)


@dataclass(frozen=True)
class Wanted:
    """Which granule is wanted of a product that has several; None where any will do."""

    scene_id: str | None = None
    tile: str | None = None


ANY = Wanted()


def open_product(href: str, wanted: Wanted = ANY) -> Product:
    """The product in a folder or zip of any layout, or behind a STAC item file.

    Of a product of several granules the one that is wanted. Raises ProductError.
    """
    path = Path(href)
    if path.suffix.lower() in (".json", ".geojson"):
        return open_item(path)
    found = find_granules(path)
    if not found:
        raise ProductError(
            f"{path}: it is no Sentinel-2 product; needed are {NEEDED}. It may have been moved or "
            "deleted: search again."
        )
    return open_granule(_chosen(found, wanted))


def product_of_files(files: Files, wanted: Wanted = ANY) -> Product:
    """These files as a `Product`. Raises MigrateError."""
    found = granules_of(files)
    if not found:
        raise ProductError(
            f"{files.title}: it is no Sentinel-2 product; needed are {NEEDED}. It is incomplete: "
            "choose another scene."
        )
    return open_granule(_chosen(found, wanted))


def classification_of_files(files: Files) -> BandFile | None:
    """The scene classification of the only granule among these files, found by its name.

    Its copy at 60 m where there is none at 20 m.
    """
    for resolution_m in _CLASSIFIED_M:
        found = [name for name in files.names if scene_classification([name], resolution_m)]
        if found:
            return band_file(files, "SCL", found[0], resolution_m) if len(found) == 1 else None
    return None


def clouds_of_files(files: Files) -> tuple[CloudMask, PixelGrid] | None:
    """The cloud mask in a granule's folder, and the 10 m grid that it lies on; no band needed.

    A raster brings its georeference along, polygons need MTD_TL.xml. Raises MigrateError.
    """
    granule = granule_of("", files.names, "")
    mask = _cloud_mask(files, granule)
    if mask is None:
        return None
    if mask.classes is not None:
        return mask, tile_grid_of(mask.classes)
    return mask, base_grid(files, granule, tile_metadata(files, granule))


def _chosen(found: Sequence[FoundGranule], wanted: Wanted) -> FoundGranule:
    """The only granule, the one with the wanted id, or the only one of the wanted tile."""
    if len(found) == 1:
        return found[0]
    same = [granule for granule in found if granule.scene_id == wanted.scene_id]
    same = same or [granule for granule in found if granule.tile == wanted.tile]
    if len(same) == 1:
        return same[0]
    ids = ", ".join(granule.scene_id for granule in found)
    raise ProductError(
        f"{found[0].files.title}: it holds {len(found)} granules ({ids}), and it isn't known which "
        "one is meant. Use the folder of the granule you need, or search for scenes in it."
    )


def open_granule(found: FoundGranule) -> Product:
    """A granule as a `Product`; bands that it lacks are named in it. Raises MigrateError."""
    files, granule = found.files, found.granule
    if not granule.bands:
        raise ProductError(
            f"{found.scene_id}: no band (…_B02.jp2) is in it. It is incomplete: get it again, or "
            "choose another scene."
        )
    own = tile_metadata(files, granule)
    bands = {name: band_file(files, name, file) for name, file in granule.bands.items()}
    classes = granule.scene_classification
    decision = _offsets(found, tuple(bands))
    return Product(
        product_id=found.scene_id,
        level=found.level,
        baseline=found.baseline,
        grid=base_grid(files, granule, own),
        bands=in_order(bands),
        scene_classification=band_file(files, "SCL", classes, 20) if classes else None,
        offsets=decision.offsets,
        offset_origin=decision.origin,
        offset_warnings=decision.warnings,
        missing=missing_bands(found.level, bands),
        sun=own.sun if own else None,
        cloud_mask=_cloud_mask(files, granule),
    )


def _offsets(found: FoundGranule, bands: Sequence[str]) -> OffsetDecision:
    metadata = found.metadata
    if metadata is None:
        return without_metadata(bands, found.baseline)
    tag = "RADIO_ADD_OFFSET" if metadata.level == "L1C" else "BOA_ADD_OFFSET"
    origin = f"{tag} in {found.metadata_name}"
    if not metadata.offsets:
        origin = f"no {origin} (processing baseline {metadata.baseline}): 0"
    return by_metadata(bands, metadata.baseline, OffsetSource(metadata.offsets, origin))


def _cloud_mask(files: Files, granule: Granule) -> CloudMask | None:
    if granule.clouds is None:
        return None
    if granule.clouds.endswith(".jp2"):
        return CloudMask(classes=band_file(files, "MSK_CLASSI", granule.clouds, 60))
    return CloudMask(polygons=partial(files.read, granule.clouds))
