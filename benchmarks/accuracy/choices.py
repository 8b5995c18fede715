"""Which scene is chosen for each mask, with and without a look at the clouds over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .pipeline import migrate
from .tables import percent, table
from .truth import DemoTruth

WAYS = {
    "scene-wide cloud percentage": (),
    "clouds measured over the mask (`--measure-clouds`)": ("--measure-clouds",),
}


@dataclass
class Chosen:
    """How often the best scene by the truth, or at least a usable one, was chosen."""

    masks: int = 0
    best: int = 0
    with_usable: int = 0
    usable: int = 0


def measure(case: Path, workspace: Path, chosen: dict[tuple[str, str], Chosen]) -> None:
    """The choice for each mask of a demo case, for both levels and both ways."""
    truth = DemoTruth(case / "truth").masks
    for level in ("L2A", "L1C"):
        for number, (way, options) in enumerate(WAYS.items()):
            place = workspace / f"{level}-{number}"
            rows = migrate(place, "masks", "add", case / "masks")
            names = {row["mask_id"]: Path(row["name"]).stem for row in rows}
            source = f"local:{case / 'scenes'}"
            found = migrate(
                place, "scenes", "search", "--source", source, "--level", level, *options
            )
            counts = chosen.setdefault((level, way), Chosen())
            for item in found:
                _count(item, truth[names[item["mask_id"]]], counts)


def _count(item: dict[str, Any], truth: dict[str, Any], counts: Chosen) -> None:
    selected = next(scene["scene_id"] for scene in item["scenes"] if scene["selected"])
    sensed = next(one for one in truth["scenes"] if selected in one["products"])["sensed_at"]
    counts.masks += 1
    counts.best += sensed == truth["best"]
    counts.with_usable += bool(truth["usable"])
    counts.usable += sensed in truth["usable"]


def report(chosen: dict[tuple[str, str], Chosen]) -> str:
    """The table."""
    rows = [
        (level, way, percent(found.best, found.masks), percent(found.usable, found.with_usable))
        for (level, way), found in chosen.items()
    ]
    heading = ("level", "ranked by", "best scene by truth", "usable scene, where there is one")
    return table(heading, rows)
