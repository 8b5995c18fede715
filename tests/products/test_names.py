"""What names of products, granules and band files tell."""

from datetime import UTC, datetime

import pytest

from migrate_core.products.names import (
    NameParts,
    is_product_name,
    mission_of,
    parse_name,
    read_names,
)

COMPACT = "S2A_MSIL1C_20210101T100411_N0209_R122_T33UWP_20210101T121212"
OLD = "S2A_OPER_PRD_MSIL1C_PDMC_20160607T154053_R062_V20150627T102531_20150627T102531"
BY_USER = "S2A_USER_PRD_MSIL2A_PDMC_20160607T154053_R062_V20150627T102531_20150627T102531"
SENSED = datetime(2021, 1, 1, 10, 4, 11, tzinfo=UTC)
OLD_SENSED = datetime(2015, 6, 27, 10, 25, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (COMPACT, NameParts("L1C", "33UWP", "02.09", SENSED)),
        (f"{COMPACT}.SAFE", NameParts("L1C", "33UWP", "02.09", SENSED)),
        (COMPACT.replace("L1C", "L2A"), NameParts("L2A", "33UWP", "02.09", SENSED)),
        (COMPACT.replace("S2A", "S2D"), NameParts("L1C", "33UWP", "02.09", SENSED)),
        (COMPACT.replace("N0209", "N9999"), NameParts("L1C", "33UWP", "99.99", SENSED)),
        (OLD, NameParts("L1C", None, None, OLD_SENSED)),
        (BY_USER, NameParts("L2A", None, None, OLD_SENSED)),
        ("L1C_T33UWP_A028945_20210101T100411", NameParts("L1C", "33UWP", None, SENSED)),
        ("T33UWP_20210101T100411_B02", NameParts(None, "33UWP", None, SENSED)),
        ("T33UWP_20210101T100411", NameParts(None, "33UWP", None, SENSED)),
        ("L2A_T33UWP_20210101T100411_B02_10m.jp2", NameParts("L2A", "33UWP", None, SENSED)),
        # The time in it is that of processing.
        (
            "S2A_OPER_MSI_L1C_TL_EPA__20160605T113933_A000062_T32TQR_N02.02",
            NameParts("L1C", "32TQR", "02.02", None),
        ),
        (
            "S2A_USER_MSI_L2A_TL_EPA__20160605T113933_A000062_T32TQR_B02_10m.jp2",
            NameParts("L2A", "32TQR", None, None),
        ),
        ("T33UWP_20211301T100411_B02", NameParts(None, "33UWP", None, None)),
        ("", NameParts()),
        ("my folder", NameParts()),
        ("LC08_L1TP_199030_20200118_20200128_01_T1", NameParts()),
    ],
)
def test_each_form_of_name_tells_what_it_holds(name: str, parts: NameParts) -> None:
    assert read_names([name]) == parts


def test_of_several_names_the_first_that_tells_a_part_is_believed() -> None:
    granule = "S2A_OPER_MSI_L1C_TL_EPA__20160605T113933_A000062_T32TQR_N02.02"
    other = "S2A_MSIL2A_20210101T100411_N0400_R122_T33UWP_20210101T121212"
    assert read_names([OLD, granule, other]) == NameParts("L1C", "32TQR", "02.02", OLD_SENSED)
    assert read_names([]) == NameParts()


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        (COMPACT, True),
        (f"{OLD}.SAFE", True),
        (f"{BY_USER}.zip", True),
        ("S2A_OPER_MSI_L1C_TL_EPA__20160605T113933_A000062_T32TQR_N02.02", False),
        ("S2A_31TDG_20200118_0_L2A", False),
        (f"copy of {COMPACT}", False),
        ("", False),
    ],
)
def test_names_of_products_are_told_from_others(name: str, is_one: bool) -> None:
    assert is_product_name(name) is is_one


@pytest.mark.parametrize(
    ("name", "mission"),
    [(COMPACT, "S2A"), ("S2C_31TDG_20200118_0_L2A", "S2C"), ("LC08_L1TP", None), ("", None)],
)
def test_the_satellite_is_what_a_name_begins_with(name: str, mission: str | None) -> None:
    assert mission_of(name) == mission


def test_a_name_whose_digits_are_no_date_is_no_product_name() -> None:
    assert parse_name(COMPACT) is not None
    assert parse_name(COMPACT.replace("20210101T100411", "20211301T100411")) is None
