"""Adding many chips: `masks add`, and a loop that opens, reads and hashes each file."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speed.comparing import OURS, Setup, compete
from benchmarks.speed.data.masks import DATE, migrate, write_mask
from benchmarks.speed.measuring.cost import Contestant, command_line, contestant
from benchmarks.speed.one_mask import BY_HAND
from benchmarks.speed.tables import Found, at_most, ratio_of

CHIPS, QUICK_CHIPS = 10_000, 40
_LIMIT = 1.5


def measure(setup: Setup) -> Found:
    """The table; problems are chips that were not added."""
    count = QUICK_CHIPS if setup.quick else CHIPS
    folder = _chips(setup.folder / f"chips-{count}", count)
    workspace = setup.scratch("adding") / "workspace"

    def fresh(one: Contestant) -> Contestant:
        shutil.rmtree(workspace, ignore_errors=True)
        return one

    contestants = [
        command_line(OURS, workspace, "masks", "add", folder, "--date", DATE),
        contestant(BY_HAND, "by_hand", "open_and_hash", folder=folder),
    ]

    def ready(_: Any) -> int:
        listed = json.loads(migrate(workspace, "masks", "list"))
        return sum(row["state"] == "ready" for row in listed)

    found = compete([partial(fresh, one) for one in contestants], 1, settle={OURS: ready})
    found.must_agree("added chips")
    aims = []
    if not setup.quick and not found.problems:
        ratio = ratio_of(found.costs[OURS], found.costs[BY_HAND])
        aims = [at_most(f"at most {_LIMIT} of by hand", ratio, _LIMIT, " times")]
    return Found("Adding chips", found.rows(f"{count:,} chips"), aims, found.problems)


def _chips(folder: Path, count: int) -> Path:
    """Chips of 256 x 256 pixels of 3 m, made once."""
    if not folder.is_dir():
        temporary = folder.with_suffix(".part")
        shutil.rmtree(temporary, ignore_errors=True)
        for number in range(count):
            row, column = divmod(number, 100)
            write_mask(temporary / f"chip_{number:05}.tif", 80 * column, 80 * row, 768, 0)
        temporary.rename(folder)
    return folder
