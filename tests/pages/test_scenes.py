"""The scenes page: search, look, choose, for one mask and for all."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from shapely.geometry import Point, box, mapping
from streamlit.testing.v1 import AppTest

from migrate_core.background import start
from migrate_core.cli import cli
from migrate_core.errors import SourceError
from migrate_core.job_requests import SearchScenes, TrySources
from migrate_core.jobs.background import claim, now_utc
from migrate_core.model import RankedScene, Scene, SceneQuery
from migrate_core.products.product import Product
from migrate_core.settings import RankingSettings
from migrate_core.states import Level
from migrate_core.store.candidates import candidates_of
from migrate_core.store.last_search import (
    SearchParameters,
    last_asked,
    last_found,
    remember_asked,
    remember_found,
)
from pages.shared import readers as background_readers
from pages.shared.scenes import picture as scenes_picture
from pages.shared.scenes import ranking
from pages.shared.scenes.bulk import table
from pages.shared.scenes.candidates import View
from pages.shared.scenes.colors import SCORE_COLORS, DaysScale, score_color
from pages.shared.scenes.connections import _step
from pages.shared.scenes.map import _badge
from pages.shared.scenes.plot import chart
from pages.shared.scenes.search import format_age
from pages.shared.scenes.strip import _tile
from pages.shared.scenes.table import _formatted
from pages.shared.table import tinted
from pages.shared.text import plain
from tests.support.app import open_page
from tests.support.background import Launches, note_launches
from tests.support.pairs import Case, Safe, numbered_masks, open_case, write_safe
from tests.support.range_server import serving
from tests.support.servers.cdse import PASSWORD, cdse_running
from tests.support.stac_items import SmallApi, earth_item

CLEAR = Safe(sensed="20200215T104351", generated="20200215T134500", cloud_percent=2.0)
CLOUDY = Safe(
    sensed="20200203T104351",
    generated="20200203T134500",
    cloud_percent=45.0,
    pixels={"SCL": np.full((30, 30), 9)},
)

AREA = box(2, 42, 3.5, 43)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cloudy scene one day after the masks, a clear one thirteen days after."""
    folder = tmp_path_factory.mktemp("scenes")
    for safe in (CLEAR, CLOUDY):
        write_safe(folder, safe)
    return folder


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """An empty workspace, which the app opens; what it starts is done at once."""
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))

    note_launches(monkeypatch, at_once=True)
    found = open_case(tmp_path / "workspace")
    yield found
    found.store.engine.dispose()


@pytest.fixture
def masks(case: Case, tmp_path: Path) -> Case:
    """The workspace with three masks."""
    case.store.put_masks(numbered_masks(tmp_path / "masks", 3))
    return case


@pytest.fixture
def searched(masks: Case, scenes: Path) -> Case:
    """The masks searched for within 20 days: the clear scene is the best, the cloudy one second."""
    command = ["--workspace", str(masks.workspace.root), "scenes", "search"]
    result = CliRunner().invoke(cli, [*command, "--source", f"local:{scenes}", "--days", "20"])
    assert result.exit_code == 0, result.stderr
    return masks


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Launches:
    """Tests of connections, which are done at once."""
    return note_launches(monkeypatch, at_once=True)


@pytest.fixture
def earth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallApi]:
    """Earth Search in small, with a scene on the day after the masks, but no pixels."""

    def no_pixels(scene: Scene, services: object) -> Product:
        raise SourceError(f"{scene.scene_id}: it has no pixels")

    monkeypatch.setattr(scenes_picture, "open_scene", no_pixels)
    item = earth_item()
    item |= {"geometry": mapping(AREA), "bbox": list(AREA.bounds)}
    item["properties"]["datetime"] = "2020-02-03T10:48:12.345000Z"
    with serving(tmp_path) as server:
        for name, asset in item["assets"].items():
            asset["href"] = f"{server.url}/{name}.tif"
        found = SmallApi([item])
        found.url = server.url
        server.rule = found
        monkeypatch.setenv("EARTH_SEARCH_URL", f"{server.url}/stac")
        yield found


def pills(app: AppTest, key: str) -> Any:
    return app.button_group(key=key)


def first(case: Case) -> str:
    return case.store.masks()[0].mask_id


def opened(**query: str) -> AppTest:
    return open_page("pages/2_Scenes.py", **query)


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def said(app: AppTest) -> str:
    elements = [*app.error, *app.warning, *app.info, *app.success, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in elements)


def used(case: Case, mask: str = "m0.tif") -> str:
    """The day of the selected scene of a mask."""
    (mask_id,) = [m.mask_id for m in case.store.masks() if m.name == mask]
    (chosen,) = [c for c in case.store.candidates()[mask_id] if c.selected]
    return chosen.ranked.scene.sensed_at.date().isoformat()


