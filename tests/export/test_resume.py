"""Exports that are cut off, go on, or meet another: progress, kills, full disks, hostile names."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate_core.errors import DiskError, JobCancelledError, JobRunningError
from migrate_core.export.dataset import export_dataset
from migrate_core.export.destination.target import LOCK
from migrate_core.export.formats.registry import FORMATS
from migrate_core.export.request import AboutDataset, ChipOptions, ExportRequest
from migrate_core.files.locks import try_lock
from tests.support.disks import small_disk
from tests.support.exports import CLASSES, Exportable, exportable, spread_out

REPOSITORY = Path(__file__).resolve().parents[2]
TITLE = "Quarries"
CHIPS = ChipOptions(32, 32)
PATIENCE_S = 120

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


def export(made: Exportable, folder: Path, progress: Any, **wanted: Any) -> Any:
    # The card is called by the title, which is that of the folder unless one is given.
    about = AboutDataset(TITLE)
    given = {"formats": ("geotiff", "chips"), "chips": CHIPS, "about": about} | wanted
    return export_dataset(made.store, made.workspace, ExportRequest(folder, **given), progress)


def files_of(folder: Path) -> dict[str, bytes]:
    """All files but plots, and but the journal, whose lines have the order in which they came."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".tif", ".csv", ".md", ".parquet")
    }


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# progress


def test_progress_rises_over_all_steps_and_ends_with_the_end(
    made: Exportable, tmp_path: Path
) -> None:
    heard: list[tuple[int, int]] = []

    def progress(finished: int, total: int) -> None:
        card = tmp_path / "out" / "dataset_card.md"
        whole = card.is_file() and "cut off" not in card.read_text(encoding="utf-8")
        assert whole or finished < total or not total
        heard.append((finished, total))

    samples = export(made, tmp_path / "out", progress, archive=True).samples
    counted = [one for one in heard if one[1]]
    assert counted == sorted(counted)
    assert len({total for _, total in counted}) == 1
    assert counted[-1][0] == counted[-1][1] > sum(samples.values())
    assert (tmp_path / "out.zip").is_file()
    assert len({finished for finished, _ in counted if finished >= sum(samples.values())}) > 4


def moments(made: Exportable, folder: Path) -> int:
    heard = []
    export(made, folder, lambda *counts: heard.append(counts))
    return len(heard)


