"""The review page, used as a person would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from streamlit.testing.v1 import AppTest

from migrate_core.model import Decision, PairParameters
from migrate_core.pairs.run.plan import RunOptions
from migrate_core.review.run import decide, default_reviewer
from migrate_core.states import Verdict
from pages.shared.review import decide as review_desk
from tests.support.app import open_page
from tests.support.pairs import Case, Safe, numbered_masks, open_case, prepare, write_safe

ME = default_reviewer()
CLOUD = 9


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with pairs of m0 (under cloud), m1 and m2 (clear)."""
    root = tmp_path_factory.mktemp("review")
    classification = np.full((30, 30), 4)
    classification[:6, :6] = CLOUD
    write_safe(root / "scenes", Safe(pixels={"SCL": classification}))
    case = prepare(root / "workspace", numbered_masks(root / "masks", 3), root / "scenes")
    assert case.make().made == 3
    case.store.engine.dispose()
    return root / "workspace"


@pytest.fixture
def case(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """A copy of that workspace, which the app opens."""
    shutil.copytree(made, tmp_path / "workspace")
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(review_desk, "LOOK_S", 0.0)
    found = open_case(tmp_path / "workspace")
    yield found
    found.store.engine.dispose()


def opened(**query: str) -> AppTest:
    """The page, as it is after it was opened."""
    return open_page("pages/4_Review.py", **query)


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def choose(app: AppTest, key: str, value: str | None) -> None:
    app.selectbox(key=key).select(value).run()
    assert not app.exception


def shown(app: AppTest) -> str:
    """Name and place of the pair that is shown: `m0.tif · 1 of 3`."""
    heading = next(
        text.value for text in app.markdown if " of 3" in text.value or "not among" in text.value
    )
    return heading.partition(" :")[0].replace("**", "")


def said(case: Case) -> list[tuple[str, str, str, str | None]]:
    """The log: mask, verdict, reviewer, reason."""
    names = {pair.pair_id: pair.mask_name for pair in case.store.pairs()}
    return [
        (names[entry.pair_id], entry.verdict, entry.reviewer, entry.reason)
        for entry in case.store.decisions()
    ]


def all_text(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.info, *app.warning, *app.success, *app.error)
    return "\n".join(element.value for element in elements)


def test_the_most_suspicious_pair_comes_first_with_what_hides_it(case: Case) -> None:
    app = opened()
    assert shown(app) == "m0.tif · 1 of 3"
    assert "suggestion: reject" in all_text(app)
    said = all_text(app)
    assert "Change inside the label: not measured: of " in said
    assert "pixels inside the label 0 are clear (0 %); needed are 10, and 50 %" in said
    table = app.table[0].value
    assert table.loc["cloud", "labelled"] == "100.0 %"
    assert table.loc["cloud shadow", "labelled"] == "0.0 %"
    assert "processing baseline 02.14" in all_text(app)
    assert "No source image was given with this mask." in all_text(app)


def test_a_decision_is_written_and_the_next_undecided_pair_shown(case: Case) -> None:
    app = opened()
    press(app, "Cloud")
    press(app, "Reject")
    assert said(case) == [("m0.tif", "reject", ME, "cloud")]
    assert shown(app) == "m1.tif · 2 of 3"
    press(app, "Accept")
    press(app, "Unsure")
    assert said(case)[1:] == [("m1.tif", "accept", ME, None), ("m2.tif", "unsure", ME, None)]
    assert "All pairs are decided." in all_text(app)


def test_a_reason_can_be_in_ones_own_words(case: Case) -> None:
    app = opened()
    press(app, "Other")
    app.text_input(key=f"review_note_{case.pair_ids()['m0 20200202']}").input("haze").run()
    press(app, "Reject")
    assert said(case) == [("m0.tif", "reject", ME, "other: haze")]


def test_a_reason_is_not_taken_along_to_the_next_pair(case: Case) -> None:
    app = opened()
    press(app, "Cloud")
    press(app, "Next")
    press(app, "Reject")
    assert said(case) == [("m1.tif", "reject", ME, None)]


def test_undo_takes_back_the_last_decision_and_shows_its_pair(case: Case) -> None:
    app = opened()
    press(app, "Accept")
    press(app, "Accept")
    assert shown(app) == "m2.tif · 3 of 3"
    press(app, "Undo")
    assert shown(app) == "m1.tif · 2 of 3"
    press(app, "Undo")
    assert shown(app) == "m0.tif · 1 of 3"
    assert [(name, verdict) for name, verdict, _, _ in said(case)] == [
        ("m0.tif", "accept"),
        ("m1.tif", "accept"),
        ("m1.tif", Verdict.UNDO),
        ("m0.tif", Verdict.UNDO),
    ]
    assert next(button for button in app.button if button.label == "Undo").disabled


def test_a_decision_before_the_picture_could_be_seen_is_not_counted(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    monkeypatch.setattr(review_desk, "LOOK_S", 60.0)
    press(app, "Accept")
    assert said(case) == []
    assert shown(app) == "m0.tif · 1 of 3"
    assert "not counted" in app.toast[0].value


def test_the_same_press_twice_is_written_once(case: Case) -> None:
    decision = Decision(case.pair_ids()["m0 20200202"], "accept", ME, None, review_desk.now_utc())
    decide(case.store, decision, "press")
    decide(case.store, decision, "press")
    assert len(said(case)) == 1


def test_arrows_go_back_and_on_through_decided_pairs_too(case: Case) -> None:
    app = opened()
    press(app, "Accept")
    press(app, "Back")
    assert shown(app) == "m0.tif · 1 of 3"
    assert "accepted" in all_text(app)
    press(app, "Next")
    assert shown(app) == "m1.tif · 2 of 3"


def test_a_deep_link_opens_its_pair(case: Case) -> None:
    app = opened(pair=case.pair_ids()["m2 20200202"])
    assert shown(app) == "m2.tif · 3 of 3"


def test_a_pair_of_several_products_says_so(case: Case) -> None:
    pair_id = case.pair_ids()["m2 20200202"]
    assert "Mosaicked" not in all_text(opened(pair=pair_id))
    pair = case.store.pair(pair_id)
    assert pair is not None
    case.store.put_pairs([replace(pair, scene_ids=(*pair.scene_ids, "its neighbour"))])
    assert "Mosaicked from 2 products of one overpass" in all_text(opened(pair=pair_id))


def test_what_pair_json_says_of_the_label_is_shown(case: Case) -> None:
    pair_id = case.pair_ids()["m2 20200202"]
    path = case.workspace.pair(pair_id) / "pair.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["objects"]["sentences"] = ["12 of 340 barns [old] are under 50 m2: drop them"]
    document["ignore_rim"] = {"width_m": 13.0, "pixels": 9, "labelled": 0.25}
    path.write_text(json.dumps(document), encoding="utf-8")
    text = all_text(opened(pair=pair_id))
    assert r"- 12 of 340 barns \[old\] are under 50 m2: drop them." in text
    assert "- The boundary buffer of 13 m took 25.0 % of the labelled pixels." in text
    assert f"- Change inside the label: {document['change_note']}" in text


def test_a_pair_of_an_earlier_version_is_shown_without_what_it_lacks(case: Case) -> None:
    pair_id = case.pair_ids()["m2 20200202"]
    path = case.workspace.pair(pair_id) / "pair.json"
    kept = ("pair_id", "mask", "scenes", "grid", "bands", "occlusion", "suggestion", "parameters")
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({name: document[name] for name in kept}), encoding="utf-8")
    app = opened(pair=pair_id)
    assert "Worth knowing" not in all_text(app)
    assert shown(app) == "m2.tif · 3 of 3"


def test_a_link_to_a_pair_that_is_not_there_is_no_dead_end(case: Case) -> None:
    app = opened(pair="gone")
    assert "There is no pair gone" in all_text(app)
    press(app, "Look at the next undecided pair")
    assert shown(app) == "m0.tif · 1 of 3"


def test_filters_narrow_the_queue_and_can_be_cleared(case: Case) -> None:
    app = opened()
    press(app, "Accept")
    choose(app, "review_decision", "accepted")
    assert "not among the 1 filtered" in all_text(app)
    app.text_input(key="review_text").input("nowhere").run()
    app.segmented_control(key="review_mode").set_value("Gallery").run()
    assert "No pair fits the filters." in all_text(app)
    press(app, "Look at all pairs")
    assert "No pair fits the filters." not in all_text(app)


def test_the_gallery_opens_a_pair(case: Case) -> None:
    app = opened()
    app.segmented_control(key="review_mode").set_value("Gallery").run()
    assert [button.label for button in app.button].count("Open") == 3
    app.button(key=f"review_open_{case.pair_ids()['m1 20200202']}").click().run()
    assert shown(app) == "m1.tif · 2 of 3"


def test_a_pair_without_red_is_shown_in_grey_and_says_so(case: Case) -> None:
    path = case.workspace.pair(case.pair_ids()["m0 20200202"]) / "image.tif"
    with rasterio.open(path) as dataset:
        kept = [number for number in dataset.indexes if dataset.descriptions[number - 1] != "B04"]
        pixels, profile = dataset.read(kept), {**dataset.profile, "count": len(kept)}
        names = [dataset.descriptions[number - 1] for number in kept]
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels)
        dataset.descriptions = tuple(names)
    app = opened()
    assert shown(app) == "m0.tif · 1 of 3"
    assert "B03 in grey, since true colour needs B04, which the product lacks" in all_text(app)


