"""Small vector files of every form, and masks made of them."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from migrate_core.masks.options import AddOptions, VectorOptions
from migrate_core.masks.vectors.register import VectorContext, VectorResult, vector_masks
from migrate_core.model import Acquired, Mask

UTM = "EPSG:32631"
WEST, SOUTH = 482_820.0, 4_689_720.0
DAY = "2020-02-02"
DRIVERS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".kml": "KML",
    ".geojson": "GeoJSON",
}


def square(column: float, row: float, size: float = 100.0, height: float | None = None) -> Any:
    """A rectangle whose lower left corner is so many metres from (WEST, SOUTH)."""
    x, y = WEST + column, SOUTH + row
    return shapely.box(x, y, x + size, y + (size if height is None else height))


def frame(
    geometries: Sequence[BaseGeometry | None],
    attributes: Mapping[str, Sequence[Any]] | None = None,
    crs: str | None = UTM,
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(dict(attributes or {}), geometry=list(geometries), crs=crs)


def write(path: Path, features: gpd.GeoDataFrame, layer: str | None = None) -> Path:
    """Write features in the form of the suffix; a zip gets a Shapefile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        folder = path.parent / f"{path.stem}-unzipped"
        write(folder / f"{path.stem}.shp", features)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(folder.iterdir()):
                archive.write(part, f"data/{part.name}")
    elif path.suffix in (".parquet", ".geoparquet"):
        features.to_parquet(path)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(features, path, layer=layer, driver=DRIVERS[path.suffix])
    return path


def write_json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def added(path: Path, *, options: AddOptions | None = None, **vector: Any) -> VectorResult:
    """The masks of a file as `masks add` makes them, their features in a folder beside it."""
    options = options or AddOptions(
        date=Acquired.parse(DAY), crs=vector.pop("crs", None), vector=VectorOptions(**vector)
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "0" * 64
    place = VectorContext(path.parent / "features", {}, options.date)
    return vector_masks(path, digest, options, place)


def only(result: VectorResult) -> Mask:
    (mask,) = result.masks
    return mask


def reprojected(geometry: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """A geometry in another CRS, by pyproj, its edges cut to at most a metre or so."""
    transformer = Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(
        geometry, lambda p: np.column_stack(transformer.transform(p[:, 0], p[:, 1]))
    )
