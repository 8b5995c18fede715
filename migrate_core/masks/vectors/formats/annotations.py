"""COCO and labelme: polygons in pixels of images, by class.

COCO: <https://cocodataset.org/#format-data>; labelme: the files of its program
(<https://github.com/wkentaro/labelme>). In both, (0, 0) is the outer corner of the first pixel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from ....errors import MaskError
from ..polygons import polygonal
from .rle import rle_area

# Names of labelme for what isn't a class.
BACKGROUND_LABEL, _IGNORED = "_background_", "__ignore__"
# No image has so many columns or rows; positions beyond are no numbers, or wrong ones.
_FURTHEST_PIXEL = 1e7


@dataclass(frozen=True)
class Outlined:
    """What was drawn: in pixel coordinates (column, row), of a class (None: not known)."""

    area: BaseGeometry
    key: Any


@dataclass
class AnnotatedImage:
    """An image by the name its annotations give it, and what was drawn on it, in order.

    `size` (height, width) is None where the file doesn't say; `skipped` are sentences on what
    couldn't be used.
    """

    name: str
    size: tuple[int, int] | None
    outlined: list[Outlined] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Annotations:
    """All images of a file; `categories` names the classes of COCO by their id.

    `skipped` are sentences on what belongs to no image.
    """

    images: tuple[AnnotatedImage, ...]
    categories: Mapping[int, str] | None
    skipped: tuple[str, ...] = ()


def coco(document: Mapping[str, Any], file: str) -> Annotations:
    """The annotations of a COCO file. Raises MaskError.

    Crowd regions are areas of their class. An annotation with a box only has no outline: within
    the box nothing is known.
    """
    images = _coco_images(document)
    if not images:
        raise MaskError(f"{file}: its `images` name no file (`file_name`), so nothing is placed.")
    boxes = 0
    skipped = []
    for number, entry in enumerate(document["annotations"], 1):
        if not isinstance(entry, dict):
            skipped.append(f"annotation {number} is no JSON object")
            continue
        image = images.get(str(entry.get("image_id")))
        if image is None:
            which = str(entry.get("image_id"))[:40]
            skipped.append(f"annotation {number} is of image {which}, which isn't in `images`")
            continue
        area, boxed = _coco_area(entry, image, number)
        boxes += boxed
        if area is None:
            image.skipped.append(f"annotation {number} has no outline that can be read")
            continue
        if boxed:
            image.skipped.append(f"annotation {number} is a box without outline: unknown inside")
        elif type(entry.get("category_id")) is not int:
            image.skipped.append(f"annotation {number} has no category: unknown inside")
        image.outlined.append(Outlined(area, None if boxed else entry.get("category_id")))
    if boxes and boxes == sum(len(image.outlined) for image in images.values()):
        raise MaskError(
            f"{file}: its {boxes} annotations are boxes without an outline (`segmentation` is "
            "empty). Boxes are no masks: export the segmentation, as polygons or RLE."
        )
    return Annotations(tuple(images.values()), _categories(document), tuple(skipped))


def _coco_images(document: Mapping[str, Any]) -> dict[str, AnnotatedImage]:
    """The images of a COCO file by their id, those that name a file."""
    return {
        str(entry.get("id")): AnnotatedImage(
            entry["file_name"], _size(entry.get("height"), entry.get("width"))
        )
        for entry in document["images"]
        if isinstance(entry, dict) and isinstance(entry.get("file_name"), str)
    }


def _categories(document: Mapping[str, Any]) -> dict[int, str]:
    listed = document.get("categories")
    return {
        entry["id"]: str(entry.get("name", entry["id"]))
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and type(entry.get("id")) is int
    }


def _size(height: Any, width: Any) -> tuple[int, int] | None:
    if isinstance(height, int) and isinstance(width, int):
        return height, width
    return None


def _coco_area(
    entry: Mapping[str, Any], image: AnnotatedImage, number: int
) -> tuple[BaseGeometry | None, bool]:
    """The area of an annotation, None where it has none, and whether it is only a box."""
    drawn = entry.get("segmentation")
    if isinstance(drawn, dict):
        return (_sound(rle_area(drawn, image.size)) if image.size else None), False
    if isinstance(drawn, list) and drawn:
        rings = drawn if isinstance(drawn[0], list) else [drawn]
        parts = [_polygon(_in_twos(ring)) for ring in rings]
        known = [part for part in parts if part is not None]
        if 0 < len(known) < len(parts):
            lost = len(parts) - len(known)
            image.skipped.append(f"annotation {number} has {lost} of {len(parts)} rings left out")
        return _joined(known), False
    box = entry.get("bbox")
    if isinstance(box, list) and len(box) == 4 and _numbers(box):
        return _sound(shapely.box(box[0], box[1], box[0] + box[2], box[1] + box[3])), True
    return None, False


def _in_twos(ring: Any) -> list[tuple[Any, Any]]:
    """The points of a ring, whose x and y stand in one list in COCO."""
    return list(zip(ring[::2], ring[1::2], strict=False)) if isinstance(ring, list) else []


def labelme(document: Mapping[str, Any]) -> Annotations:
    """The shapes of a labelme file: polygons, rectangles and circles.

    What is labelled `_background_` is background, `__ignore__` is unknown, and so is the box of a
    shape of kind `mask`. Lines and points are left out.
    """
    size = _size(document.get("imageHeight"), document.get("imageWidth"))
    image = AnnotatedImage(str(document["imagePath"]), size)
    for number, entry in enumerate(document["shapes"], 1):
        shape = entry if isinstance(entry, dict) else {}
        kind = shape.get("shape_type") or "polygon"
        area = _labelme_area(kind, shape.get("points"))
        if area is None:
            image.skipped.append(f"shape {number} ({str(kind)[:20]}) is no area that can be read")
            continue
        if kind == "mask":
            image.skipped.append(f"shape {number} is an image of a mask: unknown inside its box")
        elif isinstance(shape.get("label"), (list, dict)):
            image.skipped.append(f"shape {number} has a label that is no name: unknown inside")
        image.outlined.append(Outlined(area, _labelme_key(kind, shape.get("label"))))
    return Annotations((image,), None)


def _labelme_key(kind: str, label: Any) -> Any:
    if kind == "mask" or label == _IGNORED or isinstance(label, (list, dict)):
        return None
    return label


def _labelme_area(kind: Any, points: Any) -> BaseGeometry | None:
    if not isinstance(points, list) or not all(_pair(point) for point in points):
        return None
    if kind == "polygon":
        return _polygon(points)
    if kind in ("rectangle", "mask") and len(points) == 2:
        (x0, y0), (x1, y1) = points
        return _sound(shapely.box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    if kind == "circle" and len(points) == 2:
        centre, buffer = points
        return _sound(shapely.Point(centre).buffer(math.dist(centre, buffer), quad_segs=32))
    return None


def _pair(point: Any) -> bool:
    return isinstance(point, list) and len(point) == 2 and _numbers(point)


def _numbers(values: Sequence[Any]) -> bool:
    """Whether all are numbers of a size that positions in an image can have."""
    return all(type(value) in (int, float) and abs(value) < _FURTHEST_PIXEL for value in values)


def _polygon(points: Sequence[Sequence[Any]]) -> BaseGeometry | None:
    """A valid area of a ring of points, or None."""
    if len(points) < 3 or not all(_numbers(point) for point in points):
        return None
    return _sound(Polygon(points))


def _sound(area: BaseGeometry | None) -> BaseGeometry | None:
    """The area, valid and with nothing but polygons; None where there is none."""
    if area is None:
        return None
    try:
        valid = polygonal(shapely.make_valid(area))
    except ShapelyError:
        return None
    return valid if valid.area > 0 else None


def _joined(parts: Sequence[BaseGeometry]) -> BaseGeometry | None:
    """The union of the parts of one object, as COCO fills them."""
    return shapely.union_all(np.array(parts, dtype=object)) if parts else None
