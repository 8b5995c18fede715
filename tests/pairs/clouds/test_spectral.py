"""Cirrus and snow by reflectance."""

from __future__ import annotations

import numpy as np
import pytest

from migrate_core.pairs.clouds.spectral import cirrus, see_through, snow


def one(**bands: float) -> dict[str, np.ndarray]:
    return {name: np.full((1, 1), value, dtype=np.float32) for name, value in bands.items()}


@pytest.mark.parametrize(
    ("reflectance", "found"),
    [(0.002, False), (0.0099, False), (0.011, True), (float("nan"), False)],
)
def test_b10_sees_cirrus(reflectance: float, found: bool) -> None:
    assert cirrus(one(B10=reflectance))[0, 0] == found


@pytest.mark.parametrize(("red", "found"), [(0.1, True), (0.24, True), (0.6, False)])
def test_what_is_as_bright_as_a_cloud_is_not_seen_through(red: float, found: bool) -> None:
    assert see_through(one(B04=red))[0, 0] == found


@pytest.mark.parametrize(
    ("bands", "found"),
    [
        ({"B03": 0.80, "B04": 0.78, "B08": 0.75, "B11": 0.10}, True),  # fresh snow
        ({"B03": 0.45, "B04": 0.42, "B08": 0.40, "B11": 0.15}, True),  # old snow
        ({"B03": 0.10, "B04": 0.07, "B08": 0.03, "B11": 0.01}, False),  # clear water
        ({"B03": 0.25, "B04": 0.18, "B08": 0.14, "B11": 0.04}, False),  # turbid water of a pit
        ({"B03": 0.66, "B04": 0.66, "B08": 0.69, "B11": 0.46}, False),  # cloud
        ({"B03": 0.08, "B04": 0.06, "B08": 0.35, "B11": 0.20}, False),  # grass
        ({"B03": 0.25, "B04": 0.32, "B08": 0.38, "B11": 0.45}, False),  # sand
        ({"B03": np.nan, "B04": np.nan, "B08": np.nan, "B11": np.nan}, False),
        ({"B03": 0.0, "B04": 0.0, "B08": 0.0, "B11": 0.0}, False),
    ],
)
def test_snow_is_bright_in_the_visible_and_dark_in_the_short_wave(
    bands: dict[str, float], found: bool
) -> None:
    assert snow(one(**bands))[0, 0] == found
