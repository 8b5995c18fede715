"""What MTD_MSIL1C.xml, MTD_MSIL2A.xml and MTD_TL.xml say.

Element names after the Sentinel-2 Products Specification Document (ESA, S2-PDGS-TAS-DI-PSD);
they are found by their local names since the namespaces change with the specification's version.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError

from ...errors import ProductError
from ...grid import PixelGrid
from ...model import utc
from ..names import without_safe
from ..product import BAND_IDS, SunAngles
from .markup import elements, local_name, parse

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

QUANTIFICATION = 10_000
_QUANTIFICATION_NAMES = (
    "QUANTIFICATION_VALUE",
    "BOA_QUANTIFICATION_VALUE",
    "L2A_BOA_QUANTIFICATION_VALUE",
)


@dataclass(frozen=True)
class ProductMetadata:
    """The product's own account; `offsets` by band, empty where the metadata have none.

    `positions` is EXT_POS_LIST, the outline as it was written; see `footprints.from_positions`.
    """

    product_id: str | None
    level: str
    baseline: str
    sensed_at: datetime
    cloud_percent: float | None
    positions: str
    offsets: Mapping[str, int]


def parse_product(xml: bytes, title: str) -> ProductMetadata:
    """Read MTD_MSIL*.xml; `title` names the product in errors. Raises ProductError."""
    root = _root(xml, title)
    uri = _text(root, "PRODUCT_URI_2A") or _text(root, "PRODUCT_URI")
    level = _needed(root, "PROCESSING_LEVEL", title)
    quantification = {
        (element.text or "").strip() for element in elements(root, *_QUANTIFICATION_NAMES)
    }
    if quantification - {str(QUANTIFICATION)}:
        raise ProductError(
            f"{title}: its quantification value is {', '.join(map(str, quantification))}; only "
            f"{QUANTIFICATION} is known. Its pixels would get a wrong reflectance."
        )
    try:
        return ProductMetadata(
            product_id=without_safe(uri) if uri else None,
            level={"Level-1C": "L1C", "Level-2A": "L2A", "Level-2Ap": "L2A"}[level],
            baseline=_needed(root, "PROCESSING_BASELINE", title),
            sensed_at=utc(datetime.fromisoformat(_needed(root, "PRODUCT_START_TIME", title))),
            cloud_percent=finite(_text(root, "Cloud_Coverage_Assessment")),
            positions=_text(root, "EXT_POS_LIST") or "",
            offsets=_offsets(root),
        )
    except (ValueError, KeyError, IndexError) as err:
        raise _garbled(title, err) from err


def _garbled(title: str, err: Exception) -> ProductError:
    return ProductError(
        f"{title}: its metadata hold a value that can't be read ({err}). Get the product again."
    )


@dataclass(frozen=True)
class TileMetadata:
    """A granule's own account: its 10 m grid, and the rest where it says it.

    `tile_id` is its long name, which holds level, tile and baseline.
    """

    grid: PixelGrid
    sun: SunAngles | None = None
    tile_id: str | None = None
    sensed_at: datetime | None = None
    cloud_percent: float | None = None


def parse_tile(xml: bytes, title: str) -> TileMetadata:
    """Read a granule's metadata, MTD_TL.xml or as older layouts call it. Raises ProductError."""
    root = _root(xml, title)
    crs = _needed(root, "HORIZONTAL_CS_CODE", title)
    size = _at_10_m(root, "Size", title)
    geoposition = _at_10_m(root, "Geoposition", title)
    try:
        CRS.from_string(crs)
        west, north = float(geoposition["ULX"]), float(geoposition["ULY"])
        transform = Affine(
            float(geoposition["XDIM"]), 0, west, 0, float(geoposition["YDIM"]), north
        )
        grid = PixelGrid(crs, transform, int(size["NCOLS"]), int(size["NROWS"]))
        sensed = _text(root, "SENSING_TIME")
        return TileMetadata(
            grid,
            _sun(root),
            # Level 2A by Sen2Cor has the id of the L1C granule first.
            _text(root, "TILE_ID_2A") or _text(root, "TILE_ID"),
            utc(datetime.fromisoformat(sensed)) if sensed else None,
            finite(_text(root, "CLOUDY_PIXEL_PERCENTAGE")),
        )
    except (KeyError, ValueError, CRSError) as err:
        raise _garbled(title, err) from err


def _sun(root: Element) -> SunAngles | None:
    """Mean_Sun_Angle, else the mean of Sun_Angles_Grid; None where neither says it."""
    mean = next(elements(root, "Mean_Sun_Angle"), None)
    if mean is not None:
        zenith = finite(_text(mean, "ZENITH_ANGLE"))
        azimuth = finite(_text(mean, "AZIMUTH_ANGLE"))
        if zenith is not None and azimuth is not None:
            return SunAngles(zenith, azimuth)
    grid = next(elements(root, "Sun_Angles_Grid"), None)
    zeniths, azimuths = (_angles(grid, name) for name in ("Zenith", "Azimuth"))
    if not zeniths or not azimuths:
        return None
    # Azimuths may lie on both sides of north: their mean is that of directions, not of numbers.
    east = sum(math.sin(math.radians(angle)) for angle in azimuths)
    north = sum(math.cos(math.radians(angle)) for angle in azimuths)
    return SunAngles(sum(zeniths) / len(zeniths), math.degrees(math.atan2(east, north)) % 360)


def _angles(grid: Element | None, name: str) -> list[float]:
    """The angles of one kind in a Sun_Angles_Grid, those left out that are NaN."""
    kind = None if grid is None else next(elements(grid, name), None)
    rows = [] if kind is None else elements(kind, "VALUES")
    found = (finite(value) for row in rows for value in (row.text or "").split())
    return [angle for angle in found if angle is not None]


def _at_10_m(root: Element, name: str, title: str) -> dict[str, str]:
    for element in elements(root, name):
        if element.get("resolution") == "10":
            return {local_name(child): child.text or "" for child in element}
    raise ProductError(f"{title}: MTD_TL.xml gives no {name} at 10 m. Get the product again.")


def _root(xml: bytes, title: str) -> Element:
    try:
        return parse(xml)
    except ValueError as err:
        raise ProductError(
            f"{title}: its metadata are not proper XML ({err}). Get the product again."
        ) from err


def _text(root: Element, name: str) -> str | None:
    element = next(elements(root, name), None)
    return element.text.strip() if element is not None and element.text else None


def _needed(root: Element, name: str, title: str) -> str:
    text = _text(root, name)
    if text is None:
        raise ProductError(f"{title}: its metadata lack {name}. Get the product again.")
    return text


def finite(value: str | float | None) -> float | None:
    """A number as metadata give it; None where it isn't given, or not a number (NaN)."""
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None


def _band(number: str) -> str:
    """The band of a `band_id`. Raises ValueError when there is none."""
    if not number.isdigit() or int(number) >= len(BAND_IDS):
        raise ValueError(f"band_id {number!r}")
    return BAND_IDS[int(number)]


def _offsets(root: Element) -> dict[str, int]:
    """RADIO_ADD_OFFSET (L1C) or BOA_ADD_OFFSET (L2A) by band; there since baseline 04.00."""
    return {
        _band(element.get("band_id", "")): round(float(element.text or ""))
        for element in elements(root, "RADIO_ADD_OFFSET", "BOA_ADD_OFFSET")
    }
