"""Classes and dates of features, from their attributes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.errors import MaskError
from migrate_core.masks.options import ClassEntry
from migrate_core.masks.raster.classes import class_map
from migrate_core.masks.vectors.classes import category_classes, feature_classes, single_class
from migrate_core.masks.vectors.periods import UNDATED, feature_periods, of_date, spans
from migrate_core.model import IGNORE

WHAT = "x.gpkg: its column 'kind'"


def test_without_a_column_everything_is_class_1() -> None:
    found = single_class(3, (ClassEntry(1, "burned", "#ff0000"),))
    assert found.values == (1, 1, 1)
    assert dict(found.stored) == {"1": 1}
    assert (found.names, found.colours) == ({"1": "burned"}, {"1": "#ff0000"})


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=50))
def test_whole_numbers_are_stored_by_the_rule_of_rasters(values: list[int]) -> None:
    found = feature_classes(values, (), {}, WHAT)
    assert dict(found.stored) == class_map(set(values))


@pytest.mark.parametrize("values", [[1, 7, None], [1.0, 7.0, None], ["1", "7", None]])
def test_whole_numbers_keep_their_value_in_any_form(values: list[Any]) -> None:
    found = feature_classes(values, (ClassEntry(7, "mine", "#00ff00"),), {}, WHAT)
    assert found.values == (1, 7, IGNORE)
    assert found.keys == ("1", "7", None)
    assert (found.names, found.colours) == ({"7": "mine"}, {"7": "#00ff00"})


def test_names_are_numbered_in_order_and_a_missing_one_is_unknown() -> None:
    found = feature_classes(["water", "mine", None, "water", "07"], (), {}, WHAT)
    assert dict(found.stored) == {"07": 1, "mine": 2, "water": 3}
    assert found.values == (3, 2, IGNORE, 3, 1)


def test_names_keep_the_values_that_a_table_or_earlier_files_give_them() -> None:
    entries = (ClassEntry(9, "mine", "#aa0000"), ClassEntry(0, "nothing"), ClassEntry(None, "dam"))
    known = {"water": 1, "mine": 2, "road": 3}
    found = feature_classes(["water", "mine", "nothing", "dam"], entries, known, WHAT)
    # 1 to 3 are taken by names known before, used here or not.
    assert dict(found.stored) == {"dam": 4, "mine": 9, "nothing": 0, "water": 1}
    assert found.colours == {"mine": "#aa0000"}


def test_a_later_file_agrees_with_an_earlier_one() -> None:
    first = feature_classes(["b", "c"], (), {}, WHAT)
    second = feature_classes(["a", "b", "c", "d"], (), first.stored, WHAT)
    assert {key: second.stored[key] for key in "bc"} == dict(first.stored)
    assert len(set(second.stored.values())) == 4


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([0.5, 1.0], "0.5, which is no whole number"),
        ([f"n{number}" for number in range(255)], "255 different values"),
        ([{"a": 1}], "lists or objects"),
    ],
)
def test_what_cannot_be_classes_is_refused(values: list[Any], reason: str) -> None:
    with pytest.raises(MaskError, match=rf"x\.gpkg: its column 'kind'.*{reason}"):
        feature_classes(values, (), {}, WHAT)


def test_when_all_values_are_taken_it_is_said() -> None:
    known = {f"n{value}": value for value in range(1, 255)}
    with pytest.raises(MaskError, match="All 254 class values are taken"):
        feature_classes(["new"], (), known, WHAT)


def test_category_0_of_coco_is_a_class_not_background() -> None:
    entries = (ClassEntry(5, "water", "#0000ff"),)
    found = category_classes([0, 2, 300, None], {0: "water", 2: "mine", 9: "road"}, entries)
    assert dict(found.stored) == {"0": 1, "2": 2, "300": 3}
    assert found.values == (1, 2, 3, IGNORE)
    assert found.names == {"0": "water", "2": "mine"}
    assert found.colours == {"0": "#0000ff"}


# dates


def texts(starts: list[Any], ends: list[Any] | None = None) -> list[str]:
    return list(feature_periods(starts, ends).texts)


def test_dates_come_as_text_days_or_times_with_their_zone() -> None:
    east = timezone(timedelta(hours=2))
    given_ = [
        date(2020, 1, 2),
        datetime(2020, 1, 2, 1, 30, tzinfo=east),
        datetime(2020, 1, 2, 1, 30),
        "2020-01-02",
        "20200102",
        "2020/01/02",
        "2020/1/2 10:00:00+02",
        "2020-01-02T10:15:32Z",
        20200102,
    ]
    assert texts(given_) == [
        "2020-01-02",
        "2020-01-01T23:30:00Z",
        "2020-01-02T01:30:00Z",
        "2020-01-02",
        "2020-01-02",
        "2020-01-02",
        "2020-01-02T08:00:00Z",
        "2020-01-02T10:15:32Z",
        "2020-01-02",
    ]


def test_a_column_of_midnights_means_days() -> None:
    assert texts(["2020-01-02T00:00:00", None, "2020-01-03T00:00:00Z"]) == [
        "2020-01-02",
        UNDATED,
        "2020-01-03",
    ]
    assert texts(["2020-01-02T00:00:00", "2020-01-03T12:00:00"])[0] == "2020-01-02T00:00:00Z"


def test_two_columns_make_a_period() -> None:
    starts = ["2020-01-02", "2020-01-02", "2020-01-02", None]
    ends = ["2020-01-05", "2020-01-02", None, "2020-01-05"]
    assert texts(starts, ends) == ["2020-01-02/2020-01-05", "2020-01-02", "2020-01-02", UNDATED]


def test_why_a_feature_has_no_date_is_told() -> None:
    found = feature_periods(["2020-01-05", None, "soon"], ["2020-01-02", None, None])
    assert found.acquired == (None, None, None)
    assert "ends" in str(found.reasons[0])
    assert found.reasons[1:] == ("its date is empty", "'soon' is no date")


def test_periods_that_overlap_belong_together() -> None:
    features = spans(["2020-01-02", "2020-01-02/2020-01-05", "2020-01-06T10:00:00Z", UNDATED])
    wanted = {
        "2020-01-02": [True, True, False, False],
        "2020-01-05T23:00:00Z": [False, True, False, False],
        "2020-01-04/2020-01-06": [False, True, True, False],
        UNDATED: [False, False, False, True],
    }
    for text, expected in wanted.items():
        np.testing.assert_array_equal(of_date(features, spans([text])[0]), expected)


def test_times_are_utc() -> None:
    (acquired,) = feature_periods([datetime(2020, 1, 2, 3, tzinfo=UTC)], None).acquired
    assert acquired is not None
    assert (acquired.at.utcoffset(), acquired.time_known) == (timedelta(0), True)
