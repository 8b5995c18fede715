"""The way to pixels that lie at a service: signatures, keys, and settings of GDAL."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rasterio.session import Session

from ...errors import TransferError
from ...products.access import Piece
from ...settings import ServiceSettings
from ...transfer.http.address import keeps_secrets, same_origin
from ...transfer.http.client import HttpClient, Query
from ...transfer.http.retry import RetryPolicy, Runtime
from ...transfer.s3 import S3Store, get_object, signed_url
from ...transfer.sas import SasTokens
from ..sources.eodata import EODATA, check_keys, s3_store
from .pieces import PieceReader

log = logging.getLogger(__name__)

_HTTP, _S3 = "/vsicurl/", "/vsis3/"
_GONE, _REFUSED = 404, (401, 403)
# Reading is tried this often in all; within each try GDAL asks again by itself, see below.
_POLICY = RetryPolicy(attempts=4, first_wait_s=0.5, longest_wait_s=10.0)
_REMOTE: Mapping[str, Any] = {
    # Blocks that lie side by side come in one request; nothing but what is needed is read.
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_HTTP_MULTIRANGE": "YES",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "0.5",
    "GDAL_HTTP_RETRY_CODES": "429,500,502,503,504",
    "GDAL_HTTP_CONNECTTIMEOUT": "15",
    # Less than 1 kB/s for half a minute is a connection that died.
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
    "GDAL_HTTP_LOW_SPEED_TIME": "30",
    # Otherwise GDAL remembers for the life of the process that a file could not be read.
    "CPL_VSIL_CURL_NON_CACHED": f"{_HTTP}:{_S3}",
}
_BRIEF: Mapping[str, Any] = {
    "GDAL_HTTP_MAX_RETRY": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_LOW_SPEED_TIME": "15",
}
_BRIEF_POLICY = RetryPolicy(attempts=2, first_wait_s=0.5, longest_wait_s=2.0)


class _Keys(Session):  # type: ignore[misc]
    """An S3 key for the time of one read; rasterio's own AWSSession needs boto3 for that."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def get_credential_options(self) -> dict[str, str]:
        """GDAL's settings that hold the key."""
        return {
            "AWS_ACCESS_KEY_ID": self._store.access_key or "",
            "AWS_SECRET_ACCESS_KEY": self._store.secret_key or "",
        }


@dataclass(frozen=True)
class Signing:
    """Tokens, the collection whose assets they open, and the addresses of those that may see them.

    An item can name any host as the place of an asset.
    """

    tokens: SasTokens
    collection: str
    owners: tuple[str, ...]

    def opens(self, url: str) -> bool:
        """Whether an address gets a token."""
        owned = any(same_origin(url, owner) for owner in self.owners)
        return owned and keeps_secrets(url) and "?" not in url


