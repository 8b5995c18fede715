"""The masks page: add, look, mend, name, date, remove."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from migrate_core.cli import cli
from migrate_core.jobs.background import claim, now_utc
from migrate_core.model import Decision, Mask, Pair
from migrate_core.review.run import decide
from migrate_core.store.base import Store, open_store
from migrate_core.store.masks import PROBLEM, MaskFilter, list_masks
from migrate_core.workspace import Workspace
from pages.shared.masks.marks import MASK_LIST
from pages.shared.text import plain
from tests.support.app import open_page
from tests.support.background import note_launches
from tests.support.builders import a_mask, labels, north_up, write_raster

PIXELS = labels("0012", "0112", "2222")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace, which the app opens; what it starts is done at once."""
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))

    note_launches(monkeypatch, at_once=True)
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def store(workspace: Workspace) -> Iterator[Store]:
    found = open_store(workspace)
    yield found
    found.engine.dispose()


def opened(**query: str) -> AppTest:
    return open_page("pages/1_Masks.py", **query)


def shown(app: AppTest) -> AppTest:
    """The page after a run that must not have failed."""
    assert not app.exception
    return app


def texts(app: AppTest, *kinds: str) -> str:
    """What the page says in elements of these kinds."""
    return "\n".join(item.value for kind in kinds for item in app.get(kind))


def button(app: AppTest, label: str) -> Any:
    """The one button whose label begins so."""
    (found,) = [item for item in app.button if item.label.startswith(label)]
    return found


def save(app: AppTest) -> Any:
    """The button beside what mends a problem."""
    (found,) = [item for item in app.button if item.label == "Save"]
    return found


def line(app: AppTest, label: str) -> Any:
    """The one text field whose label begins so."""
    (found,) = [item for item in app.text_input if item.label.startswith(label)]
    return found


def by_name(store: Store) -> dict[str, Mask]:
    return {mask.name: mask for mask in list_masks(store, MaskFilter(), 0, 100)}


def title(app: AppTest) -> str:
    """The mask that is looked at."""
    return next(item.value for item in app.markdown if item.value.startswith("**")).strip("*")


def mending(folder: Path) -> Path:
    """A good mask, and one each without date, CRS and label."""
    write_raster(folder / "good_20200202.tif", PIXELS)
    write_raster(folder / "no-date.tif", PIXELS)
    write_raster(folder / "no-crs_20200202.tif", PIXELS, crs=None, transform=north_up())
    write_raster(folder / "empty_20200202.tif", PIXELS * 0)
    return folder


def add_folder(app: AppTest, masks: Path | str, images: Path | str = "") -> AppTest:
    app.text_input(key="masks_folder").set_value(str(masks))
    app.text_input(key="masks_image_folder").set_value(str(images))
    app.run()
    return shown(button(app, "Add from the server").click().run())


def test_an_empty_workspace_says_how_to_begin(store: Store) -> None:
    app = opened()
    assert "There is no mask yet" in texts(app, "info")
    assert app.expander[0].proto.expanded
    assert button(app, "Add from the server").disabled is False
    assert not app.dataframe


def test_a_folder_with_images_is_added_and_what_is_left_over_is_told(
    store: Store, tmp_path: Path
) -> None:
    masks = mending(tmp_path / "masks")
    write_raster(tmp_path / "images" / "good_20200202.tif", PIXELS)
    write_raster(tmp_path / "images" / "other.tif", PIXELS)
    app = add_folder(opened(), masks, tmp_path / "images")
    assert [mask.state for mask in by_name(store).values()] == ["problem", "ready"] + 2 * [
        "problem"
    ]
    assert by_name(store)["good_20200202.tif"].source.path == str(
        tmp_path / "images/good_20200202.tif"
    )
    (report,) = [item for item in app.expander if item.label.startswith("Source images")]
    assert report.label == (
        "Source images: 1 paired, 3 masks without a source image, 1 image fits no mask"
    )
    table = app.dataframe[0].value
    assert table["source image"].dropna().tolist() == ["other.tif", "good_20200202.tif"]
    assert table["note"].dropna().tolist() == [*3 * ["no image fits it"], "fits no mask"]
    said = texts(app, "caption")
    assert "1 source image paired" in said
    assert "3 masks without a source image" in said
    assert str(tmp_path / "images/other.tif") in app.code[0].value


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("", "Name the file or folder"),
        ("/no/such/folder", "there is no such file or folder"),
        ("\0", "can't be"),
    ],
)
def test_a_folder_that_is_not_there_is_told(store: Store, folder: str, reason: str) -> None:
    app = add_folder(opened(), folder)
    assert reason in texts(app, "error")


