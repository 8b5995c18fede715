"""HTTP as every service here needs it: one policy for trying again, counted, cancellable.

Nothing secret gets out: an error names the address without its query, and never a header or a form.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
from urllib3.exceptions import NewConnectionError

from ... import __version__
from ...errors import CredentialsError, TransferError
from .address import is_loopback, keeps_secrets, same_origin, shown
from .bounds import Bound, content_of, shorten_refusal
from .messages import Answer, Authorization, Query
from .refusals import explanation, remedy, text_of
from .retry import (
    TOO_MANY,
    TRANSIENT,
    Check,
    RetryPolicy,
    Runtime,
    SlowError,
    Traffic,
    TransientError,
)
from .watch import Watch, socket_of, watched_session

__all__ = [
    "Answer",
    "Authorization",
    "HttpClient",
    "Query",
    "RetryPolicy",
    "Runtime",
    "Traffic",
    "TransientError",
    "shown",
]

log = logging.getLogger(__name__)

T = TypeVar("T")
_USER_AGENT = f"label-migrate-sentinel2/{__version__}"
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_UNAUTHORIZED = 401
# How often a wait looks whether the work is to stop, in seconds.
_LOOK_EVERY_S = 0.5


class HttpClient:
    """Speaks HTTP with one service, which errors call `service`; safe to use from threads.

    A `requests.Session` is shared by the threads for its pool of connections; nothing is stored in
    it, and cookies are not kept.

    What lets a request in (`Query.auth`) goes to the scheme, host and port of `Query.url` alone,
    over https or to this machine; a redirect to any other place goes without. A form, which may
    hold a password, is not redirected at all.
    """

    def __init__(
        self,
        service: str,
        *,
        session: requests.Session | None = None,
        policy: RetryPolicy | None = None,
        runtime: Runtime | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.service = service
        self.policy = policy or RetryPolicy()
        self.runtime = runtime or Runtime()
        self.traffic = traffic or Traffic()
        self._session = session or watched_session(self.policy.timeout_s[1])
        # A jar would hand cookies to each port of a host.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Set once the service has answered anything; clients of one session share it.
        self._met = threading.Event()

    def counting(self, traffic: Traffic) -> HttpClient:
        """The same client with the same connections, that counts in `traffic`."""
        return self._like_this(self.runtime, traffic)

    def checked(self, check: Check) -> HttpClient:
        """The same client with the same connections and counts, that `check` interrupts."""
        return self._like_this(replace(self.runtime, check=check), self.traffic)

    def _like_this(self, runtime: Runtime, traffic: Traffic) -> HttpClient:
        client = HttpClient(
            self.service,
            session=self._session,
            policy=self.policy,
            runtime=runtime,
            traffic=traffic,
        )
        client._met = self._met
        return client

    def get_json(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """GET a JSON document."""
        return self.json(Query(url, params=params or {}))

    def json(self, query: Query) -> Any:
        """The JSON document that answers a query. Raises TransferError."""

        def attempt() -> Any:
            answer = self._complete(query)
            try:
                return answer.json()
            except ValueError as err:
                raise TransientError(f"it answered with broken JSON ({err})") from err

        return self.retried(attempt, query.url)

    def send(self, query: Query) -> Answer:
        """The whole answer to a query. Raises TransferError."""
        return self.retried(lambda: self._complete(query), query.url)

    @contextmanager
    def opened(self, query: Query) -> Iterator[requests.Response]:
        """The answer to one attempt, its body not yet read; for callers inside `retried`.

        Raises TransientError, or TransferError for what another attempt would not mend. What goes
        wrong with the body is for `pieces` to tell.
        """
        with closing(self._followed(query)) as response:
            self._check_status(response, query)
            yield response

    def pieces(
        self, response: requests.Response, bound: Bound, total_s: float = float("inf")
    ) -> Iterator[bytes]:
        """The body of an opened answer, piece by piece, counted.

        What came of a piece before the connection broke is lost, hence small pieces; one must come
        in the time of `policy.timeout_s`, and all in `total_s`. Raises TransientError, SlowError,
        and TransferError when more comes than `bound` allows.
        """
        received = 0
        bound.check(response, received)
        try:
            with Watch(socket_of(response), self.policy.timeout_s[1], total_s) as watch:
                for piece in content_of(response):
                    watch.came(len(piece))
                    received += len(piece)
                    self.traffic.add(received=len(piece))
                    bound.check(response, received)
                    self.runtime.check()
                    yield piece
        except requests.RequestException as err:
            if watch.expired:
                raise SlowError(received) from None
            raise TransientError(f"the connection broke off ({type(err).__name__})") from None
        if watch.expired:
            raise SlowError(received)

    def retried(self, attempt: Callable[[], T], url: str) -> T:
        """What `attempt` returns, tried again by the policy while it raises TransientError."""
        failures = 0
        while True:
            self.runtime.check()
            try:
                return attempt()
            except TransientError as err:
                failures += 1
                self.wait_after(err, failures, url)

    def wait_after(self, err: TransientError, failures: int, url: str) -> None:
        """Wait until the next attempt, or raise TransferError when there is to be none."""
        given_up = (
            err.never_connected
            and not self._met.is_set()
            and failures >= self.policy.never_connected_attempts
        )
        if given_up or failures >= self.policy.attempts:
            raise TransferError(
                f"{self.service}: {shown(url)} failed {failures} times, at last because {err}. "
                "Try again later, or use another source.",
                err.status,
            ) from err
        wish = err.retry_after_s
        if wish is not None and wish > self.policy.longest_retry_after_s:
            raise TransferError(
                f"{self.service}: {shown(url)}: {err}, and it asks to come back in {wish:.0f} s. "
                "Try again then, or use another source.",
                err.status,
            ) from err
        seconds = self.policy.wait_s(failures, self.runtime.jitter()) if wish is None else wish
        log.info("%s: %s: %s. Again in %.0f s.", self.service, shown(url), err, seconds)
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Sleep, and look now and then whether the work is to stop."""
        left = seconds
        while left > 0:
            self.runtime.check()
            step = min(left, _LOOK_EVERY_S)
            self.runtime.sleep(step)
            left -= step

    def _complete(self, query: Query) -> Answer:
        with self.opened(query) as response:
            content = b"".join(self.pieces(response, Bound(query.most_bytes), self.policy.answer_s))
            return Answer(response.url, response.status_code, response.headers, content)

    def _followed(self, query: Query) -> requests.Response:
        """The answer after redirects, which credentials follow at their own origin only."""
        url, params = query.url, dict(query.params)
        self._keep_secret(query)
        for _ in range(_MOST_REDIRECTS):
            allowed = query.auth if same_origin(query.url, url) else None
            response = self._authorized(query, url, params, allowed)
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                return response
            response.close()
            url, params = urljoin(url, target), {}
            if query.form is not None:
                raise TransferError(
                    f"{self.service}: {shown(query.url)} redirects to {shown(url)}, which must not "
                    "get the credentials. Check its address."
                )
        raise TransferError(
            f"{self.service}: {shown(query.url)} redirects in a circle. Check its address."
        )

    def _keep_secret(self, query: Query) -> None:
        """Raise CredentialsError where credentials could be read on the way."""
        if (query.auth or query.form is not None) and not keeps_secrets(query.url):
            raise CredentialsError(
                f"{self.service}: {shown(query.url)} must not get credentials, since everybody on "
                "the way could read them. Set an https address, or one of this machine."
            )

    def _authorized(
        self, query: Query, url: str, params: Mapping[str, str], auth: Authorization | None
    ) -> requests.Response:
        """One request; a header that isn't taken any more is renewed once."""
        if auth is None:
            return self._once(query, url, params, None)
        header = auth.header()
        response = self._once(query, url, params, header)
        if response.status_code != _UNAUTHORIZED:
            return response
        response.close()
        auth.rejected(header)
        return self._once(query, url, params, auth.header())

    def _once(
        self, query: Query, url: str, params: Mapping[str, str], header: str | None
    ) -> requests.Response:
        self.runtime.check()
        self.traffic.add(requests=1)
        headers = {"User-Agent": _USER_AGENT, **query.headers}
        try:
            response = self._session.request(
                query.method,
                url,
                params=params,
                headers=headers,
                data=query.form if query.body is None else query.body,
                json=query.json,
                auth=_Header(header),
                # What stays on this machine must not go through a proxy.
                proxies={"http": "", "https": ""} if is_loopback(url) else None,
                timeout=self.policy.timeout_s,
                allow_redirects=False,
                stream=True,
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as err:
            raise TransferError(
                f"{self.service}: {shown(url)} is no address. Check the settings."
            ) from err
        except (requests.RequestException, OSError) as err:
            # Its words repeat the address with its query, which may hold a signature.
            reason = f"it can't be reached ({type(err).__name__})"
            raise TransientError(reason, never_connected=_no_connection(err)) from None
        self._met.set()
        log.debug(
            "%s: %s %s answered %d.", self.service, query.method, shown(url), response.status_code
        )
        return response

    def _check_status(self, response: requests.Response, query: Query) -> None:
        """Raise what a status says, unless it is a success."""
        status = response.status_code
        if 200 <= status < 300 or status in query.accept:
            return
        shorten_refusal(response)
        if status in TRANSIENT:
            after = self._retry_after(response)
            raise TransientError(f"it answered {status} {response.reason}", after, status)
        raise TransferError(
            f"{self.service}: {shown(response.url)} answered {status} {response.reason}"
            f"{explanation(response, query)}. {remedy(response, query)}",
            status,
        )

    def _retry_after(self, response: requests.Response) -> float | None:
        """`Retry-After` in seconds from now: a number or a date (RFC 9110, 10.2.3)."""
        value = response.headers.get("Retry-After", "").strip()
        if value.isdigit():
            return float(value)
        if value:
            try:
                moment = parsedate_to_datetime(value).timestamp()
            except ValueError:
                return None
            return max(moment - self.runtime.clock(), 0.0)
        if response.status_code != TOO_MANY:
            return None
        # The Planetary Computer says it in words: "Try again in 52 seconds."
        match = re.search(r"in (\d+) seconds", text_of(response))
        return float(match[1]) if match else None


def _no_connection(err: Exception) -> bool:
    """Whether no connection was made: the host isn't known, or refuses."""
    reason = getattr(err.args[0], "reason", None) if err.args else None
    return isinstance(reason, NewConnectionError)


class _Header(requests.auth.AuthBase):
    """Sets the header, or none: `requests` would else take credentials from a .netrc file."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value is not None:
            request.headers["Authorization"] = self._value
        return request
