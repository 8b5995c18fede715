"""CRS of vector files: their name, and how long their units are."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyproj import CRS, Proj
from pyproj.exceptions import CRSError

from ....errors import MaskError
from ....grid import FloatArray

_LONLAT_NAMES = {("OGC", "CRS84"), ("OGC", "CRS84h"), ("OGC", "CRS83"), ("EPSG", "4979")}
# A projection that is true to scale within this share is one "in metres"; Web Mercator is not.
_TRUE_TO_SCALE = 0.01


def crs_text(value: Any, file: str) -> str:
    """A CRS, in whatever form pyproj takes, as `EPSG:n` or WKT of two dimensions.

    Raises MaskError when it is unknown or has no coordinates of a map.
    """
    try:
        known = _flat(CRS.from_user_input(value))
        if not (known.is_projected or known.is_geographic):
            raise MaskError(
                f"{file}: its CRS, {known.name}, has no coordinates of a map. Save it in a CRS "
                "such as EPSG:4326, or name the right one with --crs."
            )
        if known.to_authority() in _LONLAT_NAMES:
            return "EPSG:4326"
        code = known.to_epsg()
        return f"EPSG:{code}" if code else known.to_wkt()
    except CRSError as err:
        raise MaskError(
            f"{file}: {str(value)[:80]!r} is no CRS that is known here. Save it in a CRS such as "
            "EPSG:4326, or name its own with --crs."
        ) from err


def _flat(crs: CRS) -> CRS:
    """The part of a CRS that places things on a map, without heights and datum shifts."""
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    return crs.to_2d()


def units_per_metre(crs: str, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How many units of a CRS, eastward and northward, a metre on the ground is at some places.

    Exactly 1 where the CRS is in metres and true to scale within 1 %.
    """
    known = CRS.from_user_input(crs)
    unit = known.axis_info[0].unit_conversion_factor or 1.0
    if known.is_geographic:
        east, north = _degree_m(known, np.clip(lat, -90, 90))
        radians = np.radians(1.0)
        return radians / (east * unit), radians / (north * unit)
    factors = Proj(known).get_factors(lon, lat)
    east, north = np.asarray(factors.parallel_scale), np.asarray(factors.meridional_scale)
    true = (np.abs(east - 1) < _TRUE_TO_SCALE) & (np.abs(north - 1) < _TRUE_TO_SCALE)
    return np.where(true, 1.0, east) / unit, np.where(true, 1.0, north) / unit


def _degree_m(crs: CRS, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Metres of a degree of longitude and of latitude on the ellipsoid (radii of curvature)."""
    ellipsoid = crs.ellipsoid
    a, b = (ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre) if ellipsoid else (6371e3,) * 2
    e2 = 1 - (b / a) ** 2
    sine = np.sin(np.radians(lat))
    across = a / np.sqrt(1 - e2 * sine**2)
    along = across * (1 - e2) / (1 - e2 * sine**2)
    cosine = np.maximum(np.cos(np.radians(lat)), 1e-6)
    return np.radians(across * cosine), np.radians(along)


def is_metric(crs: str, lon: float, lat: float) -> bool:
    """Whether lengths in this CRS are metres on the ground near a place."""
    if CRS.from_user_input(crs).is_geographic:
        return False
    east, north = units_per_metre(crs, np.array([lon]), np.array([lat]))
    return bool(east[0] == 1.0 and north[0] == 1.0)


def utm_crs(lon: FloatArray, lat: FloatArray) -> list[str]:
    """The UTM zone of each place, `EPSG:326nn` north and `EPSG:327nn` south of the equator."""
    zone = np.clip(np.floor((lon + 180) % 360 / 6).astype(int) + 1, 1, 60)
    return [
        f"EPSG:{32600 + z if north else 32700 + z}" for z, north in zip(zone, lat >= 0, strict=True)
    ]
