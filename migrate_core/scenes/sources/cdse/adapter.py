"""The Copernicus Data Space as a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....transfer.http.client import HttpClient
from ....transfer.tokens import Credentials, TokenSession
from ...costs import CLOUD_WINDOW, CloudCost
from ..adapter import AccessWay, Credential, SourceAdapter, Trial
from ..eodata import key_trial, s3_key
from ..protocol import SceneFetcher, SceneSource
from .access import account_of, cheapest
from .fetch import CDSE_LIMITS, CdseFetcher
from .source import CdseSource

if TYPE_CHECKING:  # it needs the database, which workers do without
    from ....transfer.product_store import ProductStore

# What has to be fetched of an L2A product, without the S3 key: see docs/ranking.md.
_CLOUD_FILES = CloudCost(600_000, 3)


@dataclass(frozen=True)
class Cdse(SourceAdapter):
    """`cdse`."""

    title = "Copernicus Data Space"
    needs_fetching = True
    limits = CDSE_LIMITS

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """An account, and an S3 key."""
        return (account_of(self.services), s3_key(self.services))

    @property
    def cloud_cost(self) -> CloudCost | None:
        """That of a window with the S3 key, of the one small file with the account alone."""
        account, key = self.credentials
        if key.found:
            return CLOUD_WINDOW
        return _CLOUD_FILES if account.found else None

    def ways(self, level: str) -> tuple[AccessWay, ...]:
        """Windows by the key, single bands and whole products by the account."""
        account, key = self.credentials
        chosen = cheapest(level, has_key=key.found)
        ways = (("window", key), ("bands", account), ("product", account))
        return tuple(AccessWay(name, needed, name == chosen) for name, needed in ways)

    def open(self, client: HttpClient | None = None) -> SceneSource:
        """What searches its catalogue."""
        return CdseSource(self.services, client)

    def fetcher(self, product_store: ProductStore) -> SceneFetcher:
        """What downloads, with one session of the account."""
        return CdseFetcher(self.services, product_store)

    def trials(self, client: HttpClient) -> tuple[Trial, ...]:
        """The search, the account, and the key."""
        services = self.services

        def ask_for_token() -> str:
            account = Credentials(
                services.cdse_username, services.cdse_password, lambda: services.cdse_totp
            )
            TokenSession(client, services.cdse_token_url, account).header()
            return "The account is accepted."

        return (
            *super().trials(client),
            Trial("bands and products", ask_for_token, account_of(services)),
            key_trial(client, services),
        )
