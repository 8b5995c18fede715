"""Requests to HTTP routes without a server: what a browser would send, and what it would get."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.routing import BaseRoute


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Sends requests to some routes, each with the same headers unless it has its own."""

    def __init__(self, routes: list[BaseRoute], headers: Mapping[str, str]) -> None:
        self._app = Starlette(routes=routes)
        self._headers = {"host": "localhost:8501", **headers}

    def get(self, path: str, query: str = "", **headers: str) -> Answer:
        return asyncio.run(self._send("GET", path, query, b"", headers))

    def get_at_once(self, paths: Iterable[str]) -> list[Answer]:
        """Requests that don't wait for each other."""

        async def send() -> list[Answer]:
            return await asyncio.gather(*(self._send("GET", one, "", b"", {}) for one in paths))

        return asyncio.run(send())

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        """`document` is sent as JSON, or as it is when it is bytes; `path` may have a query."""
        path, _, query = path.partition("?")
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        sent = {"content_type": "application/json", **headers}
        return asyncio.run(self._send("POST", path, query, body, sent))

    async def _send(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        given = {
            **self._headers,
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), text.encode()) for name, text in given.items()],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("localhost", 8501),
            "client": ("127.0.0.1", 50000),
            "root_path": "",
        }
        sent: list[dict[str, Any]] = []
        # The whole request; then the browser waits for its answer.
        incoming = iter([{"type": "http.request", "body": body}])

        async def receive() -> dict[str, Any]:
            return next(incoming, None) or await asyncio.Event().wait()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        found = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(one.get("body", b"") for one in sent[1:]))
