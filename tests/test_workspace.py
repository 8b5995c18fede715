"""Paths of a workspace, and writing that leaves either all or nothing."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from migrate_core.workspace import (
    Workspace,
    process_alive,
    remove_leftovers,
    written_then_renamed,
)


@pytest.fixture(scope="module")
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def everything_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_workspace_makes_its_folder_with_parents(tmp_path: Path) -> None:
    root = tmp_path / "a" / "b"
    workspace = Workspace(root)
    assert root.is_dir()
    assert workspace.pair("x-1").parent == workspace.pairs
    assert {path.parent for path in (workspace.database, workspace.pairs, workspace.logs)} == {root}


def test_paths_are_shown_relative_with_forward_slashes(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.relative(workspace.pair("x") / "image.tif") == "pairs/x/image.tif"


def test_a_path_outside_the_workspace_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="subpath"):
        Workspace(tmp_path / "w").relative(tmp_path / "other.tif")


def test_a_file_appears_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "table.csv"
    with written_then_renamed(target) as temporary:
        temporary.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"
    assert everything_below(tmp_path) == ["new", "new/table.csv"]


def test_a_file_is_replaced_by_its_next_version(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with written_then_renamed(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with suppress(RuntimeError), written_then_renamed(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert everything_below(tmp_path) == ["table.csv"]


def test_a_failure_leaves_no_half_folder(tmp_path: Path) -> None:
    with suppress(RuntimeError), written_then_renamed(tmp_path / "pair") as temporary:
        temporary.mkdir()
        (temporary / "image.tif").touch()
        raise RuntimeError
    assert everything_below(tmp_path) == []


def test_the_first_of_two_that_finish_the_same_folder_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "pair"
    with written_then_renamed(target) as slow:
        slow.mkdir()
        (slow / "who").write_text("slow")
        with written_then_renamed(target) as quick:
            quick.mkdir()
            (quick / "who").write_text("quick")
    assert (target / "who").read_text() == "quick"
    assert everything_below(tmp_path) == ["pair", "pair/who"]


def test_only_what_dead_processes_of_this_host_left_is_removed(
    tmp_path: Path, dead_pid: int
) -> None:
    host = socket.gethostname()
    dead = tmp_path / f".unfinished-{host}-{dead_pid}-0a1b2c3d-pair"
    dead.mkdir()
    (dead / "image.tif").touch()
    # In a container each run has the same number: this one was of a process before.
    (tmp_path / f".unfinished-{host}-{os.getpid()}-0a1b2c3d-pair").touch()
    old = tmp_path / f".unfinished-elsewhere-{dead_pid}-1a1b2c3d-pair"
    old.touch()
    os.utime(old, (0, 0))
    kept = [
        f".unfinished-{host}-x-pair",
        f".unfinished-elsewhere-{dead_pid}-0a1b2c3d-pair",
        "pair",
    ]
    for name in kept:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert everything_below(tmp_path) == sorted(kept)


@pytest.mark.parametrize("name", ["image.tif", "manifest.csv", "manifest.parquet", "out.zip"])
def test_no_pattern_of_files_finds_what_is_unfinished(tmp_path: Path, name: str) -> None:
    pattern = f"*{Path(name).suffix}"
    with written_then_renamed(tmp_path / "images" / name, apart=tmp_path) as temporary:
        temporary.write_text("half")
        assert not list(tmp_path.rglob(pattern))
        assert [path.name for path in (tmp_path / "images").iterdir()] == []
    assert [path.name for path in tmp_path.rglob(pattern)] == [name]


def test_the_first_write_to_a_place_takes_away_what_a_dead_process_left(
    tmp_path: Path, dead_pid: int
) -> None:
    left = tmp_path / f".unfinished-{socket.gethostname()}-{dead_pid}-0a1b2c3d-1"
    left.mkdir()
    (left / "table.csv.part").touch()
    with written_then_renamed(tmp_path / "table.csv") as temporary:
        temporary.touch()
    assert everything_below(tmp_path) == ["table.csv"]


def test_what_is_being_written_is_no_leftover(tmp_path: Path) -> None:
    with written_then_renamed(tmp_path / "pair") as temporary:
        temporary.mkdir()
        remove_leftovers(tmp_path)
        assert temporary.is_dir()


def test_a_process_is_alive_until_it_ended(dead_pid: int) -> None:
    assert process_alive(os.getpid())
    assert not process_alive(dead_pid)


def test_a_process_of_somebody_else_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert process_alive(1)


def test_what_downloads_keep_lies_in_folders_of_its_own(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    places = [workspace.products, workspace.transfer, workspace.orders, workspace.connections("s")]
    assert len({*places, workspace.pairs, workspace.logs, workspace.progress}) == 7
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert workspace.connections("s") != workspace.connections("t")
