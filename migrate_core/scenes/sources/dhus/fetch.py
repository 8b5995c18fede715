"""Products of a mirror: downloaded when online, else ordered from its long-term archive."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ....errors import ArchiveOrderedError, CredentialsError
from ....model import Scene
from ....products.names import without_safe
from ....settings import ServiceSettings
from ....store.transfers.orders import Order, find_order, forget_order, put_order
from ....transfer.checks import Checksum
from ....transfer.download import Download
from ....transfer.limits import ServiceLimits
from ....transfer.product_store import ProductStore
from ....transfer.tokens import Basic
from ..protocol import Fetched, NotInPlaceError
from .mirror import Mirror, refusal
from .source import HREF

# Mirrors differ; two at a time was the rule of the Open Access Hub.
_CONNECTIONS = 2
# A retrieval takes up to a day; after that it is ordered again.
_RETRIEVAL = timedelta(hours=24)
_SUMS = ("md5", "sha3-256", "blake3", "sha256", "sha-256")


class DhusFetcher:
    """Downloads with one account; what is archived is ordered, and asked for again later."""

    def __init__(self, url: str, services: ServiceSettings, product_store: ProductStore) -> None:
        host = urlsplit(url).hostname or "mirror"
        self._client = product_store.client(f"dhus:{host}")
        self._mirror = Mirror(url, services, self._client)
        self._product_store = product_store
        # One account a mirror, also of two on one host.
        digest = hashlib.sha256(self._mirror.spec.encode()).hexdigest()[:8]
        limits = ServiceLimits(f"dhus-{host}-{digest}", _CONNECTIONS)
        self._account = product_store.account(limits)
        self._services = services

    def fetch(self, scene: Scene, access: str) -> Fetched:  # noqa: ARG002
        """The product of a scene in the cache; mirrors give it only whole, whatever `access` says.

        Raises ArchiveOrderedError while it is on its way from the archive.
        """
        if self._mirror.without_account:
            raise CredentialsError(self._mirror.without_account)
        uuid = scene.href.removeprefix(HREF)
        name = f"{scene.scene_id}.zip"
        held = self._product_store.cache.hold(
            name, 0, lambda target: self._get(scene, uuid, target)
        )
        forget_order(self._product_store.store, self._mirror.spec, uuid)
        return Fetched(
            str(held.path), "product", self._mirror.spec, without_safe(name), held.release
        )

    def fetch_clouds(self, scene: Scene) -> Fetched:  # noqa: ARG002
        """Never: a mirror has no single files."""
        raise NotInPlaceError("the service offers whole products only")

    def _get(self, scene: Scene, uuid: str, target: Path) -> None:
        product = self._mirror.product(uuid)
        if product.get("Online") is False and not self._ordered(scene, uuid):
            product = self._mirror.product(uuid)
        size = int(product.get("size") or 0) or None
        self._product_store.cache.make_room(size or 0, keep=target.name)
        wanted = Download(
            self._mirror.download_url(uuid),
            scene.scene_id,
            size,
            _checksums(product),
            self._basic(),
        )
        try:
            self._account.fetch(wanted, target, self._client)
        except ArchiveOrderedError:
            # 202 on the way: the archive has taken the download itself as an order.
            self._wait(scene, uuid, "ordered", "")

    def _ordered(self, scene: Scene, uuid: str) -> bool:
        """Order a product that is archived; False when it turns out to be online."""
        known = find_order(self._product_store.store, self._mirror.spec, uuid)
        if known is not None and known.state == "ordered" and self._young(known):
            self._wait(scene, uuid, "ordered", known.words)
        answer = self._mirror.order(uuid)
        if answer == "online":
            return False
        self._wait(scene, uuid, "ordered" if answer is None else "refused", answer or "")
        return True

    def _wait(self, scene: Scene, uuid: str, state: str, words: str) -> None:
        """Write down what is waited for. Raises ArchiveOrderedError."""
        order = put_order(
            self._product_store.store,
            Order(self._mirror.spec, uuid, scene.scene_id, state, self._product_store.now(), words),
        )
        if state == "ordered":
            raise ArchiveOrderedError(
                f"{scene.scene_id}: it is in the long-term archive of {self._mirror.spec} and was "
                f"ordered on {order.since}; that takes up to a day. Run it again later."
            )
        raise ArchiveOrderedError(
            f"{scene.scene_id}: it is in the long-term archive of {self._mirror.spec}, which takes "
            f"no order now ({' '.join(words.split())[:200]}). Run it again later."
        )

    def _young(self, order: Order) -> bool:
        since = datetime.fromisoformat(order.since)
        return datetime.fromisoformat(self._product_store.now()) - since < _RETRIEVAL

    def _basic(self) -> Basic:
        account = f"{self._services.dhus_user}:{self._services.dhus_password}"
        encoded = base64.b64encode(account.encode()).decode()
        return Basic(f"Basic {encoded}", refusal(self._mirror.spec))


def _checksums(product: Mapping[str, Any]) -> tuple[Checksum, ...]:
    """Sentinelsat puts a checksum under the name of its algorithm."""
    return tuple(Checksum(name, str(product[name])) for name in _SUMS if product.get(name))