def test_wherever_it_is_cancelled_what_is_there_is_readable_and_goes_on(
    made: Exportable, tmp_path: Path
) -> None:
    number = moments(made, tmp_path / "whole")
    whole = files_of(tmp_path / "whole")
    for moment in {1, 3, number // 2, *range(number - 9, number)}:
        out, heard = tmp_path / f"out{moment}", iter(range(number))

        def cancel(*_: int, moment: int = moment, heard: Iterator[int] = heard) -> None:
            if next(heard) == moment:
                raise JobCancelledError("stop")

        with pytest.raises(JobCancelledError):
            export(made, out, cancel)
        card = (out / "dataset_card.md").read_text(encoding="utf-8")
        there = {path.stem for path in (out / "images").glob("*.tif")}
        if moment < number - 1:
            assert "cut off" in card
        if (out / "manifest.csv").is_file():
            named = {row["pair_id"] for row in rows_of(out / "manifest.csv")}
            assert named <= there
            assert all(
                (pair_id in named) != (f"- {pair_id}\n" in card) for pair_id in made.pair_ids
            )
        written = len(list(out.rglob("*.tif"))) // 4
        parts = len([name for name in whole if name.endswith(".tif")]) // 4
        assert export(made, out, lambda *_: None).rewritten == parts - written
        assert files_of(out) == whole


# kills


def labels_in(folder: Path) -> int:
    """How many labels are there; hidden folders that come and go aren't looked into."""
    labels = folder / "labels"
    return len(list(labels.iterdir())) if labels.is_dir() else 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_after_kills_the_result_is_that_of_one_export_bit_for_bit(tmp_path: Path) -> None:
    made = exportable(tmp_path / "made", spread_out(12))
    made.store.engine.dispose()
    words = [sys.executable, "-m", "migrate_core", "--workspace", str(tmp_path / "made"), "export"]
    words += ["--title", TITLE]
    words += ["--format", "geotiff", "--format", "chips", "--chip-size", "32"]
    options: dict[str, Any] = {"cwd": REPOSITORY, "stderr": subprocess.DEVNULL}
    options["stdout"] = subprocess.DEVNULL
    subprocess.run([*words, str(tmp_path / "whole")], check=True, **options)
    whole, out, killed = files_of(tmp_path / "whole"), tmp_path / "out", 0
    for parts in (5, 20, 35):
        process = subprocess.Popen([*words, str(out)], **options)
        deadline = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            if labels_in(out) + labels_in(out / "chips") >= parts:
                process.send_signal(signal.SIGKILL)
                killed += 1
                break
            time.sleep(0.005)
        process.wait()
        rasters = {name: one for name, one in files_of(out).items() if name.endswith(".tif")}
        assert rasters.items() <= whole.items()
        assert len(rasters) >= parts
    assert killed == 3
    subprocess.run([*words, str(out)], check=True, **options)
    assert files_of(out) == whole
    assert not list(out.rglob(".unfinished*"))
    assert not (out / LOCK).exists()


# full disks


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    with small_disk(tmp_path / "tiny", megabytes=2) as disk:
        yield disk


@pytest.mark.slow
def test_a_full_disk_leaves_what_is_there_readable_and_says_what_is_missing(
    tiny: Path, tmp_path: Path
) -> None:
    made = exportable(tmp_path / "made", spread_out(40))
    with pytest.raises(DiskError, match="the disk is full"):
        made.export(tiny / "out")
    state = os.statvfs(tiny)
    # What was kept for card and tables is given back.
    assert state.f_bavail * state.f_frsize < 400_000
    named = {row["pair_id"] for row in rows_of(tiny / "out" / "manifest.csv")}
    card = (tiny / "out" / "dataset_card.md").read_text(encoding="utf-8")
    assert 3 < len(named) < 40
    assert f"{40 - len(named)} are missing" in card
    assert all(f"- {pair_id}\n" in card for pair_id in set(made.pair_ids) - named)
    for folder in ("images", "labels", "quality", "fractions"):
        assert named <= {path.stem for path in (tiny / "out" / folder).glob("*.tif")}
    assert (tiny / "out" / "classes.csv").is_file()
    subprocess.run(["mount", "-o", "remount,size=64m", str(tiny)], check=True)
    assert made.export(tiny / "out").rewritten == 40 - len(named)


# two at once


def test_two_exports_into_one_folder_at_once_are_refused(made: Exportable, tmp_path: Path) -> None:
    refused = []

    def progress(finished: int, _total: int) -> None:
        if finished == 2:
            with pytest.raises(JobRunningError, match="Another process exports into") as caught:
                made.export(tmp_path / "out")
            refused.append(caught.value)

    export(made, tmp_path / "out", progress, formats=("geotiff",), chips=None)
    assert refused
    assert not (tmp_path / "out" / LOCK).exists()
    lock = try_lock(tmp_path / "out" / LOCK)
    assert lock is not None
    lock.release()
    # What a killed process has left holds nobody up, in an empty folder neither.
    assert made.export(tmp_path / "out").rewritten == 0
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / LOCK).touch()
    assert made.export(tmp_path / "new").rewritten == len(made.pair_ids)


# spreadsheets


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_any_table_is_a_formula(tmp_path: Path, form: str, begin: str) -> None:
    made = exportable(tmp_path / "made", spread_out(2))
    text = f"{begin}1+1"
    classes = {str(value): text for value in CLASSES}
    for mask in made.store.masks():
        named = replace(mask, name=text, classes=replace(mask.classes, names=classes))
        made.store.put_masks([named])
    made.store.put_pairs([replace(pair, mask_name=text) for pair in made.store.pairs()])
    made.export(tmp_path / "out", form)
    tables = list((tmp_path / "out").rglob("*.csv"))
    cells = [cell for table in tables for row in rows_of(table) for cell in row.values()]
    assert f"'{text}" in cells
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and not _is_number(cell)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
