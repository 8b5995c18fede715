"""A hundred masks on one scene, side by side and far apart: one run, and a loop by hand."""

from __future__ import annotations

import random
import shutil
from functools import partial
from pathlib import Path

from benchmarks.speed.comparing import OURS, Compared, Setup, compete
from benchmarks.speed.data.masks import prepared, write_mask
from benchmarks.speed.measuring.cost import Contestant, command_line, contestant
from benchmarks.speed.one_mask import BY_HAND, corner_of_tiles, made
from benchmarks.speed.tables import Aim, Found, Row, at_most, ratio_of

MASKS, QUICK_MASKS = 100, 4
_SIZE_M = {True: 300, False: 1500}
# The most that clustered and scattered masks may take, as a part of the loop by hand.
_LIMITS = {"clustered": 3.0, "scattered": 1.0}


def measure(setup: Setup) -> Found:
    """The table; problems are pixels that differ, and pairs that are missing."""
    rows: list[Row] = []
    aims: list[Aim] = []
    problems: list[str] = []
    for spread, limit in _LIMITS.items():
        found = _run(setup, spread)
        rows += found.rows(f"{_count(setup)} masks, {spread}")
        problems += found.problems
        if not setup.quick:
            ratio = ratio_of(found.costs[OURS], found.costs[BY_HAND])
            aims.append(at_most(f"{spread}: at most {limit:g} of by hand", ratio, limit, " times"))
    note = "By hand is one process that keeps the files of the bands open, over all masks."
    return Found("Many masks on one scene", rows, aims, problems, notes=[note])


def _count(setup: Setup) -> int:
    return QUICK_MASKS if setup.quick else MASKS


def _masks(setup: Setup, spread: str, folder: Path) -> list[Path]:
    """Masks in one JPEG 2000 tile, or anywhere; each wholly on the product."""
    size, side, chance = setup.product.size, _SIZE_M[setup.quick] / 10, random.Random(1)
    near, far = side, size - side
    if spread == "clustered":
        start = corner_of_tiles(setup.product) if not setup.quick else 0
        near, far = start + side, start + 1024 - side
    return [
        write_mask(
            folder / f"20210612_1015{number // 60:02}{number % 60:02}_{number:04}_mask.tif",
            chance.uniform(near, far), chance.uniform(near, far), _SIZE_M[setup.quick],
        )
        for number in range(_count(setup))
    ]  # fmt: skip


def _run(setup: Setup, spread: str) -> Compared:
    scratch = setup.scratch(f"one-scene-{spread}")
    masks = _masks(setup, spread, scratch / "masks")
    origin = prepared(scratch / "prepared", [scratch / "masks"], setup.product.safe.parent)
    work = scratch / "work"

    def fresh(one: Contestant) -> Contestant:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(origin, work / "workspace")
        return one

    ours = command_line(OURS, work / "workspace", "pairs", "make", "--json")
    hand = contestant(
        BY_HAND, "by_hand", "pairs", files=setup.product.gdal_names("directory"), masks=masks,
        folder=work / "by-hand",
    )  # fmt: skip
    settle = {OURS: partial(made, work / "workspace")}
    rounds = [partial(fresh, ours), partial(fresh, hand)]
    found = compete(rounds, 1, settle=settle)
    found.must_agree(f"{len(masks)} masks, {spread}")
    if len(found.answers.get(OURS) or {}) != len(masks):
        found.problems.append(f"{spread}: not all of {len(masks)} pairs were made")
    return found
