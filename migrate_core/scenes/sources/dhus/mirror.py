"""A mirror behind sentinelsat, whose requests have no time limit and are never tried again.

sentinelsat is GPL-3; this folder is the only place that imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import requests
from sentinelsat import SentinelAPI
from sentinelsat.exceptions import (
    InvalidKeyError,
    LTAError,
    QueryLengthError,
    QuerySyntaxError,
    SentinelAPIError,
    UnauthorizedError,
)

from ....errors import CredentialsError, TransferError
from ....settings import ServiceSettings
from ....transfer.http.address import is_loopback, same_origin, shown
from ....transfer.http.bounds import Bound
from ....transfer.http.client import HttpClient
from ....transfer.http.retry import TRANSIENT, TransientError
from ....transfer.http.watch import WatchedAdapter
from .account import why_no_account

T = TypeVar("T")
PAGE = 100
_OK = 200
_PRODUCT_TYPES = {"L1C": "S2MSI1C", "L2A": "S2MSI2A"}


class Mirror:
    """One mirror and one account; `spec` names it."""

    def __init__(self, url: str, services: ServiceSettings, client: HttpClient) -> None:
        self.url = url.rstrip("/")
        self.client = client
        self.without_account = why_no_account(url, services)
        allowed = self.without_account is None
        self._api = SentinelAPI(
            services.dhus_user if allowed else None,
            services.dhus_password if allowed else None,
            self.url,
            show_progressbars=False,
        )
        secret_to = self.url if allowed else None
        for scheme in ("http://", "https://"):
            self._api.session.mount(scheme, _Counted(client, secret_to))

    @property
    def spec(self) -> str:
        """`dhus:` and the address."""
        return f"dhus:{shown(self.url)}"

    def page(
        self, level: str, period: tuple[datetime, datetime], area: str, offset: int
    ) -> dict[str, dict[str, Any]]:
        """At most PAGE products from `offset` on, by uuid; `area` as WKT in lon/lat.

        sentinelsat makes a list of a `feed.entry` that is a single object.
        """
        found: dict[str, dict[str, Any]] = self._asked(
            lambda: self._api.query(
                area=area,
                date=period,
                platformname="Sentinel-2",
                producttype=_PRODUCT_TYPES[level],
                order_by="+beginposition",
                limit=PAGE,
                offset=offset,
            )
        )
        return found

    def product(self, uuid: str) -> dict[str, Any]:
        """What the mirror says of a product: size, checksum, Online."""
        found: dict[str, Any] = self._asked(lambda: self._api.get_product_odata(uuid))
        return found

    def order(self, uuid: str) -> str | None:
        """Order a product from the archive.

        None when it was accepted, `online` when there was nothing to order, else why it was
        refused, in the archive's words (its quota, or too many orders at once).
        """
        try:
            triggered = self._asked(lambda: self._api.trigger_offline_retrieval(uuid))
        except _RefusedError as err:
            return str(err)
        return None if triggered else "online"

    def download_url(self, uuid: str) -> str:
        """Where a product's archive is."""
        return f"{self.url}/odata/v1/Products('{uuid}')/$value"

    def _asked(self, call: Callable[[], T]) -> T:
        return self.client.retried(lambda: self._translated(call), self.url)

    def _translated(self, call: Callable[[], T]) -> T:
        """The answer, errors of sentinelsat turned into ours."""
        try:
            return call()
        except LTAError as err:
            raise _RefusedError(err.msg) from err
        except UnauthorizedError as err:
            raise CredentialsError(self.without_account or refusal(self.spec), 401) from err
        except InvalidKeyError as err:
            raise TransferError(
                f"{self.spec}: it has no such product any more: search again.", 404
            ) from err
        except (QuerySyntaxError, QueryLengthError) as err:
            raise TransferError(
                f"{self.spec}: it doesn't understand the question ({err.msg}). Use another source."
            ) from err
        except SentinelAPIError as err:
            raise self._as_ours(err) from err
        except requests.RequestException as err:
            raise TransientError(f"it can't be reached ({type(err).__name__})") from None
        except (KeyError, TypeError, ValueError) as err:
            raise TransientError(f"it answered something broken ({err!r})") from err

    def _as_ours(self, err: SentinelAPIError) -> Exception:
        response = err.response
        status = None if response is None else response.status_code
        reason = " ".join(err.msg.split())[:200]
        if status is None or status == _OK or status in TRANSIENT:
            after = "" if response is None else response.headers.get("Retry-After", "")
            wish = float(after) if after.isdigit() else None
            return TransientError(f"it answered {status} ({reason})", wish, status)
        return TransferError(
            f"{self.spec}: it answered {status} ({reason}). Check the address and the account, or "
            "use another source.",
            status,
        )


class _RefusedError(Exception):
    """The archive takes no order just now."""


def refusal(spec: str) -> str:
    """What to say when a mirror doesn't let us in."""
    return (
        f"{spec}: DHUS_USER and DHUS_PASSWORD were not accepted. Check them; each mirror has "
        "accounts of its own."
    )


class _Counted(WatchedAdapter):
    """Gives each request the limits of time and size that sentinelsat forgets, and counts it.

    It is the last to see a request, also one after a redirect: whatever lets us in, also from a
    .netrc file, goes to the origin of `secret_to` alone.
    """

    def __init__(self, client: HttpClient, secret_to: str | None) -> None:
        super().__init__(client.policy.timeout_s[1])
        self._client = client
        self._secret_to = secret_to

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send, with a time limit, and read no more than an answer has."""
        self._client.runtime.check()
        request.headers.pop("Cookie", None)
        url = request.url or ""
        if self._secret_to is None or not same_origin(url, self._secret_to):
            request.headers.pop("Authorization", None)
        if is_loopback(url):
            kwargs["proxies"] = {}
        kwargs["timeout"] = self._client.policy.timeout_s
        response = super().send(request, *args, **{**kwargs, "stream": True})
        self._client.traffic.add(requests=1)
        pieces = self._client.pieces(response, Bound(), self._client.policy.answer_s)
        response._content = b"".join(pieces)
        return response
