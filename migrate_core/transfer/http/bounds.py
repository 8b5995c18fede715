"""How much may come of an answer: what was announced, and else what no answer of its kind has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from ...errors import TransferError
from .watch import PIECE_BYTES, Watch, socket_of

# JSON and XML: a page of a hundred STAC items has 3 MB, the largest metadata of a product 19 MB.
MAX_ANSWER_BYTES = 100_000_000
# A product has up to 8 GB, one of its files up to 200 MB.
MAX_FILE_BYTES = 20_000_000_000
# As much of a refusal as may hold words for a person, and how long it may take, in seconds.
_TEXT_BYTES = 64 * 1024
_TEXT_S = 10.0


@dataclass(frozen=True)
class Bound:
    """At most `bytes` of a body, decoded; `reason` says in words why no more."""

    bytes: int = MAX_ANSWER_BYTES
    reason: str = "no answer of this kind is as large"

    def check(self, response: requests.Response, received: int) -> None:
        """Raise TransferError when more came, or is announced, than may. Names the host."""
        announced = announced_bytes(response)
        if max(received, announced or 0) <= self.bytes:
            return
        says = f"announces {announced:,} bytes" if announced is not None else "announces no size"
        raise TransferError(
            f"{urlsplit(response.url).netloc} sends more than {self.bytes:,} bytes, though "
            f"{self.reason} (it {says}; {received:,} bytes had come when it was stopped). Its "
            "answer isn't what was asked for: check its address, or use another source."
        )


def announced_bytes(response: requests.Response) -> int | None:
    """The Content-Length of an answer; None where it has none."""
    text = response.headers.get("Content-Length", "").strip()
    return int(text) if text.isdigit() and len(text) < 19 else None


def content_of(response: requests.Response) -> Iterator[bytes]:
    """The body in pieces, decoded; a connection that breaks raises RequestException."""
    try:
        yield from response.iter_content(PIECE_BYTES)
    except OSError as err:
        raise requests.ConnectionError(type(err).__name__) from err


def shorten_refusal(response: requests.Response) -> None:
    """Read the beginning of an answer that is an error, and leave the rest where it is."""
    content = b""
    try:
        with Watch(socket_of(response), _TEXT_S, _TEXT_S):
            content = next(response.iter_content(_TEXT_BYTES), b"")
    except (requests.RequestException, OSError):
        pass  # it has no words then
    response._content = content
