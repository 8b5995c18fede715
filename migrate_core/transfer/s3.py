"""Objects and listings of an S3 store: not pixels that are read (GDAL does that).

Requests carry their signature in the query (AWS Signature Version 4, "Authenticating requests:
using query parameters"), which errors never show and redirects never take along.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from defusedxml import ElementTree

from ..errors import TransferError
from .http.client import HttpClient, Query

_ALGORITHM = "AWS4-HMAC-SHA256"
_VALID_S = 900
# A page has 1,000 keys, a product about 200.
_MOST_PAGES = 100


@dataclass(frozen=True)
class S3Store:
    """An S3 service, addressed in path style, and the keys to it; without keys it is open."""

    endpoint: str
    region: str = "default"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """The endpoint without its scheme, with a port where it has one."""
        return urlsplit(self.endpoint).netloc

    @property
    def https(self) -> bool:
        """Whether connections are encrypted."""
        return urlsplit(self.endpoint).scheme == "https"


def get_object(http: HttpClient, store: S3Store, bucket: str, key: str) -> bytes:
    """The content of an object. Raises TransferError."""
    return http.send(Query(signed_url(store, f"/{bucket}/{key}", {}, _now(http)))).content


@dataclass(frozen=True)
class StoredObject:
    """An object of a listing: its key, size in bytes, and what tells its content from another."""

    key: str
    size: int
    etag: str


def ping_bucket(http: HttpClient, store: S3Store, bucket: str) -> None:
    """Ask for one key of a bucket. Raises TransferError when the store or the keys don't answer."""
    params = {"list-type": "2", "max-keys": "1"}
    http.send(Query(signed_url(store, f"/{bucket}", params, _now(http))))


def list_keys(http: HttpClient, store: S3Store, bucket: str, prefix: str) -> Iterator[str]:
    """The keys that begin with `prefix`, over all pages of a listing. Raises TransferError."""
    for found in list_objects(http, store, bucket, prefix):
        yield found.key


def list_objects(
    http: HttpClient, store: S3Store, bucket: str, prefix: str, most_pages: int | None = None
) -> Iterator[StoredObject]:
    """The objects whose keys begin with `prefix`, over all pages. Raises TransferError."""
    most = _MOST_PAGES if most_pages is None else most_pages
    token: str | None = None
    tokens: set[str] = set()
    while len(tokens) < most:
        params = {"list-type": "2", "prefix": prefix}
        if token:
            params["continuation-token"] = token
        url = signed_url(store, f"/{bucket}", params, _now(http))
        try:
            root = ElementTree.fromstring(http.send(Query(url)).content)
        except (ElementTree.ParseError, ValueError) as err:
            raise TransferError(
                f"{http.service}: the listing of {prefix} is not proper XML ({err}). Try again."
            ) from err
        yield from map(_stored, (one for one in root.iter() if _tag(one) == "Contents"))
        tokens_there = (one.text for one in root.iter() if _tag(one) == "NextContinuationToken")
        token = next(tokens_there, None)
        if not token:
            return
        if token in tokens:
            break
        tokens.add(token)
    raise TransferError(
        f"{http.service}: the listing of {prefix} has no end: after {len(tokens)} pages it leads "
        "on or back. Try again later, or use another source."
    )


def _now(http: HttpClient) -> datetime:
    return datetime.fromtimestamp(http.runtime.clock(), UTC)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _stored(element: Any) -> StoredObject:
    texts = {_tag(one): one.text or "" for one in element}
    size = texts.get("Size", "")
    return StoredObject(
        texts.get("Key", ""), int(size) if size.isdigit() else 0, texts.get("ETag", "").strip('"')
    )


def signed_url(
    store: S3Store, path: str, params: Mapping[str, str], now: datetime, method: str = "GET"
) -> str:
    """The address to ask for `path` by, signed for a quarter of an hour from `now`."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{store.region}/s3/aws4_request"
    query = dict(params)
    if store.access_key:
        query |= {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{store.access_key}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(_VALID_S),
            "X-Amz-SignedHeaders": "host",
        }
        if store.session_token:
            query["X-Amz-Security-Token"] = store.session_token
    canonical = "&".join(f"{_quoted(name)}={_quoted(query[name])}" for name in sorted(query))
    address = quote(path, safe="/-_.~")
    url = f"{store.endpoint}{address}?{canonical}"
    if not (store.access_key and store.secret_key):
        return url.rstrip("?")
    request = f"{method}\n{address}\n{canonical}\nhost:{store.host}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{store.secret_key}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    signature = _mac(key, f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}").hex()
    return f"{url}&X-Amz-Signature={signature}"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
