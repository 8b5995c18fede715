"""The sky of a scene, read where the scene lies: a few kilobytes of it, and no band.

An L2A product is read by its scene classification, an L1C product by the cloud mask it brings
along, which knows neither cloud shadow nor where there are no data (the scene's footprint does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize

from ..errors import MigrateError
from ..grid import (
    PixelGrid,
    aligned_grid,
    apply_affine,
    reproject_geometry,
    reproject_points,
)
from ..model import LONLAT, Scene
from ..products.classes import read_classes
from ..products.cloud_masks import read_cloud_mask
from ..products.product import Product
from ..settings import ServiceSettings
from ..transfer.depot import Depot
from ..workspace import Workspace
from .opening import open_classified
from .sources import needs_fetching
from .sources.cdse import SPEC as CDSE
from .sources.cdse import CdseFetcher

CLEAR, CLOUD, THIN_CLOUD, SHADOW, NO_DATA = 0, 1, 2, 3, 255
# Classes of the scene classification: 3 cloud shadow, 8 and 9 cloud, 10 thin cirrus, 0 no data.
_OF_CLASSES = {3: SHADOW, 8: CLOUD, 9: CLOUD, 10: THIN_CLOUD, 0: NO_DATA}
# Of the product's own cloud mask: 1 opaque, 2 cirrus, 255 nothing known.
_OF_CLOUD_MASK = {1: CLOUD, 2: THIN_CLOUD, 255: NO_DATA}


class NotInPlaceError(MigrateError):
    """The pixels of a scene can't be read before its product, or much of it, is fetched."""


@dataclass(frozen=True)
class Places:
    """Where skies may be read: at services, and among the products that were fetched before."""

    services: ServiceSettings
    workspace: Workspace

    def open(self, scene: Scene) -> Product:
        """The scene's product, with its bands or without. Raises MigrateError.

        NotInPlaceError where it would have to be fetched.
        """
        if needs_fetching(scene.source):
            scene = replace(scene, href=self._fetched(scene) or self._window(scene))
        product = open_classified(scene, self.services)
        if product.scene_classification is None and product.cloud_mask is None:
            raise NotInPlaceError("there is neither a scene classification nor a cloud mask")
        return product

    def _fetched(self, scene: Scene) -> str | None:
        """The product on this machine, where it was fetched already."""
        folder = self.workspace.products
        found = (folder / f"{scene.scene_id}{end}" for end in (".SAFE", ".zip"))
        return next((str(path) for path in found if path.exists()), None)

    def _window(self, scene: Scene) -> str:
        """Where the product can be read by windows."""
        services = self.services
        if scene.source != CDSE:
            raise NotInPlaceError("the service offers whole products only")
        if not (services.cdse_s3_access_key and services.cdse_s3_secret_key):
            raise NotInPlaceError(
                "reading windows needs CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY, which are not set"
            )
        # Nothing is downloaded for a window: the catalogue says where the product lies.
        return self._fetcher.fetch(scene, "window").href

    @cached_property
    def _fetcher(self) -> CdseFetcher:
        return CdseFetcher(self.services, Depot(self.workspace, self.services.cache_bytes))


def read_sky(product: Product, scene: Scene, grid: PixelGrid) -> NDArray[np.uint8]:
    """The sky over each pixel centre of `grid`, (height, width), the classes of this module.

    `grid` is north-up in any UTM zone, with pixels of 10 m or more, and may reach over the edges
    of the product. Raises MigrateError.
    """
    if product.grid.crs != grid.crs:
        return _from_other_zone(product, scene, grid)
    classes = read_classes(product, grid)
    if classes is not None:
        return _table(_OF_CLASSES)[classes]
    mask = read_cloud_mask(product, grid)
    if mask is None:
        raise NotInPlaceError("there is neither a scene classification nor a cloud mask")
    footprint = reproject_geometry(scene.footprint, LONLAT, grid.crs)
    covered = rasterize([(footprint, 1)], out_shape=grid.shape, transform=grid.transform) > 0
    sky: NDArray[np.uint8] = np.where(covered, _table(_OF_CLOUD_MASK)[mask], NO_DATA)
    return sky.astype(np.uint8)


def _table(classes: Mapping[int, int]) -> NDArray[np.uint8]:
    """The sky by the value of a file; what is not in `classes` is clear."""
    table = np.full(256, CLEAR, dtype=np.uint8)
    for value, sky in classes.items():
        table[value] = sky
    return table


def _from_other_zone(product: Product, scene: Scene, grid: PixelGrid) -> NDArray[np.uint8]:
    """The same for a grid in another UTM zone than the product's, by the nearest pixels."""
    x, y = reproject_points(grid.crs, product.grid.crs, *grid.centres())
    lattice = product.grid.coarser(round(grid.resolution / product.grid.resolution))
    around = aligned_grid(lattice, (x.min(), y.min(), x.max(), y.max()))
    columns, rows = apply_affine(~around.transform, x, y)
    found = read_sky(product, scene, around)
    last_row, last_column = around.height - 1, around.width - 1
    carried: NDArray[np.uint8] = found[
        np.floor(rows).astype(np.intp).clip(0, last_row),
        np.floor(columns).astype(np.intp).clip(0, last_column),
    ]
    return carried
