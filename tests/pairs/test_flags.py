"""Quality flags, and what they add up to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from migrate_core.model import IGNORE, SensorShares, Shares
from migrate_core.pairs.flags import (
    OCCLUSION_KINDS,
    labelled_pixels,
    occlusion,
    occlusion_by_sensor,
    quality_flags,
)
from migrate_core.pairs.image.pair_image import without_data
from migrate_core.products.scene_classes import SCL_FLAGS, Flag

CLEAR = np.full((3, 1, 1), 1200, dtype=np.uint16)
COMPLETE = np.zeros((1, 1), dtype=bool)
KNOWN = np.ones((1, 1), dtype=np.uint8)
INSIDE = np.ones((1, 1), dtype=bool)


def scl(value: int) -> NDArray[np.uint8]:
    return SCL_FLAGS[np.full((1, 1), value)]


def test_the_bits_are_those_of_the_contract() -> None:
    assert {flag.name: flag.value for flag in Flag} == {
        "OUTSIDE": 1,
        "NO_DATA": 2,
        "CLOUD": 4,
        "SHADOW": 8,
        "CIRRUS": 16,
        "SNOW": 32,
        "SOURCE": 64,
        "UNKNOWN": 128,
    }


# Sen2Cor: 0 no data, 1 saturated or defective, 2 dark area, 3 cloud shadow, 4 vegetation,
# 5 not vegetated, 6 water, 7 unclassified, 8 cloud medium, 9 cloud high probability,
# 10 thin cirrus, 11 snow or ice.
@pytest.mark.parametrize(
    ("value", "bits"),
    list(enumerate([2, 2, 0, 8, 0, 0, 0, 0, 4, 4, 16, 32])),
)
def test_each_class_of_the_scene_classification_has_its_flag(value: int, bits: int) -> None:
    flags = quality_flags(COMPLETE, scl(value), KNOWN, INSIDE)
    assert (flags.dtype, flags.shape) == (np.uint8, (1, 1))
    assert flags[0, 0] == bits


@pytest.mark.parametrize("value", [0, 65535])
@pytest.mark.parametrize("band", [0, 1, 2])
def test_one_band_without_data_or_saturated_is_enough(value: int, band: int) -> None:
    image = CLEAR.copy()
    image[band] = value
    assert quality_flags(without_data(image), scl(4), KNOWN, INSIDE)[0, 0] == 2


def test_outside_and_unknown_have_bits_of_their_own() -> None:
    label = np.array([[1, IGNORE, 1, IGNORE]], dtype=np.uint8)
    inside = np.array([[True, True, False, False]])
    image = np.full((2, 1, 4), 900, dtype=np.uint16)
    flags = quality_flags(without_data(image), np.zeros((1, 4), np.uint8), label, inside)
    np.testing.assert_array_equal(flags, [[0, 128, 1, 129]])


def test_flags_of_one_pixel_add_up() -> None:
    image = CLEAR.copy()
    image[0] = 65535
    label = np.full((1, 1), IGNORE, dtype=np.uint8)
    assert quality_flags(without_data(image), scl(9), label, ~INSIDE)[0, 0] == 1 + 2 + 4 + 128


def test_without_a_scene_classification_no_cloud_is_flagged() -> None:
    assert quality_flags(COMPLETE, None, KNOWN, INSIDE)[0, 0] == 0


def test_labelled_is_neither_background_nor_ignore() -> None:
    label = np.array([[0, 1, 254, 255]], dtype=np.uint8)
    np.testing.assert_array_equal(labelled_pixels(label), [[False, True, True, False]])


def test_shares_are_of_all_pixels_inside_and_of_the_labelled_ones() -> None:
    # Ten pixels: two outside, eight inside of which four are labelled.
    flags = np.array([[129, 133, 0, 4, 8, 0, 4, 16, 32, 2]], dtype=np.uint8)
    label = np.array([[255, 255, 0, 0, 0, 0, 1, 1, 2, 2]], dtype=np.uint8)
    found = occlusion(flags, label, OCCLUSION_KINDS)
    assert found.all == Shares(
        cloud=2 / 8, shadow=1 / 8, cirrus=1 / 8, snow=1 / 8, nodata=1 / 8, source=0.0
    )
    assert found.labelled == Shares(
        cloud=1 / 4, shadow=0.0, cirrus=1 / 4, snow=1 / 4, nodata=1 / 4, source=0.0
    )


def test_clouds_that_are_not_known_are_not_zero() -> None:
    flags = np.array([[0, 2, 64, 0]], dtype=np.uint8)
    label = np.ones((1, 4), dtype=np.uint8)
    found = occlusion(flags, label, Flag(0))
    assert found.labelled == Shares(None, None, None, None, nodata=0.25, source=0.25)


def test_without_labelled_pixels_nothing_is_known_of_them() -> None:
    found = occlusion(np.zeros((1, 3), np.uint8), np.zeros((1, 3), np.uint8), OCCLUSION_KINDS)
    assert found.labelled == Shares(None, None, None, None, None, None)
    assert found.all.cloud == 0.0


def test_each_kind_is_known_for_itself() -> None:
    flags = np.array([[4, 8, 16, 32, 0, 0, 0, 0]], dtype=np.uint8)
    label = np.ones((1, 8), dtype=np.uint8)
    found = occlusion(flags, label, Flag.CLOUD | Flag.CIRRUS).labelled
    assert (found.cloud, found.shadow, found.cirrus, found.snow) == (1 / 8, None, 1 / 8, None)


# in which image


@pytest.mark.parametrize(
    ("bits", "side"),
    [
        (0, "clear"),
        (64, "source_only"),
        *((bit, "sentinel2_only") for bit in (2, 4, 8, 16, 32)),
        *((bit | 64, "both") for bit in (2, 4, 8, 16, 32)),
        (4 | 8 | 64, "both"),
        # The label being unknown hides nothing in either image.
        (128, "clear"),
    ],
)
def test_each_pixel_is_hidden_on_one_side_on_both_or_on_none(bits: int, side: str) -> None:
    flags, label = np.full((1, 1), bits, np.uint8), np.ones((1, 1), np.uint8)
    found = occlusion_by_sensor(flags, label, OCCLUSION_KINDS, source_known=True)
    expected = dict.fromkeys(("sentinel2_only", "source_only", "both", "clear"), 0.0) | {side: 1.0}
    assert found.all == found.labelled == SensorShares(**expected)


def test_sides_are_of_all_pixels_inside_and_of_the_labelled_ones() -> None:
    flags = np.array([[129, 4, 64, 68, 0, 0, 8, 0]], dtype=np.uint8)
    label = np.array([[255, 0, 0, 1, 1, 0, 1, 1]], dtype=np.uint8)
    found = occlusion_by_sensor(flags, label, OCCLUSION_KINDS, source_known=True)
    assert found.all == SensorShares(
        round(2 / 7, 6), round(1 / 7, 6), round(1 / 7, 6), round(3 / 7, 6)
    )
    assert found.labelled == SensorShares(1 / 4, 0.0, 1 / 4, 1 / 2)


def test_sides_that_are_not_known_are_not_zero() -> None:
    flags, label = np.array([[4, 0]], dtype=np.uint8), np.ones((1, 2), dtype=np.uint8)
    found = occlusion_by_sensor(flags, label, OCCLUSION_KINDS, source_known=False)
    assert found.all == SensorShares(0.5, None, None, 0.5)
    found = occlusion_by_sensor(flags, label, Flag(0), source_known=True)
    assert found.all == SensorShares(None, None, None, None)
    nothing = occlusion_by_sensor(flags, np.zeros_like(label), OCCLUSION_KINDS, source_known=True)
    assert nothing.labelled == SensorShares(None, None, None, None)
