"""Tokens: one session, refreshed in time; wrong credentials; secrets that stay inside."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from migrate_core.errors import CredentialsError, TransferError
from migrate_core.transfer.http.client import Query
from migrate_core.transfer.tokens import Credentials, TokenSession
from tests.support.servers.cdse import DOWNLOAD, PASSWORD, TOKEN, USER, Cdse, Offered, cdse_running
from tests.support.servers.faulty import Reply, json_reply, serving
from tests.support.transfer import Time, a_client


@pytest.fixture
def cdse() -> Iterator[Cdse]:
    with cdse_running() as running:
        running.add(Offered("p", {"Name": "P.SAFE"}, b"content"))
        yield running


def url_of(cdse: Cdse, path: str) -> str:
    assert cdse.server is not None
    return cdse.server.url + path


def a_session(cdse: Cdse, time: Time, password: str = PASSWORD, **more: str | None) -> TokenSession:
    codes = [more["totp"]] if "totp" in more else []
    credentials = Credentials(USER, password, (lambda: codes[0]) if codes else None)
    return TokenSession(a_client(time), url_of(cdse, TOKEN), credentials)


def test_one_password_grant_serves_many_requests_for_hours(cdse: Cdse) -> None:
    time = Time()
    session = a_session(cdse, time)
    headers = set()
    for _ in range(60):
        headers.add(session.header())
        time.now += 180
    assert cdse.grants.count("password") == 1
    # 10 minutes, renewed 30 s before they end: every fourth of these calls.
    assert cdse.grants.count("refresh_token") == 14
    assert len(headers) == 15


def test_a_session_that_lay_idle_for_more_than_an_hour_logs_in_again(cdse: Cdse) -> None:
    time = Time()
    session = a_session(cdse, time)
    session.header()
    time.now += 3601
    session.header()
    assert cdse.grants == ["password", "password"]


def test_a_refresh_that_is_refused_is_followed_by_a_login(cdse: Cdse) -> None:
    session = a_session(cdse, Time())
    first = session.header()

    def forgets_sessions(asked: object) -> Reply | None:
        form = getattr(asked, "form", {})
        return json_reply({}, 400) if form.get("grant_type") == "refresh_token" else None

    cdse.fault = forgets_sessions
    session.rejected(first)
    assert session.header() != first
    assert cdse.grants == ["password", "password"]


def test_a_token_that_expires_after_some_requests_is_refreshed_not_logged_in_anew(
    cdse: Cdse,
) -> None:
    cdse.requests_a_token = 3
    time = Time()
    client, session = a_client(time), a_session(cdse, time)
    query = Query(url_of(cdse, f"{DOWNLOAD}/Products(p)/$value"), auth=session)
    assert [client.send(query).content for _ in range(10)] == [b"content"] * 10
    assert cdse.grants == ["password"] + ["refresh_token"] * 3


def test_threads_share_one_session(cdse: Cdse) -> None:
    session = a_session(cdse, Time())
    headers: list[str] = []
    threads = [threading.Thread(target=lambda: headers.append(session.header())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(headers) == 8
    assert len(set(headers)) == 1
    assert cdse.grants == ["password"]


def test_whether_a_session_can_be_had_is_known_without_asking(cdse: Cdse) -> None:
    session = a_session(cdse, Time(), password="wr0ng-secret")
    session.check()
    assert cdse.grants == []
    with pytest.raises(CredentialsError):
        session.header()
    with pytest.raises(CredentialsError, match="were not accepted"):
        session.check()
    assert cdse.grants == ["password"]
    with pytest.raises(CredentialsError, match="Set CDSE_USERNAME and CDSE_PASSWORD"):
        a_session(cdse, Time(), password="").check()


def test_wrong_credentials_give_one_clear_sentence_and_are_not_tried_again(cdse: Cdse) -> None:
    session = a_session(cdse, Time(), password="wr0ng-secret")
    messages = set()
    for _ in range(5):
        with pytest.raises(CredentialsError) as caught:
            session.header()
        messages.add(str(caught.value))
    (message,) = messages
    assert "CDSE_USERNAME and CDSE_PASSWORD were not accepted" in message
    assert "CDSE_TOTP" in message
    assert "wr0ng" not in message
    assert cdse.grants == ["password"]


def test_missing_credentials_are_named_without_asking_anybody(cdse: Cdse) -> None:
    session = TokenSession(a_client(), url_of(cdse, TOKEN), Credentials(None, None))
    with pytest.raises(CredentialsError, match="Set CDSE_USERNAME and CDSE_PASSWORD"):
        session.header()
    assert cdse.grants == []


def test_an_account_with_two_factors_gets_in_with_its_code(cdse: Cdse) -> None:
    cdse.totp = "123456"
    assert a_session(cdse, Time(), totp="123456").header() == "Bearer access-1"
    with pytest.raises(CredentialsError, match="may be used up or too old"):
        a_session(cdse, Time(), totp="654321").header()


def test_nothing_shows_the_secrets_of_a_session(cdse: Cdse) -> None:
    session = a_session(cdse, Time(), totp="123456")
    credentials = Credentials(USER, PASSWORD, lambda: "123456")
    cdse.totp = "123456"
    token = session.header().removeprefix("Bearer ")
    shown = f"{session!r} {credentials!r} {vars(session)['_grant']!r}"
    assert PASSWORD not in shown
    assert token not in shown
    assert "refresh-" not in shown


@pytest.mark.parametrize("answer", [{"hello": 1}, ["hello"], None])
def test_a_service_that_gives_no_token_is_named(answer: object) -> None:
    with serving(lambda _: json_reply(answer)) as server:
        session = TokenSession(a_client(), server.url, Credentials(USER, PASSWORD))
        with pytest.raises(TransferError, match="CDSE_TOKEN_URL"):
            session.header()


def test_a_token_service_that_is_down_for_a_moment_is_asked_again(cdse: Cdse) -> None:
    faults = [Reply(502), Reply(0)]
    cdse.fault = lambda _: faults.pop(0) if faults else None
    assert a_session(cdse, Time()).header() == "Bearer access-1"
