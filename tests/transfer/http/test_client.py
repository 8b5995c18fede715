"""HTTP: trying again, waiting as told, redirects, counting, cancelling, and keeping secrets."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import requests

from migrate_core.errors import CredentialsError, JobCancelledError, TransferError
from migrate_core.logs.setup import LogFile
from migrate_core.transfer.http.address import gives_away, keeps_secrets, same_origin, shown
from migrate_core.transfer.http.client import HttpClient, Query
from migrate_core.transfer.http.retry import RetryPolicy, Traffic
from tests.support.logs import logging_to
from tests.support.servers.faulty import Asked, Reply, json_reply, serving
from tests.support.transfer import Time, a_client

Rule = Callable[[Asked], Reply]


def in_turn(*replies: Reply) -> Rule:
    """The replies one after the other; the last again and again."""
    left = list(replies)

    def rule(_: Asked) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return rule


GOOD = json_reply({"fine": True})


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429),
        Reply(500),
        Reply(502),
        Reply(503),
        Reply(504),
        Reply(0),
        Reply(200, b'{"fine": tr', {"Content-Type": "application/json"}),
        Reply(200, b'{"fine": true}', clip=5),
    ],
    ids=["429", "500", "502", "503", "504", "dropped", "broken JSON", "truncated"],
)
def test_a_passing_fault_is_tried_again(fault: Reply, time: Time) -> None:
    with serving(in_turn(fault, fault, GOOD)) as server:
        client = a_client(time)
        assert client.get_json(server.url) == {"fine": True}
        assert len(server.asked) == client.traffic.requests == 3
    assert sum(time.slept) == pytest.approx(1 + 2)


def test_requests_and_retries_are_logged_without_what_is_secret(time: Time, tmp_path: Path) -> None:
    path = tmp_path / "migrate.log"
    with serving(in_turn(Reply(503), GOOD)) as server, logging_to(LogFile(path, "DEBUG")):
        query = Query(f"{server.url}/a?sig=s1gn4ture", params={"key": "s3cr3t"}, auth=Word())
        assert a_client(time).json(query) == {"fine": True}
        assert server.asked[0].query["sig"] == "s1gn4ture"
    first, again, last = path.read_text().splitlines()
    assert f"service: GET {server.url}/a answered 503." in first
    assert f"service: {server.url}/a: it answered 503" in again
    assert "Again in 1 s." in again
    assert "answered 200" in last
    for secret in ("s1gn4ture", "s3cr3t", "w0rd"):
        assert secret not in path.read_text()


class Word:
    """What lets a request in, always the same."""

    def header(self) -> str:
        return "Bearer w0rd"

    def rejected(self, header: str) -> None:
        raise AssertionError("it was refused")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_tried_again(status: int, time: Time) -> None:
    with serving(in_turn(Reply(status, b"<html><b>No such</b> thing</html>"))) as server:
        with pytest.raises(
            TransferError, match=f"service: http.*{status}.*No such thing"
        ) as caught:
            a_client(time).get_json(server.url)
        assert len(server.asked) == 1
    assert caught.value.status == status
    assert time.slept == []


def test_after_the_last_attempt_the_error_says_what_happened_and_what_to_do(time: Time) -> None:
    with serving(in_turn(Reply(502))) as server:
        with pytest.raises(TransferError, match=r"failed 4 times.*502.*another source"):
            a_client(time).get_json(server.url)
        assert len(server.asked) == 4


def test_nobody_there_is_tried_again_and_named(time: Time) -> None:
    with serving(in_turn(GOOD)) as server:
        url = server.url
    with pytest.raises(TransferError, match="can't be reached"):
        a_client(time).get_json(url)
    assert len(time.slept) > 0


def test_who_never_answered_is_given_up_soon_and_who_did_is_waited_for(time: Time) -> None:
    with serving(in_turn(GOOD)) as server:
        url, session = server.url, requests.Session()
        policy, runtime = RetryPolicy(attempts=4), time.runtime
        met = HttpClient("service", session=session, policy=policy, runtime=runtime)
        assert met.get_json(url) == {"fine": True}
    session.close()  # the connection that is kept would still be served
    # Now nobody is there: the one may come back, the other is asked for the first time.
    for client, times in ((met, 4), (met.counting(Traffic()), 4), (a_client(time), 3)):
        with pytest.raises(TransferError, match=f"failed {times} times"):
            client.get_json(url)


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_obeyed_as_seconds_and_as_a_date(as_date: bool, time: Time) -> None:
    value = formatdate(time.now + 37, usegmt=True) if as_date else "37"
    with serving(in_turn(Reply(429, headers={"Retry-After": value}), GOOD)) as server:
        a_client(time).get_json(server.url)
    assert sum(time.slept) == pytest.approx(37, abs=1)


def test_a_wait_that_is_only_said_in_words_is_obeyed(time: Time) -> None:
    words = b"Rate limit is exceeded. Try again in 52 seconds."
    with serving(in_turn(Reply(429, words), GOOD)) as server:
        a_client(time).get_json(server.url)
    assert sum(time.slept) == pytest.approx(52)


def test_a_wait_of_hours_is_not_waited_but_told(time: Time) -> None:
    with serving(in_turn(Reply(429, headers={"Retry-After": "7200"}))) as server:
        with pytest.raises(TransferError, match="come back in 7200 s"):
            a_client(time).get_json(server.url)
    assert time.slept == []


def test_waits_double_up_to_a_limit_and_are_scaled_by_chance() -> None:
    policy = RetryPolicy(first_wait_s=1, longest_wait_s=8)
    assert [policy.wait_s(n, 1.0) for n in range(1, 7)] == [1, 2, 4, 8, 8, 8]
    assert policy.wait_s(3, 0.0) == 2


def test_a_cancellation_ends_a_wait(time: Time) -> None:
    def check() -> None:
        if sum(time.slept) >= 2:
            raise JobCancelledError("stop")

    time.check = check
    with serving(in_turn(Reply(503, headers={"Retry-After": "600"}))) as server:
        with pytest.raises(JobCancelledError):
            a_client(time).get_json(server.url)
    assert sum(time.slept) < 4


def test_traffic_counts_requests_and_bytes_of_bodies(time: Time) -> None:
    with serving(in_turn(Reply(200, b"x" * 5000))) as server:
        client = a_client(time)
        assert len(client.send(Query(server.url)).content) == 5000
        assert (client.traffic.requests, client.traffic.bytes) == (1, 5000)


class Fixed:
    """An authorization that counts how often it was turned down."""

    def __init__(self, *values: str) -> None:
        self.values = list(values)

    def header(self) -> str:
        return self.values[0]

    def rejected(self, header: str) -> None:
        assert header == self.values[0]
        if len(self.values) > 1:
            self.values.pop(0)


def only(token: str) -> Rule:
    return lambda asked: GOOD if asked.headers.get("Authorization") == token else Reply(401)


def test_the_header_follows_a_redirect_within_its_origin(time: Time) -> None:
    def rule(asked: Asked) -> Reply:
        if asked.path == "/old":
            return Reply(302, headers={"Location": "/new"})
        return only("Bearer right")(asked)

    with serving(rule) as server:
        query = Query(f"{server.url}/old", auth=Fixed("Bearer right"))
        assert a_client(time).json(query) == {"fine": True}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "me:mine@127.0.0.1"])
def test_the_header_does_not_follow_to_another_port_or_host(
    time: Time, status: int, host: str
) -> None:
    with serving(in_turn(Reply(200, b"{}", {"Set-Cookie": "a=b"}))) as target:
        stranger = target.url.replace("127.0.0.1", host)
        redirect = Reply(status, headers={"Location": stranger, "Set-Cookie": "session=secret"})
        with serving(in_turn(redirect)) as server:
            client = a_client(time)
            for _ in range(2):
                client.json(Query(server.url, auth=Fixed("Bearer right")))
        for asked in target.asked:
            assert "Bearer" not in asked.headers.get("Authorization", "")
            assert "Cookie" not in asked.headers


def test_whoever_is_redirected_and_refused_reads_why(time: Time) -> None:
    with serving(in_turn(Reply(401))) as target:
        with serving(in_turn(Reply(307, headers={"Location": target.url}))) as server:
            with pytest.raises(TransferError, match="redirected there, without the credentials"):
                a_client(time).json(Query(server.url, auth=Fixed("Bearer right")))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("same", [True, False])
def test_a_form_with_credentials_is_not_redirected(time: Time, status: int, same: bool) -> None:
    with serving(in_turn(GOOD)) as target:
        place = "/elsewhere" if same else target.url
        with serving(in_turn(Reply(status, headers={"Location": place}))) as server:
            query = Query(server.url, method="POST", form={"password": "hunter2"})
            with pytest.raises(TransferError, match="must not get the credentials") as caught:
                a_client(time).json(query)
            assert len(server.asked) == 1
        assert target.asked == []
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "secret",
    [{"auth": Fixed("Bearer right")}, {"form": {"password": "hunter2"}, "method": "POST"}],
    ids=["header", "form"],
)
def test_nothing_secret_goes_where_others_could_read_it(time: Time, secret: dict[str, Any]) -> None:
    client = a_client(time)
    with pytest.raises(CredentialsError, match=r"must not get credentials.*https"):
        client.send(Query("http://mirror.example/x", **secret))
    assert client.traffic.requests == 0


def test_what_stays_on_this_machine_goes_through_no_proxy(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(in_turn(GOOD)) as proxy, serving(in_turn(GOOD)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        a_client(time).json(Query(server.url, auth=Fixed("Bearer right")))
        assert proxy.asked == []


def test_redirects_in_a_circle_end(time: Time) -> None:
    with serving(lambda asked: Reply(302, headers={"Location": asked.path})) as server:
        with pytest.raises(TransferError, match="circle"):
            a_client(time).get_json(server.url)


def test_a_header_that_is_not_taken_any_more_is_renewed_once(time: Time) -> None:
    with serving(only("Bearer new")) as server:
        query = Query(server.url, auth=Fixed("Bearer old", "Bearer new"))
        assert a_client(time).json(query) == {"fine": True}
        assert len(server.asked) == 2
        with pytest.raises(TransferError, match="401"):
            a_client(time).json(Query(server.url, auth=Fixed("Bearer old")))
        assert len(server.asked) == 4


def test_credentials_of_a_netrc_file_stay_out(
    time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(in_turn(GOOD)) as server:
        a_client(time).get_json(server.url)
        assert "Authorization" not in server.asked[0].headers


def test_errors_show_neither_query_nor_header_nor_form(time: Time) -> None:
    secret = "s3cr3t"
    for reply in (Reply(403, f"token {secret}".encode()), Reply(500), Reply(0)):
        with serving(in_turn(reply)) as server:
            query = Query(
                f"{server.url}/x?sig={secret}", auth=Fixed(f"Bearer {secret}"), form={"p": secret}
            )
            with pytest.raises(TransferError) as caught:
                a_client(time).json(query)
        chain: BaseException | None = caught.value
        while chain is not None:
            assert secret not in str(chain)
            chain = chain.__cause__
        assert secret not in repr(Query("u", form={"p": secret}, auth=Fixed(secret)))


def test_an_error_crosses_to_another_process_with_its_status() -> None:
    err = pickle.loads(pickle.dumps(TransferError("message", 404)))
    assert (str(err), err.status) == ("message", 404)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://good.example:443/other", True),
        ("HTTPS://GOOD.example", True),
        ("https://me:pw@good.example", True),
        ("http://good.example", False),
        ("https://good.example:8443", False),
        ("https://good.example.", False),
        ("https://side.good.example", False),
        ("https://good.example@evil.example", False),
        ("https://good.example:443@evil.example/", False),
        ("https://evil.example#@good.example", False),
        ("https://evil.example?@good.example", False),
        ("https://evil.example\\@good.example", False),
        ("https://good.example\\@evil.example", False),
        ("https://good.example\t.evil.example", False),
        ("https://g\u043e\u043ed.example", False),  # Cyrillic letters
        ("//good.example", False),
        ("ftp://good.example", False),
        ("https://good.example:99999", False),
        ("", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(other: str, same: bool) -> None:
    assert same_origin("https://good.example/path", other) is same


def test_what_is_no_address_has_the_origin_of_nothing() -> None:
    assert not same_origin("dhus", "dhus")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://anywhere.example", True),
        ("http://anywhere.example", False),
        ("http://127.0.0.1:8080", True),
        ("http://127.3.2.1", True),
        ("http://[::1]:8080", True),
        ("http://localhost", True),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("http://127.0.0.1.evil.example", False),
    ],
)
def test_secrets_go_over_https_or_stay_here(url: str, kept: bool) -> None:
    assert keeps_secrets(url) is kept


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown("https://me:pw@host:8/a/b?sig=x#y") == "https://host:8/a/b"
    assert shown("https://me:p@w@host?sig=x") == "https://host"
    assert shown("me:pw@host?sig=x") == "host"
    assert gives_away("https://me@host")
    assert gives_away("https://host?sig=x")
    assert not gives_away("https://host/a#sentinel-2-l2a")


def test_clients_may_share_their_counts() -> None:
    traffic = Traffic()
    for _ in range(2):
        HttpClient("service", traffic=traffic).traffic.add(requests=1, received=10)
    assert (traffic.requests, traffic.bytes) == (2, 20)
