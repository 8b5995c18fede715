"""The page Export: what goes in, where to, the card and the zip."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.export.destination.archive import archive_path
from migrate_core.export.request import (
    AboutDataset,
    ChipOptions,
    Curation,
    ExportRequest,
    PixelOptions,
    SplitOptions,
)
from migrate_core.jobs.background import claim, now_utc
from migrate_core.model import Decision
from migrate_core.review.run import decide
from migrate_core.states import Level
from migrate_core.store.jobs import update_job
from pages.shared.export.routes import download_address
from tests.support.app import open_page
from tests.support.background import Launched, Launches, note_launches
from tests.support.pairs import Case, Safe, numbered_masks, open_case, prepare, write_safe
from tests.support.threads import InThreads


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with four pairs that are done."""
    root = tmp_path_factory.mktemp("finished")
    write_safe(root / "scenes", Safe())
    case = prepare(root / "workspace", numbered_masks(root / "masks", 4), root / "scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
        case.make()
    case.store.engine.dispose()
    return root / "workspace"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path / "workspace"


@pytest.fixture
def case(root: Path, finished: Path) -> Iterator[Case]:
    """Of the four pairs, one is accepted, one rejected, one unsure."""
    shutil.copytree(finished, root)
    case = open_case(root)
    for pair, verdict in zip(case.store.pairs(), ("accept", "reject", "unsure"), strict=False):
        decide(case.store, Decision(pair.pair_id, verdict, "ann", None, datetime.now(UTC)))
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


def opened(**query: str) -> AppTest:
    return open_page("pages/5_Export.py", **query)


def words(app: AppTest) -> str:
    kinds = ("info", "warning", "error", "success", "caption", "markdown", "code")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


def test_an_empty_workspace_leads_to_the_pairs(root: Path) -> None:
    app = opened()
    assert "no finished pair yet" in words(app)
    assert app.button(key="export_start").disabled


def test_without_an_accepted_pair_the_way_leads_to_review(root: Path, finished: Path) -> None:
    shutil.copytree(finished, root)
    app = opened()
    assert "4 pairs wait for a decision" in words(app)
    assert "**0 pairs go in**.  \n" in words(app)
    assert app.button(key="export_start").disabled


def test_counts_follow_the_choice(case: Case) -> None:
    app = opened()
    assert app.radio(key="export_include").options == [
        "Accepted: 1 pair",
        "Accepted and undecided: 2 pairs",
        "All but rejected: 3 pairs",
    ]
    assert "**1 pair goes in**: 1 accepted; 1 decided by a person." in words(app)
    assert "**3 pairs stay out**" in words(app)
    assert "1 rejected" in words(app)
    assert "1 not decided about yet" in words(app)
    assert app.button(key="export_start").label == "Export 1 pair"
    app.radio(key="export_include").set_value("all").run()
    assert "**1 pair stays out**: 1 rejected." in words(app)
    assert app.button(key="export_start").label == "Export 3 pairs"


def test_a_dataset_is_written_and_shown_with_card_plots_and_zip(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    app = opened()
    app.radio(key="export_include").set_value("undecided").run()
    app.checkbox(key="export_zip").check().run()
    app.button(key="export_start").click().run()
    folder = case.workspace.exports / f"{now_utc():%Y-%m-%d}"
    assert launched == [("export", ExportRequest(folder, "undecided", True, ("geotiff",)))]
    go()
    app.run()
    assert "Contains modified Copernicus Sentinel data 2020" in words(app)
    plots = list((folder / "plots").glob("*.png"))
    assert len(plots) >= 6
    assert len(app.main.get("image")) == len(plots)
    (report,) = app.main.get("download_button")
    assert report.proto.label.startswith("Download the report (")
    on_top, download = app.main.get("link_button")
    assert on_top.proto.url == download.proto.url
    assert f"{folder.name}.zip" in download.proto.label
    assert str(archive_path(folder)) in words(app)
    assert "brought up to date" in words(app)
    # Somebody else, or another day: the same is there to be seen.
    assert "Contains modified Copernicus" in words(opened())


def test_a_dataset_without_a_zip_can_be_downloaded_as_one(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    app = opened()
    app.button(key="export_start").click().run()
    assert not launched[0][1].archive
    go()
    app.run()
    folder = case.workspace.exports / f"{now_utc():%Y-%m-%d}"
    downloads = app.main.get("link_button")
    assert [one.proto.url for one in downloads] == 2 * [download_address(folder)]
    assert not archive_path(folder).exists()


def test_all_that_is_chosen_is_asked_for(case: Case, launched: Launched) -> None:
    app = opened()
    app.multiselect(key="export_formats").set_value(["geotiff", "chips"]).run()
    app.multiselect(key="export_bands").set_value(["B08", "B04"])
    app.selectbox(key="export_values").set_value("float32")
    app.selectbox(key="export_ignore").set_value("occluded")
    app.number_input(key="export_chip_size").set_value(64)
    app.selectbox(key="export_chip_padding").set_value("shift")
    app.selectbox(key="export_split").set_value("blocks").run()
    app.number_input(key="export_block_km").set_value(5.0)
    app.number_input(key="export_seed").set_value(7)
    app.number_input(key="export_filter_occluded_most").set_value(50.0)
    app.text_input(key="export_authors").set_value("Ann Lee; Bo Diaz")
    app.text_input(key="export_licence").set_value("CC-BY-4.0").run()
    app.button(key="export_start").click().run()
    ((_, asked),) = launched
    assert asked.formats == ("geotiff", "chips")
    assert asked.pixels == PixelOptions(("B08", "B04"), "float32", "hard", "occluded")
    assert asked.chips == ChipOptions(64, 64, "shift")
    assert asked.splits == SplitOptions("blocks", 5.0, seed=7)
    assert asked.curation == Curation({"occluded": "..50"})
    assert asked.about == AboutDataset("", ("Ann Lee", "Bo Diaz"), "CC-BY-4.0")


def test_a_preview_shows_splits_and_classes_of_the_choice_it_was_made_for(
    case: Case, launched: Launched, go: Callable[[], None]
) -> None:
    app = opened()
    app.radio(key="export_include").set_value("undecided").run()
    app.button(key="export_preview").click().run()
    assert [kind for kind, _ in launched] == ["preview"]
    go()
    app.run()
    assert "Split by overlap alone" in words(app)
    assert "Where they lie" in words(app)
    assert '"format": "%,.2f"' in app.dataframe[0].proto.columns  # 1,234.50 ha, as everywhere
    app.radio(key="export_include").set_value("all").run()
    assert "The last preview is of other choices" in words(app)


def test_a_folder_with_other_files_is_refused(
    case: Case, launched: Launched, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "holiday.jpg").touch()
    app = opened()
    app.text_input(key="export_folder").set_value(str(tmp_path / "theirs")).run()
    assert "has other files in it" in words(app)
    app.button(key="export_start").click().run()
    assert launched == []
    assert len(app.error) == 1
    app.text_input(key="export_folder").set_value("\0").run()
    assert not app.exception
    assert app.error


def test_what_is_typed_just_before_the_click_counts(
    case: Case, launched: Launched, tmp_path: Path
) -> None:
    app = opened()
    app.text_input(key="export_folder").set_value(str(tmp_path / "earlier")).run()
    app.text_input(key="export_folder").set_value(str(tmp_path / "later"))
    app.text_input(key="export_title").set_value("Typed last")
    app.button(key="export_start").click().run()
    ((_, request),) = launched
    assert isinstance(request, ExportRequest)
    assert request.destination == tmp_path / "later"
    assert request.about.title == "Typed last"


def test_a_running_export_is_watched_and_a_second_one_refused(
    case: Case, launched: Launched
) -> None:
    app = opened()
    job = claim(case.store, "export", 0)
    job.report(1, 0, total=4)
    app.button(key="export_start").click().run()
    assert launched == []
    assert "is at work already" in words(app)
    assert "export_start" not in [button.key for button in app.button]
    assert any("25 %" in bar.proto.text for bar in app.main.get("progress"))
    app.button(key="watch_cancel_export").click().run()
    assert job.cancel_requested()


def test_an_export_that_was_just_started_is_seen_at_once_and_one_that_died_over_it_is_told(
    case: Case,
) -> None:
    job = claim(case.store, "export", 0, request={"work": "export"})
    app = opened()
    assert any("one moment" in bar.proto.text for bar in app.main.get("progress"))
    assert "export_start" not in [button.key for button in app.button]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    update_job(case.store, job.job_id, pid=ended.pid)
    app = opened()
    assert "was stopped before its end" in words(app)
    assert not app.button(key="export_start").disabled


def test_what_the_export_said_is_shown(case: Case) -> None:
    case.workspace.logs.mkdir(exist_ok=True)
    job = claim(case.store, "export", 0, request={"work": "export"})
    case.workspace.log("export").write_text("export\nError: the disk is full; free some space.\n")
    job.end("failed")
    assert "the disk is full" in words(opened())
    # And what it could write to the store.
    job = claim(case.store, "export", 0)
    job.say(Level.ERROR, ["the folder has other files in it"])
    job.end("failed")
    assert "the folder has other files in it" in words(opened())
    assert "the disk is full" not in words(opened())


def test_what_the_last_export_wrote_is_said_on_top_until_it_is_closed(case: Case) -> None:
    job = claim(case.store, "export", 0)
    job.answer({"path": "/data/out", "formats": ["geotiff"], "pairs": ["a", "b"], "samples": {}})
    job.end("done")
    said = "2 pairs exported to `/data/out`."
    app = opened()
    assert [box.value for box in app.success] == [said]
    app.button(key="report_close_export").click().run()
    assert not app.success
    # One that failed has written nothing that could be fetched.
    claim(case.store, "export", 0).end("failed")
    assert not opened().success


# choices in the address


def test_what_was_chosen_is_in_the_address_and_comes_back_with_it(case: Case) -> None:
    app = opened()
    assert not dict(app.query_params)
    app.radio(key="export_include").set_value("all").run()
    app.multiselect(key="export_formats").set_value(["geotiff", "coco"]).run()
    app.selectbox(key="export_split").set_value("blocks").run()
    app.number_input(key="export_block_km").set_value(2.5)
    app.number_input(key="export_share_train").set_value(60)
    app.number_input(key="export_filter_occluded_most").set_value(50.0)
    app.date_input(key="export_filter_first").set_value(date(2020, 1, 5))
    app.checkbox(key="export_balance").uncheck().run()
    address = dict(app.query_params)
    assert address == {
        "include": "all",
        "formats": "geotiff,coco",
        "split": "blocks",
        "block_km": "2.5",
        "train": "60",
        "occluded_most": "50",
        "first": "2020-01-05",
        "balance": "no",
    }
    again = opened(**address)
    assert not again.exception
    assert again.radio(key="export_include").value == "all"
    assert again.multiselect(key="export_formats").value == ["geotiff", "coco"]
    assert again.selectbox(key="export_split").value == "blocks"
    assert again.number_input(key="export_block_km").value == 2.5
    assert again.number_input(key="export_share_train").value == 60
    assert again.number_input(key="export_filter_occluded_most").value == 50.0
    assert again.date_input(key="export_filter_first").value == date(2020, 1, 5)
    assert not again.checkbox(key="export_balance").value
    assert dict(again.query_params) == address


def test_chips_destination_and_terms_come_back_with_the_address(case: Case) -> None:
    app = opened(formats="geotiff,coco")
    app.toggle(key="export_cut").set_value(True).run()
    app.number_input(key="export_chip_size").set_value(64).run()
    app.number_input(key="export_chip_stride").set_value(32)
    app.selectbox(key="export_chip_padding").set_value("shift")
    app.number_input(key="export_chip_labelled").set_value(5)
    app.number_input(key="export_seed").set_value(12_345_678)
    app.text_input(key="export_folder").set_value("s3://bucket/quarries")
    app.text_input(key="export_title").set_value("Quarries & mines")
    app.text_input(key="export_authors").set_value("Ann Lee; Bo Diaz")
    app.text_input(key="export_licence").set_value("CC-BY-4.0")
    app.text_input(key="export_attribution").set_value("Planet Labs").run()
    address = dict(app.query_params)
    assert address == {
        "formats": "geotiff,coco",
        "cut": "yes",
        "chip": "64",
        "stride": "32",
        "edge": "shift",
        "chip_labelled": "5",
        "seed": "12345678",
        "folder": "s3://bucket/quarries",
        "title": "Quarries & mines",
        "authors": "Ann Lee; Bo Diaz",
        "licence": "CC-BY-4.0",
        "attribution": "Planet Labs",
    }
    again = opened(**address)
    assert not again.exception
    assert again.toggle(key="export_cut").value
    assert again.number_input(key="export_chip_size").value == 64
    assert again.number_input(key="export_chip_stride").value == 32
    assert again.selectbox(key="export_chip_padding").value == "shift"
    assert again.number_input(key="export_chip_labelled").value == 5
    assert again.number_input(key="export_seed").value == 12_345_678
    assert again.text_input(key="export_folder").value == "s3://bucket/quarries"
    assert again.text_input(key="export_authors").value == "Ann Lee; Bo Diaz"
    assert dict(again.query_params) == address


@pytest.mark.parametrize(
    "destination",
    [
        "s3://name:password@bucket/quarries",
        "s3://bucket/quarries?X-Amz-Signature=abc",
        "https://name:password@host/quarries",
    ],
)
def test_an_address_with_credentials_is_not_in_that_of_the_page(
    case: Case, destination: str
) -> None:
    app = opened()
    app.text_input(key="export_title").set_value("Quarries")
    app.text_input(key="export_folder").set_value(destination).run()
    assert dict(app.query_params) == {"title": "Quarries"}
    assert app.text_input(key="export_folder").value == destination


def test_a_stride_that_is_longer_than_the_side_is_that_of_the_side(case: Case) -> None:
    app = opened(formats="chips", chip="64", stride="100")
    assert not app.exception
    assert app.number_input(key="export_chip_stride").value is None


def test_a_destination_that_cant_be_is_mended_where_it_was_written(case: Case) -> None:
    app = opened(include="all")
    app.text_input(key="export_folder").set_value("s3://").run()
    assert "names no bucket" in words(app)
    app.text_input(key="export_folder").set_value("").run()
    assert not app.error


def test_what_is_wrong_in_an_address_is_passed_over(case: Case) -> None:
    app = opened(
        include="everything",
        formats="geotiff,floppy",
        train="900",
        occluded_most="nan",
        by="nobody",
        split="scene",
        chip="7",
        stride="0",
        edge="torn",
    )
    assert not app.exception
    assert app.radio(key="export_include").value == "accepted"
    assert app.multiselect(key="export_formats").value == ["geotiff"]
    assert app.number_input(key="export_share_train").value == 70
    assert app.selectbox(key="export_split").value == "scene"
    assert dict(app.query_params) == {"split": "scene"}


def test_in_german_counts_filters_and_options_are_german(case: Case) -> None:
    app = opened(language="de", occluded_most="5", days_least="400")
    said = words(app)
    assert "**0 Paare gehen hinein**" in said
    assert "1 Filter nicht erfüllt: Abstand in Tagen (beide Richtungen) mindestens 400 Tage" in said
    assert "Davon Paare mit: Label verdeckt höchstens 5 %" in said
    assert "1 abgelehnt" in said
    assert app.radio(key="export_include").options[0] == "Angenommen: 1 Paar"
    assert app.selectbox(key="export_filter_basis").options == ["Person", "Regel", "Modell"]


def test_what_was_said_in_german_is_said_in_english_to_others(case: Case) -> None:
    opened(language="de", by="ann", days_least="400")
    assert "filter not met: days offset (either way) at least 400 days" in words(
        opened(by="ann", days_least="400")
    )
