"""Small pictures of a mask in its candidates."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import ProductError
from migrate_core.model import Scene
from migrate_core.scenes.access.picture import (
    FOOTPRINT_COLOUR,
    LABEL_COLOUR,
    MaskShape,
    NotDownloadedError,
    mask_picture,
)
from migrate_core.settings import ServiceSettings
from tests.support.builders import NORTH, WEST, Safe, lonlat_box, write_safe

# A field of 200 m in the middle of the product.
AROUND = lonlat_box(WEST + 1000, NORTH - 1200, WEST + 1200, NORTH - 1000)


def red(band: str, height: int, width: int) -> np.ndarray:
    return np.full((height, width), 2500 if band == "B04" else 400, dtype=np.uint16)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    product = write_safe(tmp_path / "scenes", Safe(size=240, pixels=red))
    sensed = datetime(2020, 2, 2, 10, 43, tzinfo=UTC)
    place = (sensed, "L2A", "31TDG", "02.14", 0.0, AROUND, str(product))
    return Scene(product.stem, "local:/scenes", *place)


def picture(scene: Scene, products: Path, label: BaseGeometry | None = None) -> np.ndarray:
    found = mask_picture([scene], MaskShape(AROUND, label), ServiceSettings(), products)
    return np.asarray(Image.open(io.BytesIO(found)).convert("RGB")).astype(int)


def near(found: np.ndarray, colour: str) -> np.ndarray:
    """Where a picture has about this colour; WebP keeps none to the last bit."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return (np.abs(found - wanted) < 40).all(axis=-1)


def test_it_shows_the_mask_in_true_colour_with_its_footprint(scene: Scene, tmp_path: Path) -> None:
    found = picture(scene, tmp_path)
    height, width, _ = found.shape
    assert 150 < max(height, width) <= 256
    assert near(found, "#FF0000")[height // 2, width // 2]
    # The line lies 0.15 of the mask's size inside the border, 0.15 / 1.3 of the picture.
    pink = near(found, FOOTPRINT_COLOUR)
    rows, columns = np.nonzero(pink)
    assert rows.min() / height == pytest.approx(0.15 / 1.3, abs=0.05)
    assert 1 - columns.max() / width == pytest.approx(0.15 / 1.3, abs=0.05)
    assert not pink[height // 4 : -height // 4, width // 4 : -width // 4].any()
    assert not near(found, LABEL_COLOUR).any()


def test_the_label_is_drawn_inside_the_footprint(scene: Scene, tmp_path: Path) -> None:
    label = lonlat_box(WEST + 1050, NORTH - 1150, WEST + 1150, NORTH - 1050)
    rows, columns = np.nonzero(near(picture(scene, tmp_path, label), LABEL_COLOUR))
    # 50 m inside the footprint, which is 30 m inside the picture of 260 m.
    height, width = picture(scene, tmp_path).shape[:2]
    assert rows.min() / height == pytest.approx(80 / 260, abs=0.05)
    assert columns.max() / width == pytest.approx(180 / 260, abs=0.05)


def test_what_would_have_to_be_downloaded_is_said(scene: Scene, tmp_path: Path) -> None:
    away = replace(scene, source="cdse", href="cdse://somewhere")
    with pytest.raises(NotDownloadedError, match="before a product is downloaded"):
        picture(away, tmp_path / "products")
    # Once a pair has brought it here, it is read there.
    products = tmp_path / "products"
    products.mkdir()
    Path(scene.href).rename(products / f"{scene.scene_id}.SAFE")
    assert near(picture(away, products), "#FF0000")[100, 100]


def test_a_product_that_is_gone_is_named(scene: Scene, tmp_path: Path) -> None:
    gone = replace(scene, href=str(tmp_path / "gone.SAFE"))
    with pytest.raises(ProductError, match=r"gone\.SAFE"):
        picture(gone, tmp_path)
