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

from ...errors import ArchiveOrderedError, MigrateError
from ...grid import PixelGrid, reproject_geometry
from ...model import LONLAT, Scene
from ...products.pixels.classes import read_classes
from ...products.pixels.cloud_masks import read_cloud_mask
from ...products.pixels.reprojection import around, nearest, places
from ...products.product import Product
from ...products.scene_classes import CLOUD_MASK_FLAGS, SCL_FLAGS, Flag
from ...settings import ServiceSettings
from ...transfer.http.retry import Check, RetryPolicy, Runtime, never_stop
from ...transfer.product_store import ProductStore
from ...workspace import Workspace
from ..access.opening import open_classified, open_cloud_files
from ..sources import needs_fetching
from ..sources.cdse import CLOUD_FILES, CdseFetcher, NoCloudFilesError, OfflineError
from ..sources.cdse import SPEC as CDSE

_NOTHING = "there is neither a scene classification nor a cloud mask"
# A cloud mask is not worth minutes: what can't be had soon is reported, and done without.
_POLICY = RetryPolicy(attempts=4, longest_wait_s=8.0, longest_retry_after_s=60.0)


class NotInPlaceError(MigrateError):
    """The pixels of a scene can't be read before its product, or much of it, is fetched."""


class CloudReader:
    """Where cloud masks may be read: at services, and among what was fetched before.

    Threads share its one session with a service; `check` interrupts what they fetch.
    """

    def __init__(
        self, services: ServiceSettings, workspace: Workspace, check: Check = never_stop
    ) -> None:
        self.services = services
        self.workspace = workspace
        runtime = Runtime(check=check)
        most = services.max_download_bytes
        product_store = ProductStore(
            workspace,
            services.cache_bytes,
            around=runtime,
            policy=_POLICY,
            most_bytes=most,
        )
        self._fetcher = CdseFetcher(services, product_store)

    def checked(self, check: Check) -> CloudReader:
        """The same places with a session of their own, that `check` interrupts."""
        return CloudReader(self.services, self.workspace, check)

    def open(self, scene: Scene) -> Product:
        """The scene's product, with its bands or without. Raises MigrateError.

        NotInPlaceError where all of it, or most, would have to be fetched.
        """
        product = self._fetched(scene) if needs_fetching(scene.source) else None
        product = product or self._at_source(scene)
        if not _shows_clouds(product):
            raise NotInPlaceError(_NOTHING)
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
        services = self.services
        if not needs_fetching(scene.source):
            return open_classified(scene, services)
        if scene.source != CDSE:
            raise NotInPlaceError("the service offers whole products only")
        if services.cdse_s3_access_key and services.cdse_s3_secret_key:
            # Nothing is downloaded for a window: the catalogue says where the product lies.
            place = self._fetcher.fetch(scene, "window").href
            return open_classified(replace(scene, href=place), services)
        if not (services.cdse_username and services.cdse_password):
            raise NotInPlaceError(
                "that needs an account (CDSE_USERNAME and CDSE_PASSWORD) or an S3 key "
                "(CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY), and neither is set"
            )
        return self._cloud_files(scene)

    def _cloud_files(self, scene: Scene) -> Product:
        """The cloud mask alone, by the files of it."""
        try:
            held = self._fetcher.fetch(scene, CLOUD_FILES)
        except NoCloudFilesError as err:
            raise NotInPlaceError(_NOTHING) from err
        except (OfflineError, ArchiveOrderedError) as err:
            raise NotInPlaceError(
                "the service has the product in its archive, from where it isn't ordered just to "
                "be measured"
            ) from err
        try:
            return open_cloud_files(scene, Path(held.href))
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
        raise NotInPlaceError(_NOTHING)
    footprint = reproject_geometry(scene.footprint, LONLAT, grid.crs)
    covered = rasterize([(footprint, 1)], out_shape=grid.shape, transform=grid.transform) > 0
    flags: NDArray[np.uint8] = np.where(covered, CLOUD_MASK_FLAGS[mask], np.uint8(Flag.NO_DATA))
    return flags


def _from_other_zone(product: Product, scene: Scene, grid: PixelGrid) -> NDArray[np.uint8]:
    """The same for a grid in another UTM zone than the product's, by the nearest pixels."""
    x, y = places(grid, product.grid.crs)
    base_grid = product.grid.coarser(round(grid.resolution / product.grid.resolution))
    source = around(base_grid, x, y)
    return nearest(read_cloud_classes(product, scene, source), source, x, y)
