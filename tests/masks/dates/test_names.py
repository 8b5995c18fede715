"""Dates of masks: from file names, from what a person typed, from tables."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.errors import WrongUseError
from migrate_core.masks.dates.names import date_for, date_from_name, parse_date, read_dates
from migrate_core.model import Acquired

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
days = st.dates(date(1972, 1, 1), date(2024, 6, 29))
moments = st.datetimes(datetime(1972, 1, 1), datetime(2024, 6, 29)).map(
    lambda moment: moment.replace(microsecond=0)
)


def found(name: str) -> str | None:
    acquired = date_from_name(name, NOW)
    return str(acquired) if acquired else None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20200202_101532_1014_water_mask.tif", "2020-02-02T10:15:32Z"),
        ("20200202_101532_83_1014.tif", "2020-02-02T10:15:32Z"),
        ("20151119_025740_0c74_3B_udm2_clip.tif", "2015-11-19T02:57:40Z"),
        ("20230101_101532_12_24A5_3B_Analytic.TIF", "2023-01-01T10:15:32Z"),
        ("S2A_MSIL1C_20210101T100411_N0209_R122_T33UWP_20210101T121212", "2021-01-01T10:04:11Z"),
        ("WV02_20200202101532_M1BS.tif", "2020-02-02T10:15:32Z"),
        ("site_20200202-101532Z.png", "2020-02-02T10:15:32Z"),
        ("farm 2020-02-02 final.tif", "2020-02-02"),
        ("farm_2020_02_02.tif", "2020-02-02"),
        ("farm.2020.02.02.tif", "2020-02-02"),
        ("mask20200202.tif", "2020-02-02"),
        ("20200202.tif", "2020-02-02"),
    ],
)
def test_a_date_is_found_in_the_usual_names(name: str, expected: str) -> None:
    assert found(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "mask.tif",
        "mask_12345678.tif",  # no such month
        "mask_20201345.tif",
        "mask_20200230.tif",  # no such day
        "mask_19711231.tif",  # before Landsat 1
        "mask_20240701.tif",  # tomorrow
        "mask_20240701_101532.tif",
        "mask_120200202.tif",  # nine digits are a number
        "2020-02_02.tif",  # not one separator
        "02-02-2020.tif",  # who says which is the month
    ],
)
def test_a_number_that_can_not_be_a_date_is_none(name: str) -> None:
    assert found(name) is None


def test_today_is_a_date_already() -> None:
    assert found("mask_20240630.tif") == "2024-06-30"


def test_an_impossible_time_leaves_the_day() -> None:
    assert found("20200202_996199.tif") == "2020-02-02"


def test_an_impossible_date_is_passed_over_for_a_right_one() -> None:
    assert found("99999999_20200202.tif") == "2020-02-02"
    assert found("id_20991231_101010_2020-02-02.tif") == "2020-02-02"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20200202_to_20200303.tif", "2020-02-02"),
        ("2020-02-02_and_20200303.tif", "2020-02-02"),
        ("20200202T101532_20200303T101532.tif", "2020-02-02T10:15:32Z"),
        ("2020-02-02_exported_20230405T060708.tif", "2020-02-02"),
    ],
)
def test_of_several_dates_the_first_counts(name: str, expected: str) -> None:
    assert found(name) == expected


@given(moments, st.sampled_from(["{:%Y%m%d_%H%M%S}_1014_mask.tif", "x_{:%Y%m%dT%H%M%S}Z.tif"]))
def test_every_moment_is_found_to_the_second(moment: datetime, form: str) -> None:
    expected = Acquired(moment.replace(tzinfo=UTC), time_known=True)
    assert date_from_name(form.format(moment), NOW) == expected


@given(days, st.sampled_from(["mask_{:%Y%m%d}.tif", "{:%Y-%m-%d}.tif", "a_{:%Y_%m_%d}_b.png"]))
def test_every_day_is_found(day: date, form: str) -> None:
    # strftime does not pad years below 1000, which don't occur here.
    assert date_from_name(form.format(day), NOW) == Acquired.parse(day.isoformat())


@given(st.text(max_size=40))
def test_any_name_has_a_plausible_date_or_none(name: str) -> None:
    acquired = date_from_name(name, NOW)
    assert acquired is None or date(1972, 1, 1) <= acquired.at.date() <= NOW.date()


def test_a_typed_date_is_iso_8601() -> None:
    assert parse_date("2020-02-02") == Acquired.parse("2020-02-02")
    assert parse_date("2020-02-02T12:15:32+02:00") == Acquired.parse("2020-02-02T10:15:32Z")


@pytest.mark.parametrize("text", ["", "yesterday", "02.02.2020", "2020-02-31"])
def test_what_is_typed_wrong_is_quoted_with_the_right_form(text: str) -> None:
    with pytest.raises(WrongUseError, match="YYYY-MM-DD") as caught:
        parse_date(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"], ids=["first", "last"]
)
def test_a_time_beyond_the_calendar_is_refused_as_any_wrong_date(text: str) -> None:
    with pytest.raises(WrongUseError, match="is not a date"):
        parse_date(text)


# tables


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "dates.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    "heading",
    ["mask,date", "name,acquired", "Date,File\n", " filename ,DateTime", "id,path,time,note"],
)
def test_columns_are_found_by_their_usual_names(tmp_path: Path, heading: str) -> None:
    cells = {
        "mask": "a.tif",
        "name": "a.tif",
        "file": "a.tif",
        "filename": "a.tif",
        "path": "a.tif",
        "date": "2020-02-02",
        "acquired": "2020-02-02",
        "datetime": "2020-02-02",
        "time": "2020-02-02",
    }
    row = ",".join(cells.get(column.strip().lower(), "7") for column in heading.split(","))
    path = table(tmp_path, f"{heading.strip()}\n{row}\n")
    assert read_dates(path) == {"a.tif": Acquired.parse("2020-02-02")}


def test_a_table_without_heading_has_masks_and_dates(tmp_path: Path) -> None:
    path = table(tmp_path, "a.tif,2020-02-02\nb.tif,2020-02-03T01:02:03Z\n")
    assert read_dates(path) == {
        "a.tif": Acquired.parse("2020-02-02"),
        "b.tif": Acquired.parse("2020-02-03T01:02:03Z"),
    }


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = table(tmp_path, "mask,date\r\n é.tif ,2020-02-02T10:15:32Z\r\n", "utf-8-sig")
    assert read_dates(path) == {"é.tif": Acquired.parse("2020-02-02T10:15:32Z")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n,\n", "is empty"),
        ("mask,date\n", "no rows|is empty"),
        ("a.tif,2020-02-02,x\nb.tif,2020-02-03,x\n", "heading is a.tif, 2020-02-02, x"),
        ("a.tif,2020-02-02\nb.tif,2020-02-30\n", "line 2: '2020-02-30' is not a date"),
        ("mask,day\na.tif,2020-02-02\n", "one of date, acquired"),
        ("mask,date\na.tif,2020-02-02\nb.tif,soon\n", "line 3: 'soon' is not a date"),
        ("mask,date\na.tif\n", "line 2: .*is not a date"),
        ("mask,date\n\n\na.tif,soon\n", "line 4: 'soon'"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(WrongUseError, match=message) as caught:
        read_dates(path)
    assert "dates.csv" in str(caught.value)


def test_a_table_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "dates.csv"
    binary.write_bytes(b"mask,date\n\xff\xfe\x00\x01\n")
    for path in (binary, tmp_path / "none.csv", tmp_path):
        with pytest.raises(WrongUseError, match="can't be read as a CSV table"):
            read_dates(path)


def test_a_table_gives_dates_by_path_then_name_then_stem() -> None:
    path = Path("/masks/a.tif")
    by_stem, by_name, by_path = (Acquired.parse(f"2020-01-0{n}") for n in (1, 2, 3))
    dates = {"a": by_stem}
    assert date_for(path, dates) == by_stem
    dates["a.tif"] = by_name
    assert date_for(path, dates) == by_name
    dates["/masks/a.tif"] = by_path
    assert date_for(path, dates) == by_path
    assert date_for(Path("/masks/b.tif"), dates) is None
