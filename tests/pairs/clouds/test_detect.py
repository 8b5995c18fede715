"""The clouds over parts of one acquisition that are seen together."""

from __future__ import annotations

import numpy as np
from affine import Affine

from migrate_core.grid import PixelGrid
from migrate_core.pairs.clouds.detect import look
from migrate_core.pairs.clouds.methods import PRODUCT
from migrate_core.products.product import CloudMask, Product
from migrate_core.products.scene_classes import Flag

# A granule on each side of the equator; the southern one counts its northings from 10,000 km.
WEST, SIDE = 300_000, 1200
NORTHERN = PixelGrid("EPSG:32633", Affine(10, 0, WEST, 0, -10, SIDE), 120, 120)
SOUTHERN = PixelGrid("EPSG:32733", Affine(10, 0, WEST, 0, -10, 10_000_000), 120, 120)
GML = (
    """<Mask xmlns:gml="http://www.opengis.net/gml"><maskMembers>{features}</maskMembers></Mask>"""
)
CLOUD = (
    "<MaskFeature><maskType>OPAQUE</maskType><extentOf><Polygon><exterior><LinearRing>"
    '<posList srsDimension="2">{west} {south} {west} {north} {east} {north} {east} {south} '
    "{west} {south}</posList></LinearRing></exterior></Polygon></extentOf></MaskFeature>"
)


def product(grid: PixelGrid, features: str = "") -> Product:
    content = GML.format(features=features).encode()
    mask = CloudMask(polygons=lambda: content)
    return Product(grid.crs, "L1C", "02.09", grid, (), None, {}, "", cloud_mask=mask)


def test_a_cloud_across_the_equator_is_where_its_own_granule_has_it() -> None:
    # From 240 to 480 m south of the equator, 300 to 600 m east of the granules' edge.
    cloud = CLOUD.format(west=WEST + 300, east=WEST + 600, south=9_999_520, north=9_999_760)
    grid = PixelGrid(NORTHERN.crs, Affine(10, 0, WEST, 0, -10, 600), 120, 120)
    cloud_flags = look([product(NORTHERN), product(SOUTHERN, cloud)], grid, PRODUCT)
    expected = np.zeros(grid.shape, dtype=bool)
    expected[84:108, 30:60] = True
    np.testing.assert_array_equal(cloud_flags.flags & Flag.CLOUD != 0, expected)
