"""Clouds, occlusion and matches are the same numbers, by the same names, on every page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.review.queue_rows import review_item
from migrate_core.settings import load_settings
from migrate_core.text import format_percent, format_share
from pages.shared.frame import Page
from pages.shared.review.item import item_document
from pages.shared.review.queue import queue_document
from pages.shared.scenes.candidates import cloud_texts
from tests.support.occlusion import GROUNDS, IN_SCENE, USABLE, Made, make_everything, run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    found = make_everything(tmp_path_factory.mktemp("one"))
    yield found
    found.case.store.engine.dispose()


@pytest.fixture
def app(made: Made, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(made.case.workspace.root))
    return AppTest.from_file("../../app.py", default_timeout=60).run()


def said(app: AppTest) -> str:
    assert not app.exception
    kinds = (app.markdown, app.caption, app.warning, app.success)
    return "\n".join(element.value for found in kinds for element in found)


@pytest.mark.parametrize("name", ["class04", "class10", "cloud_and_shadow", "snow", "cloud_beside"])
def test_the_scenes_page_tells_one_number_of_each_kind(made: Made, app: AppTest, name: str) -> None:
    ranked = made.candidates[name].ranked
    over = f"cloud over mask {format_percent(ranked.cloud_over_mask_percent)}"
    label = f"label occluded {format_percent(100 * GROUNDS[name].in_scene)}"
    app.query_params["mask"] = made.candidates[name].mask_id
    app.switch_page("pages/2_Scenes.py").run()
    assert f"{over}, {label}, cloud in scene {IN_SCENE} %" in said(app)
    row = app.dataframe[1].value.iloc[0]
    assert (row["cloud"], row["over mask"]) == (IN_SCENE, ranked.cloud_over_mask_percent)
    assert row["label occluded"] == pytest.approx(100 * GROUNDS[name].in_scene, abs=0.001)
    assert cloud_texts(ranked)[0] == over
    listed = app.dataframe[0].value.set_index("mask")["scene in use"]
    for other in set(listed.index) & {f"{one}.tif" for one in GROUNDS}:
        found = made.candidates[Path(other).stem].ranked
        assert f"cloud over mask {format_percent(found.cloud_over_mask_percent)}" in listed[other]
        assert ("not usable" in listed[other]) == (Path(other).stem not in USABLE)


def test_matches_are_counted_alike_everywhere(made: Made, app: AppTest) -> None:
    unusable = len(GROUNDS) - len(USABLE)
    words = f"{len(USABLE)} matched, {unusable} only with an unusable scene"
    assert words in run(made.case, "status")
    assert json.loads(run(made.case, "status", "--json"))["scenes"] == {
        "selected": len(GROUNDS), "usable": len(USABLE), "without": 0,
    }  # fmt: skip
    pages = [None, *sorted(Path("pages").glob("[1-5]_*.py"))]
    for page in pages:
        if page is not None:
            app.switch_page(str(page)).run()
        (link,) = (x for x in app.sidebar.get("page_link") if "Scenes" in x.proto.label)
        assert f"{len(USABLE)} matched" in link.proto.label, page
        assert app.sidebar.caption[0].value == words.partition(", ")[2], page
    app.switch_page("pages/2_Scenes.py").run()
    assert f"{unusable} of {len(GROUNDS)} masks have no usable scene: {words}." in said(app)


def test_pairs_and_gallery_tell_the_share_of_the_suggestion(made: Made, app: AppTest) -> None:
    app.switch_page("pages/3_Pairs.py").run()
    listed = app.dataframe[0].value.set_index("Mask")["Label occluded"]
    assert len(listed) == 15
    for mask, percent in listed.items():
        expected = GROUNDS[Path(mask).stem].in_pair
        assert percent == pytest.approx(100 * expected, abs=1e-3)
    rows = queue_document(made.case.store, {"details": True})["pairs"]
    shown = {name.removesuffix(".tif"): line for _, name, *_, line in rows}
    shown = {name: line.removeprefix("2020-02-02, label occluded ") for name, line in shown.items()}
    assert shown == {name: format_share(ground.in_pair) for name, ground in GROUNDS.items()}


@pytest.mark.parametrize("name", ["cloud_and_shadow", "cloud_in_both", "snow", "class01"])
def test_the_review_of_a_pair_tells_the_same(made: Made, name: str) -> None:
    case = made.case
    item = review_item(case.store, made.pairs[name].pair_id)
    assert item is not None
    found = item_document(Page(load_settings(), case.workspace, case.store), item, "ann")
    rows = {row[0]: row[1:] for section in found["facts"] for row in section["rows"]}
    share = format_share(GROUNDS[name].in_pair)
    assert rows["occluded by any of these"][1] == share
    assert f"{share} of the label is occluded" in found["suggestion"]["reason"]
    assert rows["Cloud in scene"] == (f"{IN_SCENE} %",)


def test_the_tables_of_the_command_line_tell_the_same(made: Made) -> None:
    listed = run(made.case, "pairs", "list").splitlines()
    ranked = run(made.case, "scenes", "list").splitlines()
    assert re.search(r"label +occluded", listed[0] + ranked[0])
    for name, ground in GROUNDS.items():
        (line,) = (line for line in listed if line.startswith(made.pairs[name].pair_id))
        assert format_share(ground.in_pair) in line
        (line,) = (line for line in ranked if line.startswith(f"{name}.tif"))
        over = format_percent(made.candidates[name].ranked.cloud_over_mask_percent)
        cells = [f"{IN_SCENE} %", over, format_share(ground.in_scene), "100.0 %"]
        usable = "yes" if name in USABLE else "no"
        assert re.search(r"\s{2,}".join(map(re.escape, [*cells, usable])), line), line
