"""manifest.safe and the datastrip's MTD_DS.xml."""

import hashlib
import xml.etree.ElementTree as ET

from ..acquisitions import iso
from .product import PSD, STATION, Product
from .product_metadata import LEVEL_NAMES, datatake
from .xml_tree import XSI, document, element


def datastrip_metadata(product: Product) -> bytes:
    """A small MTD_DS.xml: datatake, baseline and how the geometry was refined."""
    level = LEVEL_NAMES[product.level]
    acquisition = product.scene.acquisition
    # Refinement on the global reference image has been active since August 2021.
    refined = "REFINED" if acquisition.sensed_at.year > 2021 else "NOT_REFINED"
    root = element(
        f"n1:{level}_DataStrip_ID",
        element(
            "n1:General_Info",
            datatake(product, "Datatake_Info"),
            element(
                "Datastrip_Time_Info",
                element("DATASTRIP_SENSING_START", iso(acquisition.datastrip_start)),
                element("DATASTRIP_SENSING_STOP", iso(acquisition.tile_sensed_at)),
            ),
            element(
                "Processing_Info",
                element("PROCESSING_BASELINE", acquisition.baseline),
                element("PROCESSING_CENTER", STATION),
            ),
        ),
        element(
            "n1:Image_Data_Info",
            element(
                "Tiles_Information", element("Tile_List", element("Tile", tileId=product.tile_id()))
            ),
            element("Geometric_Info", element("Image_Refining", flag=refined)),
        ),
        **{"xmlns:n1": f"{PSD}/S2_PDI_{level}_Datastrip_Metadata.xsd", "xmlns:xsi": XSI},
    )
    return document(root)


def manifest(product: Product, files: dict[str, bytes]) -> bytes:
    """manifest.safe: when and where, and size and checksum of each file (path -> content)."""
    acquisition = product.scene.acquisition
    coordinates = " ".join(f"{north},{east}" for north, east in product.footprint())
    period = element(
        "metadataObject",
        element(
            "metadataWrap",
            element(
                "xmlData",
                element(
                    "safe:acquisitionPeriod",
                    element("safe:startTime", iso(acquisition.sensed_at)),
                ),
                element(
                    "safe:frameSet",
                    element(
                        "safe:footPrint",
                        element("gml:coordinates", coordinates),
                        srsName="http://www.opengis.net/gml/srs/epsg.xml#4326",
                    ),
                ),
            ),
        ),
        ID="acquisitionPeriod",
        category="DMD",
        classification="DESCRIPTION",
    )
    objects = (
        _data_object(f"Data_{number}", path, content)
        for number, (path, content) in enumerate(sorted(files.items()), 1)
    )
    kind = product.level.lower()
    root = element(
        "xfdu:XFDU",
        element("metadataSection", period),
        element("dataObjectSection", *objects),
        **{
            "xmlns:gml": "http://www.opengis.net/gml",
            "xmlns:safe": "http://www.esa.int/safe/sentinel/1.1",
            "xmlns:xfdu": "urn:ccsds:schema:xfdu:1",
            "version": f"esa/safe/sentinel/1.1/sentinel-2/msi/archive_{kind}_user_product",
        },
    )
    return document(root)


def _data_object(identifier: str, path: str, content: bytes) -> ET.Element:
    digest = hashlib.sha3_256(content).hexdigest()
    mime = "application/octet-stream" if path.endswith(".jp2") else "text/xml"
    return element(
        "dataObject",
        element(
            "byteStream",
            element("fileLocation", href=f"./{path}", locatorType="URL"),
            element("checksum", digest, checksumName="SHA3-256"),
            mimeType=mime,
            size=len(content),
        ),
        ID=identifier,
    )
