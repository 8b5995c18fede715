"""Bearer tokens of an OpenID service: one session, refreshed as long as it lives.

The Copernicus Data Space gives access for 10 minutes and a refresh within 60; it bans accounts that
log in again for each product, and allows 100 sessions an account.
https://documentation.dataspace.copernicus.eu/APIs/Token.html
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import CredentialsError, TransferError
from .http.client import HttpClient, Query

log = logging.getLogger(__name__)

CDSE_CLIENT = "cdse-public"
# A token is renewed this long before it ends: clocks differ, and requests take their time.
_MARGIN_S = 30.0
_ACCESS_S = 600.0
_REFRESH_S = 3600.0
# What an OpenID service answers to a grant that it doesn't take (RFC 6749, 5.2).
_REFUSED = frozenset({400, 401})


@dataclass(frozen=True)
class Credentials:
    """An account; `totp` gives the code of the moment where the account has two factors."""

    username: str | None
    password: str | None = field(repr=False)
    totp: Callable[[], str | None] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Grant:
    access: str = field(repr=False)
    access_until: float
    refresh: str | None = field(repr=False)
    refresh_until: float


class TokenSession:
    """The session of one account with one token service; all threads share it."""

    def __init__(self, client: HttpClient, url: str, credentials: Credentials) -> None:
        self._client = client
        self._url = url
        self._credentials = credentials
        self._lock = threading.Lock()
        self._grant: _Grant | None = None
        self._refused: str | None = None

    def header(self) -> str:
        """`Bearer …`, renewed when it is about to end. Raises CredentialsError, TransferError."""
        with self._lock:
            grant = self._grant
            if grant is None or grant.access_until - _MARGIN_S <= self._now():
                grant = self._grant = self._renewed()
            return f"Bearer {grant.access}"

    def rejected(self, header: str) -> None:
        """A service did not take `header`; the next one is a new one."""
        with self._lock:
            grant = self._grant
            # Another thread may have renewed it in the meantime.
            if grant is not None and header == f"Bearer {grant.access}":
                self._grant = _Grant("", 0.0, grant.refresh, grant.refresh_until)

    def check(self) -> None:
        """Raise CredentialsError where no session can be had, without asking the service.

        That is without an account, or after it was refused.
        """
        if self._refused:
            raise CredentialsError(self._refused)
        self._account()

    def _now(self) -> float:
        return self._client.runtime.clock()

    def _renewed(self) -> _Grant:
        if self._refused:
            raise CredentialsError(self._refused)
        grant = self._grant
        if grant is not None and grant.refresh and grant.refresh_until > self._now():
            form = {"grant_type": "refresh_token", "refresh_token": grant.refresh}
            renewed = self._ask(form)
            if renewed is not None:
                return renewed
        return self._logged_in()

    def _logged_in(self) -> _Grant:
        """A new session. What was refused once is not tried again: that gets accounts banned."""
        service = self._client.service
        username, password = self._account()
        form = {"grant_type": "password", "username": username, "password": password}
        totp = self._credentials.totp
        code = totp() if totp else None
        if code:
            form["totp"] = code
        log.info("%s: a new session is asked for.", service)
        grant = self._ask(form)
        if grant is None:
            second = (
                "the code of CDSE_TOTP may be used up or too old: give the present one"
                if code
                else "an account with two factors needs its present code in CDSE_TOTP as well"
            )
            self._refused = (
                f"{service}: CDSE_USERNAME and CDSE_PASSWORD were not accepted. Check them; "
                f"{second}."
            )
            raise CredentialsError(self._refused)
        return grant

    def _account(self) -> tuple[str, str]:
        """User name and password. Raises CredentialsError where they aren't set."""
        account = self._credentials
        if not account.username or not account.password:
            raise CredentialsError(
                f"{self._client.service}: downloads need a (free) account. Set CDSE_USERNAME and "
                "CDSE_PASSWORD."
            )
        return account.username, account.password

    def _ask(self, form: Mapping[str, str]) -> _Grant | None:
        """What the service grants; None when it refuses."""
        query = Query(
            self._url,
            method="POST",
            form={"client_id": CDSE_CLIENT, **form},
            accept=_REFUSED,
        )
        now = self._now()
        answer = self._client.send(query)
        if answer.status in _REFUSED:
            return None
        try:
            return _grant(answer.json(), now)
        except (ValueError, TypeError, KeyError, AttributeError) as err:
            raise TransferError(
                f"{self._client.service}: the token service answered without a token. Check "
                "CDSE_TOKEN_URL."
            ) from err


def _grant(document: Any, now: float) -> _Grant:
    """The answer of a token service (RFC 6749, 5.1). Raises KeyError and the like."""
    refresh = document.get("refresh_token")
    return _Grant(
        access=str(document["access_token"]),
        access_until=now + float(document.get("expires_in", _ACCESS_S)),
        refresh=None if refresh is None else str(refresh),
        refresh_until=now + float(document.get("refresh_expires_in", _REFRESH_S)),
    )


@dataclass(frozen=True)
class Basic:
    """User and password in each request (RFC 7617), as DHuS mirrors want it."""

    header_value: str = field(repr=False)
    refusal: str

    def header(self) -> str:
        """`Basic …`."""
        return self.header_value

    def rejected(self, header: str) -> None:  # noqa: ARG002
        """There is no other header to try. Raises CredentialsError."""
        raise CredentialsError(self.refusal)