# nothing there yet


def test_without_masks_the_page_leads_to_the_masks(case: Case) -> None:
    assert "Add masks first" in said(opened())


def test_before_a_search_there_is_only_the_form(masks: Case) -> None:
    app = opened()
    assert "Nothing was searched yet" in said(app)
    assert app.number_input(key="scenes_days").value == 10
    assert not app.dataframe


# search


def test_a_search_with_everything_in_the_form(masks: Case, scenes: Path) -> None:
    app = opened()
    app.text_area(key="scenes_folders").set_value(f"{scenes}\n\n  {scenes}  ")
    app.number_input(key="scenes_days").set_value(14)
    app.number_input(key="scenes_max_cloud").set_value(80.0)
    app.selectbox(key="scenes_level").set_value("L2A")
    app.number_input(key="scenes_usable_cloud").set_value(5.0)
    app.number_input(key="scenes_usable_coverage").set_value(75.0)
    app.slider(key="scenes_weight_closeness").set_value(2.5)
    press(app, "Search")
    assert last_asked(masks.store) == SearchParameters(
        (f"local:{scenes}",),
        SceneQuery(14, 80.0, "L2A"),
        RankingSettings(
            5.0,
            0.75,
            {"clear_sky": 1.0, "clear_label": 1.0, "closeness": 2.5, "coverage": 1.0},
        ),
        measure_clouds=True,
    )
    assert "All 3 masks have a usable scene" in said(app)
    assert used(masks) == "2020-02-15"


def test_clouds_are_measured_over_each_mask_and_shown(masks: Case, scenes: Path) -> None:
    app = opened()
    assert app.toggle(key="scenes_measure").value
    app.text_area(key="scenes_folders").set_value(str(scenes))
    app.number_input(key="scenes_days").set_value(14)
    press(app, "Search")
    ranking = app.dataframe[1].value
    assert list(ranking["date"]) == ["2020-02-15", "2020-02-03"]
    assert list(ranking["over mask"]) == [0, 100]
    assert list(ranking["label occluded"]) == [0, 100]
    pills(app, "scenes_columns").set_value("Terms of the score").run()
    assert list(app.dataframe[1].value["term clear_label"]) == [1, 0]
    assert "cloud over mask 0.0 %, label occluded 0.0 %, cloud in scene 2.0 %" in said(app)

    app.toggle(key="scenes_measure").set_value(False)
    press(app, "Search")
    assert "term clear_label" not in app.dataframe[1].value
    pills(app, "scenes_columns").set_value("Measurements").run()
    assert {"over mask", "label occluded"}.isdisjoint(app.dataframe[1].value.columns)
    assert not opened().toggle(key="scenes_measure").value


def test_the_second_half_of_a_search_that_measures_is_told(masks: Case) -> None:
    remember_asked(
        masks.store,
        SearchParameters((), SceneQuery(), RankingSettings(), measure_clouds=True),
    )
    job = claim(masks.store, "search", 100)
    job.advance(30, 100)
    app = opened()
    assert progress_text(app).startswith("Searching for scenes: 30 %")
    assert "Nothing was searched yet" not in said(app)
    job.report(70, 0, 100)
    assert progress_text(opened()).startswith("Measuring clouds over each mask: 70 %")
    job.end("cancelled")


def test_a_problem_that_ended_the_search_is_said_once(masks: Case) -> None:
    job = claim(masks.store, "search", 100)
    job.say(Level.PROBLEM, ["no product was found in it"])
    job.say(Level.ERROR, ["no product was found in it"])
    job.end("failed")
    assert [error.value for error in opened().error] == ["no product was found in it"]


def progress_text(app: AppTest) -> str:
    return str(next(iter(app.main.get("progress"))).proto.text).replace("**", "")


def test_another_tab_starts_from_the_last_search(searched: Case, scenes: Path) -> None:
    app = opened()
    assert app.text_area(key="scenes_folders").value == str(scenes)
    assert app.number_input(key="scenes_days").value == 20


@pytest.mark.parametrize(
    ("folders", "problem"),
    [
        ("", "Choose a service, or name a folder"),
        ("/not/there", "There is no /not/there on the machine"),
    ],
)
def test_a_folder_that_is_missing_is_told_before_anything_starts(
    masks: Case, folders: str, problem: str
) -> None:
    app = opened()
    app.text_area(key="scenes_folders").set_value(folders)
    press(app, "Search")
    assert problem in said(app)
    assert last_asked(masks.store) is None


