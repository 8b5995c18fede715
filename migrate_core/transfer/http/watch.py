"""Connections that are given up when hardly anything comes.

The time limits of sockets count from byte to byte, so a service that sends one byte a second keeps
a request alive for good, in its headers as well as in its body. A thread beside the request shuts
such a connection down.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

PIECE_BYTES = 1 << 16
_SOCKET = "watched_socket"


class Watch:
    """Shuts a socket down in its block, when less than PIECE_BYTES come in `silent_s` seconds.

    `total_s` is how long the block may take in all. Without a socket nothing is watched.
    """

    def __init__(
        self, sock: socket.socket | None, silent_s: float, total_s: float = float("inf")
    ) -> None:
        self._sock = sock
        self._silent_s = silent_s
        self._end = time.monotonic() + total_s
        self._beat = time.monotonic()
        self._came = 0
        self._done = threading.Event()
        self.expired = False

    def __enter__(self) -> Watch:
        """Begin to watch."""
        if self._sock is not None:
            threading.Thread(target=self._watch, args=(self._sock,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._done.set()

    def came(self, count: int) -> None:
        """So many bytes came."""
        self._came += count
        if self._came >= PIECE_BYTES:
            self._came = 0
            self._beat = time.monotonic()

    def _watch(self, sock: socket.socket) -> None:
        while True:
            left = min(self._beat + self._silent_s, self._end) - time.monotonic()
            if left <= 0:
                break
            if self._done.wait(left):
                return
        self.expired = True
        with suppress(OSError):
            # Not the method of a TLS socket, which would touch what another thread reads with.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def socket_of(response: Any) -> socket.socket | None:
    """The socket that a response of a `WatchedAdapter` comes through."""
    return getattr(response.raw, _SOCKET, None)


def watched_session(header_s: float, connections: int = 10) -> requests.Session:
    """A session that gives up requests whose headers have not come after `header_s` seconds.

    Up to `connections` to a host stay open for the next requests.
    """
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, WatchedAdapter(header_s, connections))
    return session


class WatchedAdapter(HTTPAdapter):
    """Gives up a request whose headers have not come after `header_s` seconds."""

    def __init__(self, header_s: float, connections: int = 10) -> None:
        self._pools = _pools(header_s)
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """The pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(header_s: float) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections watch over the headers."""

    class Plain(HTTPConnection):
        def getresponse(self) -> Any:
            return _answered(self.sock, super().getresponse, header_s)

    class Secure(HTTPSConnection):
        def getresponse(self) -> Any:
            return _answered(self.sock, super().getresponse, header_s)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _answered(sock: Any, answer: Callable[[], Any], header_s: float) -> Any:
    """The response whose headers have come, with its socket. Raises TimeoutError."""
    with Watch(sock, header_s) as watch:
        response = answer()
    if watch.expired:  # headers that were cut off look like an end of them
        response.close()
        raise TimeoutError("the headers did not come")
    setattr(response, _SOCKET, sock)
    return response
