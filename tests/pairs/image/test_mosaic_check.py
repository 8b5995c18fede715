"""What is said of the parts of an image: whose pixels, what agrees, what to look at."""

from __future__ import annotations

import numpy as np
from affine import Affine

from migrate_core.grid import PixelGrid
from migrate_core.model import Suggestion
from migrate_core.pairs.assessment.suggestion import doubtful
from migrate_core.pairs.image.mosaic import Mosaic, Overlap
from migrate_core.pairs.image.mosaic_check import mosaic_check
from migrate_core.products.product import Product

ORIGIN = np.repeat([[0] * 6 + [1] * 4], 10, axis=0).astype(np.uint8)
INSIDE = np.ones((10, 10), dtype=bool)
IMAGE = np.ones((2, 10, 10), dtype=np.uint16)


def product(name: str, zone: int = 31, baseline: str = "05.11") -> Product:
    grid = PixelGrid(f"EPSG:326{zone}", Affine(10, 0, 0, 0, -10, 0), 9, 9)
    return Product(name, "L2A", baseline, grid, (), None, {}, "")


def a_mosaic(*overlap: Overlap, **changes: object) -> Mosaic:
    overlaps = (Overlap(), *(overlap or (Overlap(),)))
    values = {"image": IMAGE, "origin": ORIGIN, "overlaps": overlaps, **changes}
    return Mosaic(**values)  # type: ignore[arg-type]


def test_one_product_is_one_part_of_which_nothing_is_to_be_said() -> None:
    found = mosaic_check([product("A")], Mosaic(IMAGE, ORIGIN * 0, overlaps=(Overlap(),)), INSIDE)
    assert [(part.product_id, part.pixels, part.resampled) for part in found.parts] == [
        ("A", 100, False)
    ]
    assert (found.reprojected, found.warnings, found.notes) == (0, (), ())


def test_pixels_are_counted_inside_the_footprint_and_where_there_is_data() -> None:
    inside, image = INSIDE.copy(), IMAGE.copy()
    inside[:5] = False
    image[:, :, 9] = 0
    found = mosaic_check([product("A"), product("B")], a_mosaic(image=image), inside)
    assert [part.pixels for part in found.parts] == [30, 15]


def test_what_was_reprojected_is_said_with_its_share_and_zone() -> None:
    found = mosaic_check(
        [product("A"), product("B", 33)], a_mosaic(resampled=frozenset({1})), INSIDE
    )
    assert found.reprojected == 0.4
    assert found.notes == ("40.0 % of the image was reprojected from EPSG:32633.",)
    assert found.warnings == ()


def test_baselines_are_not_mixed_without_a_word() -> None:
    found = mosaic_check([product("A"), product("B", baseline="04.00")], a_mosaic(), INSIDE)
    (note,) = found.notes
    assert "different baselines (04.00, 05.11)" in note


def test_a_part_that_gave_nothing_is_no_matter() -> None:
    products = [product("A"), product("B", 33, "04.00")]
    found = mosaic_check(products, a_mosaic(origin=ORIGIN * 0, resampled=frozenset({1})), INSIDE)
    assert (found.reprojected, found.notes) == (0, ())


def test_overlaps_that_differ_raise_a_doubt_beyond_one_percent() -> None:
    products = [product("A"), product("B")]
    harmless = mosaic_check(products, a_mosaic(Overlap(1000, 0.9, 0.01, 700)), INSIDE)
    assert harmless.warnings == ()
    (warning,) = mosaic_check(products, a_mosaic(Overlap(1000, 0.9, 0.08, 700)), INSIDE).warnings
    assert "B overlaps" in warning
    assert "8.0 % of the pixels differ by more than 0.005" in warning
    assert "at most by 0.07" in warning


def test_a_doubt_takes_an_accept_back_and_a_remark_does_not() -> None:
    clear, occluded = Suggestion("accept", "Clear."), Suggestion("reject", "Hidden.")
    assert doubtful(clear, [], ["Note."]) == Suggestion("accept", "Clear. Note.")
    assert doubtful(clear, ["Doubt."], ["Note."]) == Suggestion("unsure", "Clear. Doubt. Note.")
    assert doubtful(occluded, ["Doubt."]).verdict == "reject"
    assert doubtful(clear, []) == clear
