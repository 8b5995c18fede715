"""Reviewers who log in: under which name, and that nobody decides in the name of another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.secrets import Secrets

from pages.shared.review.guard import KEY, KEY_HEADER, SIGNATURE_HEADER, signature_of
from pages.shared.review.routes import routes
from pages.shared.review.team import reviewer as login
from tests.pages.test_review import handed_over, opened
from tests.support.app import all_text
from tests.support.asgi import Client
from tests.support.pairs import Case

API = "/review-api"
ANN = {"is_logged_in": True, "email": "ann@example.org", "name": "Ann", "sub": "1"}


class Given(dict[str, Any]):
    """Secrets as they stand in a file."""

    to_dict = dict.copy


@pytest.fixture
def login_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("guard", "team.reviewer"):
        monkeypatch.setattr(f"pages.shared.review.{module}.login_is_on", lambda: True)


@pytest.fixture
def pair_id(case: Case) -> str:
    return case.pair_ids()["m0 20200202"]


def decide(pair_id: str, who: str, signature: str) -> tuple[int, Any]:
    headers = {KEY_HEADER: KEY, SIGNATURE_HEADER: signature}
    document = {"token": "t", "pair_id": pair_id, "verdict": "accept", "reviewer": who}
    answer = Client(list(routes()), headers).post(f"{API}/decisions", document)
    return answer.status, answer.json


@pytest.mark.usefixtures("login_on")
def test_one_decides_under_ones_own_name_only(case: Case, pair_id: str) -> None:
    status, answer = decide(pair_id, "bob", signature_of("ann"))
    assert (status, case.store.decisions()) == (403, [])
    assert "not logged in under this name" in answer["error"]
    for guess in ("", KEY, signature_of("bob ")):
        assert decide(pair_id, "bob", guess)[0] == 403
    assert decide(pair_id, "ann", signature_of("ann"))[0] == 200
    assert [one.reviewer for one in case.store.decisions()] == ["ann"]


@pytest.mark.usefixtures("login_on")
def test_nobody_reads_what_another_may_see(case: Case, pair_id: str) -> None:
    client = Client(list(routes()), {KEY_HEADER: KEY, SIGNATURE_HEADER: signature_of("ann")})
    assert client.get(f"{API}/pairs/{pair_id}", "reviewer=bob").status == 403
    assert client.get(f"{API}/pairs/{pair_id}", "reviewer=ann").status == 200
    assert client.post(f"{API}/queue", {"reviewer": "bob"}).status == 403
    both = client.post(f"{API}/queue?reviewer=ann", {"reviewer": "bob"})
    assert both.status in (403, 404)


def test_without_a_login_any_name_decides(case: Case, pair_id: str) -> None:
    assert decide(pair_id, "bob", "")[0] == 200


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (ANN, "ann@example.org"),
        ({**ANN, "email_verified": False}, "Ann"),
        ({**ANN, "email": None}, "Ann"),
        ({"is_logged_in": True, "sub": "1"}, "1"),
        ({"is_logged_in": True}, None),
        ({**ANN, "is_logged_in": False}, None),
        ({}, None),
    ],
)
def test_the_name_is_that_of_the_login(user: dict[str, Any], name: str | None) -> None:
    assert login.name_of(user) == name


@pytest.mark.usefixtures("login_on")
def test_who_is_not_logged_in_gets_no_key(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "secrets", Given(auth={"client_id": "x"}))
    monkeypatch.setattr(login, "find_spec", lambda _: None)
    app = opened()
    assert "Log in to review" in all_text(app)
    assert 'pip install "streamlit[auth]"' in all_text(app)
    assert not app.main.get("bidi_component")
    monkeypatch.setattr(login, "find_spec", lambda _: "there")
    assert [button.label for button in opened().button] == ["Log in"]
    monkeypatch.setattr(st, "secrets", Given(auth={"google": {"client_id": "x"}}))
    assert [button.label for button in opened().button] == ["Log in with google"]


@pytest.mark.usefixtures("login_on")
def test_the_light_table_of_who_is_logged_in_is_signed(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    class User:
        def to_dict(self) -> dict[str, Any]:
            return ANN

    monkeypatch.setattr(st, "user", User())
    data = handed_over(opened())
    assert data["reviewer"] == "ann@example.org"
    assert data["signature"] == signature_of("ann@example.org")
    assert signature_of("ann@example.org") != signature_of("bob@example.org")


@pytest.mark.parametrize(
    ("text", "is_on"),
    [(None, False), ("A = 1", False), ("[auth]\na = 1", True), ("[auth", True)],
)
def test_a_login_is_on_where_it_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, is_on: bool
) -> None:
    file, places = tmp_path / "secrets.toml", st.get_option("secrets.files")
    if text is not None:
        file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(st, "secrets", Secrets())
    st.config.set_option("secrets.files", [str(file)])
    try:
        assert login.login_is_on() == is_on
    finally:
        st.config.set_option("secrets.files", places)
