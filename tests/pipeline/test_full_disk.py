"""Disks that are full, limited, read-only, and databases that are broken: told, nothing half.

The small disk is a tmpfs where the system lets us mount one; everywhere, a limit on the size of
files stands in for it.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import sqlalchemy as sa

from migrate_core.background import start
from migrate_core.errors import DatabaseUnusableError, DiskError, StoreError
from migrate_core.files.disk import disk_error
from migrate_core.files.geotiff import check_complete, new_geotiff
from migrate_core.job_requests import AddMasks
from migrate_core.jobs import background as jobs
from migrate_core.jobs.background import messages, now_utc, running_job, working
from migrate_core.jobs.launch import last_output, launch
from migrate_core.states import Level
from migrate_core.store.base import open_store
from migrate_core.store.schema.database_errors import tell_plainly
from migrate_core.workspace import Workspace, written_then_renamed
from tests.support.disks import small_disk
from tests.support.masks import run
from tests.support.pairs import Safe, numbered_masks, prepare, write_safe

REPOSITORY = Path(__file__).resolve().parents[2]
KB = 1024
PATIENCE_S = 120
LIMITED = """
import resource, signal, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
"""
COMMAND = "from migrate_core.cli import cli; cli()"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and mounts of POSIX")


def noise(size: int = 180) -> Safe:
    """A product that doesn't compress."""
    rng = np.random.default_rng(1)
    pixels = {
        band: rng.integers(1, 10_000, (size * 10 // metres,) * 2)
        for band, metres in (("B02", 10), ("B03", 10), ("B04", 10), ("B08", 10))
    }
    return Safe(size=size, pixels=pixels)


def python(code: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", code, *map(str, arguments)]
    options = {"capture_output": True, "text": True, "timeout": PATIENCE_S} | options
    return subprocess.run(words, cwd=REPOSITORY, check=False, **options)


def command(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, whose files may have `limit` bytes at most."""
    code = COMMAND if limit is None else LIMITED + COMMAND
    return python(code, *(() if limit is None else (limit,)), *arguments)


def reported(result: subprocess.CompletedProcess[str]) -> str:
    """What a command said that failed in an orderly way."""
    assert "Traceback" not in result.stderr, result.stderr
    assert result.returncode in (1, 2)
    assert "Error: " in result.stderr
    return result.stderr


def unfinished(folder: Path) -> list[Path]:
    return list(folder.rglob(".unfinished*"))


# words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, ("the disk is full", "MB are free")),
        (errno.EDQUOT, ("quota", "MB are free")),
        (errno.EFBIG, ("larger than the system allows", "ulimit -f")),
        (errno.EROFS, ("read-only", "Mount it writable")),
        (errno.EACCES, ("permission denied", "Mend the rights")),
        (errno.EMFILE, ("too many files open", "ulimit -n")),
        (errno.ENOTEMPTY, ("not empty", "Check the space")),
    ],
)
def test_an_error_names_the_file_the_cause_and_what_to_do(
    number: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    said = str(disk_error(OSError(number, os.strerror(number)), path, 5_000_000_000))
    assert said.startswith(f"{path} can't be written")
    assert all(word.lower() in said.lower() for word in words)
    of_room = number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    assert ("about 5,000 MB are needed" in said) == of_room


def test_what_is_written_is_named_by_the_name_it_will_get(tmp_path: Path) -> None:
    target, source = tmp_path / "a.csv", tmp_path / "gone.csv"
    with pytest.raises(DiskError, match=r"a\.csv can't"), written_then_renamed(target) as temporary:
        raise OSError(errno.ENOSPC, "full", str(temporary))
    with pytest.raises(DiskError, match=r"gone\.csv"), written_then_renamed(target) as temporary:
        shutil.copyfile(source, temporary)
    assert list(tmp_path.iterdir()) == []


# GeoTIFFs that GDAL could not write to their end


def test_a_geotiff_that_was_cut_anywhere_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pixels = np.random.default_rng(1).integers(0, 60_000, (2, 700, 500)).astype("uint16")
    profile = {"width": 500, "height": 700, "count": 2, "dtype": "uint16", "tiled": True}
    place = {"crs": "EPSG:32631", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}
    with new_geotiff(path, driver="GTiff", compress="deflate", **profile, **place) as dataset:
        dataset.write(pixels)
    cog = tmp_path / "cog.tif"
    rasterio.shutil.copy(path, cog, driver="COG", compress="deflate", blocksize=128)
    for whole in (path, cog):
        check_complete(whole)
        content = whole.read_bytes()
        for kept in (0, 100, len(content) // 3, len(content) - 5_000, len(content) - 1):
            whole.write_bytes(content[:kept])
            with pytest.raises(OSError, match="could not write all"):
                check_complete(whole)


WRITE_BY_GDAL = """
import sys, numpy as np, rasterio
from pathlib import Path
from migrate_core.errors import DiskError
from migrate_core.files.geotiff import check_complete_after
from migrate_core.workspace import written_then_renamed
pixels = np.random.default_rng(1).integers(0, 60000, (2, 400, 400)).astype("uint16")
profile = dict(driver="GTiff", width=400, height=400, count=2, dtype="uint16",
               crs="EPSG:32631", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6))
try:
    with written_then_renamed(Path(sys.argv[1])) as temporary, check_complete_after(temporary):
        with rasterio.open(temporary, "w", **profile) as dataset:
            dataset.write(pixels)
except DiskError as err:
    print(err)
"""


@pytest.mark.parametrize("limit", [0, 10 * KB, 300 * KB, 624 * KB])
def test_a_file_that_gdal_could_not_finish_never_gets_its_name(limit: int, tmp_path: Path) -> None:
    result = python(LIMITED + WRITE_BY_GDAL, limit, tmp_path / "a.tif")
    assert "a.tif can't be written" in result.stdout, result.stderr
    assert list(tmp_path.iterdir()) == []


# the command line under a limit of file size


@pytest.mark.slow
def test_a_conversion_that_does_not_fit_is_told_and_done_later(tmp_path: Path) -> None:
    product = write_safe(tmp_path / "s", noise())
    words = ("--workspace", tmp_path / "w", "convert", product)
    assert command(*words, tmp_path / "whole.tif").returncode == 0
    said = reported(command(*words, tmp_path / "again.tif", limit=300 * KB))
    assert "again.tif can't be written" in said
    assert "MB are needed" in said
    assert not (tmp_path / "again.tif").exists()
    assert not unfinished(tmp_path)
    assert command(*words, tmp_path / "again.tif").returncode == 0
    assert (tmp_path / "again.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()


@pytest.mark.slow
def test_the_example_that_does_not_fit_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    said = reported(command("--workspace", tmp_path / "w", "demo", limit=150 * KB))
    assert "can't be written" in said
    assert not (tmp_path / "w" / "demo").exists()
    assert not unfinished(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("words", [("masks", "list", "--json"), ("status",), ("masks", "list")])
def test_an_answer_that_can_not_be_written_is_told(words: tuple[str, ...], tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("w") as out:
        result = python(
            COMMAND,
            "--workspace",
            tmp_path,
            *words,
            stdout=out,
            stderr=subprocess.PIPE,
            capture_output=False,
        )
    assert "standard output" in reported(result)


@pytest.mark.slow
def test_remarks_that_can_not_be_written_end_no_work(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    masks = numbered_masks(tmp_path / "m", 1)
    words = ["--workspace", str(tmp_path / "w"), "masks", "add", masks[0].path]
    words += ["--date", "2020-02-02", "--json"]
    with full.open("w") as err:
        result = subprocess.run(
            [sys.executable, "-m", "migrate_core", *words],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert result.returncode == 0
    assert len(json.loads(result.stdout)) == 1


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    with (
        pytest.raises(DiskError, match="permission denied"),
        written_then_renamed(tmp_path / "shut" / "a.csv"),
    ):
        pass


# the database


def make_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database " * 500)


def make_holes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(make_garbage, "it is no SQLite database"), (make_holes, "it is damaged")],
)
@pytest.mark.parametrize("words_of", [("status",), ("masks", "list"), ("review", "undo", "p")])
def test_a_broken_database_is_told_by_every_command(
    spoil: Callable[[Path], None], words: str, words_of: tuple[str, ...], tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    open_store(workspace).engine.dispose()
    spoil(workspace.database)
    answer = run(tmp_path, *words_of)
    assert answer.status == 1
    assert str(workspace.database) in answer.said
    assert words in answer.said


def test_a_locked_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "migrate.db"
    with sqlite3.connect(path) as holder:
        holder.execute("create table t (x)")
        holder.commit()
        holder.execute("begin exclusive")
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.05})
        tell_plainly(engine, str(path))
        with pytest.raises(DatabaseUnusableError, match="locked"), engine.begin() as connection:
            connection.execute(sa.text("insert into t values (1)"))
        engine.dispose()
    holder.close()


def test_a_matter_of_rows_stays_what_it_is(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    add = sa.text("insert into facts values ('schema', '2')")
    with pytest.raises(sa.exc.IntegrityError), store.engine.begin() as connection:
        connection.execute(add)


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that takes claims, and nothing after them."""

    def refuse(*_: Any, **__: Any) -> None:
        raise DatabaseUnusableError("the disk is full")

    monkeypatch.setattr(jobs.Job, "_update", refuse)


@pytest.mark.usefixtures("mute")
def test_what_went_wrong_is_told_though_the_end_can_not_be_written(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    with pytest.raises(DiskError, match="a cause"), working(store, "masks"):
        raise DiskError("a cause")


@pytest.mark.usefixtures("mute")
def test_work_whose_end_can_not_be_written_is_not_called_done(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    with pytest.raises(StoreError, match="the disk is full"), working(store, "masks"):
        pass


# a killed export


def exported_files(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix in (".tif", ".csv", ".md")
    }


@pytest.mark.slow
def test_a_killed_export_leaves_whole_files_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    products = tmp_path / "s"
    write_safe(products, noise(60))
    case = prepare(tmp_path / "w", numbered_masks(tmp_path / "m", 3), products)
    case.make()
    case.store.engine.dispose()
    named = ["--title", "Dataset"]
    words = ["--workspace", str(tmp_path / "w"), "export", "--include", "all", "--zip", *named]
    assert command(*words, tmp_path / "ref").returncode == 0
    whole = exported_files(tmp_path / "ref")
    for moment in np.random.default_rng(7).uniform(0, 0.5, 6):
        out = tmp_path / "out"
        process = subprocess.Popen(
            [sys.executable, "-m", "migrate_core", *words, str(out)],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE_S
        while not out.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = exported_files(out)
        rasters = {name: content for name, content in found.items() if name.endswith(".tif")}
        assert rasters.items() <= whole.items()
        card = out / "dataset_card.md"
        if card.is_file() and "cut off" not in card.read_text(encoding="utf-8"):
            assert found == whole
    assert command(*words, tmp_path / "out").returncode == 0
    assert exported_files(tmp_path / "out") == whole
    assert not unfinished(tmp_path)
    assert (tmp_path / "out.zip").is_file()


# a disk that is really full


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    with small_disk(tmp_path / "tiny", megabytes=4) as disk:
        yield disk


def fill(disk: Path, left: int) -> Path:
    """Take all but about `left` bytes of a disk."""
    state = os.statvfs(disk)
    path = disk / "filler"
    with path.open("wb") as file:
        file.write(bytes(max(state.f_bavail * state.f_frsize - left, 0)))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("left", [12 * KB, 150 * KB])
def test_every_command_on_a_full_disk_tells_it_and_goes_on_later(
    left: int, tiny: Path, tmp_path: Path
) -> None:
    products = tmp_path / "s"
    write_safe(products, noise(60))
    masks = [mask.path for mask in numbered_masks(tmp_path / "m", 2)]
    steps: list[tuple[object, ...]] = [
        ("masks", "add", *masks, "--date", "2020-02-02"),
        ("scenes", "search", "--source", f"local:{products}"),
        ("pairs", "make", "--workers", "1"),
        ("export", tiny / "out", "--include", "all", "--zip"),
    ]
    for words in steps:
        filler = fill(tiny, left)
        # In a process of its own, as a job whose end can't be written is alive with its process.
        result = command("--workspace", tiny / "w", *words)
        assert result.returncode == 0 or "disk is full" in reported(result)
        assert not unfinished(tiny)
        filler.unlink()
        assert run(tiny / "w", *words).status == 0
        database = sqlite3.connect(tiny / "w" / "migrate.db")
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        database.close()
    for words in steps:
        alternatives = [tmp_path / "out" if word == tiny / "out" else word for word in words]
        assert run(tmp_path / "w", *alternatives).status == 0
    rasters = exported_files(tmp_path / "out" / "images")
    assert exported_files(tiny / "out" / "images") == rasters
    # The connections of commands in this process keep the disk busy.
    gc.collect()


@pytest.mark.slow
def test_a_command_that_a_page_starts_has_room_for_its_error(tiny: Path) -> None:
    workspace = Workspace(tiny / "w")
    store = open_store(workspace)
    shutil.rmtree(workspace.logs, ignore_errors=True)
    # The row of the job takes some pages of the database.
    filler = fill(tiny, 100 * KB)
    start(store, workspace, AddMasks((REPOSITORY,)))
    deadline = time.monotonic() + PATIENCE_S
    while running_job(store, "masks", now_utc()) and time.monotonic() < deadline:
        time.sleep(0.05)
    told = (*messages(store, "masks", Level.ERROR), last_output(workspace, "masks"))
    assert any("full" in message for message in told)
    filler.unlink()
    store.engine.dispose()


def test_a_command_that_can_not_be_started_on_a_full_disk_is_told(tiny: Path) -> None:
    workspace = Workspace(tiny / "w")
    store = open_store(workspace)
    fill(tiny, 0)
    with pytest.raises(DiskError, match="the disk is full"):
        launch(store, workspace, "masks", {})
    store.engine.dispose()
