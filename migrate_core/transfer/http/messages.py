"""Requests and answers as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .bounds import MAX_ANSWER_BYTES


class Authorization(Protocol):
    """What lets a request in; a token behind it may be renewed at any time."""

    def header(self) -> str:
        """The value of the Authorization header for the next request."""

    def rejected(self, header: str) -> None:
        """The service did not take `header`: the next one must be another."""


@dataclass(frozen=True)
class Answer:
    """A whole answer; header names are looked up in any case."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The content as JSON. Raises ValueError."""
        return json.loads(self.content)


@dataclass(frozen=True)
class Query:
    """A request as a value; `accept` are statuses beside 2xx that are answers, not errors.

    `body` is sent as it is; `most_bytes` is what a whole answer may have, decoded.
    """

    url: str
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Any = None
    body: bytes | None = field(default=None, repr=False)
    auth: Authorization | None = field(default=None, repr=False)
    accept: frozenset[int] = frozenset()
    most_bytes: int = MAX_ANSWER_BYTES
