"""Class values: which are kept, which get a new value, and what can't be a class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from migrate_core.errors import MaskError
from migrate_core.masks.raster.classes import class_map, recode, value_counts

IGNORE = 255
values = st.sets(
    st.one_of(st.integers(0, 300), st.integers(-(2**31), 2**31 - 1)), min_size=1, max_size=254
)


def set_of_values(pixels: np.ndarray) -> set[int]:
    return set(value_counts(pixels))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({0, 1}, {"0": 0, "1": 1}),
        ({0, 7, 254}, {"0": 0, "7": 7, "254": 254}),
        ({0, 255}, {"0": 0, "255": 1}),
        ({255}, {"255": 1}),
        ({0, 1, 255}, {"0": 0, "1": 1, "255": 2}),
        ({0, 2, 255, 300}, {"0": 0, "2": 2, "255": 1, "300": 3}),
        ({-1, 0, 1}, {"-1": 2, "0": 0, "1": 1}),
        ({-5, -1, 1000}, {"-5": 1, "-1": 2, "1000": 3}),
    ],
)
def test_values_from_0_to_254_stay_and_others_get_the_next_free_ones(
    found: set[int], expected: dict[str, int]
) -> None:
    assert class_map(found) == expected


@given(values)
def test_no_two_classes_become_one_and_none_becomes_ignore(found: set[int]) -> None:
    stored = class_map(found)
    assert {int(key) for key in stored} == found
    assert len(set(stored.values())) == len(found)
    assert all(0 <= value <= 254 for value in stored.values())
    assert all(stored[str(value)] == value for value in found if 0 <= value <= 254)


@given(values)
def test_only_0_is_stored_as_background(found: set[int]) -> None:
    assert {key for key, value in class_map(found).items() if value == 0} <= {"0"}


@given(values)
def test_the_map_does_not_depend_on_the_order_values_are_found_in(found: set[int]) -> None:
    assert class_map(sorted(found, reverse=True)) == class_map(sorted(found))


@given(hnp.arrays(np.uint8, st.integers(1, 40), elements=st.integers(0, 12)))
def test_each_value_is_counted_however_few_there_are(pixels: np.ndarray) -> None:
    found, counts = np.unique(pixels, return_counts=True)
    assert value_counts(pixels) == dict(zip(found.tolist(), counts.tolist(), strict=True))
    assert value_counts(pixels[:0]) == {}


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_distinct_values_are_integers_whatever_the_type(dtype: str) -> None:
    found = set_of_values(np.array([3, 0, 3, 7], dtype=dtype))
    assert found == {0, 3, 7}
    assert all(type(value) is int for value in found)


def test_no_pixels_have_no_values() -> None:
    assert set_of_values(np.array([], dtype=np.uint8)) == set()
    assert set_of_values(np.array([np.nan, np.inf, -np.inf])) == set()


def test_whole_numbers_stored_as_floats_are_classes() -> None:
    assert set_of_values(np.array([0.0, 1.0, np.nan, -0.0], dtype=np.float32)) == {0, 1}


def test_probabilities_are_refused_with_what_to_do() -> None:
    with pytest.raises(MaskError, match=r"found 0\.25.*--threshold"):
        set_of_values(np.array([0, 1, 0.25], dtype=np.float32))


def test_more_values_than_classes_are_refused() -> None:
    assert len(set_of_values(np.arange(254, dtype=np.uint16))) == 254
    with pytest.raises(MaskError, match="255 or more different values, from 0 to 254"):
        set_of_values(np.arange(255, dtype=np.uint8))


def test_recoding_by_hand() -> None:
    pixels = np.array([[0, 255], [7, 255]], dtype=np.uint8)
    recoded = recode(pixels, {"0": 0, "255": 1})
    np.testing.assert_array_equal(recoded, [[0, 1], [IGNORE, 1]])
    assert recoded.dtype == np.uint8


@given(
    st.sampled_from(["uint8", "int8", "uint16", "int32", "float32"]).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            (3, 4),
            elements=st.integers(0, 127) if dtype in ("uint8", "int8") else st.integers(0, 2000),
        )
    ),
    st.data(),
)
def test_recoding_follows_the_map_pixel_by_pixel(pixels: np.ndarray, data: st.DataObject) -> None:
    known = data.draw(st.sets(st.sampled_from(sorted({int(p) for p in pixels.flat})), min_size=1))
    classes = class_map(known)
    expected = [[classes.get(str(int(pixel)), IGNORE) for pixel in row] for row in pixels]
    np.testing.assert_array_equal(recode(pixels, classes), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_without_classes_everything_is_ignored(dtype: str) -> None:
    pixels = np.array([[0, 1], [2, 3]], dtype=dtype)
    np.testing.assert_array_equal(recode(pixels, {}), np.full((2, 2), IGNORE))


def test_what_is_not_finite_is_ignored() -> None:
    pixels = np.array([[np.nan, np.inf, -np.inf, 1]], dtype=np.float32)
    np.testing.assert_array_equal(recode(pixels, {"0": 0, "1": 1}), [[IGNORE, IGNORE, IGNORE, 1]])


def test_a_map_in_any_order_recodes_the_same() -> None:
    pixels = np.array([[-3, 300]], dtype=np.int16)
    for classes in ({"-3": 1, "300": 2}, {"300": 2, "-3": 1}):
        np.testing.assert_array_equal(recode(pixels, classes), [[1, 2]])
