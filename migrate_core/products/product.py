"""A product as a value: which bands it has, where they lie, and what to add to their pixels."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from ..errors import ProductError
from ..grid import PixelGrid
from .access import Access

JPEG2000, GEOTIFF = "JP2OpenJPEG", "GTiff"
# What pixels without data have, and those that were too bright to measure.
NO_DATA = 0
SATURATED = 65535

# Resolution in metres of each band at its native sampling, in the order of image.tif.
RESOLUTION_M = {
    "B01": 60,
    "B02": 10,
    "B03": 10,
    "B04": 10,
    "B05": 20,
    "B06": 20,
    "B07": 20,
    "B08": 10,
    "B8A": 20,
    "B09": 60,
    "B10": 60,
    "B11": 20,
    "B12": 20,
}
# Centre of each band in nanometres, of Sentinel-2A; those of its sisters are up to 17 nm away
# (Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD, table "Spectral bands").
WAVELENGTH_NM = {
    "B01": 443,
    "B02": 492,
    "B03": 560,
    "B04": 665,
    "B05": 704,
    "B06": 741,
    "B07": 783,
    "B08": 833,
    "B8A": 865,
    "B09": 945,
    "B10": 1374,
    "B11": 1614,
    "B12": 2202,
}
# `band_id` of the metadata counts the bands in the order of the instrument's spectrum.
BAND_IDS = (
    "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()  # noqa: SIM905
)


def band_names(level: str) -> tuple[str, ...]:
    """The bands of a complete product: L2A has no B10, the cirrus band."""
    return tuple(name for name in RESOLUTION_M if name != "B10" or level == "L1C")


def utm_crs(tile: str) -> str:
    """The CRS of an MGRS tile such as `31TDG`: its UTM zone; latitude bands from N are north."""
    zone, band = int(tile[:2]), tile[2]
    if not 1 <= zone <= 60:
        raise ProductError(f"{tile!r} is not an MGRS tile: its zone must be 1 to 60.")
    return f"EPSG:{(32600 if band >= 'N' else 32700) + zone}"


@dataclass(frozen=True)
class BandFile:
    """One raster of a product: what GDAL opens it by, and its pixel size.

    `access` leads to a location that is not on this machine's disks.
    """

    name: str
    location: str
    resolution_m: int
    driver: str
    access: Access | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class SunAngles:
    """Where the sun stood, the mean of a granule in degrees; azimuth from north over east."""

    zenith_deg: float
    azimuth_deg: float


@dataclass(frozen=True)
class CloudMask:
    """The cloud mask that a product brings along.

    Polygons before processing baseline 04.00: `polygons` gives the content of
    MSK_CLOUDS_B00.gml. Rasters since: `classes` is MSK_CLASSI_B00.jp2 with the bands opaque cloud,
    cirrus, snow at 60 m. One of the two is there.
    """

    polygons: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)
    classes: BandFile | None = None


@dataclass(frozen=True)
class Product:
    """Everything needed to read reflectance from a product.

    `grid` is its 10 m grid. `offsets` are added to the digital numbers of a band, so that
    reflectance = value / 10000; `offset_origin` says where they were found, `offset_warnings` what
    contradicts them. `missing` names the bands that a complete product has and this one hasn't.
    `sun` and `cloud_mask` are None where the product doesn't tell.
    """

    product_id: str
    level: str
    baseline: str
    grid: PixelGrid
    bands: tuple[BandFile, ...]
    scene_classification: BandFile | None
    offsets: Mapping[str, int]
    offset_origin: str
    offset_warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    sun: SunAngles | None = None
    cloud_mask: CloudMask | None = None


def in_order(bands: Mapping[str, BandFile]) -> tuple[BandFile, ...]:
    """The bands that are there in the order of image.tif."""
    return tuple(bands[name] for name in RESOLUTION_M if name in bands)


def missing_bands(level: str, bands: Container[str]) -> tuple[str, ...]:
    """The bands of a complete product that are not among these."""
    return tuple(name for name in band_names(level) if name not in bands)
