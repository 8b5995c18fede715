"""Product names, bands in order, and the CRS of tiles."""

from datetime import UTC, datetime

import pytest
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

from migrate_core.errors import ProductError
from migrate_core.products.names import ProductName, parse_name, without_safe
from migrate_core.products.product import (
    BAND_IDS,
    RESOLUTION_M,
    BandFile,
    band_names,
    in_order,
    missing_bands,
    utm_crs,
)
from tests.support.builders import BANDS_L1C, BANDS_L2A, RESOLUTION

NAME = "S2A_MSIL1C_20210101T100411_N0209_R122_T33UWP_20210101T121212"


def band_files(*names: str) -> dict[str, BandFile]:
    return {name: BandFile(name, f"/{name}.jp2", RESOLUTION[name], "JP2OpenJPEG") for name in names}


@pytest.mark.parametrize("suffix", ["", ".SAFE", ".zip", ".SAFE.zip"])
def test_a_compact_name_is_read_in_its_parts(suffix: str) -> None:
    assert parse_name(NAME + suffix) == ProductName(
        mission="S2A",
        level="L1C",
        sensed_at=datetime(2021, 1, 1, 10, 4, 11, tzinfo=UTC),
        baseline="02.09",
        relative_orbit=122,
        tile="33UWP",
        discriminator="20210101T121212",
    )


@pytest.mark.parametrize("mission", ["S2A", "S2B", "S2C", "S2D"])
def test_missions_to_come_are_understood(mission: str) -> None:
    name = parse_name(f"{mission}_MSIL2A_20260101T100411_N0512_R122_T01CCV_20260101T121212")
    assert name is not None
    assert (name.mission, name.level, name.tile) == (mission, "L2A", "01CCV")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "S2A_31TDG_20200118_0_L2A",
        "S2A_OPER_PRD_MSIL1C_PDMC_20160508T190000_R008_V20160508T104027_20160508T104027",
        "LC08_L1TP_199030_20200118_20200128_01_T1",
        f"copy of {NAME}",
    ],
)
def test_another_name_is_none(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize("name", ["X.SAFE", "X.SAFE.zip", "X.zip", "X"])
def test_suffixes_are_no_part_of_a_name(name: str) -> None:
    assert without_safe(name) == "X"


def test_bands_stand_in_the_order_of_the_spectrum_and_l2a_has_no_cirrus() -> None:
    assert band_names("L1C") == BANDS_L1C == tuple(BAND_IDS)
    assert band_names("L2A") == BANDS_L2A
    assert dict(RESOLUTION_M) == {band: RESOLUTION[band] for band in BANDS_L1C}


def test_bands_are_put_in_order_whatever_order_they_come_in() -> None:
    shuffled = band_files(*reversed(BANDS_L1C))
    assert [band.name for band in in_order(shuffled)] == list(BANDS_L1C)
    some = band_files("B12", "B03", "B8A")
    assert [band.name for band in in_order(some)] == ["B03", "B8A", "B12"]


@pytest.mark.parametrize(
    ("level", "there", "missing"),
    [
        ("L2A", BANDS_L2A, ()),
        ("L1C", BANDS_L2A, ("B10",)),
        ("L1C", BANDS_L1C, ()),
        ("L2A", ("B04", "B10"), tuple(band for band in BANDS_L2A if band != "B04")),
    ],
)
def test_bands_are_missing_that_a_complete_product_has(
    level: str, there: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert missing_bands(level, there) == missing


@pytest.mark.parametrize(
    ("tile", "lon", "lat"),
    [
        ("31TDG", 2.8, 42.3),
        ("31UFS", 4.5, 51),
        ("01CCV", -177, -79),
        ("60WWT", 177, 66),
        ("55HEV", 147, -37),
        ("29NPA", -8, 0.5),
        ("29MPV", -8, -0.5),
    ],
)
def test_the_crs_of_a_tile_is_its_utm_zone(tile: str, lon: float, lat: float) -> None:
    (expected,) = query_utm_crs_info("WGS 84", AreaOfInterest(lon, lat, lon, lat))
    assert utm_crs(tile) == f"{expected.auth_name}:{expected.code}"


def test_every_zone_has_a_crs_on_either_side_of_the_equator() -> None:
    for zone in range(1, 61):
        for band, side in (("N", "N"), ("M", "S")):
            assert CRS(utm_crs(f"{zone:02}{band}AA")).utm_zone == f"{zone}{side}"


@pytest.mark.parametrize("tile", ["00TDG", "61TDG", "99XYZ"])
def test_a_zone_that_does_not_exist_is_refused(tile: str) -> None:
    with pytest.raises(ProductError, match=f"'{tile}' is not an MGRS tile"):
        utm_crs(tile)
