"""An HTTP server on loopback that serves bytes by range, counts them, and fails on request."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: `path` without query, `query` with the first value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What to answer in place of the file; `drop_after` breaks the connection inside the body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop_after: int | None = None


Rule = Callable[[Asked], Answer | None]


class RangeServer:
    """Files below `root` over HTTP with ranges; a `rule` may answer in their place.

    `asked` are all requests, `sent` counts the bytes of bodies by path.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rule: Rule = lambda _: None
        self.asked: list[Asked] = []
        self.sent: dict[str, int] = {}
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def forget(self) -> None:
        """Count from zero again."""
        with self.lock:
            self.asked.clear()
            self.sent.clear()

    @property
    def bytes_sent(self) -> int:
        """Bytes of all bodies since the start or the last `forget`."""
        return sum(self.sent.values())

    def serve(self) -> None:
        """Answer until `stop`."""
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(root: Path) -> Iterator[RangeServer]:
    """A running server for the time of the block."""
    server = RangeServer(root)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def after(count: int, answer: Answer, *, path: str = "") -> Rule:
    """The `count`-th request for a path that holds `path` gets `answer`, once."""
    seen = [0]
    lock = threading.Lock()

    def rule(asked: Asked) -> Answer | None:
        if path not in asked.path:
            return None
        with lock:
            seen[0] += 1
            return answer if seen[0] == count else None

    return rule


def one_of(*rules: Rule) -> Rule:
    """The answer of the first rule that has one; all see the request, so all can count."""

    def rule(asked: Asked) -> Answer | None:
        answers = [one(asked) for one in rules]
        return next((answer for answer in answers if answer), None)

    return rule


class _Handler(BaseHTTPRequestHandler):
    owner: RangeServer
    protocol_version = "HTTP/1.1"
    # Else the body waits 40 ms for the client to acknowledge the headers.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, parts.path, query, dict(self.headers), body)
        with self.owner.lock:
            self.owner.asked.append(asked)
        self._send(self.owner.rule(asked) or self._file(asked))

    def _file(self, asked: Asked) -> Answer:
        path = self.owner.root / asked.path.lstrip("/")
        if not path.is_file():
            return Answer(404)
        content = path.read_bytes()
        tag = {"ETag": f'"{path.stat().st_mtime_ns:x}-{len(content):x}"'}
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if match is None:
            return Answer(200, content, {"Accept-Ranges": "bytes", **tag})
        first, last = int(match[1]), min(int(match[2] or len(content)), len(content) - 1)
        if first > last:
            return Answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        return Answer(
            206,
            content[first : last + 1],
            {"Content-Range": f"bytes {first}-{last}/{len(content)}", **tag},
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        body = answer.body if answer.drop_after is None else answer.body[: answer.drop_after]
        path = urlsplit(self.path).path
        with self.owner.lock:
            self.owner.sent[path] = self.owner.sent.get(path, 0) + len(body)
        self.wfile.write(body)
        if answer.drop_after is not None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
