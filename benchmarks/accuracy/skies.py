"""Clouds and shadows over labels and footprints, by every method, against the true sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .road import Made, made_pairs, migrate
from .tables import percent, table, verdict
from .truth import DemoTruth

METHODS = (("L2A", "scl"), ("L1C", "s2cloudless"), ("L1C", "product"))
_CLOUD, _SHADOW, _CIRRUS = 4, 8, 16
# Truth: 1 cloud, 2 shadow, 3 cirrus.
_KINDS = {"cloud or cirrus": (_CLOUD | _CIRRUS, (1, 3)), "shadow": (_SHADOW, (2,))}


@dataclass
class Counts:
    """Pixels flagged and true (hits), only flagged (false), only true (missed)."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def add(self, flagged: np.ndarray, true: np.ndarray) -> None:
        """Count the pixels of one pair."""
        self.hits += int((flagged & true).sum())
        self.false += int((flagged & ~true).sum())
        self.missed += int((~flagged & true).sum())

    @property
    def precision(self) -> float:
        """The share of the flagged pixels that are so."""
        flagged = self.hits + self.false
        return self.hits / flagged if flagged else float("nan")

    @property
    def recall(self) -> float:
        """The share of the true pixels that were flagged."""
        true = self.hits + self.missed
        return self.hits / true if true else float("nan")


@dataclass
class Verdicts:
    """How labels that are clear, or fully hidden, by the truth were judged."""

    clear: int = 0
    clear_called_hidden: int = 0
    hidden: int = 0
    hidden_accepted: int = 0


@dataclass
class Judged:
    """What one method said of all pairs of masks and scenes."""

    pixels: Mapping[tuple[str, str], Counts] = field(
        default_factory=lambda: {(k, w): Counts() for k in _KINDS for w in ("footprint", "label")}
    )
    verdicts: Verdicts = field(default_factory=Verdicts)


def measure(case: Path, workspace: Path, judged: dict[str, Judged]) -> None:
    """Every mask of a demo case with every scene in its window, by each method."""
    truth = DemoTruth(case / "truth")
    for level, method in METHODS:
        place = workspace / f"{level}-{method}"
        migrate(place, "masks", "add", case / "masks", "--image", case / "images")
        source = f"local:{case / 'scenes'}"
        found = migrate(place, "scenes", "search", "--source", source, "--level", level)
        total = judged.setdefault(f"{level}, {method}", Judged())
        for number in range(max(len(item["scenes"]) for item in found)):
            # The first candidates of all masks, then the second ones, and so on.
            wanted = {
                item["mask_id"]: item["scenes"][number]["scene_id"]
                for item in found
                if number < len(item["scenes"])
            }
            for mask_id, scene_id in wanted.items():
                migrate(place, "scenes", "select", mask_id, scene_id)
            only = [word for mask_id in wanted for word in ("--mask", mask_id)]
            for pair in made_pairs(place, "--clouds", method, *only):
                if pair.row["state"] == "done" and wanted.get(pair.row["mask_id"]) == pair.scene:
                    _judge(pair, truth, total)


def _judge(pair: Made, truth: DemoTruth, total: Judged) -> None:
    quality = pair.read("quality")[0]
    sky = truth.sky(pair.scene, pair.transform(), quality.shape)
    known = (sky != 255) & (quality & 2 == 0)
    places = {"footprint": pair.inside() & known, "label": pair.labelled() & known}
    for kind, (flags, classes) in _KINDS.items():
        for where, pixels in places.items():
            flagged, true = quality & flags != 0, np.isin(sky, classes)
            total.pixels[kind, where].add(flagged[pixels], true[pixels])
    _judge_verdict(pair, sky, total.verdicts)


def _judge_verdict(pair: Made, sky: np.ndarray, verdicts: Verdicts) -> None:
    labelled = pair.labelled()
    if not labelled.any():
        return
    hidden = float(np.mean(sky[labelled] != 0))
    suggested = pair.row["suggestion"]["verdict"]
    if hidden == 0:
        verdicts.clear += 1
        verdicts.clear_called_hidden += suggested != "accept"
    elif hidden == 1:
        verdicts.hidden += 1
        verdicts.hidden_accepted += suggested == "accept"


def report(judged: Mapping[str, Judged]) -> str:
    """The tables, and the aims."""
    rows = [
        (name, kind, where, counts.precision, counts.recall, counts.hits + counts.missed)
        for name, found in judged.items()
        for (kind, where), counts in found.pixels.items()
    ]
    pixels = table(("method", "what", "over", "precision", "recall", "true pixels"), rows)
    verdicts = table(
        ("method", "clear labels not suggested for acceptance", "hidden labels suggested for it"),
        [
            (
                name,
                percent(found.verdicts.clear_called_hidden, found.verdicts.clear),
                percent(found.verdicts.hidden_accepted, found.verdicts.hidden),
            )
            for name, found in judged.items()
        ],
    )
    clear = sum(found.verdicts.clear for found in judged.values())
    wrong = sum(found.verdicts.clear_called_hidden for found in judged.values())
    accepted = sum(found.verdicts.hidden_accepted for found in judged.values())
    return (
        f"{pixels}\n\n{verdicts}\n\n"
        "- Aim: no clear pair called occluded more than 2 % of the time: "
        f"{percent(wrong, clear)}: {verdict(met=wrong <= 0.02 * clear)}.\n"
        "- Aim: no fully occluded label ever suggested for acceptance: "
        f"{accepted}: {verdict(met=accepted == 0)}."
    )
