"""Services that send without end, too much, or hardly anything: each is left, and named."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from migrate_core.errors import TransferError
from migrate_core.transfer.download import Download, download
from migrate_core.transfer.http.bounds import MAX_ANSWER_BYTES
from migrate_core.transfer.http.client import HttpClient, Query
from migrate_core.transfer.http.retry import RetryPolicy
from migrate_core.transfer.limits import ServiceLimits
from migrate_core.transfer.s3 import S3Store, list_keys
from tests.support.servers.faulty import Reply, serving
from tests.support.transfer import Time, a_product_store

MB = 1_000_000
SILENT_S = 0.4
Talk = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def talking(talk: Talk) -> Iterator[str]:
    """A server that answers each request as `talk` does with the open connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            talk(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def hasty(attempts: int = 2, answer_s: float = 600.0) -> HttpClient:
    """A client that waits no longer than a moment for a piece of an answer."""
    policy = RetryPolicy(attempts=attempts, timeout_s=(5.0, SILENT_S), answer_s=answer_s)
    return HttpClient("service", policy=policy, runtime=Time().runtime)


def drip(connection: socket.socket, beginning: bytes, drop: bytes = b"x") -> None:
    connection.sendall(beginning)
    while True:
        connection.sendall(drop)
        time.sleep(SILENT_S / 8)


def flood(connection: socket.socket, beginning: bytes, piece: bytes = b"x" * 65536) -> None:
    connection.sendall(beginning)
    while True:
        connection.sendall(piece)


# a byte at a time


DRIPS = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "headers": (OK + b"X: ", b"y"),
    "more headers": (OK, b"X: y\r\n"),
    "body": (OK + b"Content-Length: 900000\r\n\r\n", b" "),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "one chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\nffffff\r\n", b" "),
    "body without a length": (OK + b"Connection: close\r\n\r\n", b" "),
    "words of a refusal": (b"HTTP/1.1 404 No\r\nContent-Length: 90000\r\n\r\n", b"x"),
}


@pytest.mark.parametrize("name", DRIPS)
def test_a_service_that_drips_is_left_soon(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate_core.transfer.http.bounds._TEXT_S", SILENT_S)
    with talking(lambda connection: drip(connection, *DRIPS[name])) as url:
        began = time.monotonic()
        with pytest.raises(TransferError, match=r"service: http://127"):
            hasty().get_json(url)
        assert time.monotonic() - began < 20 * SILENT_S


def test_an_answer_that_is_quick_enough_piece_by_piece_has_to_end_in_time() -> None:
    beginning = OK + b"Content-Length: 90000000\r\n\r\n"

    def talk(connection: socket.socket) -> None:
        drip(connection, beginning, b" " * 65536)

    with talking(talk) as url:
        began = time.monotonic()
        with pytest.raises(TransferError, match="too slowly"):
            hasty(attempts=1, answer_s=1.0).get_json(url)
        assert time.monotonic() - began < 10


def test_a_download_that_drips_is_given_up_though_it_gets_further(tmp_path: Path) -> None:
    beginning = OK + b"Content-Length: 900000\r\n\r\n"
    with talking(lambda connection: drip(connection, beginning)) as url:
        began = time.monotonic()
        with pytest.raises(TransferError, match="failed 3 times"):
            download(Download(url, "product P", 900_000), tmp_path / "p.zip", hasty(3))
        assert time.monotonic() - began < 20 * SILENT_S
    assert not (tmp_path / "p.zip").exists()


def test_a_slow_line_that_brings_its_pieces_in_time_arrives(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1024

    def talk(connection: socket.socket) -> None:
        connection.sendall(OK + f"Content-Length: {len(content)}\r\n\r\n".encode())
        for first in range(0, len(content), 65536):
            time.sleep(SILENT_S / 2)
            connection.sendall(content[first : first + 65536])

    with talking(talk) as url:
        path = download(Download(url, "P", len(content)), tmp_path / "p.bin", hasty())
    assert path.read_bytes() == content


# too much


def test_an_answer_without_end_is_stopped_and_named() -> None:
    beginning = OK + b"Connection: close\r\n\r\n"
    with talking(lambda connection: flood(connection, beginning)) as url:
        with pytest.raises(TransferError) as caught:
            hasty().send(Query(url, most_bytes=MB))
    assert urlsplit(url).netloc in str(caught.value)
    assert "more than 1,000,000 bytes" in str(caught.value)
    assert "announces no size" in str(caught.value)


def test_what_is_announced_as_too_large_is_not_begun() -> None:
    with serving(lambda _: Reply(200, b"x" * 2 * MB)) as server:
        client = hasty()
        with pytest.raises(TransferError, match="announces 2,000,000 bytes; 0 bytes had come"):
            client.send(Query(server.url, most_bytes=MB))
        assert client.traffic.bytes == 0
        assert len(server.asked) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_few_bytes_that_unfold_to_many_are_stopped(encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    bomb = pack(bytes(MAX_ANSWER_BYTES + 20 * MB), 1)
    assert len(bomb) < MB
    with serving(lambda _: Reply(200, bomb, {"Content-Encoding": encoding})) as server:
        client = hasty()
        with pytest.raises(TransferError, match="more than 100,000,000 bytes"):
            client.get_json(server.url)
        assert client.traffic.bytes < MAX_ANSWER_BYTES + 10 * MB


def test_a_refusal_without_end_is_told_by_its_beginning() -> None:
    beginning = b"HTTP/1.1 404 No\r\nConnection: close\r\n\r\n"
    with talking(lambda connection: flood(connection, beginning, b"it is gone ")) as url:
        with pytest.raises(TransferError, match=r"answered 404 No \(it is gone it is gone"):
            hasty().get_json(url)


@pytest.mark.parametrize("length", [b"Connection: close", b"Content-Length: 1300000000"])
def test_more_than_the_catalogue_announced_is_not_fetched(length: bytes, tmp_path: Path) -> None:
    with talking(lambda connection: flood(connection, OK + length + b"\r\n\r\n")) as url:
        client = hasty()
        with pytest.raises(TransferError) as caught:
            download(Download(url, "product P", MB), tmp_path / "p.zip", client)
    assert urlsplit(url).netloc in str(caught.value)
    assert "the catalogue announced product P with 1,000,000 bytes" in str(caught.value)
    assert client.traffic.bytes <= 2 * MB
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * MB
    assert not (tmp_path / "p.zip").exists()


def test_a_file_of_unknown_size_has_the_limit_that_is_set(tmp_path: Path) -> None:
    beginning = OK + b"Connection: close\r\n\r\n"
    with talking(lambda connection: flood(connection, beginning)) as url:
        product_store = a_product_store(tmp_path / "w", most_bytes=MB)
        account = product_store.account(ServiceLimits("service"))
        with pytest.raises(TransferError, match="unknown size"):
            account.fetch(Download(url, "product P"), tmp_path / "p.zip", hasty())


# listings


@pytest.mark.parametrize("tokens", [itertools.repeat("same"), map(str, itertools.count())])
def test_a_listing_of_s3_that_leads_back_or_on_and_on_ends(
    tokens: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.transfer.s3._MOST_PAGES", 7)

    def rule(_asked: object) -> Reply:
        token = next(tokens)
        body = f"<R><Key>a</Key><NextContinuationToken>{token}</NextContinuationToken></R>"
        return Reply(200, body.encode())

    with serving(rule) as server:
        with pytest.raises(TransferError, match="no end"):
            list(list_keys(hasty(), S3Store(server.url), "b", "p/"))
        assert len(server.asked) <= 8