def test_settings_are_kept_while_one_looks_at_another_page(case: Case) -> None:
    app = opened()
    app.segmented_control(key="review_composite").set_value("swir").run()
    app.text_input(key="review_reviewer").input("ann").run()
    app.switch_page("app.py").run()
    app.switch_page("pages/4_Review.py").run()
    assert "SWIR (B12, B08, B04)" in all_text(app)
    press(app, "Accept")
    assert said(case) == [("m0.tif", "accept", "ann", None)]


def test_what_was_decided_about_an_earlier_pair_is_confirmed_by_one_press(case: Case) -> None:
    old = case.pair_ids()["m0 20200202"]
    decide(case.store, Decision(old, "reject", "ann", "cloud", review_desk.now_utc()))
    case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    app = opened()
    text = all_text(app)
    assert "Proposed: **reject** (decided on " in text
    assert "by ann: cloud on the earlier pair; what differs: resampling (nearest, was bil" in text
    assert "0 of 3 decided" in [bar.proto.text for bar in app.main.get("progress")]
    press(app, "Confirm: reject")
    (new,) = [p for p in case.store.pairs() if p.mask_name == "m0.tif" and p.state == "done"]
    log = [(e.verdict, e.reviewer, e.reason) for e in case.store.decisions(new.pair_id)]
    assert log == [("reject", ME, "cloud")]
    assert "m1.tif" in shown(app)
    assert "Proposed" not in all_text(app)
    press(app, "Undo")
    assert "Proposed: **reject**" in all_text(app)


