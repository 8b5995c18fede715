"""A server on loopback that counts requests and bytes, and answers late as a far one does.

Files by range over HTTP, and the two requests of S3 that reading needs: an object, and a listing
of version 2 (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>). Keys and
signatures are not looked at.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Request:
    """A request: method, path without query, and the bytes that were asked for, as in HTTP."""

    method: str
    path: str
    range: str


@dataclass
class CountingServer:
    """Files below `root`, each answer `latency_s` late; a bucket is a folder of the root."""

    root: Path
    latency_s: float
    requests: list[Request] = field(default_factory=list)
    bytes_sent: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forget(self) -> None:
        """Count from zero again."""
        with self.lock:
            self.requests.clear()
            self.bytes_sent = 0


@contextmanager
def serving(root: Path, latency_s: float = 0.05) -> Iterator[CountingServer]:
    """A running server for the time of the block."""
    owner = CountingServer(root, latency_s)
    handler = type("Handler", (_Handler,), {"owner": owner})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    owner.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield owner
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    owner: CountingServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path, asked = unquote(parts.path), self.headers.get("Range") or ""
        with self.owner.lock:
            self.owner.requests.append(Request(self.command, path, asked))
        time.sleep(self.owner.latency_s)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if query.get("list-type") == "2":
            self._send(200, self._listing(path, query.get("prefix", "")))
        else:
            self._file(self.owner.root / path.lstrip("/"), asked)

    def _listing(self, path: str, prefix: str) -> bytes:
        bucket = self.owner.root / path.strip("/")
        names = (one for one in sorted(bucket.rglob("*")) if one.is_file())
        keys = [(one.relative_to(bucket).as_posix(), one.stat().st_size) for one in names]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{size}</Size></Contents>"
            for key, size in keys
            if key.startswith(prefix)
        )
        name = "http://s3.amazonaws.com/doc/2006-03-01/"
        return f'<ListBucketResult xmlns="{name}">{contents}</ListBucketResult>'.encode()

    def _file(self, path: Path, asked: str) -> None:
        if not path.is_file():
            self._send(404, b"")
            return
        size = path.stat().st_size
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
        with path.open("rb") as file:
            if match is None:
                self._send(200, b"" if self.command == "HEAD" else file.read(), size)
                return
            if match[1]:
                first, last = int(match[1]), min(int(match[2] or size), size - 1)
            else:
                first, last = max(0, size - int(match[2])), size - 1
            if first > last:
                self._send(416, b"")
                return
            file.seek(first)
            length = last + 1 - first
            body = b"" if self.command == "HEAD" else file.read(length)
        self._send(206, body, length, f"bytes {first}-{last}/{size}")

    def _send(self, status: int, body: bytes, length: int | None = None, place: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 02 Nov 2026 00:00:00 GMT")
        if place:
            self.send_header("Content-Range", place)
        self.end_headers()
        if self.command != "HEAD":
            with self.owner.lock:
                self.owner.bytes_sent += len(body)
            self.wfile.write(body)
