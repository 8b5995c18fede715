"""Answers go out at once: the server's connections don't wait to fill a packet."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class SendAtOnce:
    """Middleware that sets TCP_NODELAY (RFC 9293, section 3.7.4) on each connection.

    The server writes head and body of an answer one after the other. Without the option the body of
    a small one waits until the browser has acknowledged the head, which it delays by 40 ms. asyncio
    sets it only for sockets that were made with the protocol's number, which the server's isn't.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the option, then answer."""
        send_at_once(receive)
        await self.app(scope, receive, send)


def send_at_once(receive: Receive) -> None:
    """Set the option on the connection that a request came by; nothing where it isn't known.

    Only the server knows the connection: uvicorn's `receive` is a method of what holds it.
    """
    connection = connection_of(receive)
    # A connection by a socket file has no such option, and a closed one none at all.
    with suppress(OSError):
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def connection_of(receive: Receive) -> Any:
    """The socket that a request came by, as asyncio gives it; None where it isn't known."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    return None if transport is None else transport.get_extra_info("socket")
