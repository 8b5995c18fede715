"""The product's own cloud mask: polygons before baseline 04.00, a raster since."""

import xml.etree.ElementTree as ET

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LinearRing, Polygon

from ..clouds import CloudClass, CloudLayers
from ..grids import EPSG, LEFT, TOP, ByteArray, FloatArray, coarsen, granule_pixels
from .product import Product
from .xml_tree import document, element

EOP = "http://www.opengis.net/eop/2.0"
GML = "http://www.opengis.net/gml/3.2"


def cloud_mask_path(product: Product) -> str:
    """The product's cloud mask: polygons before baseline 04.00, a raster since."""
    raster = product.scene.acquisition.baseline >= "04.00"
    name = "MSK_CLASSI_B00.jp2" if raster else "MSK_CLOUDS_B00.gml"
    return f"{product.granule_path}/QI_DATA/{name}"


def mask_layers(cloud_layers: CloudLayers) -> ByteArray:
    """Opaque cloud, cirrus and snow at 60 m, uint8 0 or 1 (3, height, width).

    A pixel belongs to a kind when at least half of it does; there is no snow in this case.
    """
    classes = cloud_layers.classes()

    def half_is(cloud_class: CloudClass) -> NDArray[np.bool_]:
        share: FloatArray = (classes == cloud_class).astype(np.float32)
        return np.asarray(coarsen(share, 6) >= 0.5)

    opaque = half_is(CloudClass.CLOUD)
    cirrus = half_is(CloudClass.CIRRUS) & ~opaque
    return np.stack([opaque, cirrus, np.zeros_like(opaque)]).astype(np.uint8)


def cloud_polygons(product: Product) -> bytes:
    """MSK_CLOUDS_B00.gml: polygons along 60 m pixels, in the tile's CRS."""
    tile = product.tile_id().replace(f"MSI_{product.level}_TL", "MSK_CLOUDS").rpartition("_N")[0]
    identifier = f"{tile}_B00_MSI{product.level}"
    features = []
    for kind, layer in zip(
        ("OPAQUE", "CIRRUS"), mask_layers(product.scene.cloud_layers), strict=False
    ):
        for number, polygon in enumerate(_pixel_polygons(layer)):
            features.append(_mask_feature(kind, number, polygon))
    head = [element("gml:name", f"MSK_CLOUDS pixels mask from data-strip {identifier}")]
    if features:
        head.append(_envelope())
        head.append(element("eop:maskMembers", *features))
    namespaces = {"xmlns:eop": EOP, "xmlns:gml": GML, "gml:id": identifier}
    return document(element("eop:Mask", *head, **namespaces))


def _envelope() -> ET.Element:
    side = granule_pixels(60) * 60
    return element(
        "gml:boundedBy",
        element(
            "gml:Envelope",
            element("gml:lowerCorner", f"{LEFT} {TOP - side}"),
            element("gml:upperCorner", f"{LEFT + side} {TOP}"),
            srsName=f"urn:ogc:def:crs:EPSG:8.7:{EPSG}",
        ),
    )


def _pixel_polygons(layer: ByteArray) -> list[Polygon]:
    """The areas of value 1 in a 60 m layer, UTM, along the pixels' edges.

    A union of squares and not `rasterio.features.shapes`, which isn't safe in threads where
    warnings are errors: it silences a warning of its own for the whole process.
    """
    rows, columns = np.nonzero(layer)
    west, north = LEFT + 60 * columns, TOP - 60 * rows
    area = shapely.union_all(shapely.box(west, north - 60, west + 60, north)).simplify(0)
    return [part for part in shapely.get_parts(area) if not part.is_empty]


def _mask_feature(kind: str, number: int, area: Polygon) -> ET.Element:
    identifier = f"{kind}.{number}"

    def linear_ring(ring: LinearRing) -> ET.Element:
        positions = " ".join(f"{x:.0f} {y:.0f}" for x, y in ring.coords)
        return element("gml:LinearRing", element("gml:posList", positions, srsDimension=2))

    outer, *holes = map(linear_ring, (area.exterior, *area.interiors))
    polygon = element(
        "gml:Polygon",
        element("gml:exterior", outer),
        *(element("gml:interior", hole) for hole in holes),
        **{"gml:id": f"{identifier}_Polygon"},
    )
    return element(
        "eop:MaskFeature",
        element("eop:maskType", kind, codeSpace="urn:gs2:S2PDGS:maskType"),
        element("eop:extentOf", polygon),
        **{"gml:id": identifier},
    )
