"""A small picture of a mask in a scene, read where the scene lies: nothing is downloaded for it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from ...errors import ProductError
from ...model import Scene
from ...products.pixels.quicklook import Quicklook, quicklook
from ...settings import ServiceSettings
from ..sources import source_of
from .opening import open_scene

# The longer side at most, and how much of the mask's size is shown beyond it on each side.
PIXELS = 256
_MARGIN = 0.15
_LINE, _CASING = (240, 228, 66, 255), (20, 20, 20, 255)


def mask_picture(
    scenes: Sequence[Scene], area: BaseGeometry, services: ServiceSettings, products: Path
) -> bytes:
    """A PNG in true colour of a scene, and of those that complete it, around a mask's footprint.

    `area` is that footprint in lon/lat, drawn as a line; `products` the folder of what was
    downloaded. Pixels of 10 m that are few are enlarged. Raises ProductError where the pixels
    can't be read without a download, MigrateError where a service doesn't answer.
    """
    here = [_readable(scene, products) for scene in scenes]
    found = quicklook([open_scene(scene, services) for scene in here], area, PIXELS, _MARGIN)
    return _drawn(found, area)


def _readable(scene: Scene, products: Path) -> Scene:
    """The scene where its pixels can be read: where it lies, or as it was downloaded before."""
    if not source_of(scene.source).needs_fetching:
        return scene
    for end in (".SAFE", ".zip"):
        path = products / f"{scene.scene_id}{end}"
        if path.exists():
            return replace(scene, href=str(path), item=None)
    raise ProductError(
        f"{scene.source} shows no pixels before a product is downloaded; choosing the scene does "
        "that."
    )


def _drawn(found: Quicklook, area: BaseGeometry) -> bytes:
    factor = max(PIXELS // max(found.image.shape[:2]), 1)
    picture = Image.fromarray(np.kron(found.image, np.ones((factor, factor, 1), dtype=np.uint8)))
    west, south, east, north = found.bounds
    draw = ImageDraw.Draw(picture)
    for ring in shapely.get_rings(shapely.get_parts(area)):
        lon, lat = shapely.get_coordinates(ring).T
        x = (lon - west) / (east - west) * picture.width
        y = (north - lat) / (north - south) * picture.height
        line = list(zip(x.tolist(), y.tolist(), strict=True))
        draw.line(line, fill=_CASING, width=3)
        draw.line(line, fill=_LINE, width=1)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
