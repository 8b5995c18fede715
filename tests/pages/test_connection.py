from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pages.shared.connection import SendAtOnce, connection_of, send_at_once


async def _option(request: Request) -> PlainTextResponse:
    found = connection_of(request.receive)
    return PlainTextResponse(str(bool(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))))


@contextmanager
def a_server(app: Starlette) -> Iterator[int]:
    """The port of a server whose socket is made as Streamlit makes its own."""
    listening = socket.socket(family=socket.AF_INET)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()


@pytest.mark.parametrize(
    ("middleware", "said"), [([], "False"), ([Middleware(SendAtOnce)], "True")]
)
def test_answers_do_not_wait_for_an_acknowledgement(
    middleware: list[Middleware], said: str
) -> None:
    with a_server(Starlette(routes=[Route("/", _option)], middleware=middleware)) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.request("GET", "/")
        assert client.getresponse().read().decode() == said
        client.close()


def test_a_server_that_hides_its_connections_is_no_problem() -> None:
    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    assert connection_of(receive) is None
    send_at_once(receive)
