"""How exactly a mask is placed, as PROJ tells it: grids it lacks, and what is only ballpark."""

from __future__ import annotations

import pytest
from pyproj import CRS, Transformer
from shapely.geometry import box

from migrate_core.masks.transformation import transformation

GERMANY = box(8.9, 49, 9.1, 49.2)
ENGLAND = box(-3, 52, -2.9, 52.1)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("EPSG:4326", "EPSG:32632"),
        ("EPSG:3857", "EPSG:32632"),
        ("EPSG:32631", "EPSG:32632"),
        ("EPSG:3413", "EPSG:32632"),
        ("EPSG:32632", "EPSG:32632"),
    ],
)
def test_what_shares_the_datum_is_exact(source: str, target: str) -> None:
    found = transformation(source, target, GERMANY)
    assert (found.accuracy_m, found.ballpark, found.missing_grids) == (0, False, ())
    assert (found.warnings, found.note) == ((), None)


@pytest.mark.parametrize("source", ["EPSG:25832", "EPSG:4258", "EPSG:3035"])
def test_european_and_world_datum_are_one_to_a_metre_and_no_cause_for_alarm(source: str) -> None:
    found = transformation(source, "EPSG:32632", GERMANY)
    assert (found.accuracy_m, found.ballpark) == (1, False)
    assert (found.warnings, found.note) == ((), None)


def test_a_national_grid_whose_file_of_shifts_is_missing_says_so() -> None:
    found = transformation("EPSG:31467", "EPSG:32632", GERMANY)
    if found.accuracy_m is not None and found.accuracy_m < 2:
        pytest.skip("this machine has the grid BETA2007")
    assert (found.accuracy_m, found.better_m, found.ballpark) == (3, 1, False)
    assert found.missing_grids == ("de_adv_BETA2007.tif",)
    assert found.warnings == ()  # 3 m are a third of a pixel
    assert found.note is not None
    assert "3 m" in found.note
    assert "pyproj sync --file de_adv_BETA2007.tif" in found.note


@pytest.mark.parametrize("source", ["EPSG:27700", "EPSG:4277"])
def test_the_british_grid_projected_or_not_lacks_the_same_file(source: str) -> None:
    found = transformation(source, "EPSG:32630", ENGLAND)
    if found.accuracy_m == 1:
        pytest.skip("this machine has the grid OSTN15")
    assert found.accuracy_m == 2
    assert found.missing_grids == ("uk_os_OSTN15_NTv2_OSGBtoETRS.tif",)


def test_switzerland_needs_no_grid() -> None:
    found = transformation("EPSG:2056", "EPSG:32632", box(8, 47, 8.1, 47.1))
    assert (found.accuracy_m, found.missing_grids, found.note) == (1, (), None)


def test_an_unknown_datum_is_only_ballpark() -> None:
    bessel = CRS.from_proj4("+proj=longlat +ellps=bessel +type=crs").to_wkt()
    found = transformation(bessel, "EPSG:32632", GERMANY)
    assert (found.accuracy_m, found.ballpark) == (None, True)
    (warning,) = found.warnings
    assert "ballpark" in warning
    assert len(warning) < 300  # not the WKT of the CRS
    assert found.note == warning


def test_a_datum_far_from_where_it_is_defined_is_only_ballpark() -> None:
    assert transformation("EPSG:4267", "EPSG:32632", GERMANY).ballpark


def test_a_way_that_is_right_to_more_than_half_a_pixel_is_a_doubt() -> None:
    found = transformation("EPSG:4267", "EPSG:32614", box(-100, 38, -99.9, 38.1))
    if found.accuracy_m is not None and found.accuracy_m <= 5:
        pytest.skip("this machine has the grids of NAD27")
    (warning,) = found.warnings
    assert f"right only to {found.accuracy_m:g} m" in warning


def test_the_operation_is_the_one_that_coordinates_take() -> None:
    found = transformation("EPSG:31467", "EPSG:32632", GERMANY)
    way = Transformer.from_crs("EPSG:31467", "EPSG:32632", always_xy=True)
    way.transform(3_500_000, 5_440_000)
    assert found.operation == way.get_last_used_operation().description
