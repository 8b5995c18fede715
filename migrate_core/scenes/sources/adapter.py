"""What an adapter says of its service, so that nobody else needs to know which one it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from ...errors import WrongUseError
from ...settings import ServiceSettings
from ...transfer.http.address import shown
from ...transfer.http.client import HttpClient
from ...transfer.limits import ServiceLimits
from ..costs import CLOUD_WINDOW, CloudCost
from .protocol import SceneFetcher, SceneRequest, SceneSource

if TYPE_CHECKING:  # it needs the database, which workers do without
    from ...transfer.product_store import ProductStore

# The test of a connection asks for a few days over Brussels: a handful of scenes at any service.
_TEST = SceneRequest((4.3, 50.8, 4.4, 50.9), date(2023, 6, 1), date(2023, 6, 5), "L2A")


@dataclass(frozen=True)
class Credential:
    """Credentials that a source takes: for which purpose, and in which variables.

    `missing` says what to set; None when all is. Values are looked at, never shown. With
    `two_factors` a code may be asked for beside them.
    """

    purpose: str
    variables: tuple[str, ...]
    missing: str | None = None
    two_factors: bool = False

    @property
    def found(self) -> bool:
        """Whether nothing is missing."""
        return self.missing is None


def credential(purpose: str, variables: tuple[str, ...], services: ServiceSettings) -> Credential:
    """A credential that is there when all of its variables are set."""
    if all(getattr(services, name.lower()) for name in variables):
        return Credential(purpose, variables)
    missing = f"{' and '.join(variables)} are not set, which {purpose} need."
    return Credential(purpose, variables, missing)


@dataclass(frozen=True)
class AccessWay:
    """A way to pixels, one of settings.ACCESSES; `automatic` where `auto` takes it."""

    access: str
    credential: Credential | None = None
    automatic: bool = True


@dataclass(frozen=True)
class Trial:
    """One thing to try of a connection, with the credential that it needs.

    `attempt` gives what worked, in words, and raises MigrateError.
    """

    what: str
    attempt: Callable[[], str]
    credential: Credential | None = None


@dataclass(frozen=True)
class SourceAdapter:
    """A source by its name; nothing is asked of it before it is opened.

    This one is any service whose pixels are read where they lie, which is what is known of a stored
    scene of a source that is no longer known. `title` is how pages call it, `limits` what it allows
    an account to download. `signs_addresses` is whether its assets open with a token only.
    """

    spec: str
    services: ServiceSettings = field(repr=False)
    title: ClassVar[str] = ""
    is_local: ClassVar[bool] = False
    needs_fetching: ClassVar[bool] = False
    signs_addresses: ClassVar[bool] = False
    limits: ClassVar[ServiceLimits | None] = None

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The credentials that it takes; none for most."""
        return ()

    @property
    def cloud_cost(self) -> CloudCost | None:
        """What measuring clouds over a mask takes; None where credentials for it are missing."""
        return CLOUD_WINDOW

    def ways(self, level: str) -> tuple[AccessWay, ...]:  # noqa: ARG002
        """The ways to the pixels of scenes of a level."""
        return (AccessWay("window"),)

    def open(self, client: HttpClient | None = None) -> SceneSource:  # noqa: ARG002
        """What searches it, by `client` where one is given. Raises WrongUseError."""
        raise WrongUseError(f"{shown(self.spec)!r} is not a scene source.")

    def fetcher(self, product_store: ProductStore) -> SceneFetcher | None:  # noqa: ARG002
        """What brings its pixels here; None where they are read where they lie."""
        return None

    def trials(self, client: HttpClient) -> tuple[Trial, ...]:
        """What tells whether it can be used: a small search, and the ways to its pixels."""
        return (Trial("search", lambda: _search_briefly(self.open(client))),)


def _search_briefly(source: SceneSource) -> str:
    """How a source answers a small search, in words. Raises MigrateError."""
    result = source.search(_TEST)
    if result.problems:
        return f"It answers, with problems: {result.problems[0].message}"
    return f"It answers ({len(result.scenes)} scenes of a place and days to test with)."