def test_a_folder_without_products_is_told_and_what_was_found_is_kept(
    searched: Case, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    app = opened()
    app.text_area(key="scenes_folders").set_value(str(tmp_path / "empty"))
    press(app, "Search")
    assert "no Sentinel-2 product was found in it" in said(app)
    assert "Log of this job" in [found.label for found in app.expander]
    assert any("Job `search` failed" in code.value for code in app.code)
    assert used(searched) == "2020-02-15"


def test_a_running_search_is_shown_and_can_be_cancelled(searched: Case) -> None:
    job = claim(searched.store, "search", 100)
    app = opened()
    assert "watch_cancel_search" in [button.key for button in app.button]
    app.button(key="watch_cancel_search").click().run()
    assert job.cancel_requested()
    assert not app.text_area, "the form is folded while the search runs"
    job.end("cancelled")
    app = opened()
    assert "cancelled" in said(app)
    assert app.text_area(key="scenes_folders")


def test_a_search_whose_process_died_is_told(masks: Case) -> None:
    claim(masks.store, "search", 100, lambda: now_utc().replace(year=2020))
    assert "was stopped before its end" in said(opened())


# services


def test_services_folders_and_others_are_searched_at_once(
    masks: Case, scenes: Path, earth: SmallApi
) -> None:
    other = f"stac:{earth.url}/stac#sentinel-2-l2a"
    app = opened()
    app.text_area(key="scenes_folders").set_value(str(scenes))
    app.text_area(key="scenes_others").set_value(other)
    pills(app, "scenes_services").set_value(["earth-search"])
    app.number_input(key="scenes_days").set_value(20)
    press(app, "Search")
    found = last_found(masks.store)
    assert found is not None
    assert found.sources == (f"local:{scenes}", "earth-search", other)
    assert {c.ranked.scene.source for c in masks.store.candidates()[first(masks)]} == {
        f"local:{scenes}",
        "earth-search",
    }
    again = opened()
    assert pills(again, "scenes_services").value == ["earth-search"]
    assert again.text_area(key="scenes_others").value == other
    assert plain(f"earth-search just now, {other} just now") in said(again)


def test_a_service_is_asked_anew_on_demand_only(masks: Case, earth: SmallApi) -> None:
    app = opened()
    pills(app, "scenes_services").set_value(["earth-search"])
    press(app, "Search")
    asked = len(earth.bodies)
    assert asked > 0
    press(app, "Search")
    assert len(earth.bodies) == asked
    app.checkbox(key="scenes_refresh").check()
    press(app, "Search")
    assert len(earth.bodies) == 2 * asked


def test_what_fetching_takes_is_said_before_anything_is_fetched(
    masks: Case, earth: SmallApi
) -> None:
    app = opened()
    pills(app, "scenes_services").set_value(["earth-search"])
    press(app, "Search")
    (costs,) = [item.value for item in app.dataframe if "Download" in item.value.columns]
    assert set(costs["Source"]) == {"earth-search"}
    assert list(costs["Way"]) == ["window"]
    assert costs["Download"].str.endswith(" MB").all()
    assert costs["Time"].str.endswith(" min").all()


def test_what_is_no_source_is_told_before_anything_starts(masks: Case) -> None:
    app = opened()
    app.text_area(key="scenes_others").set_value("stac:https://host/v1")
    press(app, "Search")
    assert plain("needed is stac:URL#COLLECTION") in said(app)
    assert last_asked(masks.store) is None


@pytest.mark.parametrize("button", ["Search", "Test connection"])
def test_an_address_with_a_password_starts_nothing(
    masks: Case, tried: Launches, button: str
) -> None:
    app = opened()
    app.text_area(key="scenes_others").set_value("dhus:https://me:hunter2@mirror.example").run()
    press(app, button)
    assert "can't be a source" in said(app)
    assert "hunter2" not in said(app)
    assert "source" not in app.query_params
    assert (last_asked(masks.store), tried.found) == (None, [])


def test_credentials_are_found_or_needed_and_never_shown(
    masks: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    assert "Credentials" not in said(app)
    pills(app, "scenes_services").set_value(["earth-search"]).run()
    assert "none needed" in said(app)
    assert "CDSE_USERNAME" not in said(app)
    pills(app, "scenes_services").set_value(["cdse"]).run()
    needs = "single bands and whole products: needs `CDSE_USERNAME` and `CDSE_PASSWORD`"
    assert needs in said(app)
    assert "clouds can't be measured with the credentials that are set" in said(app)
    monkeypatch.setenv("CDSE_USERNAME", "somebody")
    monkeypatch.setenv("CDSE_PASSWORD", "hidden-word")
    app = opened()
    pills(app, "scenes_services").set_value(["cdse"]).run()
    assert "single bands and whole products: found" in said(app)
    assert "windows: needs `CDSE_S3_ACCESS_KEY`" in said(app)
    assert "hidden-word" not in str(app.main)


def test_a_connection_is_tested_with_a_code_that_is_not_kept(
    masks: Case, tried: Launches, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cdse_running() as cdse:
        for name in ("odata_url", "token_url", "username", "password"):
            value = getattr(cdse.settings, f"cdse_{name}")
            monkeypatch.setenv(f"CDSE_{name.upper()}", value)
        cdse.totp = "123456"
        app = opened()
        pills(app, "scenes_services").set_value(["cdse"]).run()
        press(app, "Test connection")
        assert "needs its present code in CDSE_TOTP" in said(app)
        app.text_input(key="scenes_code").set_value("123 456")
        press(app, "Test connection")
    assert tried.environs == [{}, {"CDSE_TOTP": "123456"}]
    assert tried.found[1] == ("connection", TrySources(("cdse",)))
    assert "bands and products works: The account is accepted" in said(app)
    assert "windows: no credentials" in said(app)
    assert app.text_input(key="scenes_code").value == ""
    assert last_asked(masks.store) is None
    everything = b"".join(p.read_bytes() for p in masks.workspace.root.rglob("*") if p.is_file())
    assert b"123456" not in everything
    assert PASSWORD.encode() not in everything


def test_what_a_service_says_is_shown_as_it_is() -> None:
    step = {"what": "search", "state": "fails", "words": "it [says](http://x) <b>no</b> *twice*"}
    shown = _step(step)
    assert "<b>" not in shown.replace("\\<", "")
    assert "\\[says\\]" in shown
    assert "\\*twice\\*" in shown


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.5, "just now"), (5, "5 min ago"), (180, "3 h ago"), (72 * 60, "3 days ago")],
)
def test_the_age_of_an_answer_is_told_in_words(minutes: float, words: str) -> None:
    assert format_age(timedelta(minutes=minutes)) == words


