"""Signatures of the Planetary Computer: one token a collection, renewed before it expires."""

from __future__ import annotations

import threading
from datetime import datetime
from urllib.parse import quote

from ..errors import TransferError
from ..model import utc
from .http.client import HttpClient

# A token is renewed when it has less than this left: a read that began with it may take a while.
_SPARE_S = 120.0


class SasTokens:
    """Shared access signatures, each asked for once while it is valid; safe to use from threads.

    `http` waits and tries again when the service answers 429, as long as it says.
    """

    def __init__(self, http: HttpClient, url: str) -> None:
        self._http = http
        self._url = url
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}

    def token(self, collection: str) -> str:
        """The query to append to the addresses of a collection's assets. Raises TransferError."""
        with self._lock:
            token, until = self._known.get(collection, ("", 0.0))
            if self._http.runtime.clock() < until:
                return token
            token, expiry = self._ask(collection)
            # A clock that goes wrong here must not ask again for each read.
            now = self._http.runtime.clock()
            self._known[collection] = token, max(expiry - _SPARE_S, now + 1.0)
            return token

    def rejected(self, collection: str, token: str) -> None:
        """The storage did not take `token`; unless another has come since, ask for a new one."""
        with self._lock:
            if self._known.get(collection, ("", 0.0))[0] == token:
                del self._known[collection]

    def _ask(self, collection: str) -> tuple[str, float]:
        answer = self._http.get_json(f"{self._url}/token/{quote(collection, safe='')}")
        try:
            return str(answer["token"]), utc(
                datetime.fromisoformat(answer["msft:expiry"])
            ).timestamp()
        except (KeyError, TypeError, ValueError) as err:
            raise TransferError(
                f"{self._http.service}: its answer has no token and msft:expiry. Check "
                "PLANETARY_COMPUTER_SAS_URL."
            ) from err
