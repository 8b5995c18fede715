"""`run`: what takes the place of the command."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from migrate_core.cli import cli, run_app

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sequence[str], Mapping[str, str]]]:
    calls: list[tuple[Sequence[str], Mapping[str, str]]] = []

    def execve(path: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
        assert path == sys.executable
        calls.append((words, environ))
        raise SystemExit  # as the real one, it never returns

    monkeypatch.setattr(os, "execve", execve)
    return calls


def test_the_app_gets_the_workspace_and_streamlits_options(
    tmp_path: Path, replaced: list[tuple[Sequence[str], Mapping[str, str]]]
) -> None:
    words = ["--workspace", str(tmp_path / "work"), "run", "--", "--server.port", "8600"]

    CliRunner().invoke(cli, words)

    ((command, environ),) = replaced
    script = str(REPOSITORY / "app.py")
    assert command[1:] == ["-P", "-m", "streamlit", "run", script, "--server.port", "8600"]
    assert environ["MIGRATE_WORKSPACE"] == str(tmp_path / "work")


@pytest.mark.parametrize("maps", [False, True])
def test_offline_maps_are_served_where_they_are(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    replaced: list[tuple[Sequence[str], Mapping[str, str]]],
    maps: bool,
) -> None:
    (tmp_path / "app.py").touch()
    if maps:
        (tmp_path / "static").mkdir()
    monkeypatch.setattr(run_app, "_FOLDERS", (tmp_path,))

    CliRunner().invoke(cli, ["--workspace", str(tmp_path / "work"), "run"])

    ((_, environ),) = replaced
    assert ("STREAMLIT_SERVER_ENABLE_STATIC_SERVING" in environ) != maps


def test_without_an_app_it_is_said_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_app, "_FOLDERS", (tmp_path / "here", tmp_path / "there"))

    result = CliRunner().invoke(cli, ["run"])

    assert result.exit_code == 2
    assert "here" in result.stderr
    assert "Install the package from a wheel" in result.stderr
