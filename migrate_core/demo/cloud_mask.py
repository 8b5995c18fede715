"""The product's own cloud mask: polygons before baseline 04.00, a raster since."""

import xml.etree.ElementTree as ET

import numpy as np
from numpy.typing import NDArray
from rasterio.features import shapes

from .clouds import Sky, SkyClass
from .lattice import (
    EPSG,
    LEFT,
    TOP,
    ByteArray,
    FloatArray,
    coarsen,
    granule_pixels,
    granule_transform,
)
from .product import Product
from .xml_tree import document, element

EOP = "http://www.opengis.net/eop/2.0"
GML = "http://www.opengis.net/gml/3.2"


def cloud_mask_path(product: Product) -> str:
    """The product's cloud mask: polygons before baseline 04.00, a raster since."""
    raster = product.scene.acquisition.baseline >= "04.00"
    name = "MSK_CLASSI_B00.jp2" if raster else "MSK_CLOUDS_B00.gml"
    return f"{product.granule_path}/QI_DATA/{name}"


def mask_layers(sky: Sky) -> ByteArray:
    """Opaque cloud, cirrus and snow at 60 m, uint8 0 or 1 (3, height, width).

    A pixel belongs to a kind when at least half of it does; there is no snow in this case.
    """
    classes = sky.classes()

    def half_is(sky_class: SkyClass) -> NDArray[np.bool_]:
        share: FloatArray = (classes == sky_class).astype(np.float32)
        return np.asarray(coarsen(share, 6) >= 0.5)

    opaque = half_is(SkyClass.CLOUD)
    cirrus = half_is(SkyClass.CIRRUS) & ~opaque
    return np.stack([opaque, cirrus, np.zeros_like(opaque)]).astype(np.uint8)


def cloud_polygons(product: Product) -> bytes:
    """MSK_CLOUDS_B00.gml: polygons along 60 m pixels, in the tile's CRS."""
    identifier = product.tile_id().replace("MSI", "MSK_CLOUDS", 1) + f"_B00_MSI{product.level}"
    features = []
    for kind, layer in zip(("OPAQUE", "CIRRUS"), mask_layers(product.scene.sky), strict=False):
        outlines = shapes(layer, mask=layer == 1, transform=granule_transform(60))
        for number, (outline, _) in enumerate(outlines):
            features.append(_mask_feature(kind, number, outline["coordinates"]))
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


def _mask_feature(kind: str, number: int, rings: list[list[tuple[float, float]]]) -> ET.Element:
    identifier = f"{kind}.{number}"

    def linear_ring(ring: list[tuple[float, float]]) -> ET.Element:
        positions = " ".join(f"{x:.0f} {y:.0f}" for x, y in ring)
        return element("gml:LinearRing", element("gml:posList", positions, srsDimension=2))

    outer, *holes = map(linear_ring, rings)
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
