"""What is true of the case, for tests to measure against."""

import json
from pathlib import Path
from typing import Any

from rasterio.features import rasterize
from shapely import set_precision
from shapely.geometry import mapping
from shapely.ops import unary_union

from .acquisitions import compact, iso
from .clouds import CloudClass
from .grids import (
    EPSG,
    GROUND_PIXELS,
    UTM,
    FloatArray,
    area_average,
    granule_transform,
    ground_transform,
)
from .ground.mines import Mine
from .raster_file import new_geotiff
from .scene import Scene
from .sites import PIT, POND, SITES, Site

# A scene is usable when it's clear and complete enough over a mask, and near enough in time.
MAX_OCCLUDED = 0.10
MIN_COVERAGE = 0.90
MAX_DAYS = 10
SHARE_NAMES = {
    CloudClass.CLOUD: "cloud",
    CloudClass.SHADOW: "shadow",
    CloudClass.CIRRUS: "cirrus",
    CloudClass.NO_DATA: "nodata",
}


def write_truth(
    folder: Path, seed: int, mines: tuple[Mine, ...], scenes: tuple[Scene, ...]
) -> None:
    """Write objects.geojson, clouds_*.tif and truth.json into `folder`."""
    _write_json(folder / "objects.geojson", objects(mines))
    for scene in scenes:
        _write_clouds(folder, scene)
    masks = {site.stem: site_truth(site, mines, scenes) for site in SITES}
    rule = {
        "max_occluded": MAX_OCCLUDED,
        "min_coverage": MIN_COVERAGE,
        "max_days": MAX_DAYS,
    }
    _write_json(folder / "truth.json", {"seed": seed, "usable": rule, "masks": masks})


def objects(mines: tuple[Mine, ...]) -> dict[str, Any]:
    """Pits and ponds as a GeoJSON FeatureCollection in UTM; a pond also lies in its pit."""
    features = []
    for mine in mines:
        for kind, value, boundary in (("pit", PIT, mine.pit), ("pond", POND, mine.pond)):
            if boundary is not None:
                properties = {"name": mine.name, "site": mine.site, "kind": kind, "class": value}
                geometry = mapping(boundary.polygon())
                features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{EPSG}"}},
        "features": features,
    }


def label_shares(site: Site, mines: tuple[Mine, ...]) -> tuple[FloatArray, FloatArray]:
    """Area shares of label and of footprint in each 10 m pixel of the granule."""
    footprint = site.footprint()
    label = unary_union([mine.pit.polygon() for mine in mines]).intersection(footprint)
    burnt = [
        rasterize(
            [area],
            out_shape=(GROUND_PIXELS, GROUND_PIXELS),
            transform=ground_transform(),
            dtype="float32",
        )
        for area in (label, footprint)
    ]
    return area_average(burnt[0]), area_average(burnt[1])


def site_truth(site: Site, mines: tuple[Mine, ...], scenes: tuple[Scene, ...]) -> dict[str, Any]:
    """What is true of one mask, above all which scenes serve it."""
    label, footprint = label_shares(site, mines)
    # The window counts calendar days (UTC) and includes both ends.
    day = site.acquired_at.date()
    candidates = [
        _candidate(site, label, footprint, scene)
        for scene in scenes
        if abs((scene.acquisition.sensed_at.date() - day).days) <= MAX_DAYS
    ]
    usable = [item for item in candidates if item["usable"]]
    # Nearest in time among the usable; without any, the clearest of the most complete.
    best = min(
        candidates,
        key=lambda item: (
            not item["usable"],
            0 if item["usable"] else -item["coverage"],
            0 if item["usable"] else _occluded(item["label"]),
            abs(item["days_offset"]),
        ),
    )
    return {
        "site": site.name,
        "acquired_at": iso(site.acquired_at),
        "mask_values": {"pit": site.values[0], "pond": site.values[1]},
        "nodata": None if site.valid_rotation_deg is None else 255,
        "footprint": mapping(set_precision(site.footprint(), 0.01)),
        "scenes": candidates,
        "usable": [item["sensed_at"] for item in usable],
        "best": best["sensed_at"],
    }


def _occluded(shares: dict[str, float]) -> float:
    return shares["cloud"] + shares["shadow"] + shares["cirrus"]


def _candidate(
    site: Site, label: FloatArray, footprint: FloatArray, scene: Scene
) -> dict[str, Any]:
    acquisition = scene.acquisition
    area = site.footprint()
    coverage = area.intersection(scene.cloud_layers.covered).area / area.area
    days = (acquisition.sensed_at - site.acquired_at).total_seconds() / 86400
    over_label = _shares(label, scene)
    return {
        "sensed_at": iso(acquisition.sensed_at),
        "products": [acquisition.product_name("L1C"), acquisition.product_name("L2A")],
        "days_offset": round(days, 4),
        "coverage": round(coverage, 4),
        "label": over_label,
        "footprint": _shares(footprint, scene),
        "usable": _occluded(over_label) <= MAX_OCCLUDED and coverage >= MIN_COVERAGE,
    }


def _shares(weights: FloatArray, scene: Scene) -> dict[str, float]:
    """Shares 0...1 of the weighted pixels: nodata of all, the rest of those with data."""
    classes = scene.cloud_layers.classes()
    total = float(weights.sum())
    no_data = float(weights[classes == CloudClass.NO_DATA].sum())
    result = {}
    for cloud_class, name in SHARE_NAMES.items():
        part = float(weights[classes == cloud_class].sum())
        of = total if cloud_class == CloudClass.NO_DATA else total - no_data
        result[name] = round(part / of, 4) if of > 1e-3 else 0.0
    return result


def _write_clouds(folder: Path, scene: Scene) -> None:
    classes = scene.cloud_layers.classes()
    path = folder / f"clouds_{compact(scene.acquisition.sensed_at)}.tif"
    with new_geotiff(
        path,
        driver="GTiff",
        count=1,
        height=classes.shape[0],
        width=classes.shape[1],
        dtype="uint8",
        nodata=int(CloudClass.NO_DATA),
        crs=UTM,
        transform=granule_transform(10),
        compress="deflate",
    ) as dataset:
        dataset.write(classes, 1)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
