"""Attention checks from end to end: made, reviewed, scored, and never among the pairs."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.errors import WrongUseError
from migrate_core.export.dataset import export_dataset
from migrate_core.export.request import ExportRequest
from migrate_core.jobs.background import now_utc
from migrate_core.pairs.files import RASTERS, pair_complete, read_document
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.view.packed import unpacked
from migrate_core.pairs.view.stored import stored_view
from migrate_core.review.checks.making import make_check
from migrate_core.review.checks.run import attention, mix_in, rows_of_checks
from migrate_core.review.decisions import pairs_document
from migrate_core.review.overview import overview
from migrate_core.review.queue_rows import queue_rows, review_item
from migrate_core.review.repair import EditRequest, repair
from migrate_core.review.run import decide, new_decision
from migrate_core.review.sampling.run import reviewer_agreement, sampling
from migrate_core.session import Session
from migrate_core.settings import Settings
from migrate_core.store.review.checks import all_checks
from tests.support.pairs import (
    Case,
    Safe,
    checkered,
    open_case,
    placed,
    prepare,
    registered,
    write_mask,
    write_safe,
)
from tests.support.threads import InThreads

MASKS = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of six masks of 30 x 30 pixels that overlap; all are clear."""
    root = tmp_path_factory.mktemp("checks")
    write_safe(root / "scenes", Safe())
    masks = [
        registered(
            write_mask(root / f"m{n}.tif", checkered(30, 6), placed(3 + 4 * n, 5 + 3 * n, 10))
        )
        for n in range(MASKS)
    ]
    case = prepare(root / "workspace", masks, root / "scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
        assert case.make(RunOptions(workers=1)).made == MASKS
    case.store.engine.dispose()
    return root / "workspace"


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Iterator[Case]:
    shutil.copytree(made, tmp_path / "workspace")
    found = open_case(tmp_path / "workspace")
    yield found
    found.store.engine.dispose()


def mix(case: Case, share: float) -> list[str]:
    """The ids of the checks after mixing in."""
    session = Session(Settings(workspace=case.workspace.root))
    try:
        return [check.pair.pair_id for check in mix_in(session, share)]
    finally:
        session.store.engine.dispose()


def say(case: Case, pair_id: str, verdict: str, reviewer: str) -> None:
    decide(case.store, new_decision(pair_id, verdict, reviewer))


def run(case: Case, *words: str) -> Any:
    answer = CliRunner().invoke(cli, ["--workspace", str(case.workspace.root), *words, "--json"])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def read(folder: Path, name: str) -> Any:
    with rasterio.open(folder / f"{name}.tif") as dataset:
        return dataset.read()


def test_of_every_pair_a_check_can_be_made_that_is_a_pair_on_disk(case: Case) -> None:
    kinds = set()
    for pair in case.store.pairs():
        check = make_check(case.workspace, pair)
        assert check is not None
        kinds.add(check.kind)
        source, folder = (case.workspace.pair(one.pair_id) for one in (pair, check.pair))
        assert pair_complete(folder)
        document = read_document(folder)
        assert document["check"]["of"] == pair.pair_id
        assert document["check"]["kind"] == check.kind
        same = {**document, "pair_id": pair.pair_id}
        del same["check"]
        assert same == read_document(source)
        changed = {
            raster.name
            for raster in RASTERS
            if not np.array_equal(read(source, raster.name), read(folder, raster.name))
        }
        if check.kind == "clouded scene":
            assert changed == {"image"}
        else:
            assert {"label", "fractions"} <= changed <= {"label", "fractions", "quality"}
        for raster in RASTERS:
            with (
                rasterio.open(source / raster.file) as before,
                rasterio.open(folder / raster.file) as after,
            ):
                assert after.profile == before.profile
                assert after.descriptions == before.descriptions
    assert kinds == {"clouded scene", "shifted label"}


def test_the_id_of_a_check_looks_like_that_of_its_pair(case: Case) -> None:
    for check in mix(case, 0.5):
        pair = review_item(case.store, check)
        assert pair is not None
        mask_and_day, _, digits = check.rpartition("_")
        assert mask_and_day == f"{pair.pair.mask_id}_20200202"
        assert len(digits) == 8
        assert int(digits, 16) >= 0


def test_as_many_are_made_as_the_share_asks_and_mixing_in_again_changes_nothing(
    case: Case,
) -> None:
    first = mix(case, 0.3)
    assert len(first) == 2
    before = {path: path.stat().st_mtime_ns for path in case.workspace.pairs.rglob("*")}
    assert mix(case, 0.3) == first
    assert {path: path.stat().st_mtime_ns for path in case.workspace.pairs.rglob("*")} == before
    assert set(first) < set(mix(case, 0.5))


def test_fewer_are_kept_of_a_smaller_share_but_for_those_that_were_decided(case: Case) -> None:
    checks = mix(case, 0.5)
    say(case, checks[0], "reject", "ann")
    assert mix(case, 0.1) == checks[:1]
    assert [case.workspace.pair(one).exists() for one in checks] == [True, False, False]
    assert mix(case, 0) == checks[:1]
    assert rows_of_checks(case.store, queue_rows(case.store)) == []
    assert [found.caught for found in attention(case.store)] == [1]


def test_checks_are_made_of_pairs_that_are_right_as_far_as_anybody_knows(case: Case) -> None:
    pairs = [pair.pair_id for pair in case.store.pairs()]
    for pair_id in pairs[:4]:
        say(case, pair_id, "reject", "ann")
    say(case, pairs[4], "accept", "ann")
    mix(case, 0.5)
    assert {check.of_pair for check in all_checks(case.store)} == set(pairs[4:])


def test_a_repaired_pair_becomes_no_check(case: Case) -> None:
    pairs = [pair.pair_id for pair in case.store.pairs()]
    for pair_id in pairs[1:]:
        say(case, pair_id, "reject", "ann")
    repair(
        case.store,
        case.workspace,
        EditRequest(pairs[0], "nudge", {"east_m": 5, "north_m": 0}, "ann"),
    )
    assert mix(case, 0.5) == []


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_another_share_is_refused(case: Case, share: float) -> None:
    with pytest.raises(WrongUseError, match=r"The share of attention checks is 0 to 0.5"):
        mix(case, share)


def test_a_check_is_looked_at_as_any_pair(case: Case) -> None:
    (check, *_) = mix(case, 0.5)
    item = review_item(case.store, check)
    assert item is not None
    assert item.pair.state == "done"
    view = unpacked(stored_view(case.workspace, check, item.mask, item.earlier_id))
    assert view.header["pair_id"] == check
    source = next(one.of_pair for one in all_checks(case.store) if one.pair.pair_id == check)
    of_source = unpacked(stored_view(case.workspace, source, item.mask, None))
    assert view.header.keys() == of_source.header.keys()
    assert [one.name for one in view.arrays] == [one.name for one in of_source.arrays]


def test_a_check_can_not_be_repaired_and_nothing_says_why(case: Case) -> None:
    (check, *_) = mix(case, 0.5)
    with pytest.raises(WrongUseError, match="can't be repaired") as caught:
        repair(
            case.store,
            case.workspace,
            EditRequest(check, "nudge", {"east_m": 5, "north_m": 0}, "ann"),
        )
    assert "check" not in str(caught.value)


def test_checks_are_in_no_list_no_count_and_no_dataset(case: Case, tmp_path: Path) -> None:
    pairs = sorted(pair.pair_id for pair in case.store.pairs())
    before = overview(case.store, now_utc())
    checks = mix(case, 0.5)
    assert len(checks) == 3
    for check in checks:
        say(case, check, "accept", "ann")
    assert overview(case.store, now_utc()) == before
    assert sorted(row["pair_id"] for row in pairs_document(case.store, case.workspace)) == pairs
    assert sorted(row.pair_id for row in queue_rows(case.store)) == pairs
    assert sorted(row["pair_id"] for row in run(case, "pairs", "list")) == pairs
    assert run(case, "status")["review"]["accepted"] == 0
    folder = tmp_path / "dataset"
    request = ExportRequest(folder, "all")
    found = export_dataset(case.store, case.workspace, request, lambda *_: None)
    assert sorted(found.pair_ids) == pairs
    assert sorted(path.stem for path in folder.glob("images/*.tif")) == pairs
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        assert sorted(row["pair_id"] for row in csv.DictReader(lines)) == pairs
    card = (folder / "dataset_card.md").read_text(encoding="utf-8")
    assert not any(check in card for check in checks)


def test_decisions_about_checks_are_no_part_of_sampling_and_agreement(case: Case) -> None:
    before = sampling(case.store)
    for check in mix(case, 0.5):
        for reviewer in ("ann", "bob"):
            say(case, check, "reject", reviewer)
    assert sampling(case.store) == before
    assert reviewer_agreement(case.store).pooled.pairs == 0


def test_who_noticed_how_many_is_told_with_its_exact_interval(case: Case) -> None:
    first, second, third = mix(case, 0.5)
    say(case, first, "reject", "ann")
    say(case, second, "unsure", "ann")
    say(case, third, "accept", "ann")
    say(case, first, "accept", "bob")
    say(case, second, "accept", "bob")
    say(case, second, "undo", "bob")
    found = {one.reviewer: one for one in attention(case.store)}
    assert (found["ann"].decided, found["ann"].caught) == (3, 2)
    assert (found["bob"].decided, found["bob"].caught) == (1, 0)
    # Clopper and Pearson of 2 of 3, and of 0 of 1.
    assert (found["ann"].low, found["ann"].high) == pytest.approx((0.094299, 0.991596), abs=1e-6)
    assert (found["bob"].low, found["bob"].high) == pytest.approx((0, 0.975))


def test_a_check_of_a_superseded_pair_is_taken_out(case: Case) -> None:
    mix(case, 0.1)
    (check,) = all_checks(case.store)
    case.store.remove_masks([check.pair.mask_id])
    assert rows_of_checks(case.store, queue_rows(case.store)) == []
    (other,) = mix(case, 0.1)
    assert other != check.pair.pair_id
    assert not case.workspace.pair(check.pair.pair_id).exists()


def test_the_commands_make_checks_and_tell_what_the_log_says(case: Case) -> None:
    found = run(case, "review", "checks", "--share", "0.5")
    assert found["share"] == 0.5
    assert len(found["checks"]) == 3
    assert found["reviewers"] == []
    for check in found["checks"]:
        run(case, "review", "decide", check["pair_id"], "reject", "--reviewer", "ann")
    (ann,) = run(case, "review", "checks")["reviewers"]
    assert ann == {
        "reviewer": "ann",
        "decided": 3,
        "caught": 3,
        "low": pytest.approx(0.025 ** (1 / 3)),
        "high": 1.0,
    }
    for pair in case.store.pairs():
        for reviewer in ("ann", "bob"):
            say(case, pair.pair_id, "accept", reviewer)
    agreement = run(case, "review", "agreement")
    assert agreement["couples"] == [{**agreement["pooled"], "reviewers": ["ann", "bob"]}]
    assert (agreement["pooled"]["pairs"], agreement["pooled"]["kappa"]) == (MASKS, None)
    audit = run(case, "review", "audit", "--goal", "0.02")["sampling"]
    assert (audit["pairs"], audit["checked"], audit["bad"]) == (MASKS, MASKS, 0)
    assert audit["sentence"] == (
        "All 6 pairs are checked and 0 are bad, 0.0 %; the goal of 2 % is reached."
    )
