"""The dataset: folders, manifest, card, plots, and what never goes out."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from matplotlib.image import imread
from pyproj import Transformer

from migrate_core.errors import ExportError, WrongUseError
from migrate_core.export.dataset import Dataset, export_dataset
from migrate_core.export.report.plots import write_plots
from migrate_core.export.request import ExportRequest
from migrate_core.model import Decision, Shift
from migrate_core.review.batches import BatchRequest, decide_batch
from migrate_core.review.run import decide
from migrate_core.states import BatchKind, Verdict
from migrate_core.store.review.checks import AttentionCheck, put_check
from tests.support.pairs import (
    CRS,
    NORTH,
    WEST,
    Case,
    Safe,
    numbered_masks,
    open_case,
    prepare,
    write_safe,
)
from tests.support.threads import InThreads

COLUMNS = [
    "pair_id",
    "mask_name",
    "scene_id",
    "sensed_at",
    "acquired",
    "days_offset",
    "cloud_percent",
    "cloud_labelled",
    "coverage",
    "decision",
    "reviewer",
    "crs",
    "width",
    "height",
    "split",
]
MATCH_COLUMNS = [
    "mask_name",
    "S2_name",
    "S2_uuid",
    "cloudcover",
    "mask_id",
    "source",
    "sensed_at",
    "days_offset",
    "coverage",
    "score",
    "selected",
]
# Those that are about plots have them `drawn`.
pytestmark = pytest.mark.usefixtures("plots_undrawn")

FOLDERS = ("images", "labels", "quality", "fractions")
NEAR = Safe(cloud_percent=4.5)
LATER = Safe(sensed="20200204T104351", generated="20200204T134500")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with six pairs that are done; tests work on copies."""
    root = tmp_path_factory.mktemp("finished")
    for safe in (NEAR, LATER):
        write_safe(root / "scenes", safe)
    case = prepare(root / "workspace", numbered_masks(root / "masks", 6), root / "scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
        assert case.make().made == 6
    case.store.engine.dispose()
    return root / "workspace"


@pytest.fixture
def case(tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    shutil.copytree(finished, tmp_path / "workspace")
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    return open_case(tmp_path / "workspace")


@pytest.fixture
def drawn(plots_undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate_core.export.dataset.write_plots", write_plots)


@pytest.fixture
def ids(case: Case) -> list[str]:
    """The ids of the pairs of m0, m1 … in this order."""
    found = case.pair_ids()
    return [found[name] for name in sorted(found)]


def verdict(case: Case, pair_id: str, what: str, reviewer: str = "ann") -> None:
    decide(case.store, Decision(pair_id, what, reviewer, None, datetime.now(UTC)))


@pytest.fixture
def reviewed(case: Case, ids: list[str]) -> Case:
    """m0 and m1 accepted, m2 rejected, m3 unsure, m4 in conflict, m5 undecided."""
    verdict(case, ids[0], "accept")
    verdict(case, ids[1], "accept", "bob")
    verdict(case, ids[2], "reject")
    verdict(case, ids[3], "unsure")
    verdict(case, ids[4], "accept")
    verdict(case, ids[4], "reject", "bob")
    return case


def export(case: Case, destination: Path, include: str = "accepted") -> Dataset:
    request = ExportRequest(destination, include)
    return export_dataset(case.store, case.workspace, request, lambda *_: None)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def exported(destination: Path) -> dict[str, set[str]]:
    """The pair ids that each part of the dataset holds."""
    found = {folder: {path.stem for path in (destination / folder).iterdir()} for folder in FOLDERS}
    found["manifest"] = {row["pair_id"] for row in rows_of(destination / "manifest.csv")}
    return found


# what lies where


def test_the_folder_has_the_layout_of_the_contract(
    drawn: None, reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    dataset = export(reviewed, tmp_path / "out")
    assert dataset.path == tmp_path / "out"
    assert list(dataset.pair_ids) == sorted(ids[:2])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *FOLDERS,
        "plots",
        "manifest.csv",
        "manifest.parquet",
        "mask_S2_match.csv",
        "dataset_card.md",
        "report.html",
        "CITATION.cff",
        "classes.csv",
        "splits.json",
        "notable_pairs.csv",
        "load.py",
        "load.json",
        "samples.csv",
        "croissant.json",
        ".export.jsonl",
    }
    for folder in FOLDERS:
        names = {path.name for path in (tmp_path / "out" / folder).iterdir()}
        assert names == {f"{pair_id}.tif" for pair_id in ids[:2]}


def test_rasters_are_those_of_the_pair(reviewed: Case, ids: list[str], tmp_path: Path) -> None:
    export(reviewed, tmp_path / "out")
    files = {"image": "images", "label": "labels", "quality": "quality", "fractions": "fractions"}
    for raster, folder in files.items():
        original = reviewed.workspace.pair(ids[0]) / f"{raster}.tif"
        copy = tmp_path / "out" / folder / f"{ids[0]}.tif"
        with rasterio.open(copy) as found, rasterio.open(original) as made:
            assert np.array_equal(found.read(), made.read())
            for name in ("crs", "transform", "dtypes", "nodata", "descriptions"):
                assert getattr(found, name) == getattr(made, name), (folder, name)


def test_the_manifest_has_what_is_known_of_each_pair(
    reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    export(reviewed, tmp_path / "out")
    rows = {row["pair_id"]: row for row in rows_of(tmp_path / "out" / "manifest.csv")}
    row = rows[ids[1]]
    assert set(COLUMNS) <= set(row)
    expected = {
        "mask_name": "m1.tif",
        "scene_id": NEAR.name,
        "sensed_at": "2020-02-02T10:43:51Z",
        "acquired": "2020-02-02",
        "days_offset": "0",
        "cloud_percent": "4.5",
        "cloud_labelled": "0.0",
        "decision": "accepted",
        "reviewer": "bob",
        "crs": CRS,
    }
    assert {name: row[name] for name in expected} == expected
    assert float(row["coverage"]) == pytest.approx(1)
    assert row["split"] in ("train", "val", "test")
    with rasterio.open(tmp_path / "out" / "images" / f"{ids[1]}.tif") as dataset:
        assert (row["width"], row["height"]) == (str(dataset.width), str(dataset.height))


def test_the_manifest_says_by_whom_and_by_what_each_pair_was_decided(
    case: Case, ids: list[str], tmp_path: Path
) -> None:
    rule = BatchRequest(
        BatchKind.RULE,
        Verdict.ACCEPT,
        "cem",
        document={"text": "label occluded at most 0 %", "verdict": "accept", "pairs": 3},
    )
    decide_batch(case.store, rule, ids[:3])
    model = BatchRequest(
        BatchKind.MODEL, Verdict.ACCEPT, "auto:1", document={"text": "triage 1", "model": "1"}
    )
    decide_batch(case.store, model, [ids[3]])
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for pair_id, said, who, why in (
        (ids[1], "accept", "ann", "looks right"),
        (ids[4], "accept", "ann", None),
        (ids[4], "reject", "bob", "cloud"),
    ):
        decide(case.store, Decision(pair_id, said, who, why, noon))
    settling = Decision(ids[4], "accept", "dan", "no cloud", noon, settles=True)
    decide(case.store, settling)
    export(case, tmp_path / "out", "undecided")
    rows = {row["pair_id"]: row for row in rows_of(tmp_path / "out" / "manifest.csv")}
    found = [
        tuple(
            rows[pair_id][column]
            for column in ("decision", "reviewer", "decided_by", "decision_rule", "decision_reason")
        )
        for pair_id in ids
    ]
    by_rule = ("accepted", "cem", "rule", "label occluded at most 0 %", "")
    assert found == [
        by_rule,
        ("accepted", "ann", "person", "", "looks right"),
        by_rule,
        ("accepted", "auto:1", "model", "triage 1", ""),
        ("accepted", "dan", "person", "", "no cloud"),
        ("", "", "", "", ""),
    ]
    assert [rows[ids[number]]["decided_at"] for number in (1, 5)] == ["2026-03-01T12:00:00Z", ""]
    card = (tmp_path / "out" / "dataset_card.md").read_text()
    assert "- 2 of 6 pairs are decided by persons who looked at them." in card
    assert "- label occluded at most 0 %: 2." in card
    assert "- Audit of label occluded at most 0 %: No random checks yet" in card
    assert "ann, bob: 0.0 % of 1 pair alike" in card


def test_attention_checks_never_go_out(case: Case, ids: list[str], tmp_path: Path) -> None:
    pair = case.store.pair(ids[0])
    assert pair is not None
    check = replace(pair, pair_id=f"{pair.pair_id[:-8]}01234567")
    shutil.copytree(case.workspace.pair(ids[0]), case.workspace.pair(check.pair_id))
    put_check(case.store, AttentionCheck(check, ids[0], "cloud", datetime.now(UTC)))
    decide(case.store, Decision(check.pair_id, "accept", "ann", None, datetime.now(UTC)))
    export(case, tmp_path / "out", "all")
    assert exported(tmp_path / "out")["manifest"] == set(ids)
    assert not (tmp_path / "out" / "images" / f"{check.pair_id}.tif").exists()


def test_masks_that_were_moved_are_told(reviewed: Case, ids: list[str], tmp_path: Path) -> None:
    pair = reviewed.store.pair(ids[0])
    assert pair is not None
    shift = Shift(3.0, -4.0, 0.5, reliable=True)
    reviewed.store.put_pairs([replace(pair, shift=shift, change=0.125)])
    export(reviewed, tmp_path / "out")
    rows = {row["pair_id"]: row for row in rows_of(tmp_path / "out" / "manifest.csv")}
    assert rows[ids[0]]["change_note"] == ""
    assert rows[ids[1]]["change"] == ""
    assert rows[ids[1]]["change_note"].startswith("not measured: ")
    names = ("shift_east_m", "shift_north_m", "shift_ci_m", "shift_reliable", "change")
    assert [rows[ids[0]][name] for name in names] == ["3.0", "-4.0", "0.5", "True", "0.125"]
    assert [rows[ids[1]][name] for name in names[:-1]] == [""] * 4
    card = (tmp_path / "out" / "dataset_card.md").read_text(encoding="utf-8")
    assert "1 mask was registered to Sentinel-2: moved by a median of 5.0 m" in card
    assert "altogether different): median 0.12, largest 0.12; not measured for " in card


def test_the_geoparquet_has_the_same_rows_and_the_footprints(
    reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    export(reviewed, tmp_path / "out")
    frame = gpd.read_parquet(tmp_path / "out" / "manifest.parquet")
    assert frame.crs.to_epsg() == 4326
    rows = rows_of(tmp_path / "out" / "manifest.csv")
    assert list(frame.columns) == [*rows[0], "geometry"]
    assert list(frame["pair_id"]) == [row["pair_id"] for row in rows]
    # m1 is a square of 80 m at column 11, row 3 of the products' grid.
    square = shapely.box(WEST + 110, NORTH - 110, WEST + 190, NORTH - 30)
    back = Transformer.from_crs(4326, CRS, always_xy=True)
    found = shapely.transform(
        frame.set_index("pair_id").geometry[ids[1]],
        lambda p: shapely.get_coordinates(shapely.points(*back.transform(p[:, 0], p[:, 1]))),
    )
    assert found.symmetric_difference(square).area < 0.01


def test_the_match_table_says_which_scene_each_mask_was_matched_to(
    reviewed: Case, tmp_path: Path
) -> None:
    export(reviewed, tmp_path / "out")
    rows = rows_of(tmp_path / "out" / "mask_S2_match.csv")
    assert list(rows[0]) == MATCH_COLUMNS
    assert [row["mask_name"] for row in rows] == ["m0.tif", "m1.tif"]
    assert {row["S2_name"] for row in rows} == {NEAR.name}
    assert {row["cloudcover"] for row in rows} == {"4.5"}


def test_the_card_counts_and_names_copernicus(drawn: None, reviewed: Case, tmp_path: Path) -> None:
    export(reviewed, tmp_path / "out", "all")
    card = (tmp_path / "out" / "dataset_card.md").read_text(encoding="utf-8")
    assert "Contains modified Copernicus Sentinel data 2020" in card
    assert "5 pairs" in card
    assert "accepted: 2, conflict: 1, undecided: 1, unsure: 1" in card
    # Five masks of 8 x 8 pixels of 10 m, half of them class 1: 5 * 32 * 0.01 ha.
    assert "| 1 | 1.60 | 50.00 | 5 |" in card
    assert "| 0 (background) | 1.60 | 50.00 | 5 |" in card
    for name in (tmp_path / "out" / "plots").iterdir():
        assert f"plots/{name.name}" in card


def test_the_card_says_which_images_lack_bands(
    reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    document = reviewed.workspace.pair(ids[0]) / "pair.json"
    content = json.loads(document.read_text())
    content["bands"].remove("B04")
    document.write_text(json.dumps(content))
    export(reviewed, tmp_path / "out")
    card = (tmp_path / "out" / "dataset_card.md").read_text(encoding="utf-8")
    assert "Not all images have the same bands" in card
    assert "1 with B01 B02 B03 B05 " in card
    assert "1 with B01 B02 B03 B04 " in card


def test_plots_are_png_images_with_something_on_them(
    drawn: None, reviewed: Case, tmp_path: Path
) -> None:
    export(reviewed, tmp_path / "out")
    plots = sorted((tmp_path / "out" / "plots").iterdir())
    assert plots
    for plot in plots:
        assert plot.suffix == ".png"
        assert plot.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        pixels = imread(plot)
        assert min(pixels.shape[:2]) > 100
        assert pixels.std() > 0.01


# what goes out


@pytest.mark.parametrize(
    ("include", "numbers"),
    [("accepted", [0, 1]), ("undecided", [0, 1, 5]), ("all", [0, 1, 3, 4, 5])],
)
def test_each_level_takes_in_what_it_says_and_never_the_rejected(
    reviewed: Case, ids: list[str], tmp_path: Path, include: str, numbers: list[int]
) -> None:
    dataset = export(reviewed, tmp_path / "out", include)
    expected = {ids[number] for number in numbers}
    assert set(dataset.pair_ids) == expected
    assert all(found == expected for found in exported(tmp_path / "out").values())


def test_a_superseded_pair_never_goes_out_however_it_was_decided(
    case: Case, ids: list[str], tmp_path: Path
) -> None:
    verdict(case, ids[0], "accept")
    verdict(case, ids[1], "accept")
    mask_id = next(mask.mask_id for mask in case.store.masks() if mask.name == "m0.tif")
    case.store.select(mask_id, LATER.name)
    assert case.make().made == 1
    assert export(case, tmp_path / "out").pair_ids == (ids[1],)
    everything = export(case, tmp_path / "all", "all").pair_ids
    assert ids[0] not in everything
    assert case.pair_ids()["m0 20200204"] in everything


def test_failed_and_cancelled_pairs_never_go_out(
    case: Case, ids: list[str], tmp_path: Path
) -> None:
    changed = {ids[0]: "failed", ids[1]: "cancelled", ids[2]: "running"}
    case.store.put_pairs(
        [
            replace(pair, state=changed[pair.pair_id])
            for pair in case.store.pairs()
            if pair.pair_id in changed
        ]
    )
    assert set(export(case, tmp_path / "out", "all").pair_ids) == set(ids[3:])


def test_with_nothing_to_send_out_nothing_is_written(case: Case, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="--include accepted"):
        export(case, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# again


def test_a_pair_that_was_rejected_meanwhile_is_taken_out(
    reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    export(reviewed, tmp_path / "out")
    verdict(reviewed, ids[0], "reject")
    export(reviewed, tmp_path / "out")
    assert all(found == {ids[1]} for found in exported(tmp_path / "out").values())
    card = (tmp_path / "out" / "dataset_card.md").read_text(encoding="utf-8")
    assert "1 pairs" in card or "1 pair " in card
    frame = gpd.read_parquet(tmp_path / "out" / "manifest.parquet")
    assert list(frame["pair_id"]) == [ids[1]]


def test_the_same_export_again_changes_no_content(reviewed: Case, tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {
            path.relative_to(tmp_path).as_posix(): path.read_bytes()
            for path in (tmp_path / "out").rglob("*")
            if path.is_file() and path.suffix in (".tif", ".csv", ".md")
        }

    export(reviewed, tmp_path / "out", "all")
    before = contents()
    export(reviewed, tmp_path / "out", "all")
    assert contents() == before


def test_a_pair_rejected_after_an_export_that_was_cut_off_is_taken_out_too(
    reviewed: Case, ids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("migrate_core.export.dataset.write_manifest", cut_off)
        with pytest.raises(SystemExit):
            export(reviewed, tmp_path / "out")
    verdict(reviewed, ids[0], "reject")
    export(reviewed, tmp_path / "out")
    assert all(found == {ids[1]} for found in exported(tmp_path / "out").values())


# folders of others


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "files",
    [
        ["holiday.jpg"],
        ["src/main.py", "README.md"],
        # The layout of many other training sets.
        ["images/0001.tif", "labels/0001.tif"],
        ["manifest.csv", "notes.txt"],
    ],
)
def test_a_folder_of_something_else_is_refused_and_left_alone(
    reviewed: Case, tmp_path: Path, files: list[str]
) -> None:
    for name in files:
        path = tmp_path / "theirs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("name,value\nx,1\n")
    before = snapshot(tmp_path / "theirs")
    with pytest.raises(WrongUseError, match="theirs"):
        export(reviewed, tmp_path / "theirs")
    assert snapshot(tmp_path / "theirs") == before


@pytest.mark.parametrize("name", ["pairs", "pairs/new", "uploads/x", "views"])
def test_the_folders_of_the_workspace_itself_are_refused(reviewed: Case, name: str) -> None:
    workspace = reviewed.workspace
    before = snapshot(workspace.pairs)
    with pytest.raises(WrongUseError, match=r"keeps its own files\. Name a folder elsewhere"):
        export(reviewed, workspace.root / name)
    assert snapshot(workspace.pairs) == before
    assert not (workspace.root / name / "dataset_card.md").exists()


def test_a_file_in_the_way_is_named(reviewed: Case, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(WrongUseError, match="is a file"):
        export(reviewed, tmp_path / "out")


def test_an_empty_folder_is_written_into(reviewed: Case, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert len(export(reviewed, tmp_path / "out").pair_ids) == 2


def test_a_pair_whose_document_is_lost_is_named(
    reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    (reviewed.workspace.pair(ids[0]) / "pair.json").unlink()
    with pytest.raises(ExportError, match=ids[0]):
        export(reviewed, tmp_path / "out")


def test_a_pair_whose_raster_is_lost_is_named(
    reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    (reviewed.workspace.pair(ids[0]) / "label.tif").unlink()
    with pytest.raises(ExportError, match=ids[0]):
        export(reviewed, tmp_path / "out")


def test_the_card_calls_classes_by_their_names(reviewed: Case, tmp_path: Path) -> None:
    masks = reviewed.store.masks()
    reviewed.store.put_masks(
        [replace(masks[0], classes=replace(masks[0].classes, names={"1": "mine | pit"}))]
    )
    reviewed.store.put_masks(
        [replace(mask, classes=replace(mask.classes, names={"1": "lake"})) for mask in masks[1:]]
    )
    export(reviewed, tmp_path / "out")
    card = (tmp_path / "out" / "dataset_card.md").read_text(encoding="utf-8")
    assert "| 1 (mine \\| pit / lake) |" in card
    assert "| 0 (background) |" in card


def test_the_card_tells_of_objects_that_are_too_small(
    reviewed: Case, ids: list[str], tmp_path: Path
) -> None:
    for pair_id in ids:
        path = reviewed.workspace.pair(pair_id) / "pair.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        first = {**document["objects"]["classes"][0], "name": "huts", "under_50_m2": 1}
        document["objects"]["classes"] = [first]
        path.write_text(json.dumps(document), encoding="utf-8")
    export(reviewed, tmp_path / "out")
    card = (tmp_path / "out" / "dataset_card.md").read_text(encoding="utf-8")
    # Of the two pairs that go out.
    count = 2 * first["objects"]
    assert f"\n- 2 of {count} huts are under 50 m2: label them as fractions or drop them.\n" in card


def test_hostile_names_are_text_in_the_card_and_in_the_tables(
    reviewed: Case, ids: list[str], tmp_path: Path, plots_undrawn: None
) -> None:
    image = "![a](http://127.0.0.1:9/x) <img src=x> $y$"
    masks = [
        replace(m, name="=1+1;m.tif", classes=replace(m.classes, names={"1": image}))
        for m in reviewed.store.masks()
    ]
    reviewed.store.put_masks(masks)
    pairs = [replace(pair, mask_name="=1+1;m.tif") for pair in reviewed.store.pairs()]
    reviewed.store.put_pairs(pairs)
    verdict(reviewed, ids[0], "accept", "=HYPERLINK(1);eve")
    export(reviewed, tmp_path / "out")
    card = (tmp_path / "out" / "dataset_card.md").read_text(encoding="utf-8")
    images = re.findall(r"(?<!\\)!\[[^\]]*\]\(([^)]*)\)", card)
    assert images
    assert all(place.startswith("plots/") for place in images)
    assert r"\<img" in card
    for table in ("manifest.csv", "mask_S2_match.csv"):
        cells = [cell for row in rows_of(tmp_path / "out" / table) for cell in row.values()]
        assert not [cell for cell in cells if re.match(r"\s*(=|@|\+|-[^\d])", cell)]
        assert "'=1+1;m.tif" in cells
        assert "\n'" not in (tmp_path / "out" / table).read_text(encoding="utf-8")
    frame = gpd.read_parquet(tmp_path / "out" / "manifest.parquet")
    assert set(frame["mask_name"]) == {"=1+1;m.tif"}
    assert any("=HYPERLINK(1);eve" in reviewer for reviewer in frame["reviewer"])
