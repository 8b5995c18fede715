"""Surface materials and land covers with their spectra at Sentinel-2's 13 bands.

Reflectances are typical values for Central Europe, rounded; they're plausible, not measured.
"""

from enum import IntEnum
from typing import Literal

import numpy as np

from ..grids import FloatArray

Season = Literal["june", "august"]

BANDS = (
    *("B01", "B02", "B03", "B04", "B05", "B06", "B07"),
    *("B08", "B8A", "B09", "B10", "B11", "B12"),
)

# Surface reflectance in the order of BANDS. B10 lies in a water vapour band and never sees the
# ground; its value here is what little would be left.
SPECTRA: dict[str, tuple[float, ...]] = {
    "crop": (
        *(0.022, 0.030, 0.060, 0.035, 0.095, 0.280, 0.360),
        *(0.390, 0.410, 0.410, 0.001, 0.200, 0.100),
    ),
    "young crop": (
        *(0.045, 0.058, 0.085, 0.095, 0.130, 0.200, 0.235),
        *(0.255, 0.270, 0.280, 0.001, 0.250, 0.190),
    ),
    "rapeseed": (
        *(0.024, 0.034, 0.082, 0.058, 0.125, 0.290, 0.350),
        *(0.375, 0.395, 0.400, 0.001, 0.190, 0.100),
    ),
    "stubble": (
        *(0.060, 0.080, 0.115, 0.150, 0.180, 0.210, 0.230),
        *(0.250, 0.270, 0.280, 0.001, 0.330, 0.250),
    ),
    "soil": (
        *(0.052, 0.066, 0.090, 0.116, 0.135, 0.148, 0.160),
        *(0.172, 0.186, 0.195, 0.001, 0.260, 0.220),
    ),
    "grass": (
        *(0.028, 0.038, 0.068, 0.055, 0.115, 0.235, 0.285),
        *(0.305, 0.325, 0.330, 0.001, 0.230, 0.135),
    ),
    "dry grass": (
        *(0.042, 0.055, 0.085, 0.092, 0.135, 0.205, 0.235),
        *(0.255, 0.275, 0.285, 0.001, 0.290, 0.195),
    ),
    "conifer": (
        *(0.014, 0.019, 0.031, 0.021, 0.045, 0.140, 0.175),
        *(0.190, 0.205, 0.215, 0.001, 0.095, 0.045),
    ),
    "broadleaf": (
        *(0.017, 0.024, 0.047, 0.026, 0.075, 0.260, 0.345),
        *(0.370, 0.390, 0.390, 0.001, 0.165, 0.075),
    ),
    "river": (
        *(0.028, 0.034, 0.042, 0.028, 0.024, 0.018, 0.016),
        *(0.014, 0.011, 0.008, 0.001, 0.005, 0.003),
    ),
    "pond": (
        *(0.065, 0.088, 0.115, 0.062, 0.045, 0.026, 0.022),
        *(0.019, 0.015, 0.010, 0.001, 0.006, 0.004),
    ),
    "shallow": (
        *(0.085, 0.112, 0.148, 0.108, 0.085, 0.050, 0.042),
        *(0.036, 0.028, 0.020, 0.001, 0.012, 0.008),
    ),
    "rock": (
        *(0.150, 0.182, 0.235, 0.285, 0.308, 0.325, 0.340),
        *(0.355, 0.370, 0.380, 0.001, 0.440, 0.390),
    ),
    "waste rock": (
        *(0.115, 0.138, 0.165, 0.188, 0.200, 0.208, 0.215),
        *(0.222, 0.230, 0.235, 0.001, 0.290, 0.265),
    ),
    "gravel": (
        *(0.100, 0.118, 0.140, 0.160, 0.172, 0.178, 0.184),
        *(0.190, 0.198, 0.205, 0.001, 0.230, 0.205),
    ),
    "roof": (
        *(0.080, 0.092, 0.112, 0.168, 0.183, 0.192, 0.200),
        *(0.206, 0.212, 0.218, 0.001, 0.255, 0.220),
    ),
}


class Cover(IntEnum):
    """Land covers; each is a mixture of two materials that changes from pixel to pixel."""

    CEREAL = 0
    MAIZE = 1
    RAPESEED = 2
    MEADOW = 3
    FALLOW = 4
    FOREST = 5
    RIVER = 6
    ROAD = 7
    HOUSE = 8
    HEAP = 9
    PIT = 10
    POND = 11


_JUNE = {
    Cover.CEREAL: ("soil", "crop"),
    Cover.MAIZE: ("soil", "young crop"),
    Cover.RAPESEED: ("crop", "rapeseed"),
    Cover.MEADOW: ("dry grass", "grass"),
    Cover.FALLOW: ("soil", "dry grass"),
    Cover.FOREST: ("conifer", "broadleaf"),
    Cover.RIVER: ("river", "shallow"),
    Cover.ROAD: ("gravel", "dry grass"),
    Cover.HOUSE: ("roof", "gravel"),
    Cover.HEAP: ("waste rock", "grass"),
    Cover.PIT: ("waste rock", "rock"),
    Cover.POND: ("shallow", "pond"),
}

# By the middle of August cereals and rapeseed are harvested, and maize stands high.
_AUGUST = _JUNE | {
    Cover.CEREAL: ("soil", "stubble"),
    Cover.MAIZE: ("young crop", "crop"),
    Cover.RAPESEED: ("stubble", "dry grass"),
}


def endmember_spectra(season: Season) -> FloatArray:
    """Reflectance 0...1 of the two materials of each cover, (covers, 2, bands)."""
    materials = _JUNE if season == "june" else _AUGUST
    return np.array([[SPECTRA[name] for name in materials[cover]] for cover in Cover], np.float32)
