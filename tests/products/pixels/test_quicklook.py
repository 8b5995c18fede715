"""Quicklooks: where they lie, what they show, and how they are stretched."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import box

from migrate_core.errors import ProductError
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.quicklook import Quicklook, quicklook
from migrate_core.products.product import Product
from tests.support.builders import BANDS_L2A, NORTH, WEST, Safe, lonlat_box, write_safe

SIZE = 240
# A field of 200 m in the middle of the product.
AROUND = lonlat_box(WEST + 1000, NORTH - 1200, WEST + 1200, NORTH - 1000)


def split(band: str, height: int, width: int) -> NDArray[np.uint16]:
    """West of x = 1100 m bright in red (B04) only, east of it in blue (B02) only."""
    bright = {"B04": (2500, 400), "B02": (400, 2500)}.get(band, (400, 400))
    pixels = np.full((height, width), bright[1], dtype=np.uint16)
    pixels[:, : round(width * 1100 / (10 * SIZE))] = bright[0]
    return pixels


def product(folder: Path, **changes: object) -> Product:
    values: dict[str, object] = {"size": SIZE, "pixels": split, **changes}
    return open_product(str(write_safe(folder, Safe(**values))))  # type: ignore[arg-type]


def at(found: Quicklook, x: float, y: float) -> tuple[int, ...]:
    """The RGBA pixel at a place in the product's UTM."""
    to_lonlat = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(x, y)
    west, south, east, north = found.bounds
    height, width = found.image.shape[:2]
    row, column = (north - lat) / (north - south) * height, (lon - west) / (east - west) * width
    return tuple(int(value) for value in found.image[int(row), int(column)])


def test_it_shows_the_mask_and_its_own_width_on_each_side(tmp_path: Path) -> None:
    found = quicklook([product(tmp_path)], AROUND)
    expected = lonlat_box(WEST + 800, NORTH - 1400, WEST + 1400, NORTH - 800)
    assert box(*found.bounds).contains(expected)
    assert box(*found.bounds).area == pytest.approx(expected.area, rel=0.1)
    assert found.image.dtype == np.uint8
    assert found.image.shape[2] == 4
    # 600 m at 10 m, hardly more where the edges of lon/lat don't follow those of UTM.
    assert 60 <= found.image.shape[0] <= 66


def test_colours_lie_where_the_product_has_them(tmp_path: Path) -> None:
    found = quicklook([product(tmp_path)], AROUND)
    for y in (NORTH - 900, NORTH - 1100, NORTH - 1300):
        assert at(found, WEST + 1075, y) == (255, 0, 0, 255)
        assert at(found, WEST + 1125, y) == (0, 0, 255, 255)


def test_a_coarse_picture_shows_the_same(tmp_path: Path) -> None:
    found = quicklook([product(tmp_path)], AROUND, pixels=20)
    assert max(found.image.shape[:2]) <= 21
    red, _, blue, _ = at(found, WEST + 950, NORTH - 1100)
    assert (red > 240, blue < 15) == (True, True)
    red, _, blue, _ = at(found, WEST + 1250, NORTH - 1100)
    assert (red < 15, blue > 240) == (True, True)


def test_outside_the_product_it_is_transparent(tmp_path: Path) -> None:
    corner = lonlat_box(WEST, NORTH - 200, WEST + 200, NORTH)
    found = quicklook([product(tmp_path)], corner)
    assert at(found, WEST + 20, NORTH - 20)[3] == 255
    assert at(found, WEST - 20, NORTH - 20) == (0, 0, 0, 0)
    assert at(found, WEST + 20, NORTH + 20) == (0, 0, 0, 0)


def test_a_place_beside_the_product_gives_an_empty_picture(tmp_path: Path) -> None:
    far = lonlat_box(WEST + 9000, NORTH - 200, WEST + 9200, NORTH)
    assert not quicklook([product(tmp_path)], far).image.any()


def test_another_half_fills_what_the_first_has_no_data_for(tmp_path: Path) -> None:
    def western(band: str, height: int, width: int) -> NDArray[np.uint16]:
        pixels = split(band, height, width)
        pixels[:, round(width * 1100 / (10 * SIZE)) :] = 0
        return pixels

    west = product(tmp_path / "west", pixels=western)
    assert at(quicklook([west], AROUND), WEST + 1150, NORTH - 1100) == (0, 0, 0, 0)
    both = quicklook([west, product(tmp_path / "whole")], AROUND)
    assert at(both, WEST + 1050, NORTH - 1100) == (255, 0, 0, 255)
    assert at(both, WEST + 1150, NORTH - 1100) == (0, 0, 255, 255)


def test_offsets_are_applied(tmp_path: Path) -> None:
    def shifted(band: str, height: int, width: int) -> NDArray[np.uint16]:
        return split(band, height, width) + np.uint16(1000)

    plain = quicklook([product(tmp_path / "a")], AROUND)
    offset = product(tmp_path / "b", pixels=shifted, baseline="04.00", offset=-1000)
    assert np.array_equal(quicklook([offset], AROUND).image, plain.image)


def flat(value: int) -> object:
    return lambda _band, height, width: np.full((height, width), value, dtype=np.uint16)


@pytest.mark.parametrize(("reflectance", "expected"), [(6000, 255), (600, 0), (601, 0)])
def test_cloud_stays_white_and_a_flat_field_is_not_stretched_to_noise(
    tmp_path: Path, reflectance: int, expected: int
) -> None:
    found = quicklook([product(tmp_path, pixels=flat(reflectance))], AROUND)
    assert at(found, WEST + 1100, NORTH - 1100) == (expected, expected, expected, 255)


def test_a_missing_band_is_told_in_words(tmp_path: Path) -> None:
    safe = Safe(size=SIZE, pixels=split)
    folder = write_safe(tmp_path, safe)
    opened = open_product(str(folder))
    (folder / safe.band_file("B03")).unlink()
    with pytest.raises(ProductError, match="B03"):
        quicklook([opened], AROUND)


@pytest.mark.parametrize(("missing", "grey"), [(("B04",), "B02"), (("B02", "B03"), "B04")])
def test_a_product_that_lacks_a_colour_is_shown_in_grey(
    tmp_path: Path, missing: tuple[str, ...], grey: str
) -> None:
    found = quicklook([product(tmp_path, pixels=split, bands=without(*missing))], AROUND)
    # In `split` each of the bands is bright somewhere else, so grey shows where its own is.
    pixels = found.image[found.image[..., 3] == 255][:, :3]
    assert (pixels == pixels[:, :1]).all()
    place = {"B04": 1050, "B02": 1150}[grey]
    other = {"B04": 1150, "B02": 1050}[grey]
    assert at(found, WEST + place, NORTH - 1100)[0] > at(found, WEST + other, NORTH - 1100)[0]


def test_a_product_without_any_band_of_10_m_can_not_be_shown(tmp_path: Path) -> None:
    few = product(tmp_path, bands=("B01", "B05"))
    with pytest.raises(ProductError, match="no band of 10 m"):
        quicklook([few], AROUND)


def without(*missing: str) -> tuple[str, ...]:
    return tuple(band for band in BANDS_L2A if band not in missing)
