"""JSON documents: read as a whole, and told apart by what they say, never by their suffix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ....errors import MaskError
from ....files.regular import check_regular, read_text
from ...files.safety import check_is_file

# A JSON text takes about ten times its size in memory.
MAX_TEXT_BYTES = 1024**3
# As much of a large file as is looked at to tell what it is.
_HEAD = 64 * 1024
_LARGE = 20 * 1024**2

# What is found near the beginning of labels, and of descriptions of scenes.
_OF_LABELS = (b'"Feature', b'"coordinates"', b'"annotations"', b'"segmentation"', b'"imagePath"')
_OF_SCENES = (b'"stac_version"', b'"item_type"', b'"productIdentifier"')

GEOJSON, COCO, LABELME, OTHER = "geojson", "coco", "labelme", "other"
_GEOMETRIES = {
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
}


def load_json(path: Path) -> Any:
    """The document in a JSON file. Raises MaskError that says what is wrong with it."""
    check_size(path)
    try:
        return json.loads(read_text(path, "utf-8-sig", MAX_TEXT_BYTES))
    except (ValueError, RecursionError) as err:
        raise MaskError(
            f"{path.name}: it can't be read as JSON ({str(err) or 'nested too deeply'}). It is cut "
            "off or of another form: save or copy it again, or leave it out."
        ) from err
    except OSError as err:
        raise MaskError(
            f"{path.name}: it can't be read ({err.strerror}). Check that it exists and its rights."
        ) from err


def check_size(path: Path) -> None:
    """Refuse text that is too large to be read at once, and files of no size. Raises MaskError."""
    check_is_file(path)
    size = path.stat().st_size
    if size == 0:
        raise MaskError(f"{path.name}: the file is empty. Save or copy it again, or leave it out.")
    if size > MAX_TEXT_BYTES:
        raise MaskError(
            f"{path.name}: {size / 1024**3:.1f} GB of text are too much to be read at once (at "
            f"most {MAX_TEXT_BYTES / 1024**3:.0f} GB). Save it as GeoPackage or FlatGeobuf."
        )


def kind_of(document: Any) -> str:
    """What a JSON document is: GEOJSON, COCO, LABELME, or OTHER for what holds no labels.

    STAC items and the metadata of PlanetScope are GeoJSON by form, but describe an image.
    """
    if not isinstance(document, dict):
        return OTHER
    if isinstance(document.get("annotations"), list) and isinstance(document.get("images"), list):
        return COCO
    if isinstance(document.get("shapes"), list) and "imagePath" in document:
        return LABELME
    kind = document.get("type")
    if kind in _GEOMETRIES:
        return GEOJSON
    if kind == "Feature":
        return OTHER if _describes_an_image(document) else GEOJSON
    if kind == "FeatureCollection":
        features = document.get("features")
        described = isinstance(features, list) and any(map(_describes_an_image, features[:1]))
        return OTHER if described or "stac_version" in document else GEOJSON
    return OTHER


def _describes_an_image(feature: Any) -> bool:
    """Whether a feature is a STAC item, what Planet says of a scene, or a find of OpenSearch."""
    if not isinstance(feature, dict):
        return False
    properties = feature.get("properties")
    given = properties if isinstance(properties, dict) else {}
    of_a_scene = {"acquired", "item_type"} <= given.keys() or "productIdentifier" in given
    return of_a_scene or "stac_version" in feature or isinstance(feature.get("assets"), dict)


def holds_labels(path: Path) -> bool:
    """Whether a JSON file is GeoJSON, COCO or labelme, or seems to be, and is damaged.

    The latter is reported when it is read. What is large is only looked at: it is read where that
    may take all memory.
    """
    try:
        check_regular(path)
        if path.stat().st_size <= _LARGE:
            return kind_of(load_json(path)) != OTHER
    except MaskError:
        if path.suffix.lower() == ".geojson":
            return True
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return _seems_to_hold_labels(path)


def _seems_to_hold_labels(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return True
    return any(key in head for key in _OF_LABELS) and not any(key in head for key in _OF_SCENES)
