"""The cloud mask of a scene, read where the scene lies: a small part of it, and no band.

An L2A product is read by its scene classification, an L1C product by the cloud mask it brings
along, which knows neither cloud shadow nor where there are no data (the scene's footprint does).
Where a service lets nobody read parts of files, the one small file of it is fetched and kept.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize

from ...grid import PixelGrid, reproject_geometry
from ...model import LONLAT, Scene
from ...products.pixels.classes import read_classes
from ...products.pixels.cloud_masks import read_cloud_mask
from ...products.pixels.reprojection import grid_covering, nearest, pixel_centres
from ...products.product import Product
from ...products.scene_classes import CLOUD_MASK_FLAGS, SCL_FLAGS, Flag
from ...settings import ServiceSettings
from ...store.base import Store
from ...transfer.http.retry import Check, RetryPolicy, Runtime, never_stop
from ...transfer.product_store import ProductStore
from ...workspace import Workspace
from ..access.opening import open_classified, open_cloud_files
from ..sources import Fetchers, source_of
from ..sources.protocol import CLOUD_FILES, NO_CLOUD_MASK, NotInPlaceError

# A cloud mask is not worth minutes: what can't be had soon is reported, and done without.
_POLICY = RetryPolicy(attempts=4, longest_wait_s=8.0, longest_retry_after_s=60.0)


class CloudReader:
    """Where cloud masks may be read: at services, and among what was fetched before.

    Threads share its one session with a service; `check` interrupts what they fetch.
    """

    def __init__(
        self,
        services: ServiceSettings,
        workspace: Workspace,
        store: Store,
        check: Check = never_stop,
    ) -> None:
        self.services = services
        self.workspace = workspace
        self._store = store
        runtime = Runtime(check=check)
        product_store = ProductStore(workspace, store, services, runtime=runtime, policy=_POLICY)
        self._fetchers = Fetchers(services, product_store)

    def checked(self, check: Check) -> CloudReader:
        """The same reader with a session of its own, that `check` interrupts."""
        return CloudReader(self.services, self.workspace, self._store, check)

    def open(self, scene: Scene) -> Product:
        """The scene's product, with its bands or without. Raises MigrateError.

        NotInPlaceError where all of it, or most, would have to be fetched.
        """
        product = self._fetched(scene) if source_of(scene.source).needs_fetching else None
        product = product or self._at_source(scene)
        if not _shows_clouds(product):
            raise NotInPlaceError(NO_CLOUD_MASK)
        return product

    def _fetched(self, scene: Scene) -> Product | None:
        """What is on this machine of a product; None where that doesn't show the cloud mask."""
        folder = self.workspace.products
        for end in (".SAFE", ".zip"):
            path = folder / f"{scene.scene_id}{end}"
            if path.exists():
                product = open_classified(replace(scene, href=str(path)), self.services)
                # Bands may have come without the cloud mask.
                if _shows_clouds(product):
                    return product
        path = folder / f"{scene.scene_id}.{CLOUD_FILES}"
        return open_cloud_files(scene, path) if path.exists() else None

    def _at_source(self, scene: Scene) -> Product:
        """The product where it lies, or the cloud mask of it fetched."""
        fetcher = self._fetchers.of(scene.source)
        if fetcher is None:
            return open_classified(scene, self.services)
        held = fetcher.fetch_clouds(scene)
        try:
            if held.access == CLOUD_FILES:
                return open_cloud_files(scene, Path(held.href))
            return open_classified(replace(scene, href=held.href), self.services)
        finally:
            # It was used last, so it is the last to be cleaned up while it is read.
            held.release()


def _shows_clouds(product: Product) -> bool:
    return product.scene_classification is not None or product.cloud_mask is not None


def read_cloud_classes(product: Product, scene: Scene, grid: PixelGrid) -> NDArray[np.uint8]:
    """What occludes the ground at each pixel centre of `grid`: `Flag`s, (height, width) uint8.

    `grid` is north-up in any UTM zone, with pixels of 10 m or more, and may reach over the edges
    of the product. Raises MigrateError.
    """
    if product.grid.crs != grid.crs:
        return _from_other_zone(product, scene, grid)
    classes = read_classes(product, grid)
    if classes is not None:
        return SCL_FLAGS[classes]
    mask = read_cloud_mask(product, grid)
    if mask is None:
        raise NotInPlaceError(NO_CLOUD_MASK)
    footprint = reproject_geometry(scene.footprint, LONLAT, grid.crs)
    covered = rasterize([(footprint, 1)], out_shape=grid.shape, transform=grid.transform) > 0
    flags: NDArray[np.uint8] = np.where(covered, CLOUD_MASK_FLAGS[mask], np.uint8(Flag.NO_DATA))
    return flags


def _from_other_zone(product: Product, scene: Scene, grid: PixelGrid) -> NDArray[np.uint8]:
    """The same for a grid in another UTM zone than the product's, by the nearest pixels."""
    x, y = pixel_centres(grid, product.grid.crs)
    base_grid = product.grid.coarser(round(grid.resolution / product.grid.resolution))
    source = grid_covering(base_grid, x, y)
    return nearest(read_cloud_classes(product, scene, source), source, x, y)
