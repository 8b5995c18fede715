"""Several workspaces: each tab and each request has its own, and only siblings can be named."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.errors import WrongUseError
from migrate_core.settings import Settings, load_settings
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from pages.shared.frame import in_workspace, open_workspace
from pages.shared.home.workspaces import (
    Offered,
    create,
    offered,
    own_or,
    set_title,
    settings_of,
    title_of,
)
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.routes import routes
from tests.support.app import all_text, open_page
from tests.support.asgi import Client
from tests.support.pairs import Case, open_case

API = "/review-api"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a server on the workspace `own`, beside `north` and a folder that is none."""
    for name in ("own", "north"):
        open_store(Workspace(tmp_path / name)).engine.dispose()
    (tmp_path / "photos").mkdir()
    return load_settings(environ={"MIGRATE_WORKSPACE": str(tmp_path / "own")})


@pytest.fixture
def other(case: Case, made: Path) -> Case:
    """A workspace `other` beside that of the server, with the same three pairs, m1 rejected."""
    root = case.workspace.root.parent / "other"
    shutil.copytree(made, root)
    return open_case(root)


# which there are


def test_workspaces_beside_the_servers_own_are_offered(settings: Settings) -> None:
    assert offered(settings) == [Offered("north", "north"), Offered("own", "own")]
    assert settings_of(settings, "north").workspace == settings.workspace.parent / "north"
    assert settings_of(settings, None) == settings
    assert settings_of(settings, "own") == settings
    assert (own_or(settings, "own"), own_or(settings, ""), own_or(settings, "north")) == (
        None,
        None,
        "north",
    )


@pytest.mark.parametrize(
    "name",
    ["../north", "..", ".", "/tmp", "north/../north", "north\\x", ".north", "a\0b", "photos"],
)
def test_no_name_leads_anywhere_but_to_a_workspace_in_the_folder(
    settings: Settings, name: str
) -> None:
    with pytest.raises(WrongUseError):
        settings_of(settings, name)
    if name != "photos":
        with pytest.raises(WrongUseError, match="can't be the name"):
            create(settings, name)


def test_another_folder_may_be_named_and_none_locks_the_one(tmp_path: Path) -> None:
    own = {"MIGRATE_WORKSPACE": str(tmp_path / "own")}
    open_store(Workspace(tmp_path / "teams" / "south")).engine.dispose()
    named = load_settings(environ={**own, "MIGRATE_WORKSPACES": str(tmp_path / "teams")})
    assert [one.name for one in offered(named)] == ["own", "south"]
    for locked in (
        load_settings(environ={**own, "MIGRATE_WORKSPACES": "none"}),
        load_settings(environ={**own, "DATABASE_URL": "postgresql://host/labels"}),
    ):
        assert offered(locked) == ()
        with pytest.raises(WrongUseError, match="one workspace only"):
            settings_of(locked, "south")
        with pytest.raises(WrongUseError, match="No workspace can be made"):
            create(locked, "west")


def test_a_new_workspace_is_there_at_once_and_made_only_once(settings: Settings) -> None:
    create(settings, "quarries 2024")
    assert Offered("quarries 2024", "quarries 2024") in offered(settings)
    with pytest.raises(WrongUseError, match="already"):
        create(settings, "quarries 2024")
    with pytest.raises(WrongUseError, match="already"):
        create(settings, "photos")


def test_a_title_leaves_the_folder_where_it_is(settings: Settings) -> None:
    root = settings.workspace
    set_title(root, "  Quarries \n of the north ")
    assert title_of(root) == "Quarries of the north"
    assert Offered("own", "Quarries of the north") in offered(settings)
    with pytest.raises(WrongUseError, match="at most 80"):
        set_title(root, "x" * 81)
    set_title(root, "")
    assert title_of(root) == "own"


# of a request


