"""Whether a source can be used: the credentials that it needs, and what works when it is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...errors import CredentialsError, MigrateError, TransferError
from ...settings import ServiceSettings
from ...transfer.http.client import HttpClient
from ...transfer.http.retry import RetryPolicy, Runtime
from ...transfer.s3 import S3Store, ping_bucket
from ...transfer.sas import SasTokens
from ...transfer.tokens import Credentials, TokenSession
from ..sources import open_source, stac
from ..sources.cdse import SPEC as CDSE
from ..sources.cdse import CdseSource
from ..sources.dhus import DhusSource, why_no_account
from ..sources.protocol import SceneRequest
from .remote import EODATA, check_keys

# A test that waits for minutes is none.
_POLICY = RetryPolicy(
    attempts=2,
    first_wait_s=0.5,
    longest_wait_s=2.0,
    longest_retry_after_s=5.0,
    timeout_s=(10.0, 30.0),
)
# A few days over Brussels: a handful of scenes at any service.
_BOUNDS = (4.3, 50.8, 4.4, 50.9)
_FIRST_DAY, _LAST_DAY = date(2023, 6, 1), date(2023, 6, 5)
_REFUSED = (401, 403)
WORKS, FAILS, NOT_SET = "works", "fails", "not set"

_ACCOUNT = ("CDSE_USERNAME", "CDSE_PASSWORD")
_KEY = ("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY")
_DHUS = ("DHUS_URL", "DHUS_USER", "DHUS_PASSWORD")


@dataclass(frozen=True)
class Need:
    """Credentials that a source takes: `purpose` in words, the variables, whether all are set."""

    purpose: str
    variables: tuple[str, ...]
    found: bool


@dataclass(frozen=True)
class Step:
    """One thing that was tried: `state` is `works`, `fails` or `not set` (no credentials)."""

    what: str
    state: str
    words: str


@dataclass(frozen=True)
class Connection:
    """What a source can be used for now."""

    spec: str
    steps: tuple[Step, ...]

    @property
    def problem(self) -> str | None:
        """What is wrong, in words; None when scenes can be found and their pixels be had.

        Of several ways to the pixels one is enough, but credentials that are set must be right.
        """
        failed = [step.words for step in self.steps if step.state == FAILS]
        if failed:
            return " ".join(failed)
        ways = [step for step in self.steps if step.what != "search"]
        if ways and all(step.state == NOT_SET for step in ways):
            return " ".join(step.words for step in ways)
        return None


def needs_of(spec: str, services: ServiceSettings) -> tuple[Need, ...]:
    """The credentials that a source takes; none for most. Values are looked at, never shown."""
    if spec == CDSE:
        return (
            _need("clouds over masks, single bands and whole products", _ACCOUNT, services),
            _need("windows", _KEY, services),
        )
    if spec == stac.CDSE_STAC:
        return (_need("windows", _KEY, services),)
    if spec.startswith("dhus:"):
        url = spec.partition(":")[2]
        return (Need("search and products", _DHUS, why_no_account(url, services) is None),)
    return ()


def _need(purpose: str, variables: tuple[str, ...], services: ServiceSettings) -> Need:
    found = all(getattr(services, name.lower()) for name in variables)
    return Need(purpose, variables, found)


def try_connection(
    spec: str, services: ServiceSettings, around: Runtime | None = None
) -> Connection:
    """Try a source: a small search, and the ways to its pixels that need credentials.

    What doesn't work is reported, not raised. Raises WrongUseError when there is no such source.
    """
    return Connection(spec, tuple(_Trial(spec, services, around or Runtime()).steps()))


class _Trial:
    """The steps for one source."""

    def __init__(self, spec: str, services: ServiceSettings, around: Runtime) -> None:
        self._spec = spec
        self._services = services
        self._around = around
        self._source = open_source(spec, services)

    def steps(self) -> Iterator[Step]:
        if self._source.whole:
            yield self._folder(Path(self._spec.partition(":")[2]))
            return
        needs = {need.variables: need for need in needs_of(self._spec, self._services)}
        if _DHUS in needs:
            yield self._with(needs[_DHUS], "search and products", self._search)
            return
        yield self._step("search", self._search)
        if _ACCOUNT in needs:
            yield self._with(needs[_ACCOUNT], "bands and products", self._token)
        if _KEY in needs:
            yield self._with(needs[_KEY], "windows", self._key)
        if self._spec == stac.PLANETARY_COMPUTER:
            yield self._step("windows", self._signature)

    def _folder(self, path: Path) -> Step:
        if path.exists():
            return Step("search", WORKS, "The folder is there.")
        return Step("search", FAILS, f"There is no {path} on this machine. Check the path.")

    def _step(self, what: str, attempt: Callable[[], str]) -> Step:
        try:
            return Step(what, WORKS, attempt())
        except MigrateError as err:
            return Step(what, FAILS, str(err))

    def _with(self, need: Need, what: str, attempt: Callable[[], str]) -> Step:
        """A step that needs credentials."""
        if not need.found:
            if need.variables == _DHUS:
                words = why_no_account(self._spec.partition(":")[2], self._services)
                return Step(what, NOT_SET, str(words))
            names = " and ".join(need.variables)
            return Step(what, NOT_SET, f"{names} are not set, which {need.purpose} need.")
        return self._step(what, attempt)

    def _client(self) -> HttpClient:
        return HttpClient(self._spec, policy=_POLICY, runtime=self._around)

    def _search(self) -> str:
        source = self._source
        if isinstance(source, stac.StacSource):
            source = stac.StacSource(source.service, _POLICY, self._around)
        elif self._spec == CDSE:
            source = CdseSource(self._services, self._client())
        elif isinstance(source, DhusSource):
            url = self._spec.partition(":")[2]
            source = DhusSource(url, self._services, self._client())
        result = source.search(SceneRequest(_BOUNDS, _FIRST_DAY, _LAST_DAY, "L2A"))
        if result.problems:
            return f"It answers, with problems: {result.problems[0].message}"
        return f"It answers ({len(result.scenes)} scenes of a place and days to test with)."

    def _token(self) -> str:
        services = self._services
        account = Credentials(
            services.cdse_username, services.cdse_password, lambda: services.cdse_totp
        )
        TokenSession(self._client(), services.cdse_token_url, account).header()
        return "The account is accepted."

    def _key(self) -> str:
        services = self._services
        store = S3Store(
            services.cdse_s3_endpoint,
            access_key=services.cdse_s3_access_key,
            secret_key=services.cdse_s3_secret_key,
        )
        check_keys(store)
        try:
            ping_bucket(self._client(), store, EODATA)
        except TransferError as err:
            if err.status not in _REFUSED:
                raise
            raise CredentialsError(
                f"{self._spec}: CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY were not accepted. They "
                "expire: look at the account's S3 key manager."
            ) from err
        return "The S3 key is accepted."

    def _signature(self) -> str:
        collection = stac.planetary_computer(self._services).collections["L2A"]
        SasTokens(self._client(), self._services.planetary_computer_sas_url).token(collection)
        return "It signs addresses; no account is needed."
