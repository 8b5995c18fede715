"""Bytes of files at a service by their place, over https or from an S3 store."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import requests

from ...products.access import Piece
from ...transfer.http.bounds import Bound, announced_bytes
from ...transfer.http.client import HttpClient, Query
from ...transfer.http.retry import RetryPolicy, Runtime, TransientError
from ...transfer.http.watch import watched_session

# As many connections as a window of all bands can use, and what the Copernicus Data Space allows.
_CONNECTIONS = 16
EODATA_CONNECTIONS = 4
# As long as GDAL tries within one attempt to read a band.
_POLICY = RetryPolicy(
    attempts=4, first_wait_s=0.5, longest_wait_s=8.0, longest_retry_after_s=60.0, timeout_s=(15, 30)
)
_BRIEF_POLICY = RetryPolicy(
    attempts=2, first_wait_s=0.5, longest_retry_after_s=2.0, timeout_s=(10, 15), answer_s=60.0
)
# What a refusal may have to say, beside the bytes that were asked for.
_MESSAGE_BYTES = 1 << 16
_COMPLETE, _PARTIAL, _OUTSIDE = 200, 206, 416
_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<size>\d+)")


class PieceReader:
    """Reads pieces over bounded connections, which are kept open; safe to use from threads."""

    def __init__(self, runtime: Runtime | None = None, *, brief: bool = False) -> None:
        policy = _BRIEF_POLICY if brief else _POLICY
        session = watched_session(policy.timeout_s[1], _CONNECTIONS)
        self.http = HttpClient(
            "The service of the scene", session=session, policy=policy, runtime=runtime
        )
        self._slots = {
            True: threading.BoundedSemaphore(EODATA_CONNECTIONS),
            False: threading.BoundedSemaphore(_CONNECTIONS),
        }

    def now(self) -> datetime:
        """The time that signatures are made for."""
        return datetime.fromtimestamp(self.http.runtime.clock(), UTC)

    def read(self, url: str, offset: int, length: int, *, few: bool = False) -> Piece | None:
        """The bytes from `offset` on; `few` takes a connection of those that the Data Space allows.

        None where the service sends other bytes than it was asked for. Raises TransferError.
        """
        headers = {
            "Range": f"bytes={offset}-{offset + length - 1}",
            # Ranges are of the file itself.
            "Accept-Encoding": "identity",
        }
        most = max(length, _MESSAGE_BYTES)
        query = Query(url, headers=headers, accept=frozenset({_OUTSIDE}), most_bytes=most)

        def attempt() -> Piece | None:
            with self.http.opened(query) as response:
                if response.status_code == _COMPLETE and (announced_bytes(response) or most) > most:
                    return None  # it knows no ranges
                bound = Bound(most)
                content = b"".join(self.http.pieces(response, bound, self.http.policy.answer_s))
                return _piece(response, content, _Asked(offset, length))

        with self._slots[few]:
            return self.http.retried(attempt, url)


@dataclass(frozen=True)
class _Asked:
    """The bytes that a request is for."""

    offset: int
    length: int


def _piece(response: requests.Response, content: bytes, asked: _Asked) -> Piece | None:
    """What came, if it is what was asked for. Raises TransientError when it was cut off."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
    if response.status_code == _OUTSIDE:
        return Piece(b"", int(found["size"]), version) if found else None
    if response.status_code == _COMPLETE and asked.offset == 0:
        # A file no longer than what was asked for may come as one.
        return Piece(content, len(content), version)
    if response.status_code != _PARTIAL or not found or found["first"] != str(asked.offset):
        return None
    size = int(found["size"])
    if len(content) != min(asked.length, size - asked.offset):
        raise TransientError("fewer bytes came than it announced")
    return Piece(content, size, version)
