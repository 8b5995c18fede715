"""A workspace with the demo's pairs, and a server on a copy of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate_core.demo import DemoCase
from migrate_core.workspace import Workspace
from tests.support.browsing import REPOSITORY, served_app


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, demo: DemoCase) -> Path:
    """A workspace in which the pairs of the demo wait for a decision."""
    workspace = tmp_path_factory.mktemp("finished") / "workspace"
    for words in (
        ("masks", "add", demo.masks, "--image", demo.images),
        ("scenes", "search", "--source", f"local:{demo.scenes}"),
        ("pairs", "make"),
    ):
        command = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace)]
        subprocess.run([*command, *map(str, words)], cwd=REPOSITORY, check=True)
    return workspace


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A workspace of its own in which the pairs of the demo wait for a decision."""
    return Path(shutil.copytree(finished, tmp_path / "workspace"))


@pytest.fixture(scope="module")
def served(
    finished: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Workspace]]:
    """One server for the tests that leave what the others look at as it is."""
    root = tmp_path_factory.mktemp("served") / "workspace"
    shutil.copytree(finished, root)
    with served_app(root, root.parent / "app.log") as address:
        yield address, Workspace(root)


@pytest.fixture
def served_alone(finished: Path, tmp_path: Path) -> Iterator[tuple[str, Workspace]]:
    """A server on a workspace that the test may change."""
    shutil.copytree(finished, tmp_path / "workspace")
    with served_app(tmp_path / "workspace", tmp_path / "app.log") as address:
        yield address, Workspace(tmp_path / "workspace")
