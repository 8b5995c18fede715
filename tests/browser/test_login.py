"""Reviewers who log in with OpenID Connect: under which name they decide."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from migrate_core.workspace import Workspace
from tests.support.browsing import browser_pages, chromium, free_port, served_app
from tests.support.light_table import LOOK_MS, SLOW_MS, log_of, press, root, shown
from tests.support.servers.oidc import CLIENT, login_provider

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

OTHER = """async ([pair, key, signature]) => {
  const answer = await fetch('/review-api/decisions', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json', 'X-Review-Key': key, 'X-Review-Signature': signature,
    },
    body: JSON.stringify({ token: 't', pair_id: pair, verdict: 'reject', reviewer: 'bob' }),
  });
  return answer.status;
}"""


def test_a_reviewer_logs_in_and_decides_under_that_name_only(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chromium()
    shutil.copytree(finished, tmp_path / "workspace")
    workspace, port = Workspace(tmp_path / "workspace"), free_port()
    secrets = tmp_path / "secrets.toml"
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(secrets))
    claims = {"sub": "1", "name": "Ann", "email": "ann@example.org"}
    with login_provider(claims) as metadata:
        secrets.write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{"long enough " * 4}"\nclient_id = "{CLIENT}"\n'
            f'client_secret = "s"\nserver_metadata_url = "{metadata}"\n',
            encoding="utf-8",
        )
        with (
            served_app(workspace.root, tmp_path / "app.log", port) as address,
            browser_pages(1, viewport={"width": 1280, "height": 800}) as (page,),
        ):
            sent: list[dict[str, str]] = []
            page.on("request", lambda request: sent.append(request.headers))
            page.goto(f"{address}/Review")
            page.get_by_role("button", name="Log in").click(timeout=SLOW_MS)
            # The service sends the browser back to the start of the app.
            home = page.get_by_role("heading", name="Label migration to Sentinel-2", level=1)
            home.wait_for(timeout=SLOW_MS)
            page.goto(f"{address}/Review")
            pair_id = shown(page)
            assert page.get_by_role("textbox", name="Reviewer").input_value() == claims["email"]
            press(page, "a")
            page.wait_for_timeout(2 * LOOK_MS)
            assert [one.reviewer for one in log_of(workspace, pair_id)] == [claims["email"]]
            (found,) = {
                (one["x-review-key"], one["x-review-signature"])
                for one in sent
                if one.get("x-review-signature")
            }
            assert page.evaluate(OTHER, [pair_id, *found]) == 403
            assert len(log_of(workspace, pair_id)) == 1
            assert root(page).is_visible()