def test_a_request_is_answered_from_the_workspace_that_it_names(case: Case, other: Case) -> None:
    client = Client(list(routes()), {KEY_HEADER: KEY, "origin": "http://localhost:8501"})
    pair_id = case.pair_ids()["m1 20200202"]
    decision = {"token": uuid.uuid4().hex, "pair_id": pair_id, "verdict": "reject"}
    answer = client.post(f"{API}/decisions?workspace=other", {**decision, "reviewer": "ann"})
    assert answer.status == 200, answer.body
    assert case.store.decisions() == []
    assert [one.verdict for one in other.store.decisions()] == ["reject"]
    assert open_workspace().workspace.root == case.workspace.root


@pytest.mark.parametrize("name", ["..", "../other", "nowhere", "%2e%2e"])
def test_a_request_of_no_workspace_is_refused(case: Case, other: Case, name: str) -> None:
    client = Client(list(routes()), {KEY_HEADER: KEY, "origin": "http://localhost:8501"})
    answer = client.post(f"{API}/queue?workspace={name}", {"reviewer": "ann"})
    assert answer.status == 400


def test_after_a_request_the_own_workspace_is_open_again(case: Case, other: Case) -> None:
    with in_workspace("other"):
        assert open_workspace().workspace.root == other.workspace.root
    assert open_workspace().workspace.root == case.workspace.root


# of a tab


def sidebar(app: AppTest) -> str:
    return "\n".join(element.value for element in app.sidebar.caption)


def test_a_tab_works_in_the_workspace_of_its_address_and_keeps_it(case: Case, other: Case) -> None:
    other.store.put_pairs([replace(other.store.pairs()[0], state="failed", error="no")])
    app = open_page("pages/3_Pairs.py", workspace="other")
    assert "Workspace `other`" in sidebar(app)
    assert app.query_params["workspace"] == "other"
    # Links between pages leave the address behind.
    app.query_params.clear()
    app.switch_page("pages/1_Masks.py").run()
    assert "Workspace `other`" in sidebar(app)
    assert app.query_params["workspace"] == "other"
    assert "Workspace `workspace`" in sidebar(open_page("pages/3_Pairs.py"))


def test_what_was_chosen_in_a_workspace_is_forgotten_in_another(case: Case, other: Case) -> None:
    app = open_page("pages/3_Pairs.py")
    app.selectbox(key="pairs_resampling").select("cubic").run()
    app.query_params.clear()
    app.query_params["workspace"] = "other"
    app.run()
    assert not app.exception
    assert "Workspace `other`" in sidebar(app)
    assert app.selectbox(key="pairs_resampling").value == "bilinear"
    app.query_params["workspace"] = case.workspace.root.name
    app.run()
    assert "Workspace `workspace`" in sidebar(app)
    assert "workspace" not in app.query_params


def test_an_address_of_no_workspace_says_so_and_leads_home(case: Case) -> None:
    app = open_page("pages/3_Pairs.py", workspace="../other")
    assert "can't be the name of a workspace" in all_text(app)
    assert [link.proto.label for link in app.main.get("page_link")] == ["Home"]
    assert not app.dataframe


def test_home_lists_makes_and_renames_workspaces(case: Case, other: Case) -> None:
    app = open_page("app.py")
    links = {link.proto.label: link.proto.query_string for link in app.main.get("page_link")}
    assert links["other"] == "workspace=other"
    app.text_input(key="workspaces_new").set_value("../north")
    app.button(key="workspaces_create").click().run()
    assert "can't be the name of a workspace" in all_text(app)
    app.text_input(key="workspaces_new").set_value("north")
    app.button(key="workspaces_create").click().run()
    assert "The workspace north is there" in all_text(app)
    assert (case.workspace.root.parent / "north" / "migrate.db").is_file()
    app.text_input(key="workspaces_title").set_value("The pits")
    app.button(key="workspaces_rename").click().run()
    assert "Workspace `The pits`" in sidebar(app)
    assert case.workspace.root.is_dir()


def test_where_only_one_may_be_open_nothing_is_offered(
    case: Case, other: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_WORKSPACES", "none")
    app = open_page("app.py")
    assert "This server has this workspace only" in all_text(app)
    assert "workspaces_create" not in [button.key for button in app.button]
    assert "one workspace only" in all_text(open_page("app.py", workspace="other"))