@dataclass(frozen=True)
class RemoteAccess:
    """The way to the assets of one item (an `Access` of products.access).

    https is open, or signed; `s3://eodata` is the Copernicus Data Space's, with its key; other
    buckets are read with whatever the environment gives GDAL (AWS_ACCESS_KEY_ID and so on).
    `brief` spares GDAL's own attempts: for what can be done without.
    """

    store: S3Store
    http: HttpClient = field(repr=False)
    pieces: PieceReader = field(repr=False)
    signing: Signing | None = None
    policy: RetryPolicy = _POLICY
    brief: bool = False
    _used: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    def address(self, location: str) -> str:
        """The location as GDAL opens it now, with a signature where it needs one."""
        if self.signing is None or not self.signing.opens(location.removeprefix(_HTTP)):
            # What this thread used before was for another place.
            self._used.token = None
            return location
        token = self.signing.tokens.token(self.signing.collection)
        self._used.token = token
        return f"{location}?{token}"

    def options(self, location: str) -> Mapping[str, Any]:
        """Settings of GDAL for a location."""
        remote = {**_REMOTE, **_BRIEF} if self.brief else _REMOTE
        if not _at_eodata(location):
            return remote
        return {
            **remote,
            "AWS_S3_ENDPOINT": self.store.host,
            "AWS_HTTPS": "YES" if self.store.https else "NO",
            "AWS_VIRTUAL_HOSTING": "FALSE",
            "AWS_REGION": self.store.region,
            # What the environment holds for another store must not go to this one.
            "AWS_SESSION_TOKEN": "",
            "AWS_REQUEST_PAYER": "",
            "AWS_NO_SIGN_REQUEST": "NO",
            # JPEG 2000 is read in small steps: fewer, larger requests.
            "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".jp2",
        }

    def keys(self, location: str) -> Session | None:
        """The key to `eodata`. Raises CredentialsError when it isn't set."""
        if not _at_eodata(location):
            return None
        check_keys(self.store)
        return _Keys(self.store)

    def piece(self, location: str, offset: int, length: int) -> Piece | None:
        """Bytes of a file over https or of `eodata`, signed as for GDAL; None for other buckets."""
        failures = 0
        while True:
            try:
                return self._piece(location, offset, length)
            except TransferError as err:
                failures += 1
                refused = err.status in _REFUSED and failures < self.policy.attempts
                if not (refused and self._renew()):
                    raise

    def _piece(self, location: str, offset: int, length: int) -> Piece | None:
        if _at_eodata(location):
            check_keys(self.store)
            path = "/" + location.removeprefix(_S3)
            url = signed_url(self.store, path, {}, self.pieces.now())
            return self.pieces.read(url, offset, length, few=True)
        if location.startswith(_HTTP):
            return self.pieces.read(self.address(location).removeprefix(_HTTP), offset, length)
        return None

    def retry(self, failures: int, status: int | None) -> bool:
        """Wait and try again, unless the file is gone or what lets us in is refused."""
        if status == _GONE or failures >= self.policy.attempts:
            return False
        if status in _REFUSED and not self._renew():
            return False
        log.info("%s: attempt %d, after status %s.", self.http.service, failures + 1, status)
        self.http.wait(self.policy.wait_s(failures, self.http.runtime.jitter()))
        return True

    def _renew(self) -> bool:
        """Give up the token that this thread used last; False when it used none."""
        token = getattr(self._used, "token", None)
        if self.signing is None or token is None:
            return False
        self.signing.tokens.rejected(self.signing.collection, token)
        return True

    def read(self, href: str) -> bytes:
        """A whole small file, such as the product's metadata. Raises MigrateError."""
        if href.startswith("s3://"):
            bucket, _, key = href.removeprefix("s3://").partition("/")
            if bucket != EODATA:
                raise TransferError(f"{href}: only s3://{EODATA} can be read as a file.")
            check_keys(self.store)
            return get_object(self.http, self.store, bucket, key)
        if not href.startswith(("http://", "https://")):
            raise TransferError(f"{href}: it is neither an https nor an s3 address.")
        return self._fetched(href)

    def _fetched(self, href: str) -> bytes:
        """A file over https; a signature that isn't taken any more is renewed once."""
        url = self.address(f"{_HTTP}{href}").removeprefix(_HTTP)
        try:
            return self.http.send(Query(url)).content
        except TransferError as err:
            if err.status not in _REFUSED or not self._renew():
                raise
        url = self.address(f"{_HTTP}{href}").removeprefix(_HTTP)
        return self.http.send(Query(url)).content


def _at_eodata(location: str) -> bool:
    return location.startswith(f"{_S3}{EODATA}/")


class Remotes:
    """What one process shares of all services: connections, and tokens that are still valid."""

    def __init__(self, services: ServiceSettings, runtime: Runtime | None = None) -> None:
        self.store = s3_store(services)
        # Metadata are not worth minutes: what can't be read is reported, and done without.
        brief = RetryPolicy(attempts=4, longest_wait_s=8.0, longest_retry_after_s=60.0)
        self.http = HttpClient("The service of the scene", policy=brief, runtime=runtime)
        self._pieces = PieceReader(runtime)
        self._brief_pieces = PieceReader(runtime, brief=True)
        tokens = HttpClient("The Planetary Computer's signing service", runtime=runtime)
        self._tokens = SasTokens(tokens, services.planetary_computer_sas_url)
        self._owners = (
            services.planetary_computer_storage_url,
            services.planetary_computer_url,
            services.planetary_computer_sas_url,
        )

    def access(self, signed_collection: str | None = None, *, brief: bool = False) -> RemoteAccess:
        """The way to the assets of an item; those of `signed_collection` need a signature.

        A `brief` one soon gives up: for what can be done without.
        """
        signing = None
        if signed_collection:
            signing = Signing(self._tokens, signed_collection, self._owners)
        policy = _BRIEF_POLICY if brief else _POLICY
        pieces = self._brief_pieces if brief else self._pieces
        return RemoteAccess(self.store, self.http, pieces, signing, policy, brief)
