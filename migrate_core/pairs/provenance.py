"""Where every pixel of a pair came from, for pair.json."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..logs.redaction import without_secrets
from ..model import Mask, Scene
from ..products.product import Product
from ..store.serialize import to_json
from .identity import given_parameters
from .task import Origin, PairTask, in_place


def provenance(task: PairTask, products: Sequence[Product]) -> dict[str, Any]:
    """What pair.json says of mask, scenes and parameters."""
    mask = task.mask
    return {
        "pair_id": task.pair_id,
        "software": {"name": "migrate_core", "version": __version__},
        "mask": {
            "mask_id": mask.mask_id,
            "name": mask.name,
            "file": mask.path,
            "sha256": mask.sha256,
            "crs": mask.georeference.crs,
            "transform": mask.georeference.transform,
            "georeference": mask.georeference.origin or mask.path,
            **mask_dates(mask),
            "classes": dict(mask.classes.stored or {}),
            "class_names": dict(mask.classes.names or {}),
            # What a person says is no data; null where the file itself is used.
            "nodata": None if mask.vector else to_json(mask.raster.nodata),
            "class_colours": dict(mask.classes.colours or {}),
            "part": mask.part,
            "sensor": mask.source.sensor,
            "image": mask.source.path,
            "udm": mask.source.udm,
            **_of_polygons(mask),
            **({"version": to_json(mask.version)} if mask.version else {}),
        },
        "scenes": [
            {**_scene_provenance(scene, product), "pixels_from": to_json(origin)}
            for scene, product, origin in zip(task.scenes, products, _origins(task), strict=True)
        ],
        "days_offset": task.days_offset,
        "coverage": task.coverage,
        "parameters": given_parameters(task.parameters),
    }


def mask_dates(mask: Mask) -> dict[str, str | None]:
    """When the labels are from; `acquired_end` is there where only a period is known."""
    acquired = mask.acquired
    return {
        "acquired": acquired.start if acquired else None,
        "acquired_end": acquired.end if acquired else None,
    }


def _of_polygons(mask: Mask) -> dict[str, Any]:
    """What is to be said of a mask that consists of polygons: which part, area and dates."""
    if mask.vector is None:
        return {}
    return {
        "part": mask.part,
        "features": Path(mask.vector.features).name,
        "area": to_json(mask.vector.area),
        "dates": mask.vector.dates,
    }


def _origins(task: PairTask) -> tuple[Origin, ...]:
    """Where the pixels came from; where nothing was fetched, from where the scene lies."""
    return task.origins or tuple(map(in_place, task.scenes))


def _scene_provenance(scene: Scene, product: Product) -> dict[str, Any]:
    return {
        "scene_id": scene.scene_id,
        "product_id": product.product_id,
        "source": scene.source,
        "file": without_secrets(scene.href),
        "sensed_at": to_json(scene.sensed_at),
        "level": product.level,
        "tile": scene.tile,
        "baseline": product.baseline,
        "cloud_percent": scene.cloud_percent,
        "offsets": {band.name: product.offsets.get(band.name, 0) for band in product.bands},
        "offsets_from": product.offset_origin,
    }
