"""A small picture of a mask in a scene, read where the scene lies: nothing is downloaded for it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from ...errors import ProductError
from ...grid import Bounds
from ...model import Scene
from ...products.pixels.quicklook import Quicklook, quicklook
from ...settings import ServiceSettings
from ..sources import source_of
from .opening import open_scene

# The longer side at most, and how much of the mask's size is shown beyond it on each side.
PIXELS = 256
MARGIN = 0.15
# Okabe & Ito: told apart with every common form of colour blindness. Pages draw the same.
LABEL_COLOUR, FOOTPRINT_COLOUR = "#F0E442", "#CC79A7"
_CASING = "#141414"


class NotDownloadedError(ProductError):
    """The pixels of a scene can't be read before its product is downloaded."""


@dataclass(frozen=True)
class MaskShape:
    """What is drawn of a mask, in lon/lat: its footprint, and the outline of its label if known."""

    footprint: BaseGeometry
    label: BaseGeometry | None = None


def mask_picture(
    scenes: Sequence[Scene], mask: MaskShape, services: ServiceSettings, products: Path
) -> bytes:
    """A WebP in true colour of a scene, and of those that complete it, around a mask's footprint.

    The footprint and the label are drawn as lines. `products` is the folder of what was downloaded.
    Pixels of 10 m that are few are enlarged. Raises NotDownloadedError where the pixels can't be
    read without a download, MigrateError where they can't be read.
    """
    here = [readable(scene, products) for scene in scenes]
    found = quicklook(
        [open_scene(scene, services) for scene in here], mask.footprint, PIXELS, MARGIN
    )
    return _drawn(found, mask)


def is_here(scene: Scene) -> bool:
    """Whether the pixels of a `readable` scene lie on this machine's disks."""
    return "://" not in scene.href


def readable(scene: Scene, products: Path) -> Scene:
    """The scene where its pixels can be read: where it lies, or as it was downloaded before.

    `products` is the folder of what was downloaded. Raises NotDownloadedError.
    """
    if not source_of(scene.source).needs_fetching:
        return scene
    for end in (".SAFE", ".zip"):
        path = products / f"{scene.scene_id}{end}"
        if path.exists():
            return replace(scene, href=str(path), item=None)
    raise NotDownloadedError(
        f"{scene.source} shows no pixels before a product is downloaded; making its pair does that."
    )


def _drawn(found: Quicklook, mask: MaskShape) -> bytes:
    factor = max(PIXELS // max(found.image.shape[:2]), 1)
    picture = Image.fromarray(np.kron(found.image, np.ones((factor, factor, 1), dtype=np.uint8)))
    _draw_rings(picture, found.bounds, mask.footprint, FOOTPRINT_COLOUR)
    if mask.label is not None:
        _draw_rings(picture, found.bounds, mask.label, LABEL_COLOUR)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=85, method=2)
    return file.getvalue()


def _draw_rings(picture: Image.Image, bounds: Bounds, area: BaseGeometry, colour: str) -> None:
    """The rings of a lon/lat area as thin lines, seen on bright ground and on dark."""
    west, south, east, north = bounds
    draw = ImageDraw.Draw(picture)
    lines = []
    for ring in shapely.get_rings(shapely.get_parts(area)):
        lon, lat = shapely.get_coordinates(ring).T
        x = (lon - west) / (east - west) * picture.width
        y = (north - lat) / (north - south) * picture.height
        lines.append(list(zip(x.tolist(), y.tolist(), strict=True)))
    # All casings first: one must not lie on the line of the ring beside it.
    for fill, width in ((_CASING, 5), (colour, 3)):
        for line in lines:
            draw.line(line, fill=fill, width=width)