# quicklooks of services


def remote_case(case: Case, source: str, href: str, item: dict[str, Any] | None) -> Scene:
    """The only candidate of the first mask lies at a service."""
    mask = case.store.masks()[0]
    assert mask.extent is not None
    area = mask.extent.buffer(0.1)
    scene = Scene("S2A_FAR", source, now_utc(), "L2A", "31TDG", "05.00", 1.0, area, href, item)
    case.store.put_scenes([scene])
    ranked = RankedScene(scene, 1.0, 0, 1.0, {"clear_sky": 1.0}, usable=True)
    case.store.put_candidates({mask.mask_id: [ranked]})
    remember_found(case.store, SearchParameters((source,), SceneQuery(), RankingSettings()))
    return scene


def test_a_product_that_must_be_downloaded_is_shown_once_it_is_here(
    masks: Case, scenes: Path
) -> None:
    remote_case(masks, "cdse", "cdse:1", None)
    mask = first(masks)
    assert "cdse shows no pixels before a product is downloaded" in said(opened(mask=mask))
    masks.workspace.products.mkdir()
    shutil.copytree(scenes / f"{CLEAR.name}.SAFE", masks.workspace.products / "S2A_FAR.SAFE")
    app = opened(mask=mask)
    assert "In use (chosen as the best)" in labels(app)
    assert "shows no pixels" not in said(app)
    assert "There is no quicklook" not in said(app)


