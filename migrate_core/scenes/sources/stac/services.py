"""STAC APIs as sources: Earth Search, the Planetary Computer, the Copernicus Data Space, any."""

from __future__ import annotations

from dataclasses import dataclass

from ....transfer.http.client import HttpClient
from ....transfer.sas import SasTokens
from ...costs import CLOUD_WINDOW, CloudCost
from ..adapter import AccessWay, Credential, SourceAdapter, Trial
from ..eodata import key_trial, s3_key
from ..protocol import SceneSource
from .profiles import StacService, any_stac, cdse_stac, earth_search, planetary_computer


@dataclass(frozen=True)
class AnyStac(SourceAdapter):
    """`stac:URL#COLLECTION`."""

    def service(self) -> StacService:
        """Where it is. Raises WrongUseError."""
        return any_stac(self.spec)

    def open(self, client: HttpClient | None = None) -> SceneSource:
        """What searches it."""
        from .source import StacSource  # pystac-client is slow to import; scenes need no search

        if client is None:
            return StacSource(self.service())
        return StacSource(self.service(), client.policy, client.runtime)


class EarthSearch(AnyStac):
    """`earth-search`."""

    title = "Earth Search (AWS)"

    def service(self) -> StacService:
        """Where it is."""
        return earth_search(self.services)


class PlanetaryComputer(AnyStac):
    """`planetary-computer`, which signs the addresses of its assets for everybody."""

    title = "Planetary Computer"
    signs_addresses = True

    def service(self) -> StacService:
        """Where it is."""
        return planetary_computer(self.services)

    def trials(self, client: HttpClient) -> tuple[Trial, ...]:
        """The search, and a token."""

        def sign() -> str:
            collection = self.service().collections["L2A"]
            SasTokens(client, self.services.planetary_computer_sas_url).token(collection)
            return "It signs addresses; no account is needed."

        return (*super().trials(client), Trial("windows", sign))


class CdseStac(AnyStac):
    """`cdse-stac`, whose items point into the S3 store."""

    title = "Copernicus Data Space, STAC"

    def service(self) -> StacService:
        """Where it is."""
        return cdse_stac(self.services)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The S3 key."""
        return (s3_key(self.services),)

    @property
    def cloud_cost(self) -> CloudCost | None:
        """That of a window, with the S3 key."""
        return CLOUD_WINDOW if s3_key(self.services).found else None

    def ways(self, level: str) -> tuple[AccessWay, ...]:  # noqa: ARG002
        """Windows, with the S3 key."""
        return (AccessWay("window", s3_key(self.services)),)

    def trials(self, client: HttpClient) -> tuple[Trial, ...]:
        """The search, and the key."""
        return (*super().trials(client), key_trial(client, self.services))
