"""An HTTP server on loopback that does what it is told, faults included, and remembers it all."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came; `query` and `form` hold the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def first_byte(self) -> int:
        match = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(match[1]) if match else 0


@dataclass(frozen=True)
class Reply:
    """What to answer. `cut` breaks the connection off after so many bytes of the body.

    `claim` is the Content-Length to lie with; None says the truth.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    clip: int | None = None
    claim: int | None = None


Rule = Callable[[Asked], Reply]


def json_reply(document: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status, json.dumps(document).encode(), {"Content-Type": "application/json"} | headers
    )


def file_reply(asked: Asked, content: bytes, **headers: str) -> Reply:
    """A file, or the rest of it from where the request wants it."""
    start = asked.first_byte
    if "Range" not in asked.headers:
        return Reply(200, content, headers)
    if start >= len(content):
        return Reply(416, b"", {"Content-Range": f"bytes */{len(content)}"})
    place = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return Reply(206, content[start:], {"Content-Range": place, **headers})


class FaultyServer:
    """Answers by `rule`; `asked` are all requests, `sent` counts bytes of bodies."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.asked: list[Asked] = []
        self.sent = 0
        self.lock = threading.Lock()
        self.open_now = 0
        self.most_open = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def asked_for(self, part: str) -> list[Asked]:
        return [asked for asked in self.asked if part in asked.path]


@contextmanager
def serving(rule: Rule) -> Iterator[FaultyServer]:
    """A server for the time of the block."""
    server = FaultyServer(rule)
    thread = threading.Thread(target=server.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()
        thread.join()


def _handler(owner: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else the body waits 40 ms for the client to acknowledge the headers.
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            pass

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            query = parse_qs(parts.query, keep_blank_values=True)
            asked = Asked(
                self.command,
                parts.path,
                {name: values[-1] for name, values in query.items()},
                dict(self.headers.items()),
                self.rfile.read(length),
            )
            with owner.lock:
                owner.asked.append(asked)
                owner.open_now += 1
                owner.most_open = max(owner.most_open, owner.open_now)
            try:
                self._answer(owner.rule(asked))
            finally:
                with owner.lock:
                    owner.open_now -= 1

        def _answer(self, reply: Reply) -> None:
            if reply.status == 0:
                self._drop()
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            claim = len(reply.body) if reply.claim is None else reply.claim
            self.send_header("Content-Length", str(claim))
            self.end_headers()
            body = reply.body if reply.clip is None else reply.body[: reply.clip]
            self.wfile.write(body)
            with owner.lock:
                owner.sent += len(body)
            if reply.clip is not None or claim != len(reply.body):
                self.wfile.flush()
                self._drop()

        def _drop(self) -> None:
            """End the connection in the middle of whatever was promised."""
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_HEAD = _serve  # noqa: N815

    return Handler