def test_a_folder_without_masks_is_told(store: Store, tmp_path: Path) -> None:
    app = add_folder(opened(), tmp_path)
    assert "the folder holds no mask" in texts(app, "error")


def test_uploaded_files_are_saved_and_registered(
    store: Store, workspace: Workspace, tmp_path: Path
) -> None:
    path = write_raster(tmp_path / "up_20200202.tif", PIXELS)
    app = opened()
    app.file_uploader[0].set_value(("up_20200202.tif", path.read_bytes(), "image/tiff")).run()
    shown(button(app, "Add 1 file").click().run())
    mask = by_name(store)["up_20200202.tif"]
    assert Path(mask.path).is_relative_to(workspace.uploads)
    assert mask.state == "ready"


def test_a_file_that_is_no_zip_is_refused_and_the_page_goes_on(store: Store) -> None:
    app = opened()
    app.file_uploader[0].set_value(("in.zip", b"no zip", "application/zip")).run()
    shown(button(app, "Add 1 file").click().run())
    assert "can't be read as a zip" in texts(app, "error")
    assert by_name(store) == {}


def test_one_bad_file_among_uploads_is_named_and_the_others_are_added(
    store: Store, tmp_path: Path
) -> None:
    good = write_raster(tmp_path / "good_20200202.tif", PIXELS).read_bytes()
    hole = [[1, 41], [1.01, 41], [1.01, 41.01], [1, 41]]
    sent = [
        ("good_20200202.tif", good),
        ("broken_20200202.tif", good[:100]),
        ("a<b>_20200202.tif", good),
        ("in.zip", b"no zip"),
        ("hole_20200202.geojson", json.dumps({"type": "Polygon", "coordinates": [hole, []]})),
    ]
    app = opened()
    app.file_uploader[0].set_value(
        [
            (name, text if isinstance(text, bytes) else text.encode(), "application/octet-stream")
            for name, text in sent
        ]
    ).run()
    shown(button(app, "Add 5 files").click().run())
    reported = texts(app, "warning")
    assert "2 added, 3 can't be read" in reported
    for name in ("broken", "a\\<b\\>", "in.zip"):
        assert name in reported
    states = {name: mask.state for name, mask in by_name(store).items()}
    assert states == {
        "good_20200202.tif": "ready",
        "broken_20200202.tif": "problem",
        "hole_20200202.geojson": "ready",
    }


def test_nothing_can_be_added_while_masks_are_being_added(store: Store) -> None:
    store.put_masks([a_mask()])
    job = claim(store, "masks", 10, now_utc)
    app = opened()
    assert "Add from the server" not in [button.label for button in app.button]
    job.end("done")
    app.run()
    assert not button(app, "Add from the server").disabled


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("no-date.tif", "Date of its", "2020-02-03"),
        ("no-crs_20200202.tif", "CRS of the mask", "32631"),
    ],
)
def test_a_problem_is_mended_where_it_is_told(
    store: Store, tmp_path: Path, name: str, field: str, value: str
) -> None:
    add_folder(opened(), mending(tmp_path / "masks"))
    before = by_name(store)[name]
    app = opened(mask=before.mask_id)
    assert "Give it here" in texts(app, "warning")
    line(app, field).set_value("nonsense")
    shown(save(app).click().run())
    assert "nonsense" in texts(app, "error")
    assert by_name(store)[name] == before
    line(app, field).set_value(value)
    shown(save(app).click().run())
    assert by_name(store)[name].problem is None
    assert "Give it here" not in texts(app, "warning")


