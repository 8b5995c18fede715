"""A workspace to be reviewed; modules with a case of their own have it in its place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.pairs import Case, Safe, numbered_masks, open_case, prepare, write_safe

CLOUD = 9


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with pairs of m0 (under cloud), m1 and m2 (clear)."""
    root = tmp_path_factory.mktemp("review")
    classification = np.full((30, 30), 4)
    classification[:6, :6] = CLOUD
    write_safe(root / "scenes", Safe(pixels={"SCL": classification}))
    case = prepare(root / "workspace", numbered_masks(root / "masks", 3), root / "scenes")
    assert case.make().made == 3
    case.store.engine.dispose()
    return root / "workspace"


@pytest.fixture
def case(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """A copy of that workspace, which the app and its routes open."""
    shutil.copytree(made, tmp_path / "workspace")
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    found = open_case(tmp_path / "workspace")
    yield found
    found.store.engine.dispose()
