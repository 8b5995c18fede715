"""From a vector file to its layer: which formats there are, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ....errors import MaskError
from ....files.regular import is_regular
from ...files.safety import check_is_file
from .geojson import geojson_layer
from .json_documents import COCO, GEOJSON, LABELME, holds_labels, kind_of, load_json
from .kml import kml_layer
from .layer import Column, Layer, columns
from .ogr import is_sound_zip, layer_names, ogr_layer, shapefile_in_zip, shapefiles_of
from .parquet import is_geoparquet, parquet_layer

JSON_SUFFIXES = (".geojson", ".json")
_PARQUET_SUFFIXES = (".parquet", ".geoparquet")
VECTOR_SUFFIXES = (*JSON_SUFFIXES, ".gpkg", ".shp", ".zip", ".fgb", ".kml", *_PARQUET_SUFFIXES)


@dataclass(frozen=True)
class VectorDescription:
    """What a vector file holds, before masks are made of it.

    `layers` are the names of its layers with polygons, none where the format knows no layers;
    `columns`, `count` (of features) and `crs` are those of `layer`.
    """

    layers: tuple[str, ...]
    layer: str | None
    columns: tuple[Column, ...]
    count: int
    crs: str | None


def is_vector(path: Path) -> bool:
    """Whether a file is read as vector labels, told by its suffix and, where needed, content.

    JSON is one only as GeoJSON, COCO or labelme; STAC items, metadata of PlanetScope and class
    tables are not. A zip must hold a Shapefile, a Parquet file geometries. What is damaged passes,
    to be reported when it is read.
    """
    suffix = path.suffix.lower()
    if not is_regular(path):
        # One that can't be looked into is reported when it is read; `.json` may be anything.
        return suffix in VECTOR_SUFFIXES and suffix != ".json" and path.exists()
    if suffix in JSON_SUFFIXES:
        return holds_labels(path)
    if suffix == ".zip":
        return not is_sound_zip(path) or bool(shapefiles_of(path))
    if suffix in _PARQUET_SUFFIXES:
        return is_geoparquet(path)
    return suffix in VECTOR_SUFFIXES


def is_annotation(path: Path) -> bool:
    """Whether a file is COCO or labelme, whose polygons lie on images. Raises MaskError."""
    return path.suffix.lower() in JSON_SUFFIXES and kind_of(load_json(path)) in (COCO, LABELME)


def read_layer(path: Path, wanted: str | None = None) -> Layer:
    """The layer of a vector file that is on the map; `wanted` names one of several.

    Raises MaskError that says what was found and what is needed.
    """
    suffix = path.suffix.lower()
    if suffix not in VECTOR_SUFFIXES:
        raise MaskError(
            f"{path.name}: files of the form {path.suffix or 'without suffix'!r} can't be read as "
            f"polygons; needed is one of {', '.join(VECTOR_SUFFIXES)}."
        )
    check_is_file(path)
    if suffix in JSON_SUFFIXES:
        return _json_layer(path)
    if suffix == ".kml":
        return kml_layer(path)
    if suffix == ".zip":
        return shapefile_in_zip(path, wanted)
    return parquet_layer(path) if suffix in _PARQUET_SUFFIXES else ogr_layer(path, wanted)


def _json_layer(path: Path) -> Layer:
    document = load_json(path)
    kind = kind_of(document)
    if kind == GEOJSON:
        return geojson_layer(document, path.name)
    found = {COCO: "COCO annotations", LABELME: "labelme annotations"}.get(kind)
    if found:
        raise MaskError(
            f"{path.name}: {found} lie on images, not on the map. Needed here is GeoJSON or "
            "another vector file."
        )
    raise MaskError(
        f"{path.name}: {_given(document)}. Needed is GeoJSON with polygons, or COCO or labelme "
        "annotations beside their images; leave out what is none of these."
    )


def _given(document: object) -> str:
    """What an unfit JSON document is, in words."""
    if not isinstance(document, dict):
        return "its JSON is no object"
    kind = document.get("type")
    if kind == "Topology":
        return "it is TopoJSON, which isn't read; save it as GeoJSON"
    if "geometryType" in document:
        return "it is JSON of ArcGIS, which isn't read; save it as GeoJSON"
    if kind in ("Feature", "FeatureCollection"):
        return "it describes images (a STAC item or metadata of PlanetScope) and holds no labels"
    keys = ", ".join(map(str, list(document)[:6]))
    return f"its JSON (with {keys or 'no keys'}) holds no labels of a known form"


def describe_vector(path: Path, layer: str | None = None) -> VectorDescription:
    """Layers, columns, feature count and CRS of a vector file. Raises MaskError.

    Without `layer` the first of several is described. COCO and labelme have neither columns nor
    layers to choose from.
    """
    layers = _layers(path)
    if is_annotation(path):
        return VectorDescription((), None, (), 0, None)
    found = read_layer(path, layer or (layers[0] if layers else None))
    return VectorDescription(layers, found.name, columns(found), len(found.geometries), found.crs)


def _layers(path: Path) -> tuple[str, ...]:
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        return tuple(layer_names(path))
    return tuple(shapefiles_of(path)) if suffix == ".zip" else ()
