"""The values that travel: moments, offsets in days, states."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.grid import PixelGrid
from migrate_core.model import Acquired, ClassTable, Georeference, Mask, RankedScene, iso, utc
from tests.support.builders import UTM31, a_mask, a_scene

moments = st.datetimes(
    datetime(1990, 1, 1),
    datetime(2090, 1, 1),
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("text", ["2020-02-02", "20200202", " 2020-02-02 "])
def test_a_day_is_known_without_its_time(text: str) -> None:
    acquired = Acquired.parse(text)
    assert acquired == Acquired(datetime(2020, 2, 2, tzinfo=UTC), time_known=False)
    assert str(acquired) == "2020-02-02"


@pytest.mark.parametrize(
    "text",
    [
        "2020-02-02T10:15:32Z",
        "2020-02-02T10:15:32",
        "2020-02-02 10:15:32",
        "2020-02-02T12:15:32+02:00",
        "20200202T101532Z",
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str) -> None:
    acquired = Acquired.parse(text)
    assert acquired.at == datetime(2020, 2, 2, 10, 15, 32, tzinfo=UTC)
    assert acquired.at.utcoffset() == timedelta(0)
    assert acquired.time_known
    assert str(acquired) == "2020-02-02T10:15:32Z"


def test_midnight_is_a_time_when_it_was_given_as_one() -> None:
    acquired = Acquired.parse("2020-02-02T00:00:00Z")
    assert acquired.time_known
    assert Acquired.parse(str(acquired)) == acquired


@pytest.mark.parametrize("text", ["", "soon", "2020-02-30", "02/02/2020", "2020-13-01", "12345678"])
def test_what_is_no_date_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Acquired.parse(text)


@given(moments, st.booleans())
def test_a_moment_reads_back_as_it_was_written(moment: datetime, time_known: bool) -> None:
    if not time_known:
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    acquired = Acquired(utc(moment), time_known)
    assert Acquired.parse(str(acquired)) == acquired


@given(moments)
def test_iso_names_the_same_moment_and_ends_in_z(moment: datetime) -> None:
    assert iso(moment).endswith("Z")
    assert at(iso(moment)) == moment


def test_days_are_fractions_when_both_times_are_known() -> None:
    acquired = Acquired.parse("2020-02-02T12:00:00Z")
    assert acquired.days_until(at("2020-02-04T00:00:00Z")) == 1.5
    assert acquired.days_until(at("2020-01-31T12:00:00Z")) == -2.0
    assert acquired.days_until(at("2020-02-02T12:14:24Z")) == pytest.approx(0.01)
    assert isinstance(acquired.days_until(at("2020-02-04T12:00:00Z")), float)


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        ("2020-02-02T00:00:00Z", 0),
        ("2020-02-02T23:59:59Z", 0),
        ("2020-02-03T00:00:00Z", 1),
        ("2020-02-01T23:59:59Z", -1),
        ("2020-03-01T10:00:00Z", 28),
    ],
)
def test_days_are_whole_and_by_utc_date_when_only_the_day_is_known(moment: str, days: int) -> None:
    found = Acquired.parse("2020-02-02").days_until(at(moment))
    assert found == days
    assert isinstance(found, int)


def test_a_mask_is_ready_until_it_has_a_problem() -> None:
    assert a_mask().state == "ready"
    assert a_mask(problems={"date": "It has no date."}).state == "problem"


def test_a_mask_with_a_georeference_has_a_grid() -> None:
    transform = Affine(3, 0.5, 1, -0.5, -3, 2)
    mask = a_mask(georeference=Georeference(UTM31, tuple(transform)[:6]), width=7, height=5)
    assert mask.grid == PixelGrid(UTM31, transform, 7, 5)


WITHOUT = {
    "crs": {"georeference": replace(a_mask().georeference, crs=None)},
    "transform": {"georeference": replace(a_mask().georeference, transform=None)},
    "width": {"width": None},
    "height": {"height": None},
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_a_mask_without_a_georeference_has_no_grid(missing: str) -> None:
    with pytest.raises(ValueError, match="no georeference"):
        _ = a_mask(**WITHOUT[missing]).grid


def test_background_is_always_among_the_stored_classes() -> None:
    assert a_mask(classes=ClassTable({"255": 1, "7": 7})).stored_classes == (0, 1, 7)
    assert a_mask(classes=ClassTable()).stored_classes == (0,)


def test_a_candidate_names_its_scene_before_those_that_complete_it() -> None:
    ranked = RankedScene(a_scene("A"), 1.0, 0, 1.0, {}, True, completed_by=("B", "C"))
    assert ranked.scene_ids == ("A", "B", "C")


def test_values_can_not_be_changed() -> None:
    mask = Mask("id", "name.tif", "/name.tif")
    with pytest.raises(FrozenInstanceError):
        mask.problem = "x"  # type: ignore[misc]
