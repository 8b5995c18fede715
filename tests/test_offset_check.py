"""What the pixels of each part of a mosaic say of its radiometric offset."""

from __future__ import annotations

import numpy as np
import pytest

from migrate_core.grid import PixelGrid
from migrate_core.pairs.offset_check import offset_checks
from migrate_core.products.product import BandFile, Product
from migrate_core.products.reading import Numbers
from tests.builders import BANDS_L2A, RESOLUTION, north_up

GRID = PixelGrid("EPSG:32631", north_up(resolution=10), 60, 60)


def product(name: str, offset: int) -> Product:
    bands = tuple(
        BandFile(band, RESOLUTION[band], f"/{band}.jp2", "JP2OpenJPEG") for band in BANDS_L2A
    )
    return Product(
        name, "L2A", "05.00", GRID, bands, (), dict.fromkeys(BANDS_L2A, offset), "the metadata"
    )


def dark(offset: int) -> Numbers:
    """Water and wood, with the offset of 1000 in the numbers or without."""
    pixels = (60 + offset + np.arange(3600).reshape(60, 60) % 400).astype(np.uint16)
    return dict.fromkeys(BANDS_L2A, pixels)


@pytest.mark.parametrize(
    ("given", "doubts"), [((0, 1), ["in S2B_second, the pixels are darker"]), ((0,), [])]
)
def test_a_second_product_whose_offset_is_wrong_is_doubted_where_it_gave_pixels(
    given: tuple[int, ...], doubts: list[str]
) -> None:
    products = [product("S2A_first", -1000), product("S2B_second", -1000)]
    check = offset_checks(products, {0: dark(1000), 1: dark(0)}, given)
    assert check.in_pixels is True
    assert [doubt.partition(" (")[0] for doubt in check.doubts] == doubts


def test_products_that_were_not_read_say_nothing() -> None:
    products = [product("S2A_first", -1000), product("S2B_second", -1000)]
    assert offset_checks(products, {0: dark(1000)}, {0}).doubts == ()
