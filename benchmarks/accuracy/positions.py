"""Where labels lie: displaced masks with and without registration, against the true objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .pipeline import Made, each_scene, made_pairs, migrate, move
from .tables import percent, table, verdict
from .truth import DemoTruth, centroid_of, exact_shares, iou, rmse

LENGTHS_M = (0, 2, 5, 10, 15, 20, 30)
# A different direction for each length, so that no axis is favoured; two of them a length.
_TURNS_DEG = (17, 203)


_UNDER_CLOUDS_M = 10
_OCCLUDED = ((0.0, 0.1), (0.1, 0.5), (0.5, 1.01))

# Length, east and north of a displacement in metres.
Move = tuple[float, float, float]


@dataclass(frozen=True)
class Displaced:
    """One displaced mask as it came out: errors in metres, and what registration said."""

    length_m: float
    error_m: float
    iou: float
    reliable: bool
    ci_m: float | None
    recovered_m: float | None


def displacements() -> list[Move]:
    """Length, east and north of each displacement in metres."""
    found: list[Move] = []
    for number, length in enumerate(LENGTHS_M):
        for turn in _TURNS_DEG if length else _TURNS_DEG[:1]:
            angle = math.radians(turn + 47 * number)
            found.append((length, length * math.cos(angle), length * math.sin(angle)))
    return found


def _added(case: Path, workspace: Path, moves: Sequence[Move]) -> dict[str, tuple[str, Move]]:
    """Masks of a demo case and their images, displaced in all ways; stem and move by new stem."""
    moved = {}
    for number, (length, east, north) in enumerate(moves):
        for kind in ("masks", "images"):
            for path in (case / kind).glob("*.tif"):
                stem = f"{path.stem}_d{number}"
                move(path, workspace / "moved" / kind / f"{stem}.tif", east, north)
                moved[stem] = (path.stem, (length, east, north))
    images = workspace / "moved" / "images"
    migrate(workspace, "masks", "add", workspace / "moved" / "masks", "--image", images)
    return moved


def measure(case: Path, workspace: Path) -> dict[str, list[Displaced]]:
    """`plain` and `registered`: every mask of a demo case, displaced in all ways."""
    moved = _added(case, workspace, displacements())
    migrate(
        workspace, "scenes", "search", "--source", f"local:{case / 'scenes'}", "--measure-clouds"
    )
    truth = DemoTruth(case / "truth")
    return {
        name: [
            _displaced(pair, moved[pair.mask], truth)
            for pair in made_pairs(workspace, *options)
            if _clear(pair, moved[pair.mask][0], truth)
        ]
        for name, options in {"plain": (), "registered": ("--register",)}.items()
    }


def _clear(pair: Made, stem: str, truth: DemoTruth) -> bool:
    """Whether a pair was made with a scene that is clear over the label by the truth."""
    found = [
        one for one in truth.masks[stem]["scenes"] if any(pair.scene == p for p in one["products"])
    ]
    shares = found[0]["label"]
    return bool(shares["cloud"] + shares["shadow"] + shares["cirrus"] <= 0.1)


def under_clouds(case: Path, workspace: Path) -> list[tuple[float, Displaced]]:
    """Each mask, displaced by 10 m, with each scene: the occluded share 0…1 of its area, and it."""
    moved = _added(case, workspace, [one for one in displacements() if one[0] == _UNDER_CLOUDS_M])
    found = migrate(workspace, "scenes", "search", "--source", f"local:{case / 'scenes'}")
    truth = DemoTruth(case / "truth")
    trials = []
    for pair in each_scene(workspace, found, "--register"):
        cloud_layers = truth.cloud_layers(pair.scene, pair.transform(), pair.inside().shape)
        occluded = float((cloud_layers[pair.inside()] != 0).mean())
        trials.append((occluded, _displaced(pair, moved[pair.mask], truth)))
    return trials


def _displaced(pair: Made, moved: tuple[str, Move], truth: DemoTruth) -> Displaced:
    stem, (length, east, north) = moved
    shares, transform = pair.labelled_share(), pair.transform()
    there = truth.labelled(stem)
    x, y = centroid_of(shares, transform)
    error = math.hypot(x - there.centroid.x, y - there.centroid.y)
    expected = exact_shares(there, transform, shares.shape) >= 0.5
    shift = pair.row["shift"]
    recovered = None
    if shift is not None:
        recovered = math.hypot(shift["east_m"] + east, shift["north_m"] + north)
    return Displaced(
        length,
        error,
        iou(pair.labelled(), expected),
        bool(shift and shift["reliable"]),
        shift["ci_m"] if shift else None,
        recovered,
    )


def report(found: dict[str, list[Displaced]]) -> str:
    """The table, and the aims."""
    rows = []
    for length in LENGTHS_M:
        plain, registered = (
            [one for one in found[name] if one.length_m == length]
            for name in ("plain", "registered")
        )
        reliable = [one for one in registered if one.reliable]
        rows.append(
            (
                f"{length} m",
                len(plain),
                rmse([one.error_m for one in plain]),
                rmse([one.error_m for one in registered]),
                percent(len(reliable), len(registered)),
                rmse([one.recovered_m for one in reliable if one.recovered_m is not None]),
                max((one.recovered_m or 0.0 for one in reliable), default=float("nan")),
                sum(one.iou for one in plain) / max(len(plain), 1),
                sum(one.iou for one in registered) / max(len(registered), 1),
            )
        )
    heading = (
        "injected shift",
        "masks",
        "RMSE without, m",
        "RMSE with --register, m",
        "reliable",
        "recovered within (RMSE), m",
        "worst recovered, m",
        "IoU without",
        "IoU with",
    )
    return f"{table(heading, rows)}\n\n{_aims(found)}"


def cloud_report(trials: Sequence[tuple[float, Displaced]]) -> str:
    """What clouds do to registration."""
    rows = []
    for low, high in _OCCLUDED:
        here = [one for occluded, one in trials if low <= occluded < high]
        reliable = [one for one in here if one.reliable]
        rows.append(
            (
                f"{100 * low:.0f} to {100 * min(high, 1):.0f} %",
                len(here),
                percent(len(reliable), len(here)),
                rmse([one.recovered_m for one in reliable if one.recovered_m is not None]),
                max((one.recovered_m or 0.0 for one in reliable), default=float("nan")),
            )
        )
    heading = (
        "area occluded, by truth",
        "pairs",
        "reliable",
        "recovered within (RMSE), m",
        "worst, m",
    )
    return table(heading, rows)


def _aims(found: dict[str, list[Displaced]]) -> str:
    still = [one.error_m for one in found["plain"] if one.length_m == 0]
    reliable = [one for one in found["registered"] if one.reliable and one.recovered_m is not None]
    recovered = rmse([one.recovered_m for one in reliable if one.recovered_m is not None])
    inside = sum((one.recovered_m or 0) <= (one.ci_m or 0) * math.sqrt(2) for one in reliable)
    return (
        f"- Aim: label position within 1 m (0.1 px) with no injected shift: RMSE {rmse(still):.2f} "
        f"m, worst {max(still, default=float('nan')):.2f} m: {verdict(met=max(still) <= 1.0)}.\n"
        "- Aim: injected shifts recovered within 1.5 m (0.15 px) where reliable: RMSE "
        f"{recovered:.2f} m: {verdict(met=recovered <= 1.5)}.\n"
        f"- The true shift lies within the 95 % interval on both axes for "
        f"{percent(inside, len(reliable))} of the reliable ones."
    )
