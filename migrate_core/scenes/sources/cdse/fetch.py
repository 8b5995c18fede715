"""Products of the Copernicus Data Space, whole or only the files that are needed.

Single files come through `Nodes(…)`; which there are, the product's own metadata say. Laid out as
the SAFE folder that they come from, those of a pair are read like any other product. Those of a
cloud mask lie in a folder of another name, and without the product's metadata, so that nothing
takes them for a product.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ....errors import ArchiveOrderedError, CredentialsError, TransferError
from ....model import Scene
from ....products.names import parse_name
from ....products.product import RESOLUTION_M
from ....settings import ServiceSettings
from ....transfer.download import Download
from ....transfer.limits import Quota, ServiceLimits
from ....transfer.tokens import Credentials, TokenSession
from ..eodata import s3_key
from ..protocol import CLOUD_FILES, NO_CLOUD_MASK, Fetched, NotInPlaceError
from .access import account_of, cheapest
from .catalogue import Catalogue
from .cloud_files import RASTER, RASTER_SINCE, classifications, cloud_masks, named_cloud_masks
from .documents import granule_of, images_of
from .products import SPEC, CdseProduct, id_of

if TYPE_CHECKING:  # it needs the database, which workers do without
    from ....transfer.product_store import ProductStore

# General users: 4 connections, 12 TB in 30 days.
CDSE_LIMITS = ServiceLimits(SPEC, 4, Quota(12_000_000_000_000, 30))
# About what the files of a pair take, until their own sizes are known.
_BANDS_BYTES = 700_000_000
# Likewise of a cloud mask.
_CLOUD_FILES_BYTES = 1_500_000
_NOT_FOUND = 404
_IMAGE = re.compile(r"_(B\d{2}|B8A|SCL)(?:_(\d{2})m)?$")


class NoBandFilesError(TransferError):
    """The metadata of a product don't say which files it has."""


class NoCloudFilesError(TransferError):
    """A product has neither a scene classification nor a cloud mask."""


class OfflineError(TransferError):
    """The service has a product in its archive only."""


