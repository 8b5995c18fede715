"""Files that crash, fill or hold up the process that reads them cost one file."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.errors import JobCancelledError, MaskError
from migrate_core.masks.files import isolation
from migrate_core.masks.files.isolation import named, read_isolated
from migrate_core.masks.register import vectors as adding_vectors
from migrate_core.masks.vectors.column_names import column_names
from tests.masks.vectors.formats.test_degenerate import LEFT, write_geojson

pytestmark = [pytest.mark.slow, pytest.mark.workers]


def nothing() -> None:
    """Nobody asks to end it."""


def crash_for_real() -> None:
    """Read from address 0, as a library of C++ does that has a fault."""
    ctypes.string_at(0)


def be_killed() -> None:
    """What Linux does to the process that took all memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def double(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize("how", [crash_for_real, be_killed])
def test_a_worker_that_dies_costs_the_file_it_died_over(how: object) -> None:
    with pytest.raises(MaskError, match=r"a\.gpkg: the program that read it died over it"):
        read_isolated("a.gpkg", nothing, how)  # type: ignore[arg-type]
    assert read_isolated("b.gpkg", nothing, double, 4) == 8


def test_a_file_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_LIMIT_S", 8)  # a worker needs seconds to start
    monkeypatch.setattr(isolation, "_pools", {})
    with pytest.raises(MaskError, match=r"a\.gpkg: after .* minutes it still wasn't read"):
        read_isolated("a.gpkg", nothing, time.sleep, 600)


def test_it_can_be_cancelled_while_a_file_is_read() -> None:
    began = time.monotonic()

    def cancelled() -> None:
        raise JobCancelledError("cancelled")

    with pytest.raises(JobCancelledError):
        read_isolated("a.gpkg", cancelled, time.sleep, 60)
    assert time.monotonic() - began < 30
    assert read_isolated("b.gpkg", nothing, double, 4) == 8


def test_a_worker_is_the_first_to_be_killed_when_memory_runs_out() -> None:
    path = Path("/proc/self/oom_score_adj")
    if not path.exists():
        pytest.skip("this system tells no oom_score_adj")
    assert read_isolated("a", nothing, path.read_text) == "1000\n"


def test_what_nobody_foresaw_is_a_problem_with_the_name_and_the_cause() -> None:
    with pytest.raises(MaskError, match=r"a\.gpkg: .*KeyError: 'x', at test_isolation\.py:"):
        named("a.gpkg", lambda: {}["x"])


def crashing_over_b(item: object, *rest: object) -> object:
    """Reads as ever, but for one file, over which GEOS ends the process."""
    if Path(item.path).name.startswith("b"):  # type: ignore[attr-defined]
        crash_for_real()
    return REAL_READ(item, *rest)  # type: ignore[arg-type]


REAL_READ = adding_vectors._read


def test_a_real_crash_in_a_batch_of_vectors_leaves_the_others_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        write_geojson(tmp_path / "in" / f"{name}_20200202.geojson", [LEFT])
    monkeypatch.setattr(adding_vectors, "_read", crashing_over_b)
    words = ["--workspace", str(tmp_path / "w"), "masks", "add", str(tmp_path / "in"), "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1, result.output
    rows = {row["name"][0]: row["state"] for row in json.loads(result.stdout)}
    assert rows == {"a": "ready", "b": "problem", "c": "ready"}
    assert "Result: 2 added, 1 can't be read." in result.stderr
    assert "Problem: b_20200202.geojson: the program" in result.stderr


def test_the_columns_for_a_page_are_found_by_another_process(tmp_path: Path) -> None:
    write_geojson(tmp_path / "a.geojson", [LEFT])
    assert column_names(tmp_path / "a.geojson") == ("kind",)
    (tmp_path / "b.geojson").write_text("[" * 100_000)
    assert column_names(tmp_path / "b.geojson") == ()
    assert column_names(tmp_path / "absent.gpkg") == ()