def test_of_reviewers_who_disagreed_nothing_is_proposed(case: Case) -> None:
    old = case.pair_ids()["m0 20200202"]
    for who, verdict in (("ann", "accept"), ("bob", "reject")):
        decide(case.store, Decision(old, verdict, who, None, review_desk.now_utc()))
    case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    app = opened()
    assert "On the earlier pair reviewers disagreed" in all_text(app)
    assert not [button for button in app.button if button.label.startswith("Confirm")]


def test_a_second_reviewer_works_through_what_they_have_not_decided(case: Case) -> None:
    for pair_id in case.pair_ids().values():
        decide(case.store, Decision(pair_id, "accept", "ann", None, review_desk.now_utc()))
    app = opened()
    choose(app, "review_decision", "not decided by me")
    assert shown(app) == "m0.tif · 1 of 3"
    press(app, "Reject")
    assert "m1.tif" in all_text(app)
    assert said(case)[-1] == ("m0.tif", "reject", ME, None)


def test_files_that_are_gone_are_told_and_the_queue_goes_on(case: Case) -> None:
    shutil.rmtree(case.workspace.pair(case.pair_ids()["m0 20200202"]))
    app = opened()
    assert "Make the pairs again" in app.error[0].value
    press(app, "Next")
    assert shown(app) == "m1.tif · 2 of 3"


def test_an_empty_workspace_says_what_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path))
    app = opened()
    assert "There is no pair to look at yet." in app.info[0].value


def test_saying_the_same_again_adds_nothing_to_the_log(case: Case) -> None:
    app = opened()
    press(app, "Accept")
    press(app, "Back")
    press(app, "Accept")
    assert said(case) == [("m0.tif", "accept", ME, None)]
    press(app, "Back")
    press(app, "Cloud")
    press(app, "Accept")
    assert said(case)[1:] == [("m0.tif", "accept", ME, "cloud")]
