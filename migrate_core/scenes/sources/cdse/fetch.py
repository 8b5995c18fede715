"""Products of the Copernicus Data Space, whole or only the files that a pair needs.

Single files come through `Nodes(…)`; which there are, the product's own metadata say. Laid out as
the SAFE folder that they come from, they are read like any other product.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from defusedxml import DefusedXmlException, ElementTree

from ....errors import CredentialsError, TransferError
from ....model import Scene
from ....products.product import RESOLUTION_M
from ....settings import ServiceSettings
from ....transfer.depot import Depot, ServiceLimits
from ....transfer.download import Download
from ....transfer.ledger import CDSE_QUOTA
from ....transfer.tokens import Credentials, TokenSession
from ..protocol import Fetched
from .catalogue import Catalogue
from .products import SPEC, CdseProduct, id_of

# General users: 4 connections, 12 TB in 30 days.
CDSE_LIMITS = ServiceLimits(SPEC, 4, CDSE_QUOTA)
# About what the files of a pair take, until their own sizes are known.
_BANDS_BYTES = 700_000_000
_IMAGE = re.compile(r"_(B\d{2}|B8A|SCL)(?:_(\d{2})m)?$")


class NoBandFilesError(TransferError):
    """The metadata of a product don't say which files it has."""


class CdseFetcher:
    """Downloads with one session of one account."""

    def __init__(self, services: ServiceSettings, depot: Depot) -> None:
        self._client = depot.client(SPEC)
        self._catalogue = Catalogue(self._client, services.cdse_odata_url)
        self._url = services.cdse_download_url
        self._depot = depot
        self.limits = CDSE_LIMITS
        self._has_key = bool(services.cdse_s3_access_key and services.cdse_s3_secret_key)
        self._account = depot.account(self.limits)
        credentials = Credentials(
            services.cdse_username, services.cdse_password, lambda: services.cdse_totp
        )
        self.session = TokenSession(self._client, services.cdse_token_url, credentials)

    def fetch(self, scene: Scene, access: str) -> Fetched:
        """The product of a scene in the cache, as `bands` or `product`.

        `auto` reads windows where there is an S3 key for it; else it takes single files of an L2A
        product, whose zip holds much that no pair needs, and the whole L1C product, whose zip
        holds little else; and the whole product, too, where the metadata don't say which files
        there are. For a window nothing is fetched here: the worker reads it.
        """
        product = self._catalogue.current(id_of(scene), scene)
        chosen = self._cheapest(scene, product) if access == "auto" else access
        if chosen == "window":
            return self._window(product)
        if not product.online:
            raise TransferError(
                f"{product.product_id}: {SPEC} has it offline. Use another source, or choose "
                "another scene."
            )
        try:
            return self._held(product, chosen)
        except NoBandFilesError:
            if access != "auto":
                raise
            return self._held(product, "product")

    def _held(self, product: CdseProduct, access: str) -> Fetched:
        if access == "bands":
            held = self._depot.cache.hold(
                f"{product.product_id}.SAFE",
                _BANDS_BYTES,
                lambda target: self._bands(product, target),
            )
        else:
            held = self._depot.cache.hold(
                f"{product.product_id}.zip",
                product.size or _BANDS_BYTES,
                lambda target: self._whole(product, target),
            )
        return Fetched(str(held.path), access, SPEC, product.product_id, held.release)

    def _cheapest(self, scene: Scene, product: CdseProduct) -> str:
        if self._has_key and product.s3_path:
            return "window"
        return "bands" if scene.level == "L2A" else "product"

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
        place = f"s3://{product.s3_path.removeprefix('s3://').lstrip('/')}"
        return Fetched(place, "window", SPEC, product.product_id)

    def _whole(self, product: CdseProduct, target: Path) -> None:
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
        unfinished = target.with_name(f"{target.name}.part")
        main = f"MTD_{product.name[4:10]}.xml"
        self._file(product, main, unfinished)
        for name in needed_files((unfinished / main).read_bytes(), product.product_id):
            self._file(product, name, unfinished)
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)

    def _file(self, product: CdseProduct, name: str, folder: Path) -> None:
        nodes = "/".join(f"Nodes({part})" for part in (product.name, *name.split("/")))
        wanted = Download(
            f"{self._url}/Products({product.id})/{nodes}/$value",
            f"{product.product_id}/{name}",
            auth=self.session,
        )
        self._account.fetch(wanted, folder / name, self._client)


def needed_files(xml: bytes, title: str) -> list[str]:
    """The files of a product that a pair is made of, by its MTD_MSIL*.xml, relative to the SAFE.

    MTD_TL.xml of the granule, each band at its native resolution, and SCL of L2A products.
    Raises TransferError.
    """
    images = [name for name in _images(xml, title) if _native(name)]
    if not images:
        raise NoBandFilesError(
            f"{title}: its metadata name no band files, so they can't be fetched one by one. Use "
            "--access product."
        )
    granule = "/".join(PurePosixPath(images[0]).parts[:2])
    if not any("_SCL_" in name for name in images):
        # Some L2A metadata leave it out, though it lies beside the 20 m bands.
        images += [name.replace("_B05_", "_SCL_") for name in images if name.endswith("_B05_20m")]
    return [f"{granule}/MTD_TL.xml", *(f"{name}.jp2" for name in images)]


def _images(xml: bytes, title: str) -> Iterator[str]:
    """What IMAGE_FILE elements say, without a suffix; each path once."""
    try:
        root = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, DefusedXmlException, LookupError, ValueError) as err:
        raise TransferError(
            f"{title}: its metadata are not proper XML ({err}). Try again, or use another source."
        ) from err
    seen = set()
    for element in root.iter():
        if element.tag.rpartition("}")[2] not in ("IMAGE_FILE", "IMAGE_ID"):
            continue
        name = (element.text or "").strip().removesuffix(".jp2")
        parts = PurePosixPath(name).parts
        safe = len(parts) >= 4 and parts[0] == "GRANULE" and ".." not in parts
        if safe and name not in seen:
            seen.add(name)
            yield name


def _native(name: str) -> bool:
    """Whether an image is a band at its own resolution, or the scene classification."""
    match = _IMAGE.search(name)
    if match is None:
        return False
    band, resolution = match[1], int(match[2] or 0)
    return resolution in (0, 20 if band == "SCL" else RESOLUTION_M[band])
