"""Cirrus and snow by their reflectance alone, on a coarse grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...grid import BoolArray
from .window import Reflectance

# Zhu, Wang and Woodcock 2015 (Remote Sensing of Environment 159, 269-277), section 2.2.1: B10 sees
# only what is above most of the water vapour. Over mountains and in dry air that is the ground.
CIRRUS_ABOVE = 0.01
# Red reflectance from which Sen2Cor calls a pixel a cloud by its brightness alone: below it what
# B10 sees is thin enough to look through.
THIN_BELOW = 0.25
# The snow map of MODIS (Hall, Riggs, Salomonson 1995, Remote Sensing of Environment 54, 127-140),
# and the red of Let-it-snow (Gascoin and others 2019, Earth System Science Data 11, 493-514), since
# turbid water has the same index.
SNOW_INDEX_ABOVE = 0.4
SNOW_INFRARED_ABOVE, SNOW_RED_ABOVE = 0.11, 0.20

SNOW_BANDS = ("B03", "B04", "B08", "B11")


def cirrus(bands: Mapping[str, Reflectance]) -> BoolArray:
    """Where B10 of L1C sees high cloud, (height, width); NaN is no cirrus."""
    found: BoolArray = bands["B10"] > CIRRUS_ABOVE
    return found


def see_through(bands: Mapping[str, Reflectance]) -> BoolArray:
    """Where it isn't bright enough for an opaque cloud."""
    found: BoolArray = bands["B04"] < THIN_BELOW
    return found


def snow(bands: Mapping[str, Reflectance]) -> BoolArray:
    """Where the ground is as bright in the visible and as dark in the short-wave as snow is."""
    green, red, infrared, shortwave = (bands[name] for name in SNOW_BANDS)
    index = (green - shortwave) / np.maximum(green + shortwave, 1e-6)
    found: BoolArray = (
        (index > SNOW_INDEX_ABOVE) & (infrared > SNOW_INFRARED_ABOVE) & (red > SNOW_RED_ABOVE)
    )
    return found
