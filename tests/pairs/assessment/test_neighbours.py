"""Neighbours and distances against scipy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage

from migrate_core.grid import BoolArray
from migrate_core.pairs.assessment.neighbours import alone, squared_distances
from tests.support.properties import examples

SHAPES = st.tuples(st.integers(1, 14), st.integers(1, 14))


@given(arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 0, 0, 0, 0, 1])))
@settings(max_examples=examples(200), deadline=None)
def test_a_pixel_is_alone_where_the_filters_of_scipy_find_one_value(
    values: NDArray[np.uint8],
) -> None:
    expected = ndimage.minimum_filter(values, 3) == ndimage.maximum_filter(values, 3)
    np.testing.assert_array_equal(alone(values), expected)


@given(
    arrays(np.bool_, SHAPES, elements=st.sampled_from([False] * 12 + [True])), st.integers(0, 16)
)
@settings(max_examples=examples(200), deadline=None)
def test_distances_within_reach_are_those_of_scipy(wanted: BoolArray, reach: int) -> None:
    found = squared_distances(wanted, reach)
    if not wanted.any():
        assert (found > reach**2).all()
        return
    squared = np.rint(ndimage.distance_transform_edt(~wanted) ** 2).astype(np.int64)
    near = squared <= reach**2
    np.testing.assert_array_equal(found[near], squared[near])
    assert (found[~near] > reach**2).all()
