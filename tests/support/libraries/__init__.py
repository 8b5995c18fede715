"""Runs a library in the environment that has it, on a dataset, and reads what it gave.

The programs beside this file are run there. They import nothing of this project, as people who get
a dataset have nothing of it.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

REPOSITORY = Path(__file__).parents[3]


def environment(name: str) -> Path:
    """The Python of an environment; without it a test is skipped, or fails where it must not be."""
    python = REPOSITORY / f".venv-formats-{name}" / "bin" / "python"
    if not python.exists():
        if os.environ.get("MIGRATE_FORMATS_REQUIRED"):
            pytest.fail(f"{python} is missing; `make test-formats` makes it.")
        pytest.skip("no environment with the library; `make test-formats` makes it")
    return python


def run_program(name: str, program: str, dataset: Path, out: Path) -> Any:
    """Run a program of this folder; gives its last line of output back, which is JSON."""
    out.mkdir(parents=True)
    path = Path(__file__).parent / program
    own = {"YOLO_CONFIG_DIR": str(out), "HF_HUB_OFFLINE": "1", "MPLCONFIGDIR": str(out)}
    # Not the project's folder, nor what the tests' own environment has.
    found = subprocess.run(
        [environment(name), path, dataset.resolve(), out.resolve()],
        cwd=out,
        env={**os.environ, **own, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-4000:]
    return json.loads(found.stdout.splitlines()[-1])


def arrays(folder: Path) -> dict[str, dict[str, NDArray[Any]]]:
    """What a program saved of each sample, by its id."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as stored:
            found[path.stem] = dict(stored)
    return found
