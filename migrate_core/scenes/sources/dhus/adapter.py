"""A mirror as a source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ....transfer.http.client import HttpClient
from ..adapter import AccessWay, Credential, SourceAdapter, Trial
from ..protocol import SceneFetcher, SceneSource
from .account import why_no_account

if TYPE_CHECKING:  # it needs the database, which workers do without
    from ....transfer.product_store import ProductStore

_ACCOUNT = ("DHUS_URL", "DHUS_USER", "DHUS_PASSWORD")


@dataclass(frozen=True)
class Dhus(SourceAdapter):
    """`dhus:URL`."""

    needs_fetching = True

    @property
    def url(self) -> str:
        """Its address."""
        return self.spec.removeprefix("dhus:")

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The account, which belongs to one mirror."""
        missing = why_no_account(self.url, self.services)
        return (Credential("search and products", _ACCOUNT, missing),)

    @property
    def cloud_cost(self) -> None:
        """It gives whole products only."""
        return None

    def ways(self, level: str) -> tuple[AccessWay, ...]:  # noqa: ARG002
        """Whole products only."""
        (account,) = self.credentials
        return (AccessWay("product", account),)

    def open(self, client: HttpClient | None = None) -> SceneSource:
        """What searches it."""
        from .source import DhusSource  # sentinelsat is slow to import; pages need no search

        return DhusSource(self.url, self.services, client)

    def fetcher(self, product_store: ProductStore) -> SceneFetcher:
        """What downloads, and orders from its archive."""
        from .fetch import DhusFetcher

        return DhusFetcher(self.url, self.services, product_store)

    def trials(self, client: HttpClient) -> tuple[Trial, ...]:
        """The search, which needs the account as all else does."""
        (search,) = super().trials(client)
        (account,) = self.credentials
        return (replace(search, what=account.purpose, credential=account),)