def test_a_crs_that_lacks_a_grid_of_shifts_is_told_with_the_mask(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "masks"
    gauss_krueger = north_up(3_510_000, 5_440_000)
    write_raster(folder / "dhdn_20200202.tif", PIXELS, crs="EPSG:31467", transform=gauss_krueger)
    write_raster(folder / "good_20200202.tif", PIXELS)
    add_folder(opened(), folder)
    masks = by_name(store)
    said = texts(opened(mask=masks["dhdn_20200202.tif"].mask_id), "caption")
    assert "31467" in said
    assert "install de_adv_BETA2007.tif" in said
    assert "install" not in texts(opened(mask=masks["good_20200202.tif"].mask_id), "caption")


def test_an_empty_mask_can_be_kept_as_a_negative_example(store: Store, tmp_path: Path) -> None:
    app = add_folder(opened(), mending(tmp_path / "masks"))
    assert title(app) == "empty_20200202.tif"
    shown(button(app, "Keep it").click().run())
    assert by_name(store)["empty_20200202.tif"].state == "ready"


def test_classes_get_names_in_all_masks(store: Store, tmp_path: Path) -> None:
    add_folder(opened(), mending(tmp_path / "masks"))
    app = opened(mask=by_name(store)["good_20200202.tif"].mask_id)
    line(app, "Value 1").set_value("mine")
    (everywhere,) = [item for item in app.checkbox if item.label.startswith("For all masks")]
    everywhere.check()
    shown(button(app, "Save names").click().run())
    named = [mask.name for mask in by_name(store).values() if mask.classes.names == {"1": "mine"}]
    assert named == ["good_20200202.tif", "no-crs_20200202.tif", "no-date.tif"]


def test_a_pattern_shows_its_effect_before_it_is_applied(store: Store) -> None:
    undated = {"acquired": None, "problems": {"date": "It has no date."}}
    store.put_masks([a_mask(f"m{day:02}022020.tif", **undated) for day in range(1, 5)])
    store.put_masks([a_mask("odd.tif", **undated), a_mask("dated_05022020.tif")])
    app = opened()
    app.text_input(key="masks_pattern").set_value("DDMMYYYY").run()
    said = texts(shown(app), "markdown")
    assert "Of 5 masks, **4 would get another date**; 1 without a date" in said
    assert by_name(store)["m01022020.tif"].acquired is None
    shown(button(app, "Apply to 4 masks").click().run())
    dates = {name: str(mask.acquired)[:10] for name, mask in by_name(store).items()}
    assert dates["m03022020.tif"] == "2020-02-03"
    assert (dates["odd.tif"], dates["dated_05022020.tif"]) == ("None", "2020-01-20")
    app.checkbox(key="masks_pattern_undated").uncheck().run()
    assert "**1 would get another date**" in texts(shown(app), "markdown")


def test_a_pattern_that_can_not_work_is_told(store: Store) -> None:
    store.put_masks([a_mask()])
    app = opened()
    app.text_input(key="masks_pattern").set_value("YYYY").run()
    assert "doesn't say where the date is" in texts(shown(app), "error")


def test_a_mask_is_removed_only_after_asking(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif")])
    app = opened(mask="b")
    shown(button(app, "Remove …").click().run())
    assert set(by_name(store)) == {"a.tif", "b.tif"}
    shown(app.button(key="masks_remove_yes").click().run())
    assert set(by_name(store)) == {"a.tif"}
    assert title(shown(app.run())) == "a.tif"


def test_a_removal_says_which_decisions_it_sets_aside(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif")])
    store.put_pairs([Pair("p", "b", "b.tif", ("scene",), "done")])
    app = opened(mask="a")
    shown(button(app, "Remove …").click().run())
    assert "sets aside" not in texts(app, "warning")
    decide(store, Decision("p", "accept", "ann", None, now_utc()))
    app = opened(mask="b")
    shown(button(app, "Remove …").click().run())
    said = texts(app, "warning")
    assert "This sets aside the decisions about 1 pair that is decided (1 accepted)." in said


def test_what_the_list_shows_is_removed_at_once(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif", problems={"file": "wrong"})])
    app = opened()
    (show,) = (group for group in app.get("button_group") if group.key == "masks_show")
    show.set_value(PROBLEM).run()
    shown(button(app, "Remove 1 mask from").click().run())
    shown(app.button(key="masks_remove_yes").click().run())
    assert set(by_name(store)) == {"a.tif"}


def test_problems_stand_at_the_front_of_the_list_and_only_where_there_are_any(
    store: Store,
) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif", problems={"file": "wrong"})])
    table = opened().dataframe[0].value
    assert list(table.columns[:4]) == ["shown", "mask", "state", "problem"]
    assert list(table["problem"].fillna("")) == ["", "wrong"]
    store.remove_masks(["b"])
    assert "problem" not in opened().dataframe[0].value


def test_a_list_of_many_masks_is_a_page_of_them(store: Store) -> None:
    store.put_masks([a_mask(f"m{number:03}.tif") for number in range(3 * MASK_LIST.size + 1)])
    app = opened()
    assert len(app.dataframe[0].value) == MASK_LIST.size
    assert f"1 to {MASK_LIST.size} of {3 * MASK_LIST.size + 1} masks" in texts(app, "caption")
    app.pagination[0].set_value(3).run()
    assert app.dataframe[0].value["mask"][0] == f"m{2 * MASK_LIST.size:03}.tif"
    deep = opened(mask=f"m{3 * MASK_LIST.size:03}")
    assert list(deep.dataframe[0].value["mask"]) == [f"m{3 * MASK_LIST.size:03}.tif"]
    app.text_input(key="masks_name").set_value("m01").run()
    assert len(shown(app).dataframe[0].value) == 10
    app.text_input(key="masks_name").set_value("nothing").run()
    assert "No mask fits" in texts(shown(app), "info")


def test_a_link_to_a_mask_that_is_gone_shows_another(store: Store) -> None:
    store.put_masks([a_mask("a.tif")])
    assert title(opened(mask="gone")) == "a.tif"


def test_masks_of_which_nothing_is_known_are_shown_with_their_problem(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    (folder / "x_$a$*b*.tif").write_bytes(b"no tiff")
    app = add_folder(opened(), folder)
    assert "can't be opened as GTiff" in texts(app, "warning")
    assert "none of these masks can be drawn" in texts(app, "info").lower()


def test_what_came_of_adding_in_a_terminal_is_shown(workspace: Workspace, tmp_path: Path) -> None:
    write_raster(tmp_path / "masks" / "a_20200202.tif", PIXELS)
    (tmp_path / "masks" / "b_20200202.tif").write_bytes(b"no raster")
    words = ["--workspace", str(workspace.root), "masks", "add", str(tmp_path / "masks")]
    assert CliRunner().invoke(cli, words).exit_code == 1
    app = shown(opened())
    assert "1 added, 1 can't be read." in texts(app, "warning")
    assert plain("b_20200202.tif: it can't be opened as GTiff") in texts(app, "warning")
    # Read once, it makes room.
    app = shown(app.button(key="report_close_masks").click().run())
    assert "can't be read" not in texts(app, "warning")


def test_the_first_problem_is_in_full_and_there_is_a_way_to_each_other_one(
    store: Store, tmp_path: Path
) -> None:
    for number in range(8):
        path = tmp_path / "masks" / f"b{number}_20200202.tif"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no raster")
    write_raster(tmp_path / "masks" / "a.tif", PIXELS)
    app = add_folder(opened(), tmp_path / "masks")
    assert "1 added, 8 can't be read. 1 of those added has a problem" in texts(app, "warning")
    assert plain("b0_20200202.tif: it can't be opened") in texts(app, "warning")
    assert "8 other problems" in [item.label for item in app.expander]
    assert plain("b5_20200202.tif: it") in texts(app, "warning")
    assert plain("b6_20200202.tif: it") not in texts(app, "warning")
    app.session_state["masks_report_page"] = 1
    app = shown(app.run())
    assert plain("b7_20200202.tif: it") in texts(app, "warning")
    assert "a.tif: It has no date" in texts(app, "warning")


def test_a_mask_whose_labels_were_edited_says_so(
    workspace: Workspace, store: Store, tmp_path: Path
) -> None:
    path = write_raster(tmp_path / "a_20200202.tif", PIXELS)
    run = CliRunner().invoke
    root = ["--workspace", str(workspace.root), "masks"]
    assert run(cli, [*root, "add", str(path)]).exit_code == 0
    (mask,) = store.masks()
    out = str(tmp_path / "out.gpkg")
    assert run(cli, [*root, "labels", mask.mask_id, out]).exit_code == 0
    assert run(cli, [*root, "relabel", mask.mask_id, out, "--reviewer", "ann"]).exit_code == 0
    (edited,) = store.masks()
    said = texts(shown(opened(mask=edited.mask_id)), "caption")
    assert "**Label** version 2, edited by ann on " in said
    assert "**Pixels** 4 × 3" in said


def field_of_batch(app: AppTest, name: str) -> Any:
    """A field of “Edit many masks”."""
    start = f"masks_batch_{name}_"
    (found,) = [item for item in app.text_input if (item.key or "").startswith(start)]
    return found


def see_changes(app: AppTest, **fields: str) -> AppTest:
    """Fill in fields of “Edit many masks”, and look at what they change."""
    for name, value in fields.items():
        field_of_batch(app, name).set_value(value)
    return shown(button(app, "See what this changes").click().run())


def test_one_edit_is_made_in_all_masks_of_the_list(store: Store, tmp_path: Path) -> None:
    app = add_folder(opened(), mending(tmp_path / "masks"))
    app = see_changes(app, date="2020-03-03 10:00", names="1 = mine")
    assert "4 masks would change" in texts(app, "info")
    assert "date of 4, class names of 3" in texts(app, "info")
    assert by_name(store)["no-date.tif"].acquired is None
    app = shown(app.button(key="masks_batch_apply").click().run())
    assert {str(mask.acquired) for mask in by_name(store).values()} == {"2020-03-03T10:00:00Z"}
    assert by_name(store)["good_20200202.tif"].classes.names == {"1": "mine"}
    assert "4 masks changed" in texts(shown(app.run()), "warning")
    # The fields are empty again.
    assert field_of_batch(app, "names").value == ""


def test_only_marked_masks_are_edited_and_what_can_not_be_done_is_named(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif"), a_mask("c.tif")])
    app = opened()
    app.session_state["masks_marked"] = {"a": None, "c": None}
    app = see_changes(shown(app.run()), crs="EPSG:32632", names="1 = mine")
    assert "2 masks marked" in texts(app, "markdown")
    assert "2 masks would change" in texts(app, "info")
    assert "2 masks can't take a part of it" in texts(app, "warning")
    assert plain("a.tif: its CRS, EPSG:32631, comes from a.tif") in texts(app, "warning")
    shown(app.button(key="masks_batch_apply").click().run())
    named = [mask.classes.names for mask in by_name(store).values()]
    assert named == [{"1": "mine"}, None, {"1": "mine"}]


def agreement(app: AppTest) -> Any:
    """The box that says yes to setting decisions aside."""
    (found,) = [item for item in app.checkbox if item.label.startswith("Go on")]
    return found


def test_an_edit_that_touches_decisions_needs_a_yes(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif")])
    store.put_pairs([Pair("p", "b", "b.tif", ("scene",), "done")])
    decide(store, Decision("p", "accept", "ann", None, now_utc()))
    app = see_changes(opened(), names="1 = mine")
    assert not app.button(key="masks_batch_apply").disabled
    app = see_changes(app, date="2020-03-03", names="")
    assert "may set 1 pair that is decided" in texts(app, "warning")
    assert app.button(key="masks_batch_apply").disabled
    app = shown(agreement(app).check().run())
    shown(app.button(key="masks_batch_apply").click().run())
    assert {str(mask.acquired) for mask in by_name(store).values()} == {"2020-03-03"}
    # Nothing of the log is lost.
    assert len(store.decisions()) == 1


def save_cells(app: AppTest, *rows: dict[str, str]) -> AppTest:
    """Write into the cells of the first rows, and save them."""
    app = shown(app.toggle(key="masks_edit").set_value(True).run())
    edited = {number: cells for number, cells in enumerate(rows) if cells}
    state = {"edited_rows": edited, "added_rows": [], "deleted_rows": []}
    app.session_state[app.data_editor[0].key] = state
    return shown(button(app, "Save changes").click().run())


def test_cells_that_touch_no_decision_are_saved_at_once(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif")])
    store.put_pairs([Pair("p", "b", "b.tif", ("scene",), "done")])
    decide(store, Decision("p", "accept", "ann", None, now_utc()))
    save_cells(opened(), {"date": "2020-03-03"}, {"class names": "1 = mine"})
    assert str(by_name(store)["a.tif"].acquired) == "2020-03-03"
    assert by_name(store)["b.tif"].classes.names == {"1": "mine"}


def test_cells_that_touch_decisions_are_saved_after_a_yes(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif")])
    store.put_pairs([Pair("p", "b", "b.tif", ("scene",), "done")])
    decide(store, Decision("p", "accept", "ann", None, now_utc()))
    before = by_name(store)
    app = save_cells(opened(), {"date": "2020-03-03"}, {"date": "2020-03-04"})
    assert "2 masks would change**: date of 2" in texts(app, "info")
    assert "may set 1 pair that is decided" in texts(app, "warning")
    assert app.button(key="masks_cells_apply").disabled
    assert by_name(store) == before
    app = shown(agreement(app).check().run())
    # A yes to other changes is none to these.
    app = save_cells(app, {"class names": "1 = mine"}, {"date": "2020-03-04"})
    assert app.button(key="masks_cells_apply").disabled
    app = shown(agreement(app).check().run())
    app = shown(app.button(key="masks_cells_apply").click().run())
    assert by_name(store)["a.tif"].classes.names == {"1": "mine"}
    assert str(by_name(store)["b.tif"].acquired) == "2020-03-04"
    assert "masks_cells_apply" not in [item.key for item in app.button]


def test_a_yes_writes_no_cells_that_were_changed_after_the_question(store: Store) -> None:
    store.put_masks([a_mask("a.tif"), a_mask("b.tif")])
    store.put_pairs([Pair("p", "b", "b.tif", ("scene",), "done")])
    decide(store, Decision("p", "accept", "ann", None, now_utc()))
    app = shown(agreement(save_cells(opened(), {}, {"date": "2020-03-04"})).check().run())
    typed = {"edited_rows": {0: {"date": "2020-03-03"}, 1: {"date": "2020-03-04"}}}
    app.session_state[app.data_editor[0].key] = {**typed, "added_rows": [], "deleted_rows": []}
    before = by_name(store)
    app = shown(app.button(key="masks_cells_apply").click().run())
    # Nothing is lost and nothing written: the question is put again, about both.
    assert by_name(store) == before
    assert "Cells were changed since you were asked" in texts(app, "info")
    assert "2 masks would change**: date of 2" in texts(app, "info")
    assert app.button(key="masks_cells_apply").disabled
    app = shown(agreement(app).check().run())
    shown(app.button(key="masks_cells_apply").click().run())
    assert [str(mask.acquired) for mask in by_name(store).values()] == ["2020-03-03", "2020-03-04"]


def test_cells_that_touch_decisions_stay_as_they_are_after_a_no(store: Store) -> None:
    store.put_masks([a_mask("b.tif")])
    store.put_pairs([Pair("p", "b", "b.tif", ("scene",), "done")])
    decide(store, Decision("p", "accept", "ann", None, now_utc()))
    before = by_name(store)
    app = save_cells(opened(), {"date": "2020-03-03"})
    app = shown(app.button(key="masks_cells_no").click().run())
    assert by_name(store) == before
    assert "set 1 pair" not in texts(app, "warning")


def test_an_edit_that_is_wrong_is_told(store: Store) -> None:
    store.put_masks([a_mask("a.tif")])
    assert "fill in a field" in texts(see_changes(opened()), "error")
    assert "can't be read" not in texts(see_changes(opened(), date="May"), "info")
    assert texts(see_changes(opened(), date="May"), "error")
    missing = see_changes(opened(), image="/no/such")
    assert "no such image or folder" in texts(missing, "error")


def test_the_address_keeps_filter_name_and_mask(store: Store) -> None:
    masks = [a_mask(f"{name}.tif", problems={"date": "None."}) for name in ("a1", "a2")]
    store.put_masks([*masks, a_mask("a3.tif"), a_mask("b1.tif", problems={"date": "None."})])
    app = opened(show=PROBLEM, name="a", mask="a2")
    assert list(app.dataframe[0].value["mask"]) == ["a1.tif", "a2.tif"]
    assert list(app.dataframe[0].value["shown"]) == ["", "▶"]
    assert title(app) == "a2.tif"
    assert app.query_params == {"show": PROBLEM, "name": "a", "mask": "a2"}
    app.text_input(key="masks_name").set_value("").run()
    assert "name" not in app.query_params
    assert opened(show="nonsense").query_params == {"mask": "a1"}


def page_in_address(app: AppTest) -> str:
    named = app.query_params["page"]
    return named if isinstance(named, str) else named[0]


def test_the_open_page_of_the_list_is_in_the_address(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_masks([a_mask(f"m{number:02}.tif") for number in range(25)])
    app = opened()
    assert page_in_address(app) == "1"
    assert app.dataframe[0].value["mask"].iloc[0] == "m00.tif"
    app.session_state["masks_page"] = 2
    app = shown(app.run())
    assert page_in_address(app) == "3"
    # The browser's way back, however soon.
    app.query_params["page"] = "2"
    monkeypatch.setattr("pages.shared.state._went_back", lambda: True)
    app = shown(app.run())
    assert app.dataframe[0].value["mask"].iloc[0] == "m10.tif"
    # Without pages there is none to be named.
    app.text_input(key="masks_name").set_value("m1").run()
    assert "page" not in app.query_params


@pytest.mark.parametrize(("asked", "first"), [("2", "m10.tif"), ("9", "m20.tif"), ("x", "m00.tif")])
def test_a_tab_that_is_loaded_again_has_the_page_of_its_address(
    store: Store, asked: str, first: str
) -> None:
    store.put_masks([a_mask(f"m{number:02}.tif") for number in range(25)])
    app = opened(page=asked, mask="m00")
    assert app.dataframe[0].value["mask"].iloc[0] == first


@pytest.mark.parametrize("asked", ["3", "9", "9" * 30])
def test_a_page_of_the_address_that_there_is_not_opens_the_last_one_with_its_first_mask(
    store: Store, asked: str
) -> None:
    store.put_masks([a_mask(f"m{number:02}.tif") for number in range(25)])
    app = shown(opened(page=asked))
    assert app.dataframe[0].value["mask"].iloc[0] == "m20.tif"
    assert app.query_params["mask"] == "m20"
