"""The page Pairs: starting, watching, what failed, what was interrupted, whole products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import rasterio
from streamlit.testing.v1 import AppTest

from migrate_core.job_requests import ConvertProduct, MakePairs
from migrate_core.jobs.background import claim, now_utc
from migrate_core.logs.context import about
from migrate_core.logs.setup import LogFile
from migrate_core.model import Decision, iso
from migrate_core.pairs.assessment.suggestion import doubtful, offset_warnings
from migrate_core.pairs.progress import progress_file
from migrate_core.review.run import decide
from migrate_core.scenes.costs import Wanted
from migrate_core.scenes.costs import costs as costs_of
from migrate_core.store.transfers.orders import Order, put_order
from pages.shared.pairs.access import format_bytes, format_minutes
from pages.shared.pairs.list import _PAIRS
from pages.shared.pairs.state import KIND
from tests.support.app import open_page
from tests.support.background import Launched, Launches, note_launches
from tests.support.logs import log, logging_to
from tests.support.pairs import Case, Safe, numbered_masks, open_case, prepare, write_safe
from tests.support.threads import InThreads

NEAR = Safe()
ACCOUNT = {"CDSE_USERNAME": "somebody", "CDSE_PASSWORD": "hidden-word"}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    write_safe(folder, NEAR)
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    return tmp_path / "workspace"


@pytest.fixture
def case(root: Path, tmp_path: Path, scenes: Path) -> Iterator[Case]:
    """Three masks with a selected scene."""
    case = prepare(root, numbered_masks(tmp_path / "masks", 3), scenes)
    yield case
    case.store.engine.dispose()


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> Launches:
    """What the page starts, which `go` then does."""
    return note_launches(monkeypatch)


@pytest.fixture
def launched(launches: Launches) -> Launched:
    return launches.found


@pytest.fixture
def go(launches: Launches) -> Callable[[], None]:
    """Do what was started last, as the process of its own would."""
    return launches.go


@pytest.fixture
def remote(case: Case) -> Case:
    """The masks, their selected scene at the Copernicus Data Space."""
    for mask_id, (found, *_) in case.store.candidates().items():
        scene = replace(found.ranked.scene, source="cdse", href="cdse:1")
        case.store.put_scenes([scene])
        case.store.put_candidates({mask_id: [replace(found.ranked, scene=scene)]})
    return case


def opened(**query: str) -> AppTest:
    return open_page("pages/3_Pairs.py", **query)


def table(app: AppTest) -> list[str]:
    """Name and state of each row."""
    frame = next(d.value for d in app.dataframe if "Mask" in d.value)
    return [f"{row['Mask']} {row['State']}" for _, row in frame.iterrows()]


def words(app: AppTest) -> str:
    """Everything that is said on the page, beside the sidebar."""
    kinds = ("info", "warning", "error", "success", "caption", "markdown", "code")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


def test_an_empty_workspace_leads_to_the_masks(root: Path) -> None:
    app = opened()
    assert "There are no masks yet" in words(app)
    assert not app.dataframe


def test_masks_without_a_scene_lead_to_the_search(root: Path, tmp_path: Path) -> None:
    open_case(root).store.put_masks(numbered_masks(tmp_path / "masks", 1))
    assert "No mask has a scene yet" in words(opened())


def test_all_pairs_are_made_with_the_settings_of_the_form(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    app = opened()
    assert table(app) == [f"m{n}.tif ○ to make" for n in range(3)]
    assert app.button(key="pairs_make").label == "Make 3 pairs"
    app.selectbox(key="pairs_resampling").select("nearest").run()
    app.number_input(key="pairs_workers").set_value(1).run()
    app.button(key="pairs_make").click().run()
    ((kind, request),) = launched
    assert (kind, type(request)) == (KIND, MakePairs)
    assert (request.options.parameters.resampling, request.options.workers) == ("nearest", 1)
    assert (request.options.masks, request.options.states) == (None, None)
    go()
    app.run()
    assert table(app) == [f"m{n}.tif ✓ made" for n in range(3)]
    assert app.button(key="pairs_make").label == "Check all pairs"
    assert {pair.parameters and pair.parameters.resampling for pair in case.store.pairs()} == {
        "nearest"
    }


def test_another_resampling_is_said_to_make_all_pairs_anew(case: Case) -> None:
    case.make()
    app = opened()
    app.selectbox(key="pairs_resampling").select("cubic").run()
    assert app.button(key="pairs_make").label == "Make 3 pairs again"
    assert "made with bilinear resampling" in words(app)


def test_a_width_of_the_rim_is_suggested_by_the_sensors_of_the_masks(case: Case) -> None:
    assert "Suggested for these masks" not in words(opened())
    case.store.put_masks(
        [
            replace(mask, source=replace(mask.source, sensor="planetscope"))
            for mask in case.store.masks()
        ]
    )
    app = opened()
    # 10 m of PlanetScope, 11 m of Sentinel-2 before baseline 04.00.
    assert "Suggested for these masks where they aren't registered: 15 m." in words(app)
    assert "15 m for these masks (median)" in app.number_input(key="pairs_ignore_rim").help


def test_a_run_is_watched_with_the_stage_of_each_pair(case: Case) -> None:
    case.make()
    pair = case.store.pairs()[1]
    case.store.put_pairs([replace(pair, state="running", occlusion=None)])
    job = claim(case.store, KIND, 3)
    job.report(2, 0)
    progress_file(case.workspace, pair.pair_id, job.job_id).put("convert")
    app = opened()
    assert "m1.tif ▸ running: convert" in table(app)
    assert "pairs_make" not in [button.key for button in app.button]
    bars = [bar.proto.text for bar in app.main.get("progress")]
    assert any("2 of 3" in text for text in bars)
    assert "m1.tif: convert (2 of 4)" in bars
    progress_file(case.workspace, pair.pair_id, "a dead run").put("align")
    app.run()
    assert "m1.tif ▸ running" in table(app)
    app.button(key="watch_cancel_pairs").click().run()
    assert job.cancel_requested()
    assert app.button(key="watch_cancel_pairs").label == "Stopping …"


def test_a_second_start_is_refused_with_a_sentence(case: Case, launched: Launched) -> None:
    app = opened()
    job = claim(case.store, KIND, 3)
    app.button(key="pairs_make").click().run()
    assert launched == []
    assert "is at work already" in words(app)
    job.end("done")


def test_what_a_dead_run_left_is_interrupted_and_can_be_taken_up(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    case.make()
    first, second, _ = case.store.pairs()
    case.store.put_pairs([replace(first, state="running"), replace(second, state="queued")])
    app = opened()
    assert "2 pairs interrupted" in words(app)
    assert table(app).count("m0.tif ! interrupted") == 1
    app.button(key="pairs_go_on").click().run()
    assert launched[0][1].options.states == {"queued", "running"}
    go()
    app.run()
    assert "interrupted" not in words(app)
    assert table(app) == [f"m{n}.tif ✓ made" for n in range(3)]


def test_a_failed_pair_shows_error_and_log_and_can_be_tried_again(
    case: Case, launched: Launched
) -> None:
    mask = case.store.masks()[1]
    Path(mask.path).rename(Path(mask.path).with_suffix(".away"))
    case.make()
    (failed,) = [pair for pair in case.store.pairs() if pair.state == "failed"]
    app = opened(pair=failed.pair_id)
    assert str(failed.error) in [error.value for error in app.error]
    assert any("Traceback" in code.value for code in app.code)
    app.button(key="pairs_make_one").click().run()
    app.button(key="pairs_retry").click().run()
    assert launched[0][1].options.masks == {mask.mask_id}
    assert launched[1][1].options.states == {"failed"}


def test_a_failed_pair_shows_what_the_log_says_of_it(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    gone, kept = (Path(mask.path) for mask in case.store.masks()[1:])
    gone.rename(gone.with_suffix(".away"))
    opened().button(key="pairs_make").click().run()
    go()
    (failed,) = [pair for pair in case.store.pairs() if pair.state == "failed"]
    app = opened(pair=failed.pair_id)
    assert "Log of this pair" in [found.label for found in app.expander]
    (log,) = [code.value for code in app.code if "The pair failed" in code.value]
    assert "Traceback" in log
    assert gone.name in log
    assert kept.name not in log
    assert any(str(case.workspace.main_log) in found.value for found in app.caption)


def test_the_log_of_a_run_that_died_is_shown(case: Case) -> None:
    job = claim(case.store, KIND, 3, lambda: now_utc() - timedelta(hours=1))
    with logging_to(LogFile(case.workspace.main_log)), about({"job": job.job_id}):
        log.info("its last words")
    app = opened()
    assert "stopped before its end" in words(app)
    assert "Log of this job" in [found.label for found in app.expander]
    assert any("its last words" in code.value for code in app.code)
    job.end("done")
    assert "Log of this job" not in [found.label for found in opened().expander]


def test_the_list_can_be_limited_to_a_state(case: Case) -> None:
    case.make()
    pair = case.store.pairs()[0]
    case.store.put_pairs([replace(pair, state="cancelled")])
    app = opened()
    app.pills(key="pairs_filter").set_value("cancelled").run()
    assert table(app) == ["m0.tif – cancelled"]
    # The address has it, so that a reload and a link have.
    assert app.query_params["show"] == "cancelled"
    assert table(opened(show="cancelled")) == ["m0.tif – cancelled"]
    assert len(table(opened(show="nonsense"))) > 1


def test_a_long_list_is_turned_page_by_page(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shared.pairs.list._PAIRS", replace(_PAIRS, size=2))
    app = opened()
    assert [row.split()[0] for row in table(app)] == ["m0.tif", "m1.tif"]
    assert "1 to 2 of 3 pairs" in words(app)
    app.pagination[0].set_value(2).run()
    assert [row.split()[0] for row in table(app)] == ["m2.tif"]
    assert "3 to 3 of 3 pairs" in words(app)
    assert not app.exception
    assert "2" in app.query_params["page"]
    assert "3 to 3 of 3 pairs" in words(opened(page="2"))


def test_a_command_that_crashed_says_so(case: Case) -> None:
    case.workspace.logs.mkdir()
    trace = "pairs\nTraceback (most recent call last):\n  here\nOSError: no space left"
    case.workspace.log(KIND).write_text(trace)
    claim(case.store, KIND, 0, request={"work": "pairs make"}).end("failed")
    app = opened()
    assert "unforeseen error" in words(app)
    assert any("no space left" in code.value for code in app.code)


# whole products


def test_a_whole_product_is_converted(
    case: Case, scenes: Path, launched: Launched, go: Callable[[], None]
) -> None:
    app = opened()
    product = str(scenes / f"{NEAR.name}.SAFE")
    assert app.selectbox(key="convert_product").options == [product]
    app.selectbox(key="convert_product").select(product).run()
    app.button(key="convert_start").click().run()
    target = case.workspace.converted / f"{NEAR.name}.tif"
    assert launched == [("convert", ConvertProduct(Path(product), target))]
    go()
    app.run()
    assert str(target) in [code.value for code in app.code]
    with rasterio.open(target) as dataset:
        assert dataset.dtypes[0] == "uint16"


@pytest.mark.parametrize(
    ("destination", "said"), [("data.png", "must end in .tif"), (".", "is a folder")]
)
def test_a_wrong_destination_is_refused(
    case: Case, scenes: Path, launched: Launched, destination: str, said: str
) -> None:
    app = opened()
    app.selectbox(key="convert_product").select(str(scenes / f"{NEAR.name}.SAFE")).run()
    app.text_input(key="convert_destination").set_value(destination).run()
    app.button(key="convert_start").click().run()
    assert launched == []
    assert said in words(app)


# services


def test_scenes_on_this_machine_cost_nothing_to_fetch(case: Case, launched: Launched) -> None:
    app = opened()
    assert "fetching pixels" not in words(app)
    assert "pairs_code" not in app.session_state
    app.button(key="pairs_make").click().run()
    options = launched[0][1].options
    assert options.access == "auto"
    assert (options.keep_offsets, options.parameters.offset) == (True, None)


def test_each_way_of_access_tells_its_costs_before_the_start(
    remote: Case, launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    app = opened()
    costs = app.dataframe[0].value
    assert list(costs["Way"]) == ["window", "bands", "product"]
    assert list(costs["Pairs"]) == [3, 3, 3]
    assert list(costs["Scenes"]) == [1, 1, 1]
    assert list(costs["Taken"]) == ["", "✓", ""]
    expected = costs_of([Wanted("L2A", ((80.0, 80.0),) * 3)])
    assert list(costs["Download"]) == [format_bytes(cost.bytes) for cost in expected.values()]
    assert list(costs["Time"]) == [format_minutes(cost.minutes) for cost in expected.values()]
    assert list(costs["Credentials"]) == [
        "no S3 key set",
        "found",
        "found",
    ]
    assert "0 MB of 12.0 TB were downloaded into this workspace in the last 30 days" in words(app)
    assert "hidden-word" not in str(app.main)
    app.selectbox(key="pairs_access").select("product").run()
    assert list(app.dataframe[0].value["Taken"]) == ["", "", "✓"]
    app.button(key="pairs_make").click().run()
    assert launched[0][1].options.access == "product"


def test_a_code_reaches_the_run_by_its_environment_and_is_forgotten(
    remote: Case, launches: Launches, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    app = opened()
    app.text_input(key="pairs_code").set_value("654 321").run()
    app.button(key="pairs_make").click().run()
    app.button(key="pairs_make").click().run()
    assert launches.environs == [{"CDSE_TOTP": "654321"}, {}]
    assert app.text_input(key="pairs_code").value == ""


def test_what_is_on_order_is_listed_and_can_be_asked_for_again(
    case: Case, launched: Launched
) -> None:
    case.make()
    waiting = [replace(p, state="queued", error="ordered") for p in case.store.pairs()[:2]]
    case.store.put_pairs(waiting)
    since = iso(now_utc() - timedelta(hours=5))
    put_order(case.store, Order("dhus:http://mirror", "u-1", NEAR.name, "ordered", since))
    app = opened()
    assert "1 product is on order from long-term archives; 2 pairs wait" in words(app)
    assert "m0.tif → on order" in table(app)
    assert "interrupted" not in words(app)
    (listed,) = [d.value for d in app.dataframe if "Archive" in d.value]
    assert list(listed["Scene"]) == [NEAR.name]
    assert listed["Since"][0].endswith("UTC (5 h)")
    app.button(key="pairs_ask_again").click().run()
    assert launched[0][1].options.states == {"queued"}


# doubtful offsets


def test_a_doubtful_offset_can_be_set_for_its_pair(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    case.make()
    first, *_ = case.store.pairs()
    assert "Radiometric offset" not in words(opened(pair=first.pair_id))
    assert first.suggestion is not None
    doubted = replace(
        first, suggestion=doubtful(first.suggestion, offset_warnings(["it is darker"]))
    )
    case.store.put_pairs([doubted])
    app = opened(pair=first.pair_id)
    assert "Radiometric offset: as documents say" in words(app)
    assert [b.label for b in app.button if str(b.key).startswith("pairs_offset_")] == [
        "0: it is applied already",
        "−1000: it is still in the pixels",
    ]
    app.button(key="pairs_offset_-1000").click().run()
    options = launched[0][1].options
    assert (options.keep_offsets, options.parameters.offset) == (False, -1000)
    assert options.masks == {first.mask_id}
    go()
    (made,) = [p for p in case.store.pairs() if p.parameters and p.parameters.offset == -1000]
    assert made.state == "done"
    app = opened(pair=made.pair_id)
    assert "set by hand to -1000" in words(app)
    app.button(key="pairs_make").click().run()
    go()
    assert made in case.store.pairs()
    app.button(key="pairs_offset_auto").click().run()
    go()
    gone = case.store.pair(made.pair_id)
    assert gone is not None
    assert replace(gone, superseded_at=None) == replace(made, state="superseded")


# decisions at stake


def test_decisions_are_set_aside_only_after_asking(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    case.make()
    first, second, _ = case.store.pairs()
    decide(case.store, Decision(first.pair_id, "accept", "ann", None, now_utc()))
    app = opened()
    app.button(key="pairs_make").click().run()
    assert not launched.pop()[1].set_aside
    app.selectbox(key="pairs_resampling").select("cubic").run()
    app.button(key="pairs_make").click().run()
    assert launched == []
    assert "in place of 1 pair that is decided (1 accepted)" in words(app)
    app.button(key="pairs_ask_no").click().run()
    assert "This run makes" not in words(app)
    app.button(key="pairs_make").click().run()
    # Another reviewer decides meanwhile: what was asked isn't what would happen.
    decide(case.store, Decision(second.pair_id, "reject", "bob", None, now_utc()))
    app.button(key="pairs_ask_yes").click().run()
    assert launched == []
    assert "2 pairs that are decided (1 accepted, 1 rejected)" in words(app)
    app.button(key="pairs_ask_yes").click().run()
    assert launched[0][1].set_aside
    go()
    app.run()
    assert "This run makes" not in words(app)
    assert {pair.state for pair in case.store.pairs() if pair in (first, second)} == set()


def test_a_question_about_another_form_is_dropped(case: Case, launched: Launched) -> None:
    case.make()
    pair = case.store.pairs()[0]
    decide(case.store, Decision(pair.pair_id, "accept", "ann", None, now_utc()))
    app = opened()
    app.selectbox(key="pairs_resampling").select("cubic").run()
    app.button(key="pairs_make").click().run()
    app.selectbox(key="pairs_resampling").select("nearest").run()
    assert "This run makes" not in words(app)
    assert launched == []


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 MB"), (2_400_000, "2.4 MB"), (38_000_000, "38 MB"), (8_400_000_000, "8.4 GB")],
)
def test_sizes_are_told_in_words(size: int, text: str) -> None:
    assert format_bytes(size) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 min"), (0.2, "under 1 min"), (14.4, "14 min"), (150, "2.5 h")],
)
def test_times_are_told_in_words(minutes: float, text: str) -> None:
    assert format_minutes(minutes) == text


def test_the_form_says_what_another_way_does_before_it_is_started(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    case.make()
    first, *_ = case.store.pairs()
    app = opened()
    assert "new pair" not in words(app)
    app.selectbox(key="pairs_resampling").select("cubic").run()
    assert "makes 3 new pairs in place of 3 present ones. Nothing was decided" in words(app)
    decide(case.store, Decision(first.pair_id, "accept", "ann", None, now_utc()))
    app.run()
    assert "1 decision (1 accepted) about the present ones will be set aside, and" in words(app)
    assert launched == []
    app.button(key="pairs_make").click().run()
    app.button(key="pairs_ask_yes").click().run()
    go()
    app.selectbox(key="pairs_resampling").select("bilinear").run()
    assert "This brings back 3 pairs of before in place of 3 present ones" in words(app)
    assert app.button(key="pairs_make").label == "Make 3 pairs again"


# the form in the address


def test_what_was_chosen_is_in_the_address_and_comes_back_with_it(case: Case) -> None:
    case.make()
    app = opened()
    assert not dict(app.query_params)
    app.selectbox(key="pairs_resampling").select("cubic").run()
    app.checkbox(key="pairs_register").check().run()
    app.number_input(key="pairs_ignore_rim").set_value(12.0).run()
    address = dict(app.query_params)
    assert address == {"resampling": "cubic", "register": "yes", "buffer_m": "12"}
    again = opened(**address)
    assert again.selectbox(key="pairs_resampling").value == "cubic"
    assert again.checkbox(key="pairs_register").value
    assert again.number_input(key="pairs_ignore_rim").value == 12.0
    assert "makes 3 new pairs" in words(again)


def test_a_wrong_address_leaves_the_form_as_the_pairs_were_made(case: Case) -> None:
    case.make()
    app = opened(resampling="lanczos", buffer_m="-4", workers="many", register="perhaps")
    assert app.selectbox(key="pairs_resampling").value == "bilinear"
    assert app.number_input(key="pairs_ignore_rim").value == 0.0
    assert not app.checkbox(key="pairs_register").value
    assert not dict(app.query_params)
    assert not app.exception


def test_the_browsers_way_back_takes_the_form_along_once_it_has_the_address(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    app.selectbox(key="pairs_resampling").select("cubic").run()
    # What a browser sends that hasn't got the new address yet.
    app.query_params.clear()
    app.run()
    assert app.selectbox(key="pairs_resampling").value == "cubic"
    assert app.query_params["resampling"] == "cubic"
    monkeypatch.setattr("pages.shared.state._SETTLED_S", 0.0)
    app.query_params.clear()
    app.run()
    assert app.selectbox(key="pairs_resampling").value == "bilinear"


def test_choices_outlive_a_look_at_another_page(case: Case) -> None:
    app = opened()
    app.selectbox(key="pairs_resampling").select("cubic").run()
    app.query_params.clear()
    app.switch_page("pages/1_Masks.py").run()
    app.query_params.clear()
    app.switch_page("pages/3_Pairs.py").run()
    assert app.selectbox(key="pairs_resampling").value == "cubic"
    assert app.query_params["resampling"] == "cubic"


# what failed, and why


def failed(case: Case, *kinds: str | None) -> None:
    """One pair after the other failed by these kinds."""
    case.make()
    pairs = case.store.pairs()
    case.store.put_pairs(
        [
            replace(pair, state="failed", error=f"It is so: {kind}.", failure=kind)
            for pair, kind in zip(pairs, kinds, strict=False)
        ]
    )


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.main.get("page_link")]


def test_failed_pairs_are_tried_again_by_their_reason(case: Case, launched: Launched) -> None:
    failed(case, "service", "service", "product")
    app = opened()
    service, product = (app.button(key=f"pairs_retry_{kind}") for kind in ("service", "product"))
    assert service.label == "Retry 2 pairs that failed because a service didn't answer or refused"
    assert product.label.startswith("Retry 1 pair that failed because the product is damaged")
    service.click().run()
    by_service = {pair.mask_id for pair in case.store.pairs() if pair.failure == "service"}
    assert launched[0][1].options.masks == by_service


@pytest.mark.parametrize(
    ("kind", "offered"),
    [
        ("credentials", ["See which credentials are set", "Search at another source"]),
        ("service", ["Search at another source", "Choose another scene"]),
        ("product", ["Choose another scene", "Search at another source"]),
        ("mask", ["Look at the mask"]),
        (None, ["Choose another scene"]),
    ],
)
def test_a_failed_pair_has_what_helps_against_its_kind_of_error(
    case: Case, kind: str | None, offered: list[str]
) -> None:
    failed(case, kind)
    pair = next(pair for pair in case.store.pairs() if pair.state == "failed")
    app = opened(pair=pair.pair_id)
    # Once for all that failed so, once for this pair.
    assert [label for label in links(app) if label in offered] == [*offered, *offered]
    assert app.button(key="pairs_make_one").label == "Retry this pair"
    assert app.session_state["selection"].mask_id == pair.mask_id


def test_a_full_disk_says_how_much_is_free_where(case: Case) -> None:
    failed(case, "disk")
    assert f"are free at `{case.workspace.root}`" in words(opened())


def test_the_way_to_another_source_opens_the_search(case: Case) -> None:
    app = open_page("pages/2_Scenes.py", search="open")
    assert next(e for e in app.expander if e.label.startswith("Search")).proto.expanded


def test_in_german_states_columns_and_costs_are_german(remote: Case) -> None:
    app = opened(language="de")
    costs, pairs = (
        next(frame for frame in app.dataframe if name in frame.value) for name in ("Way", "Mask")
    )
    assert app.selectbox(key="pairs_access").options[0] == "Was am wenigsten kostet"
    assert costs.proto.columns.count('"format": "%,d"') == 4  # 1,234, as everywhere
    assert set(costs.value["Credentials"]) == {"kein Konto gesetzt", "kein S3-Schlüssel gesetzt"}
    assert set(pairs.value["State"]) == {"○ zu erzeugen"}
    assert app.button(key="pairs_make").label == "3 Paare erzeugen"
