"""What an export would take along, counted beforehand: always what it then takes."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate_core.errors import ExportError, WrongUseError
from migrate_core.export.dataset import Dataset, export_dataset
from migrate_core.export.destination.archive import archive_of, archive_path
from migrate_core.export.journal import JOURNAL
from migrate_core.export.request import ExportRequest
from migrate_core.export.selection.choice import NOT_LOOKED_AT
from migrate_core.export.selection.counts import numbers_of_pairs
from migrate_core.export.selection.preview import Preview, unreadable_sentence
from migrate_core.export.selection.preview import preview as preview_of
from migrate_core.model import Decision
from migrate_core.review.batches import BatchRequest, decide_batch
from migrate_core.review.run import decide
from migrate_core.states import BatchKind, Verdict
from tests.support.pairs import Case, Safe, numbered_masks, open_case, prepare, write_safe
from tests.support.threads import InThreads

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with seven pairs that are done; tests work on copies."""
    root = tmp_path_factory.mktemp("finished")
    write_safe(root / "scenes", Safe(size=120))
    case = prepare(root / "workspace", numbered_masks(root / "masks", 7), root / "scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
        assert case.make().made == 7
    case.store.engine.dispose()
    return root / "workspace"


@pytest.fixture
def case(tmp_path: Path, finished: Path) -> Case:
    """Seven pairs: two accepted, and one each rejected, unsure, in conflict, undecided, failed."""
    shutil.copytree(finished, tmp_path / "workspace")
    case = open_case(tmp_path / "workspace")
    ids = [pair_id for _, pair_id in sorted(case.pair_ids().items())]
    said = ["accept", "accept", "reject", "unsure", "accept"]
    log = [(pair_id, verdict, "ann") for pair_id, verdict in zip(ids, said, strict=False)]
    for pair_id, verdict, reviewer in [*log, (ids[4], "reject", "bob")]:
        decide(case.store, Decision(pair_id, verdict, reviewer, None, datetime.now(UTC)))
    last = case.store.pair(ids[6])
    assert last is not None
    case.store.put_pairs([replace(last, state="failed")])
    return case


def export(case: Case, destination: Path, include: str, *, archive: bool = False) -> Dataset:
    request = ExportRequest(destination, include, archive)
    return export_dataset(case.store, case.workspace, request, lambda *_: None)


def preview(case: Case, include: str, *, looked_at_only: bool = False) -> Preview:
    folder = case.workspace.exports / "new"
    request = ExportRequest(folder, include, looked_at_only=looked_at_only)
    return preview_of(case.store, case.workspace, request)


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("include", ["accepted", "undecided", "all"])
def test_what_is_counted_is_what_goes_out(case: Case, tmp_path: Path, include: str) -> None:
    found = preview(case, include)
    assert found.pairs == numbers_of_pairs(case.store)[include]
    export(case, tmp_path / "out", include)
    rows = manifest(tmp_path / "out")
    assert found.decisions == Counter(row["decision"] or "undecided" for row in rows)
    splits = Counter(row["split"] for row in rows)
    assert found.splits == {name: splits[name] for name in ("train", "val", "test")}
    assert found.pairs + sum(found.left_out.values()) == len(case.store.pairs())


def test_what_nobody_looked_at_can_stay_out(case: Case, tmp_path: Path) -> None:
    ids = [pair_id for _, pair_id in sorted(case.pair_ids().items())]
    rule = BatchRequest(
        BatchKind.RULE,
        Verdict.ACCEPT,
        "cem",
        document={"text": "clear labels", "verdict": "accept", "pairs": 1},
    )
    decide_batch(case.store, rule, [ids[5]])
    assert preview(case, "accepted").basis == {"person": 2, "rule": 1}
    found = preview(case, "accepted", looked_at_only=True)
    assert (found.basis, found.left_out[NOT_LOOKED_AT]) == ({"person": 2}, 1)
    counts = numbers_of_pairs(case.store, looked_at_only=True)
    assert counts == {"accepted": 2, "undecided": 2, "all": 4}
    assert numbers_of_pairs(case.store)["accepted"] == 3
    request = ExportRequest(tmp_path / "out", looked_at_only=True)
    dataset = export_dataset(case.store, case.workspace, request, lambda *_: None)
    assert sorted(dataset.pair_ids) == sorted(ids[:2])
    # Once a person has looked as well, it goes out.
    decide(case.store, Decision(ids[5], "accept", "ann", None, datetime.now(UTC)))
    assert preview(case, "accepted", looked_at_only=True).basis == {"person": 3}


def test_why_pairs_stay_out_is_counted(case: Case) -> None:
    assert preview(case, "accepted").left_out == {
        "rejected": 1,
        "unsure": 1,
        "conflict": 1,
        "undecided": 1,
        "failed": 1,
    }
    assert preview(case, "all").left_out == {"rejected": 1, "failed": 1}


def test_unfinished_pairs_are_not_made_yet(case: Case) -> None:
    pairs = [replace(pair, state="queued", occlusion=None) for pair in case.store.pairs()]
    case.store.put_pairs(pairs)
    found = preview(case, "all")
    assert (found.pairs, found.left_out) == (0, {"not made yet": 7})


def test_an_empty_workspace_has_nothing_to_count(tmp_path: Path) -> None:
    found = preview(open_case(tmp_path), "all")
    assert (found.pairs, found.left_out) == (0, {})


# the zip file


def test_the_zip_holds_the_dataset_and_nothing_else(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(case, folder, "accepted")
    (folder / "notes.txt").write_text("mine")
    dataset = export(case, folder, "accepted", archive=True)
    assert dataset.archive == archive_path(folder) == archive_of(folder)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    expected = {
        f"out/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("notes.txt", JOURNAL)
    }
    assert inside == expected


def test_a_zip_is_renewed_and_an_older_one_is_not_offered(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(case, folder, "all", archive=True)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        before = set(archive.namelist())
    export(case, folder, "accepted")
    assert archive_of(folder) is None
    export(case, folder, "accepted", archive=True)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert set(archive.namelist()) < before
    assert archive_of(folder) == tmp_path / "out.zip"


@pytest.mark.parametrize("theirs", ["text", "zip"])
def test_a_zip_of_somebody_else_is_left_alone(case: Case, tmp_path: Path, theirs: str) -> None:
    path = tmp_path / "out.zip"
    if theirs == "text":
        path.write_text("theirs")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "theirs")
    before = path.read_bytes()
    with pytest.raises(WrongUseError, match=r"out\.zip"):
        export(case, tmp_path / "out", "accepted", archive=True)
    assert path.read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_progress_goes_to_its_end_with_the_zip(case: Case, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    request = ExportRequest(tmp_path / "out", "accepted", archive=True)
    export_dataset(case.store, case.workspace, request, lambda *counts: heard.append(counts))
    assert heard[:3] == [(0, 6), (1, 6), (2, 6)]
    assert heard == sorted(heard)
    assert heard[-1] == (6, 6)


def test_a_pair_whose_label_is_gone_or_damaged_is_told(case: Case) -> None:
    ids = [pair_id for _, pair_id in sorted(case.pair_ids().items())]
    assert preview(case, "all").unreadable == ()
    (case.workspace.pair(ids[0]) / "label.tif").unlink()
    damaged = case.workspace.pair(ids[1]) / "label.tif"
    damaged.write_bytes(damaged.read_bytes()[:300])
    found = preview(case, "all")
    assert set(found.unreadable) == set(ids[:2])
    assert "2 of these can't be read" in unreadable_sentence(found.unreadable)


def test_an_export_of_nothing_says_why_each_pair_stays_out(case: Case, tmp_path: Path) -> None:
    masks = case.store.masks()
    case.store.put_masks([replace(mask, footprint=None) for mask in masks])
    with pytest.raises(ExportError, match="Stay out: 2 mask without a footprint, 1 rej"):
        export(case, tmp_path / "out", "accepted")
