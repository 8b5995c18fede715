"""Objects below one address: listed, read, written and deleted; what fails is told in words.

Large files go in pieces ("Uploading and copying objects using multipart upload", Amazon S3 User
Guide), so that a connection that breaks costs one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from defusedxml import ElementTree

from ...errors import CredentialsError, TransferError
from ...settings import ServiceSettings
from ...transfer.http.client import HttpClient
from ...transfer.http.messages import Answer, Query
from ...transfer.s3 import S3Store, StoredObject, list_objects, signed_url
from .address import Address

_REGION = "us-east-1"
# Held in memory by each thread that sends. S3 takes 10,000 pieces, none but the last below 5 MB.
_PIECE_BYTES = 16 * 1024 * 1024
_MOST_PIECES = 10_000
# Of 1,000 keys each.
_MOST_PAGES = 20_000
_REFUSED = (401, 403)
_MOVED = (301, 307, 400)


def store_of(services: ServiceSettings) -> S3Store:
    """The store that datasets are sent to. Raises CredentialsError without keys."""
    if not (services.aws_access_key_id and services.aws_secret_access_key):
        raise CredentialsError(
            "Datasets are sent to s3://… with keys, which are not set. Set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL for another store than Amazon's."
        )
    region = services.aws_region or _REGION
    return S3Store(
        services.aws_endpoint_url or f"https://s3.{region}.amazonaws.com",
        region,
        services.aws_access_key_id,
        services.aws_secret_access_key,
        services.aws_session_token,
    )


class Bucket:
    """The objects below `address`; names are relative to it. Safe to use from threads.

    All raise TransferError, or CredentialsError where the keys may not do it.
    """

    def __init__(self, address: Address, store: S3Store, http: HttpClient) -> None:
        self.address = address
        self._store = store
        self._http = http

    def objects(self) -> Iterator[StoredObject]:
        """All of them; `key` is the name."""
        begin = self.address.key("")
        with self._reported():
            for one in list_objects(
                self._http, self._store, self.address.bucket, begin, _MOST_PAGES
            ):
                yield StoredObject(one.key.removeprefix(begin), one.size, one.etag)

    def get(self, name: str) -> bytes:
        """The content of an object, which should be small."""
        with self._reported():
            return self._ask("GET", name).content

    def delete(self, name: str) -> None:
        """Delete an object; one that isn't there any more is no error."""
        with self._reported():
            self._ask("DELETE", name)

    def put(self, name: str, path: Path) -> str:
        """Write a file as an object, and give back what tells its content from another (ETag)."""
        size = path.stat().st_size
        piece = max(_PIECE_BYTES, -(-size // _MOST_PIECES))
        with self._reported(), path.open("rb") as file:
            if size <= piece:
                return _etag(self._ask("PUT", name, body=file.read()))
            return self._put_pieces(name, iter(lambda: file.read(piece), b""))

    def _put_pieces(self, name: str, pieces: Iterator[bytes]) -> str:
        upload = _text(self._ask("POST", name, {"uploads": ""}, b""), "UploadId")
        try:
            etags = [
                _etag(
                    self._ask("PUT", name, {"partNumber": str(number), "uploadId": upload}, piece)
                )
                for number, piece in enumerate(pieces, 1)
            ]
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag></Part>"
                for number, etag in enumerate(etags, 1)
            )
            body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            # An error may come with status 200, and then has no ETag.
            return _text(self._ask("POST", name, {"uploadId": upload}, body), "ETag").strip('"')
        except BaseException:
            # Else its pieces stay, unseen, and are paid for.
            with suppress(TransferError):
                self._ask("DELETE", name, {"uploadId": upload})
            raise

    def _ask(
        self,
        method: str,
        name: str,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        path = f"/{self.address.bucket}/{self.address.key(name)}"
        now = datetime.fromtimestamp(self._http.runtime.clock(), UTC)
        url = signed_url(self._store, path, params or {}, now, method)
        return self._http.send(Query(url, method, body=body))

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except TransferError as err:
            # The store's own words may repeat keys.
            raise self._error(err.status) from None

    def _error(self, status: int | None) -> TransferError:
        where = f"{self.address} at {self._store.host}"
        if status in _REFUSED:
            return CredentialsError(
                f"{where}: the keys may not do this (status {status}). Check AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, and that they may list, read, write and delete there.",
                status,
            )
        if status == 404:
            return TransferError(
                f"{where}: there is no bucket {self.address.bucket}. Make it, or check its name "
                "and AWS_ENDPOINT_URL.",
                status,
            )
        if status in _MOVED:
            return TransferError(
                f"{where}: the bucket {self.address.bucket} doesn't answer to region "
                f"{self._store.region} (status {status}). Set AWS_REGION to that of the bucket.",
                status,
            )
        found = f"answered with status {status}" if status else "can't be reached"
        return TransferError(
            f"{where}: it {found}. Export again when it answers: what was sent is kept.", status
        )


def _etag(answer: Answer) -> str:
    return str(answer.headers.get("ETag") or "").strip('"')


def _text(answer: Answer, tag: str) -> str:
    """The text of an element of an answer. Raises TransferError without it."""
    with suppress(ElementTree.ParseError, ValueError):
        for element in ElementTree.fromstring(answer.content).iter():
            if str(element.tag).rpartition("}")[2] == tag and element.text:
                return str(element.text)
    raise TransferError(f"The object store answered without {tag}.")
