"""MTD_TL.xml: the granule's grid, angles and quality figures."""

import xml.etree.ElementTree as ET

import numpy as np

from ..acquisitions import iso
from ..grids import EPSG, LEFT, RESOLUTIONS_M, TOP, granule_pixels
from ..ground.materials import BANDS
from ..scene import SCL_PERCENTAGES
from .cloud_mask import cloud_mask_path
from .product import PSD, Product
from .product_metadata import LEVEL_NAMES
from .xml_tree import XSI, document, element

# The view is nearly straight down, from a little to the east.
VIEW_ZENITH_DEG = 2.6
VIEW_AZIMUTH_DEG = 104.0
ANGLE_STEP_M = 5000


def tile_metadata(product: Product) -> bytes:
    """MTD_TL.xml: the granule's grid, angles and quality."""
    level = LEVEL_NAMES[product.level]
    schema = f"{PSD}/S2_PDI_{level}_Tile_Metadata.xsd"
    namespaces = {"xmlns:n1": schema, "xmlns:xsi": XSI, "xsi:schemaLocation": schema}
    acquisition = product.scene.acquisition
    general = element(
        "n1:General_Info",
        element("TILE_ID", product.tile_id(), metadataLevel="Brief"),
        element("DATASTRIP_ID", product.datastrip_id(), metadataLevel="Standard"),
        element("DOWNLINK_PRIORITY", "NOMINAL", metadataLevel="Standard"),
        element("SENSING_TIME", iso(acquisition.tile_sensed_at), metadataLevel="Standard"),
    )
    geometry = element("n1:Geometric_Info", _geocoding(), _angles(product))
    root = element(f"n1:{level}_Tile_ID", general, geometry, _tile_quality(product), **namespaces)
    return document(root)


def _geocoding() -> ET.Element:
    sizes = [
        element(
            "Size",
            element("NROWS", granule_pixels(metres)),
            element("NCOLS", granule_pixels(metres)),
            resolution=metres,
        )
        for metres in RESOLUTIONS_M
    ]
    positions = [
        element(
            "Geoposition",
            element("ULX", LEFT),
            element("ULY", TOP),
            element("XDIM", metres),
            element("YDIM", -metres),
            resolution=metres,
        )
        for metres in RESOLUTIONS_M
    ]
    return element(
        "Tile_Geocoding",
        element("HORIZONTAL_CS_NAME", f"WGS84 / UTM zone {EPSG % 100}N"),
        element("HORIZONTAL_CS_CODE", f"EPSG:{EPSG}"),
        *sizes,
        *positions,
        metadataLevel="Brief",
    )


def _angle_grid(tag: str, mean_deg: float, south: float, east: float) -> ET.Element:
    """Angles every 5 km from the upper left corner; slopes in degrees per step."""
    steps = np.arange(3)
    values = mean_deg + south * (steps[:, None] - 0.6) + east * (steps[None, :] - 0.6)
    rows = (element("VALUES", " ".join(f"{angle:.4f}" for angle in row)) for row in values)
    return element(
        tag,
        element("COL_STEP", ANGLE_STEP_M, unit="m"),
        element("ROW_STEP", ANGLE_STEP_M, unit="m"),
        element("Values_List", *rows),
    )


def _direction(tag: str, zenith: float, azimuth: float, **attributes: int) -> ET.Element:
    return element(
        tag,
        element("ZENITH_ANGLE", zenith, unit="deg"),
        element("AZIMUTH_ANGLE", azimuth, unit="deg"),
        **attributes,
    )


def _angles(product: Product) -> ET.Element:
    acquisition = product.scene.acquisition
    zenith, azimuth = acquisition.sun_zenith_deg, acquisition.sun_azimuth_deg
    views = (
        _direction(
            "Mean_Viewing_Incidence_Angle", VIEW_ZENITH_DEG, VIEW_AZIMUTH_DEG, bandId=band_id
        )
        for band_id in range(len(BANDS))
    )
    return element(
        "Tile_Angles",
        element(
            "Sun_Angles_Grid",
            _angle_grid("Zenith", zenith, south=-0.045, east=-0.012),
            _angle_grid("Azimuth", azimuth, south=-0.06, east=0.11),
        ),
        _direction("Mean_Sun_Angle", zenith, azimuth),
        element("Mean_Viewing_Incidence_Angle_List", *views),
        metadataLevel="Standard",
    )


def _tile_quality(product: Product) -> ET.Element:
    content = [
        element("CLOUDY_PIXEL_PERCENTAGE", f"{product.cloud_percent():.6f}"),
        element("DEGRADED_MSI_DATA_PERCENTAGE", 0),
    ]
    if product.level == "L2A":
        classes = product.scene.classification[20]
        valid = max(int((classes != 0).sum()), 1)
        content.append(
            element("NODATA_PIXEL_PERCENTAGE", f"{100 * float((classes == 0).mean()):.6f}")
        )
        for value, tag in SCL_PERCENTAGES.items():
            content.append(element(tag, f"{100 * int((classes == value).sum()) / valid:.6f}"))
    mask = cloud_mask_path(product)
    kind = mask.rpartition("/")[2][:10]
    return element(
        "n1:Quality_Indicators_Info",
        element("Image_Content_QI", *content),
        element(
            "Pixel_Level_QI",
            element("MASK_FILENAME", mask, type=kind),
            geometry="FULL_RESOLUTION",
        ),
        metadataLevel="Standard",
    )
