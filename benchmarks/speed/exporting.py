"""Exporting many pairs: `export`, and a loop that copies their files and writes a table."""

from __future__ import annotations

import random
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.review.light_table import repeated
from benchmarks.speed.comparing import OURS, Setup, compete
from benchmarks.speed.data.masks import migrate, prepared, write_mask
from benchmarks.speed.measuring.cost import Contestant, command_line, contestant
from benchmarks.speed.one_mask import BY_HAND, image_digests
from benchmarks.speed.tables import Found
from migrate_core.workspace import Workspace

PAIRS, QUICK_PAIRS = 1_000, 8
_DIFFERENT = 4


def measure(setup: Setup) -> Found:
    """The table; problems are images that are missing, or have other pixels than their pairs."""
    count = QUICK_PAIRS if setup.quick else PAIRS
    scratch = setup.scratch("exporting")
    workspace = _workspace(setup, scratch, count)
    pairs = sorted(path for path in workspace.pairs.iterdir() if path.is_dir())
    targets = {OURS: scratch / "ours", BY_HAND: scratch / "by-hand"}

    def fresh(one: Contestant) -> Contestant:
        shutil.rmtree(targets[one.name], ignore_errors=True)
        return one

    given = {"pairs": pairs, "destination": targets[BY_HAND]}
    contestants = [
        command_line(OURS, workspace.root, "export", targets[OURS], "--include", "all"),
        contestant(BY_HAND, "by_hand", "copy_pairs", **given),
    ]

    def written(folder: Path, _: Any) -> dict[str, Any]:
        return {path.stem: image_digests(path) for path in folder.glob("images/**/*.tif")}

    settle = {name: partial(written, folder) for name, folder in targets.items()}
    found = compete([partial(fresh, one) for one in contestants], 1, settle=settle)
    found.must_agree("export")
    problems = list(found.problems)
    if len(found.answers.get(OURS) or {}) != count:
        problems.append(f"export: not all of {count} images are there")
    shutil.rmtree(scratch, ignore_errors=True)
    return Found("Export", found.rows(f"{count:,} pairs"), problems=problems)


def _workspace(setup: Setup, scratch: Path, count: int) -> Workspace:
    """So many pairs, of which some are different and the others links to them."""
    chance, size = random.Random(1), setup.product.size
    for number in range(_DIFFERENT):
        column, row = (chance.uniform(100, size - 100) for _ in range(2))
        name = f"20210612_10153{number}_1014_mask.tif"
        write_mask(scratch / "masks" / name, column, row, 600)
    origin = prepared(scratch / "origin", [scratch / "masks"], setup.product.safe.parent)
    migrate(origin, "pairs", "make")
    return repeated(Workspace(origin), scratch / "repeated", count)
