"""MTD_MSIL1C.xml and MTD_MSIL2A.xml: what the product says of itself.

Elements and their order follow real products of baselines 03.01 and 05.11, without the parts
that describe the processing itself (spectral responses, auxiliary files).
"""

import xml.etree.ElementTree as ET

from ..acquisitions import RELATIVE_ORBIT, iso
from ..ground.materials import BANDS
from ..scene import QUANTIFICATION
from .product import PSD, Product
from .xml_tree import XSI, document, element

LEVEL_NAMES = {"L1C": "Level-1C", "L2A": "Level-2A"}
SPACECRAFT = {"S2A": "Sentinel-2A", "S2B": "Sentinel-2B"}


def product_metadata(product: Product) -> bytes:
    """The product's main metadata file."""
    level = LEVEL_NAMES[product.level]
    schema = f"{PSD}/User_Product_{level}.xsd"
    namespaces = {"xmlns:n1": schema, "xmlns:xsi": XSI, "xsi:schemaLocation": schema}
    root = element(
        f"n1:{level}_User_Product",
        element("n1:General_Info", _product_info(product), _image_characteristics(product)),
        _geometric_info(product),
        _quality_info(product),
        **namespaces,
    )
    return document(root)


def datatake(product: Product, tag: str) -> ET.Element:
    """The datatake, as the product's and the datastrip's metadata have it."""
    acquisition = product.scene.acquisition
    identifier = (
        f"G{acquisition.product_name(product.level)[:3]}"
        f"_{acquisition.product_name(product.level)[11:26]}"
        f"_{acquisition.absolute_orbit:06}_N{acquisition.baseline}"
    )
    return element(
        tag,
        element("SPACECRAFT_NAME", SPACECRAFT[acquisition.satellite]),
        element("DATATAKE_TYPE", "INS-NOBS"),
        element("DATATAKE_SENSING_START", iso(acquisition.sensed_at)),
        element("SENSING_ORBIT_NUMBER", RELATIVE_ORBIT),
        element("SENSING_ORBIT_DIRECTION", "DESCENDING"),
        datatakeIdentifier=identifier,
    )


def _product_info(product: Product) -> ET.Element:
    acquisition = product.scene.acquisition
    granule = element(
        "Granule",
        *(element("IMAGE_FILE", path) for path in product.images()),
        datastripIdentifier=product.datastrip_id(),
        granuleIdentifier=product.tile_id(),
        imageFormat="JPEG2000",
    )
    return element(
        "Product_Info",
        element("PRODUCT_START_TIME", iso(acquisition.sensed_at)),
        element("PRODUCT_STOP_TIME", iso(acquisition.sensed_at)),
        element("PRODUCT_URI", f"{product.name}.SAFE"),
        element("PROCESSING_LEVEL", LEVEL_NAMES[product.level]),
        element("PRODUCT_TYPE", f"S2MSI{product.level[1:]}"),
        element("PROCESSING_BASELINE", acquisition.baseline),
        element("GENERATION_TIME", iso(acquisition.level_generated_at(product.level))),
        element("PREVIEW_IMAGE_URL", "Not applicable"),
        element("PREVIEW_GEO_INFO", "Not applicable"),
        datatake(product, "Datatake"),
        element(
            "Query_Options",
            element("PRODUCT_FORMAT", "SAFE_COMPACT"),
            completeSingleTile="true",
        ),
        element("Product_Organisation", element("Granule_List", granule)),
    )


def _image_characteristics(product: Product) -> ET.Element:
    special = [
        element(
            "Special_Values",
            element("SPECIAL_VALUE_TEXT", text),
            element("SPECIAL_VALUE_INDEX", value),
        )
        for text, value in (("NODATA", 0), ("SATURATED", 65535))
    ]
    display = element(
        "Image_Display_Order",
        element("RED_CHANNEL", 3),
        element("GREEN_CHANNEL", 2),
        element("BLUE_CHANNEL", 1),
    )
    return element(
        "Product_Image_Characteristics",
        *special,
        display,
        _quantification(product),
        *_offsets(product),
        element("REFERENCE_BAND", 3),
    )


def _quantification(product: Product) -> ET.Element:
    if product.level == "L1C":
        return element("QUANTIFICATION_VALUE", QUANTIFICATION, unit="none")
    return element(
        "QUANTIFICATION_VALUES_LIST",
        element("BOA_QUANTIFICATION_VALUE", QUANTIFICATION, unit="none"),
        element("AOT_QUANTIFICATION_VALUE", "1000.0", unit="none"),
        element("WVP_QUANTIFICATION_VALUE", "1000.0", unit="cm"),
    )


def _offsets(product: Product) -> list[ET.Element]:
    """Before baseline 04.00 there was no such list."""
    offset = product.scene.acquisition.offset
    if offset == 0:
        return []
    tag, container = (
        ("RADIO_ADD_OFFSET", "Radiometric_Offset_List")
        if product.level == "L1C"
        else ("BOA_ADD_OFFSET", "BOA_ADD_OFFSET_VALUES_LIST")
    )
    return [element(container, *(element(tag, offset, band_id=i) for i in range(len(BANDS))))]


def _geometric_info(product: Product) -> ET.Element:
    corners = "".join(f"{latitude} {longitude} " for latitude, longitude in product.footprint())
    footprint = element(
        "Product_Footprint",
        element(
            "Product_Footprint",
            element("Global_Footprint", element("EXT_POS_LIST", corners)),
        ),
        element("RASTER_CS_TYPE", "POINT"),
        element("PIXEL_ORIGIN", 1),
    )
    reference = element(
        "Coordinate_Reference_System",
        element("GEO_TABLES", "EPSG", version=1),
        element("HORIZONTAL_CS_TYPE", "GEOGRAPHIC"),
    )
    return element("n1:Geometric_Info", footprint, reference)


def _quality_info(product: Product) -> ET.Element:
    return element(
        "n1:Quality_Indicators_Info",
        element("Cloud_Coverage_Assessment", f"{product.cloud_percent():.6f}"),
        element(
            "Technical_Quality_Assessment",
            element("DEGRADED_ANC_DATA_PERCENTAGE", "0.0"),
            element("DEGRADED_MSI_DATA_PERCENTAGE", "0"),
        ),
    )
