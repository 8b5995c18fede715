"""Bringing coarse pixels to 10 m: against loops and kernels, and against what must never be."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from migrate_core.grid import PixelGrid
from migrate_core.products.pixels.resampling import NO_DATA, REACH, SATURATED, upsample
from migrate_core.settings import RESAMPLINGS
from tests.support.builders import NORTH, UTM31, WEST, north_up
from tests.support.properties import examples

SIZE = 6
factors = st.sampled_from([2, 6])
methods = st.sampled_from(["nearest", "bilinear", "cubic"])
special = st.sampled_from([NO_DATA, SATURATED])
# Mostly plain values, now and then one without data.
values = hnp.arrays(np.uint16, (SIZE, SIZE), elements=st.one_of(st.integers(1, 65534), special))


def base_grid(factor: int, column: int = 0, row: int = 0, size: int = SIZE) -> PixelGrid:
    """`size` x `size` pixels of 10 m times `factor`, from a place given in such pixels."""
    step = 10 * factor
    transform = north_up(WEST + step * column, NORTH - step * row, step)
    return PixelGrid(UTM31, transform, size, size)


def up(pixels: np.ndarray, factor: int, method: str) -> np.ndarray:
    """All fine pixels of SIZE x SIZE coarse ones."""
    return upsample(pixels, base_grid(factor), base_grid(1, size=SIZE * factor), method)


def keys(distance: float) -> float:
    """The cubic convolution kernel of Keys (1981), a = -0.5."""
    d = abs(distance)
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2 if d < 2 else 0.0


def bilinear_by_hand(pixels: np.ndarray, factor: int, row: int, column: int) -> int:
    """One fine pixel from its up to four good neighbours, in plain arithmetic."""
    here = int(pixels[row // factor, column // factor])
    if here in (NO_DATA, SATURATED):
        return here
    y, x = (row + 0.5) / factor - 0.5, (column + 0.5) / factor - 0.5
    total = weight = 0.0
    for r, c in itertools.product(range(SIZE), repeat=2):
        share = max(0, 1 - abs(y - r)) * max(0, 1 - abs(x - c))
        if int(pixels[r, c]) not in (NO_DATA, SATURATED):
            total, weight = total + share * int(pixels[r, c]), weight + share
    return int(total / weight + 0.5)


def test_every_setting_has_a_reach() -> None:
    assert set(REACH) == set(RESAMPLINGS)


@pytest.mark.parametrize("factor", [2, 6])
def test_cubic_is_the_convolution_of_keys_where_all_have_data(factor: int) -> None:
    pixels = np.random.default_rng(3).integers(3_000, 10_000, (SIZE, SIZE)).astype(np.uint16)
    positions = (np.arange(SIZE * factor) + 0.5) / factor - 0.5
    weights = np.array([[keys(p - q) for q in range(SIZE)] for p in positions])
    inner = slice(2 * factor, -2 * factor)
    expected = (weights @ pixels @ weights.T)[inner, inner]
    found = up(pixels, factor, "cubic")[inner, inner]
    np.testing.assert_allclose(found, expected, atol=0.5 + 1e-3)


@given(values, factors)
def test_nearest_repeats_pixels(pixels: np.ndarray, factor: int) -> None:
    expected = np.kron(pixels, np.ones((factor, factor), dtype=np.uint16))
    np.testing.assert_array_equal(up(pixels, factor, "nearest"), expected)


@given(values, factors, st.data())
def test_bilinear_is_the_weighted_mean_of_good_neighbours(
    pixels: np.ndarray, factor: int, data: st.DataObject
) -> None:
    position = st.integers(0, SIZE * factor - 1)
    row, column = data.draw(position), data.draw(position)
    found = int(up(pixels, factor, "bilinear")[row, column])
    assert abs(found - bilinear_by_hand(pixels, factor, row, column)) <= 1


@given(values, factors, methods)
def test_no_data_and_saturation_stay_where_they_are_and_nowhere_else(
    pixels: np.ndarray, factor: int, method: str
) -> None:
    found = up(pixels, factor, method)
    inside = np.kron(pixels, np.ones((factor, factor), dtype=np.uint16))
    for value in (NO_DATA, SATURATED):
        np.testing.assert_array_equal(found == value, inside == value)


@given(values, factors, methods, st.data())
def test_no_data_is_never_mixed_in(
    pixels: np.ndarray, factor: int, method: str, data: st.DataObject
) -> None:
    other = np.where(pixels == NO_DATA, SATURATED, np.where(pixels == SATURATED, NO_DATA, pixels))
    found, again = up(pixels, factor, method), up(other.astype(np.uint16), factor, method)
    good = np.kron((pixels != NO_DATA) & (pixels != SATURATED), np.ones((factor, factor))) > 0
    np.testing.assert_array_equal(found[good], again[good])


@given(values, factors)
def test_bilinear_stays_within_the_range_of_the_good_pixels(
    pixels: np.ndarray, factor: int
) -> None:
    good = pixels[(pixels != NO_DATA) & (pixels != SATURATED)]
    found = up(pixels, factor, "bilinear")
    mixed = found[(found != NO_DATA) & (found != SATURATED)]
    if good.size:
        assert good.min() <= mixed.min() <= mixed.max() <= good.max()


@given(values, st.integers(1, 65534), factors, methods)
def test_a_flat_area_stays_flat(pixels: np.ndarray, level: int, factor: int, method: str) -> None:
    flat = np.where((pixels == NO_DATA) | (pixels == SATURATED), pixels, level).astype(np.uint16)
    expected = np.kron(flat, np.ones((factor, factor), dtype=np.uint16))
    np.testing.assert_array_equal(up(flat, factor, method), expected)


@settings(max_examples=examples(40))
@given(
    values,
    factors,
    methods,
    st.tuples(st.integers(-9, 900), st.integers(-9, 900)),
    st.data(),
)
def test_a_window_with_the_kernels_margin_is_a_cut_from_the_whole(
    pixels: np.ndarray,
    factor: int,
    method: str,
    origin: tuple[int, int],
    data: st.DataObject,
) -> None:
    column, row = origin
    fine = base_grid(1, column * factor, row * factor, SIZE * factor)
    complete = upsample(pixels, base_grid(factor, column, row), fine, method)
    reach = REACH[method]
    first = data.draw(st.integers(reach * factor, (SIZE - reach) * factor - 1))
    last = data.draw(st.integers(first + 1, (SIZE - reach) * factor))
    low, high = first // factor - reach, -(-last // factor) + reach
    part = upsample(
        pixels[low:high, low:high],
        base_grid(factor, column + low, row + low, high - low),
        base_grid(1, column * factor + first, row * factor + first, last - first),
        method,
    )
    whole = complete[first:last, first:last]
    np.testing.assert_array_equal(part == NO_DATA, whole == NO_DATA)
    # What lies half-way between two integers may be rounded either way.
    np.testing.assert_allclose(part.astype(int), whole.astype(int), atol=1)


def test_results_are_integers_that_are_neither_no_data_nor_saturated() -> None:
    pixels = np.ones((SIZE, SIZE), dtype=np.uint16)
    pixels[:, SIZE // 2 :] = 65534
    for method in ("nearest", "bilinear", "cubic"):
        found = up(pixels, 2, method)
        assert found.dtype == np.uint16
        assert 1 <= found.min() <= found.max() <= 65534  # cubic would overshoot
