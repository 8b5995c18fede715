"""What the pixels of each part of a mosaic say of its radiometric offset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from migrate_core.grid import PixelGrid
from migrate_core.pairs.image.offset_check import format_settled, offset_check, offset_checks
from migrate_core.products.pixels.reading import DigitalNumbers
from migrate_core.products.product import BandFile, Product
from tests.support.builders import BANDS_L2A, RESOLUTION, north_up

GRID = PixelGrid("EPSG:32631", north_up(resolution=10), 60, 60)


def product(name: str, offset: int) -> Product:
    bands = tuple(
        BandFile(band, RESOLUTION[band], f"/{band}.jp2", "JP2OpenJPEG") for band in BANDS_L2A
    )
    return Product(
        name, "L2A", "05.00", GRID, bands, (), dict.fromkeys(BANDS_L2A, offset), "the metadata"
    )


def dark(offset: int) -> DigitalNumbers:
    """Water and wood, with the offset of 1000 in the numbers or without."""
    pixels = (60 + offset + np.arange(3600).reshape(60, 60) % 400).astype(np.uint16)
    return dict.fromkeys(BANDS_L2A, pixels)


@pytest.mark.parametrize(
    ("given", "warnings"), [((0, 1), ["in S2B_second, the pixels are darker"]), ((0,), [])]
)
def test_a_second_product_whose_offset_is_wrong_is_doubted_where_it_gave_pixels(
    given: tuple[int, ...], warnings: list[str]
) -> None:
    products = [product("S2A_first", -1000), product("S2B_second", -1000)]
    check = offset_checks(products, {0: dark(1000), 1: dark(0)}, given)
    assert check.in_pixels is True
    assert [warning.partition(" (")[0] for warning in check.warnings] == warnings


def test_products_that_were_not_read_say_nothing() -> None:
    products = [product("S2A_first", -1000), product("S2B_second", -1000)]
    assert offset_checks(products, {0: dark(1000)}, {0}).warnings == ()


def items_product(name: str = "S2A_item") -> Product:
    """What is used of a current item of Earth Search: two statements that differ."""
    return replace(product(name, 0), offset_warnings=("the item says -1000, but 0 was used",))


def bright() -> DigitalNumbers:
    """Cloud, in which an offset can't be seen."""
    return dict.fromkeys(BANDS_L2A, np.full((60, 60), 6000, np.uint16))


def test_what_dark_pixels_settle_is_no_doubt_but_noted() -> None:
    check = offset_check(items_product(), dark(0))
    assert check.warnings == ()
    assert check.settled == ("the item says -1000, but 0 was used",)
    assert "offset of 0 is right by the darkest pixels (B02 " in format_settled(
        check.settled, check.darkest
    )


def test_what_dark_pixels_contradict_stays_in_doubt_with_what_they_say() -> None:
    check = offset_check(items_product(), dark(1000))
    assert check.settled == ()
    assert [warning.partition(" (")[0] for warning in check.warnings] == [
        "the item says -1000, but 0 was used",
        "the darkest pixels pile up above 1000",
    ]


@pytest.mark.parametrize(("numbers", "words"), [(bright(), "B02 6000"), ({}, "too few were read")])
def test_where_no_pixel_can_tell_the_doubt_stays_and_says_so(
    numbers: DigitalNumbers, words: str
) -> None:
    check = offset_check(items_product(), numbers)
    assert check.settled == ()
    assert check.warnings[0] == "the item says -1000, but 0 was used"
    assert check.warnings[1].startswith("the darkest pixels can't tell (")
    assert words in check.warnings[1]


def test_without_a_doubt_pixels_that_cannot_tell_are_no_doubt() -> None:
    check = offset_check(product("S2A_sure", -1000), bright())
    assert (check.warnings, check.settled) == ((), ())


def test_pixels_of_l1c_settle_that_no_offset_is_in_them_and_never_that_one_is() -> None:
    level_1c = replace(items_product(), level="L1C")
    assert offset_check(level_1c, dark(0)).warnings == ()
    assert "can't tell" in offset_check(level_1c, dark(1000)).warnings[1]


def test_each_product_of_a_mosaic_is_settled_by_its_own_pixels() -> None:
    products = [items_product("S2A_first"), items_product("S2B_second")]
    check = offset_checks(products, {0: dark(0), 1: bright()}, {0, 1})
    assert len(check.settled) == 1
    assert all(warning.startswith("in S2B_second, ") for warning in check.warnings)
    both = offset_checks(products, {0: dark(0), 1: dark(0)}, {0, 1})
    assert both.warnings == ()
    assert both.settled[1].startswith("in S2B_second, ")