class CdseFetcher:
    """Downloads with one session of one account."""

    def __init__(self, services: ServiceSettings, product_store: ProductStore) -> None:
        self._client = product_store.client(SPEC)
        self._catalogue = Catalogue(self._client, services.cdse_odata_url)
        self._url = services.cdse_download_url
        self._product_store = product_store
        self._has_key = s3_key(services).found
        self._has_account = account_of(services).found
        self._account = product_store.account(CDSE_LIMITS)
        credentials = Credentials(
            services.cdse_username, services.cdse_password, lambda: services.cdse_totp
        )
        self.session = TokenSession(self._client, services.cdse_token_url, credentials)

    def fetch(self, scene: Scene, access: str) -> Fetched:
        """The product of a scene in the cache, as `bands` or `product`; or its cloud mask alone.

        `auto` reads windows where there is an S3 key for it; else it takes single files of an L2A
        product, whose zip holds much that no pair needs, and the whole L1C product, whose zip
        holds little else; and the whole product, too, where the metadata don't say which files
        there are. For a window nothing is fetched here: the worker reads it. `clouds` is a folder
        for `open_cloud_files`, not a product, at most about a megabyte of the product.
        """
        if access == CLOUD_FILES:
            # It is wanted of many scenes; after a refusal no more than one of them asks anything.
            self.session.check()
        product = self._catalogue.current(id_of(scene), scene)
        chosen = self._cheapest(scene, product) if access == "auto" else access
        if chosen == "window":
            return self._window(product)
        if not product.online:
            raise OfflineError(
                f"{product.product_id}: {SPEC} has it offline. Use another source, or choose "
                "another scene."
            )
        try:
            return self._held(product, chosen)
        except NoBandFilesError:
            if access != "auto":
                raise
            return self._held(product, "product")

    def fetch_clouds(self, scene: Scene) -> Fetched:
        """The cloud mask of a scene: where the product lies for who has a key, else its files."""
        if self._has_key:
            # Nothing is downloaded for a window: the catalogue says where the product lies.
            return self.fetch(scene, "window")
        if not self._has_account:
            raise NotInPlaceError(
                "that needs an account (CDSE_USERNAME and CDSE_PASSWORD) or an S3 key "
                "(CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY), and neither is set"
            )
        try:
            return self.fetch(scene, CLOUD_FILES)
        except NoCloudFilesError as err:
            raise NotInPlaceError(NO_CLOUD_MASK) from err
        except (OfflineError, ArchiveOrderedError) as err:
            raise NotInPlaceError(
                "the service has the product in its archive, from where it isn't ordered just to "
                "be measured"
            ) from err

    def _held(self, product: CdseProduct, access: str) -> Fetched:
        ways = {
            "bands": ("SAFE", _BANDS_BYTES, self._bands),
            CLOUD_FILES: (CLOUD_FILES, _CLOUD_FILES_BYTES, self._cloud_files),
        }
        archive = ("zip", product.size or _BANDS_BYTES, self._fetch_archive)
        suffix, size, bring = ways.get(access, archive)
        held = self._product_store.cache.hold(
            f"{product.product_id}.{suffix}", size, lambda target: bring(product, target)
        )
        return Fetched(str(held.path), access, SPEC, product.product_id, held.release)

    def _cheapest(self, scene: Scene, product: CdseProduct) -> str:
        return cheapest(scene.level, has_key=self._has_key and bool(product.s3_path))

    def _window(self, product: CdseProduct) -> Fetched:
        """Where the product lies in S3. Raises CredentialsError without a key."""
        if not self._has_key:
            raise CredentialsError(
                f"{product.product_id}: reading windows from {SPEC} needs an S3 key: set "
                "CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY, or choose --access bands or product."
            )
        if not product.s3_path:
            raise TransferError(
                f"{product.product_id}: the catalogue doesn't say where it lies in S3. Choose "
                "--access bands or product."
            )
        location = f"s3://{product.s3_path.removeprefix('s3://').lstrip('/')}"
        return Fetched(location, "window", SPEC, product.product_id)

    def _fetch_archive(self, product: CdseProduct, target: Path) -> None:
        wanted = Download(
            f"{self._url}/Products({product.id})/$value",
            product.product_id,
            product.size,
            product.checksums,
            self.session,
        )
        self._account.fetch(wanted, target, self._client)

    def _bands(self, product: CdseProduct, target: Path) -> None:
        """The metadata, then the files that they name, in a folder that is renamed at the end."""
        unfinished, title = _unfinished(target), product.product_id
        main = f"MTD_{product.name[4:10]}.xml"
        xml = self._file(product, main, unfinished / main).read_bytes()
        tile, *images = needed_files(xml, title)
        own = self._file(product, tile, unfinished / tile).read_bytes()
        for name in images:
            self._file(product, name, unfinished / name)
        # What clouds may be assessed by; a pair can do without.
        granule = granule_of(tile)
        for mask in named_cloud_masks(own, title):
            name = f"{granule}/QI_DATA/{mask}"
            if self._found(product, name, unfinished / name):
                break
        _finish(unfinished, target)

    def _cloud_files(self, product: CdseProduct, target: Path) -> None:
        """The metadata and the smallest files that tell the clouds, in a folder renamed at the end.

        Raises NoCloudFilesError when there are none.
        """
        unfinished = _unfinished(target)
        main = f"MTD_{product.name[4:10]}.xml"
        xml = self._file(product, main, unfinished / main).read_bytes()
        images = images_of(xml, product.product_id)
        found = any(
            # The end of its name is the resolution.
            self._found(product, f"{name}.jp2", unfinished / f"SCL{name[-4:]}.jp2")
            for name in classifications(images)
        )
        granules = dict.fromkeys(granule_of(name) for name in images)
        if not found and not any(self._clouds(product, name, unfinished) for name in granules):
            raise NoCloudFilesError(
                f"{product.product_id}: {SPEC} has neither a scene classification nor a cloud mask "
                "of it. Choose another source, or another scene."
            )
        (unfinished / main).unlink()
        _finish(unfinished, target)

    def _clouds(self, product: CdseProduct, granule: str, folder: Path) -> bool:
        """The cloud mask of a product; False when there is none.

        A raster says itself where it lies. Polygons need MTD_TL.xml for that, which is ten times
        as large as a raster, and says what the mask is called.
        """
        parts, tried = parse_name(product.name), ""
        if parts is not None and parts.baseline >= RASTER_SINCE:
            tried = RASTER
            if self._found(product, f"{granule}/QI_DATA/{RASTER}", folder / "QI_DATA" / RASTER):
                return True
        tile = self._file(product, f"{granule}/MTD_TL.xml", folder / "MTD_TL.xml")
        return any(
            self._found(product, f"{granule}/QI_DATA/{name}", folder / "QI_DATA" / name)
            for name in cloud_masks(tile.read_bytes(), product.product_id)
            if name != tried
        )

    def _found(self, product: CdseProduct, name: str, target: Path) -> bool:
        """Fetch a file that a product may lack; False when it does."""
        try:
            self._file(product, name, target)
        except TransferError as err:
            if err.status != _NOT_FOUND:
                raise
            return False
        return True

    def _file(self, product: CdseProduct, name: str, target: Path) -> Path:
        """One file of a product, `name` being its path in the SAFE folder."""
        nodes = "/".join(f"Nodes({part})" for part in (product.name, *name.split("/")))
        wanted = Download(
            f"{self._url}/Products({product.id})/{nodes}/$value",
            f"{product.product_id}/{name}",
            auth=self.session,
        )
        return self._account.fetch(wanted, target, self._client)


def _unfinished(target: Path) -> Path:
    """The folder in which files gather, also over several runs, until all are there."""
    return target.with_name(f"{target.name}.part")


def _finish(unfinished: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)


def needed_files(xml: bytes, title: str) -> list[str]:
    """The files of a product that a pair is made of, by its MTD_MSIL*.xml, relative to the SAFE.

    MTD_TL.xml of the granule first, each band at its native resolution, and SCL of L2A products.
    Raises TransferError.
    """
    images = [name for name in images_of(xml, title) if _native(name)]
    if not images:
        raise NoBandFilesError(
            f"{title}: its metadata name no band files, so they can't be fetched one by one. Use "
            "--access product."
        )
    granule = granule_of(images[0])
    if not any("_SCL_" in name for name in images):
        # Some L2A metadata leave it out, though it lies beside the 20 m bands.
        images += [name.replace("_B05_", "_SCL_") for name in images if name.endswith("_B05_20m")]
    return [f"{granule}/MTD_TL.xml", *(f"{name}.jp2" for name in images)]


def _native(name: str) -> bool:
    """Whether an image is a band at its own resolution, or the scene classification."""
    match = _IMAGE.search(name)
    if match is None:
        return False
    band, resolution = match[1], int(match[2] or 0)
    return resolution in (0, 20 if band == "SCL" else RESOLUTION_M[band])