def test_a_picture_that_takes_long_does_not_hold_up_the_page(
    masks: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(scene: Scene, services: object) -> Product:
        go_on.wait(20)
        raise SourceError("earth-search: it never came")

    monkeypatch.setattr(scenes_picture, "open_scene", slow)
    monkeypatch.setattr(scenes_picture, "_WAIT_S", 0.1)
    remote_case(masks, "earth-search", "https://service.example/item", {"assets": {}})
    app = opened(mask=first(masks))
    assert "The picture is being read from earth-search" in said(app)
    drawn = [str(table.key).rpartition("_")[0] for table in app.dataframe]
    assert any(key.startswith("scenes_masks_") for key in drawn)
    assert any(key.startswith("scenes_table_") for key in drawn)
    go_on.set()
    monkeypatch.setattr(scenes_picture, "_WAIT_S", 10)
    app.run()
    assert "There is no quicklook: earth-search: it never came" in said(app)
    assert not app.exception


def test_a_service_is_asked_once_for_a_picture_and_again_after_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readers: background_readers.Readers[Any] = background_readers.Readers()
    asked: list[int] = []

    def fail() -> Any:
        asked.append(1)
        raise SourceError("no")

    for _ in range(2):
        wait([readers.ask(("a",), fail)], 5)
    assert len(asked) == 1
    monkeypatch.setattr(background_readers, "_FAILED_FOR_S", -1.0)
    wait([readers.ask(("a",), fail)], 5)
    assert len(asked) == 2


# what would help


def test_what_would_help_is_told_and_one_press_away(
    masks: Case, scenes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    app.text_area(key="scenes_folders").set_value(str(scenes))
    app.toggle(key="scenes_measure").set_value(False)
    press(app, "Search")
    assert "3 of 3 masks have no usable scene" in said(app)
    assert "Widen to 13 days (helps 3 masks)" in labels(app)
    assert "Raise the cloud limit to 45 % (helps 3 masks)" in labels(app)
    listed = app.dataframe[0].value
    assert list(listed["usable"]) == ["0 of 1"] * 3
    assert listed["what would help"][0].startswith("widen to 13 days: 1 usable scene; or")
    # Once: at the mask stands what isn't said of all masks.
    assert "What would help this mask alone" not in said(app)
    assert "Search for this mask only" in [one.proto.popover.label for one in app.get("popover")]
    with monkeypatch.context() as patched:
        patched.setattr("pages.shared.scenes.list.proposals", lambda _advice: [])
        assert "What would help this mask alone" in said(app.run())
    app.run()

    press(app, "Widen to 13 days (helps 3 masks)")
    assert "All 3 masks have a usable scene" in said(app)
    assert used(masks) == "2020-02-15"
    app.run()
    assert app.number_input(key="scenes_days").value == 13


def test_one_mask_is_helped_alone_and_goes_back_to_the_others(masks: Case, scenes: Path) -> None:
    app = opened()
    app.text_area(key="scenes_folders").set_value(str(scenes))
    app.toggle(key="scenes_measure").set_value(False)
    press(app, "Search")
    press(app, "Widen to 13 days: 1 usable scene")
    assert "2 of 3 masks have no usable scene" in said(app)
    assert (used(masks, "m0.tif"), used(masks, "m1.tif")) == ("2020-02-15", "2020-02-03")
    found = last_found(masks.store)
    assert found is not None
    assert found.query.days == 10
    assert app.number_input(key="scenes_days").value == 10
    app = opened(mask=first(masks))
    assert "searched by wider limits than the others: 13 days" in said(app)

    press(app, "Search")
    assert used(masks, "m0.tif") == "2020-02-15", "its limits stay"
    press(app, "Search it as the others")
    assert used(masks, "m0.tif") == "2020-02-03"
    assert "wider limits than the others" not in said(app)


# ranking


def ranked_now(app: AppTest) -> dict[str, str]:
    """The candidates of the mask in the order that is tried, with their ranks."""
    (order,) = [item.value for item in app.dataframe if "rank" in item.value.columns]
    return {
        cell.split(",")[0]: rank for cell, rank in zip(order["scene"], order["rank"], strict=True)
    }


def test_the_effect_of_a_limit_is_shown_before_it_is_used(searched: Case) -> None:
    app = opened()
    assert "This is the ranking in use" not in said(app), "nothing is worked out while it is closed"
    app.session_state["scenes_ranking"] = True
    app.run()
    assert ranked_now(app) == {"2020-02-15": "1", "2020-02-03": "2"}
    assert app.button(key="scenes_rank").disabled

    app.number_input(key="scenes_usable_cloud").set_value(50.0).run()
    assert ranked_now(app) == {"2020-02-03": "1 ▲ was 2", "2020-02-15": "2 ▼ was 1"}
    assert "3 of 3 masks would get another scene; 3 would have a usable one." in said(app)
    assert used(searched) == "2020-02-15", "nothing is changed yet"
    app.button(key="scenes_rank_back").click().run()
    assert app.number_input(key="scenes_usable_cloud").value == 10
    assert ranked_now(app) == {"2020-02-15": "1", "2020-02-03": "2"}


def test_another_ranking_is_used_for_all_masks_but_those_chosen_by_hand(searched: Case) -> None:
    searched.store.select(first(searched), CLEAR.name)
    app = opened()
    app.session_state["scenes_ranking"] = True
    app.run()
    app.number_input(key="scenes_usable_cloud").set_value(50.0).run()
    assert "2 of 3 masks would get another scene; 3 would have a usable one." in said(app)
    assert "1 choice by hand stays." in said(app)
    app.button(key="scenes_rank").click().run()
    assert "2 of 3 masks got another scene; 3 have a usable one." in said(app)
    assert (used(searched, "m0.tif"), used(searched, "m1.tif")) == ("2020-02-15", "2020-02-03")
    found = last_found(searched.store)
    assert found is not None
    assert (found.ranking.usable_cloud_percent, found.query.days) == (50, 20)


def test_weights_are_said_in_words(searched: Case) -> None:
    app = opened()
    app.slider(key="scenes_weight_closeness").set_value(3.0).run()
    assert "clear sky 17 %, clear label 17 %, closeness 50 %, coverage 17 %" in said(app)


def test_many_masks_are_counted_when_somebody_asks_for_it(
    searched: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "_COUNTED_AT_ONCE", 2)
    app = opened()
    app.session_state["scenes_ranking"] = True
    app.run()
    app.number_input(key="scenes_usable_cloud").set_value(50.0).run()
    assert ranked_now(app)["2020-02-03"] == "1 ▲ was 2"
    assert "would get another scene" not in said(app)
    press(app, "Count for all 3 masks")
    assert "3 of 3 masks would get another scene" in said(app)


# address


def test_sources_days_and_filters_are_kept_in_the_address(searched: Case, scenes: Path) -> None:
    app = opened()
    assert {"source", "days", "show"}.isdisjoint(app.query_params)
    pills(app, "scenes_services").set_value(["earth-search"])
    app.number_input(key="scenes_days").set_value(5)
    app.text_input(key="scenes_name").set_value("m1").run()
    assert app.query_params["source"] == [f"local:{scenes}", "earth-search"]
    assert (app.query_params["days"], app.query_params["name"]) == ("5", "m1")

    again = opened(source="planetary-computer", days="7", show="chosen by person", name="m2")
    assert pills(again, "scenes_services").value == ["planetary-computer"]
    assert again.text_area(key="scenes_folders").value == ""
    assert again.number_input(key="scenes_days").value == 7
    assert "No mask fits" in said(again)
    assert opened(days="99999").number_input(key="scenes_days").value == 20


# the cost of measuring


def test_what_measuring_takes_is_said_before_it_begins(masks: Case, scenes: Path) -> None:
    app = opened()
    app.text_area(key="scenes_folders").set_value(str(scenes)).run()
    assert "3 masks with about 6 scenes each: up to 18 windows" in said(app)
    assert "read from the disk" in said(app)
    pills(app, "scenes_services").set_value(["earth-search"]).run()
    assert "At most 0.7 MB in 54 requests" in said(app)
    app.number_input(key="scenes_days").set_value(30).run()
    assert "up to 48 windows" in said(app)
    app.toggle(key="scenes_measure").set_value(False).run()
    assert "windows" not in said(app)


def test_a_source_without_credentials_is_not_measured(
    masks: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    launches = note_launches(monkeypatch)
    app = opened()
    pills(app, "scenes_services").set_value(["cdse"]).run()
    press(app, "Search")
    assert [request.parameters.measure_clouds for _, request in launches.found] == [False]


# looking and choosing


def test_the_ranking_shows_every_term_and_the_best_is_in_use(searched: Case) -> None:
    app = opened()
    ranking = app.dataframe[1].value
    assert list(ranking["date"]) == ["2020-02-15", "2020-02-03"]
    assert list(ranking["usable"]) == ["yes", "no"]
    assert list(ranking["in use"]) == ["✓", ""]
    assert list(ranking["cloud"]) == [2.0, 45.0]
    assert list(ranking["days"]) == [13, 1]
    pills(app, "scenes_columns").set_value("Terms of the score").run()
    ranking = app.dataframe[1].value
    terms = ["term clear_sky", "term closeness", "term coverage"]
    assert ranking["score"][0] == pytest.approx(sum(ranking[t][0] for t in terms) / 3, abs=1e-5)


def looked_at(app: AppTest) -> str:
    """The mask whose scenes are shown."""
    (name,) = (text.value[2:4] for text in app.markdown if text.value.startswith("**m"))
    return str(name)


def test_a_deep_link_opens_its_mask(searched: Case) -> None:
    mask = searched.store.masks()[2]
    app = opened(mask=mask.mask_id)
    assert looked_at(app) == "m2"
    assert looked_at(opened(mask="unknown")) == "m0"


@pytest.fixture
def by_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each drawing is one after the browser's way back or forth, so its address counts."""
    monkeypatch.setattr("pages.shared.state._went_back", lambda: True)


@pytest.mark.usefixtures("by_history")
def test_another_scene_is_looked_at_then_used(searched: Case) -> None:
    app = opened()
    assert "In use (chosen as the best)" in labels(app)
    app.query_params["scene"] = CLOUDY.name
    app.run()
    assert "1 day after the mask's image; cloud in scene 45.0 %" in said(app)
    press(app, "Use this scene")
    assert used(searched) == "2020-02-03"
    assert "In use (chosen by hand)" in labels(app)


@pytest.mark.usefixtures("by_history")
def test_the_address_names_what_is_looked_at_and_leads_back_to_it(searched: Case) -> None:
    mask = first(searched)
    app = opened()
    assert app.query_params == {"mask": mask}
    app.query_params["scene"] = CLOUDY.name
    app.run()
    assert "2020-02-03 10:43 UTC" in said(app)
    # As one goes back in the browser; then as a link leads here from another page.
    app.query_params.clear()
    app.query_params["mask"] = mask
    app.run()
    assert "2020-02-15 10:43 UTC" in said(app)
    other = searched.store.masks()[1].mask_id
    app.query_params["mask"] = other
    app.query_params["scene"] = CLOUDY.name
    app.run()
    app.query_params.clear()
    app.run()
    assert looked_at(app) == "m1"
    assert "2020-02-03 10:43 UTC" in said(app)
    assert app.query_params == {"mask": other, "scene": CLOUDY.name}


def test_the_pictures_tell_what_the_table_tells(searched: Case) -> None:
    found = last_found(searched.store)
    mask = searched.store.masks()[0]
    assert found is not None
    view = View(searched.store, mask, candidates_of(searched.store, mask.mask_id), found)
    scale = DaysScale.of(found)
    clear, cloudy = (_tile(scale, candidate) for candidate in view.candidates)
    assert (clear["date"], clear["offset"]) == ("2020-02-15", "13 days after")
    assert (clear["selected"], clear["usable"]) == (True, True)
    assert (cloudy["selected"], cloudy["usable"]) == (False, False)
    assert cloudy["clouds"] == ["cloud in scene 45.0 %"]
    cells = pd.DataFrame({"days": [13.0, 1.0], "cloud": [0.01, None]})
    styler = _formatted(tinted(cells.style, 0), scale)
    written = styler.to_html()
    # The colour of days stays in the chosen row, since their ink is made for it.
    (of_days,) = (rule for rule in written.split("}") if "row0_col0" in rule and "{" in rule)
    assert of_days.rindex(clear["color"]) > of_days.index("background-color: rgba")
    assert "13 days after" in written
    assert "under 0.1 %" in written
    assert "not known" in written
    assert f"background-color: {clear['color']}" in written
    badge = _badge(view, "", view.candidates[1], Point(0, 0))
    assert (badge.sign, badge.color) == ("1 day after", cloudy["color"])


def test_an_unusable_scene_chosen_by_hand_does_not_count_as_matched(searched: Case) -> None:
    app = opened()
    assert "All 3 masks have a usable scene." in said(app)
    mask = searched.store.masks()[0]
    searched.store.select(mask.mask_id, CLOUDY.name)
    app.run()
    assert "2 matched" in app.sidebar.get("page_link")[2].proto.label
    assert app.sidebar.caption[0].value == "1 with an unusable scene chosen by hand"
    assert "All 3 masks have a usable scene, but for 1 another one was chosen by hand." in said(app)
    listed = app.dataframe[0].value.set_index("mask")["scene in use"]
    assert listed[mask.name].endswith("cloud in scene 45.0 %, not usable, by hand")


def test_a_scene_whose_files_are_gone_still_has_its_numbers(
    masks: Case, scenes: Path, tmp_path: Path
) -> None:
    shutil.copytree(scenes, tmp_path / "copy")
    app = opened()
    app.text_area(key="scenes_folders").set_value(str(tmp_path / "copy"))
    press(app, "Search")
    shutil.rmtree(tmp_path / "copy")
    scenes_picture._readers.clear()
    app = opened()
    assert "There is no quicklook" in said(app)
    drawn = [str(table.key).rpartition("_")[0] for table in app.dataframe]
    assert any(key.startswith("scenes_masks_") for key in drawn)
    assert any(key.startswith("scenes_table_") for key in drawn)


def test_long_lists_are_turned_page_by_page(case: Case, tmp_path: Path, scenes: Path) -> None:
    masks = numbered_masks(tmp_path / "masks", 10)
    case.store.put_masks(masks[:9])
    command = ["--workspace", str(case.workspace.root), "scenes", "search"]
    CliRunner().invoke(cli, [*command, "--source", f"local:{scenes}"])
    case.store.put_masks(masks[9:])
    app = opened()
    # The last two lie beside the scenes.
    assert list(app.dataframe[0].value["usable"]) == ["0 of 1"] * 7 + ["no scene"]
    assert len(app.dataframe[0].value) == 8
    assert "1 to 8 of 10 masks" in said(app)
    app.pagination[0].set_value(2).run()
    assert "9 to 10 of 10 masks" in said(app)
    assert list(app.dataframe[0].value["usable"]) == ["no scene", "not searched"]
    app.text_input(key="scenes_name").set_value("m4").run()
    assert list(app.dataframe[0].value["mask"]) == ["m4.tif"]
    app.text_input(key="scenes_name").set_value("nothing").run()
    assert "No mask fits" in said(app)
    assert not app.exception


# all masks


def test_the_best_for_all_takes_back_choices_by_hand(searched: Case) -> None:
    searched.store.select(searched.store.masks()[0].mask_id, CLOUDY.name)
    app = opened()
    press(app, "Take them back")
    assert used(searched) == "2020-02-15"
    assert "0 masks with a scene chosen by hand" in said(app)


def test_the_match_table_goes_out_and_in(searched: Case) -> None:
    content = table(searched.store).decode()
    assert content.startswith("mask_name,S2_name,S2_uuid,cloudcover,")
    assert len(content.splitlines()) == 1 + 3 * 2

    app = opened()
    rows = f"mask_name,S2_name\nm0.tif,{CLOUDY.name}\nm9.tif,{CLOUDY.name}\n"
    app.file_uploader(key="scenes_match_in").upload("my.csv", rows.encode(), "text/csv").run()
    press(app, "Take its selection")
    assert used(searched) == "2020-02-03"
    assert "The scenes of 1 mask are selected" in said(app)
    assert "m9.tif: no masks have this name" in said(app)


def test_a_table_that_is_none_is_told_in_words(searched: Case) -> None:
    app = opened()
    app.file_uploader(key="scenes_match_in").upload("my.csv", b"a,b\n1,2\n", "text/csv").run()
    press(app, "Take its selection")
    assert "my.csv: the columns mask_name, S2_name are missing" in said(app)
    assert used(searched) == "2020-02-15"


# parts


def test_a_search_reaches_its_process_as_it_was_asked_for(
    masks: Case, scenes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = SearchParameters(
        (f"local:{scenes}",),
        SceneQuery(3, 12.5, "L1C"),
        RankingSettings(
            7.5,
            0.875,
            {"clear_sky": 0.0, "clear_label": 0.5, "closeness": 1.5, "coverage": 2.0},
        ),
        measure_clouds=True,
    )
    note_launches(monkeypatch, at_once=True)
    start(masks.store, masks.workspace, SearchScenes(asked))
    assert last_asked(masks.store) == asked


def test_days_are_blue_before_and_orange_after_and_darker_further_off() -> None:
    scale = DaysScale(10)

    def rgb(days: float | None) -> tuple[int, ...]:
        color = scale.color(days)
        return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))

    for days in (0.2, 3, 10):
        (red, _, blue), (after_red, _, after_blue) = rgb(-days), rgb(days)
        assert blue > red
        assert after_red > after_blue
    for side in (-1, 1):
        assert sum(rgb(side)) > sum(rgb(side * 5)) > sum(rgb(side * 10)) == sum(rgb(side * 40))
    assert len(set(rgb(0))) == 1
    assert rgb(None) == rgb(0)
    assert {scale.ink(-10), scale.ink(-1)} == {"#FFFFFF", "#101010"}
    assert [text for _, text in scale.legend()] == [
        "10 days before",
        "before",
        "same day",
        "after",
        "10 days after",
    ]
    assert DaysScale(0).color(-1) == scale.color(-10)


@pytest.mark.parametrize(("score", "place"), [(1, 0), (0.75, 0), (0.749, 1), (0.25, 2), (0, 3)])
def test_outlines_are_coloured_by_steps_of_the_score(score: float, place: int) -> None:
    assert score_color(score) == list(SCORE_COLORS.values())[place]


def test_the_plot_shades_what_is_usable_and_stays_inside_its_axes() -> None:
    found = SearchParameters((), SceneQuery(14), RankingSettings(20.0))
    point: dict[str, Any] = {"scene_id": "A", "date": "2020-02-03", "days": 3, "cloud": 100.0}
    point |= {"coverage": 100, "score": 0.5, "kind": "usable", "viewed": True}
    point |= {"where": "cloud in scene", "scene": 100.0, "mask": None, "label": None}
    document = chart([point], found)
    shaded = next(rows for rows in document["datasets"].values() if rows and "x0" in rows[0])
    assert shaded == [{"x0": -14, "x1": 14, "y0": 0, "y1": 20.0}]
    scale = document["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert scale[0] < 0 < 100 < scale[1]
    assert chart([], found)["layer"]
    assert document["layer"][2]["encoding"]["color"]["scale"] is None


def test_a_search_measures_with_a_code_that_is_not_kept(
    masks: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDSE_USERNAME", "somebody")
    monkeypatch.setenv("CDSE_PASSWORD", "hidden-word")
    launches = note_launches(monkeypatch)
    app = opened()
    pills(app, "scenes_services").set_value(["cdse"]).run()
    app.text_input(key="scenes_code").set_value("123 456")
    press(app, "Search")
    press(app, "Search")
    assert [request.parameters.measure_clouds for _, request in launches.found] == [True, True]
    assert launches.environs == [{"CDSE_TOTP": "123456"}, {}]
    assert app.text_input(key="scenes_code").value == ""
