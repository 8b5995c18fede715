"""How well registration puts back masks that were displaced on purpose, on the demo.

    python benchmarks/registration.py [FOLDER]

Each mask and its image are displaced together by 0 to 30 m in several directions and made pairs of
with every scene; the shift that is reported and the place of the label are compared with the truth.
`trial` is what a report of its own can be built on.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from migrate_core.demo import make_demo
from migrate_core.grid import PixelGrid
from migrate_core.masks.files import mask_files
from migrate_core.masks.options import AddOptions
from migrate_core.masks.register import inspect
from migrate_core.model import Mask, PairParameters, RankedScene, SceneQuery, Shift
from migrate_core.pairs.make import make_pair
from migrate_core.pairs.task import PairOutcome, PairTask
from migrate_core.scenes.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.settings import RankingSettings

LENGTHS_M = (0.0, 3.0, 10.0, 20.0, 30.0)
DIRECTIONS = 1


@dataclass(frozen=True)
class Trial:
    """One pair of a mask displaced by `moved` (east, north) metres.

    `label_m` is how far its label lies from where it lies when nothing was displaced or registered;
    None where there is no label to compare.
    """

    mask: str
    scene_id: str
    moved: tuple[float, float]
    outcome: PairOutcome
    label_m: float | None
    seconds: float

    @property
    def shift(self) -> Shift | None:
        """What was measured."""
        return self.outcome.shift

    @property
    def error_m(self) -> float | None:
        """The larger of the errors east and north of what was measured."""
        if self.shift is None:
            return None
        east, north = self.shift.east_m + self.moved[0], self.shift.north_m + self.moved[1]
        return max(abs(east), abs(north))


def displaced(mask: Path, image: Path | None, moved: tuple[float, float], folder: Path) -> Mask:
    """A mask and its image as if they lay (east, north) metres further, as copies in `folder`."""
    copies = [_displaced_copy(path, moved, folder) for path in (mask, image) if path is not None]
    found = inspect(copies[0], AddOptions(image=copies[1] if len(copies) > 1 else None))
    if found.problem:
        raise SystemExit(f"{mask}: {found.problem}")
    return found


def _displaced_copy(path: Path, moved: tuple[float, float], folder: Path) -> Path:
    target = folder / path.parent.name / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    with rasterio.open(target, "r+") as dataset:
        dataset.transform = Affine.translation(*moved) @ dataset.transform
    return target


def label_place(pair: Path) -> tuple[float, float] | None:
    """The centre of gravity of all classes but background, by the exact fractions of a pair."""
    with rasterio.open(pair / "fractions.tif") as dataset:
        names, shares = dataset.descriptions, dataset.read().astype(np.float64)
        grid = PixelGrid(dataset.crs.to_string(), dataset.transform, *dataset.shape[::-1])
    drawn = shares[[name != "class 0" for name in names]].sum(axis=0)
    if not drawn.any():
        return None
    x, y = grid.centres()
    weight = drawn / drawn.sum()
    return float((weight * x).sum()), float((weight * y).sum())


def trial(
    paths: tuple[Path, Path | None],
    ranked: RankedScene,
    moved: tuple[float, float],
    truth: tuple[float, float] | None,
    *,
    register: bool = True,
) -> tuple[Trial, tuple[float, float] | None]:
    """A pair of the displaced mask and image `paths`, and where its label came to lie.

    `truth` is where it lies when nothing is displaced or registered.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        mask = displaced(paths[0], paths[1], moved, folder)
        task = PairTask(
            "trial",
            mask,
            (ranked.scene,),
            PairParameters(register=register),
            str(folder / "trial"),
            ranked.days_offset,
            ranked.coverage,
        )
        begun = time.perf_counter()
        outcome = make_pair(task)
        seconds = time.perf_counter() - begun
        place = label_place(folder / "trial")
    away = None
    if truth is not None and place is not None:
        away = max(abs(place[0] - truth[0]), abs(place[1] - truth[1]))
    return Trial(mask.name, ranked.scene.scene_id, moved, outcome, away, seconds), place


def trials(folder: Path) -> Iterator[Trial]:
    """All trials on the demo in `folder`."""
    demo = make_demo(folder)
    source = open_source(f"local:{demo.scenes}")
    rng = np.random.default_rng(7)
    for path in mask_files([demo.masks]).files:
        image = demo.images / path.name
        mask = inspect(path, AddOptions(image=image))
        found = search([mask], [source], SceneQuery(days=2000), RankingSettings())
        for ranked in found.ranked[mask.mask_id]:
            _, truth = trial((path, image), ranked, (0, 0), None, register=False)
            for length in LENGTHS_M:
                for turn in rng.uniform(0, 2 * np.pi, DIRECTIONS if length else 1):
                    moved = (length * float(np.cos(turn)), length * float(np.sin(turn)))
                    yield trial((path, image), ranked, moved, truth)[0]


def table(found: Sequence[Trial]) -> Iterator[str]:
    """Errors of the reliable ones by how far was displaced."""
    yield "moved by | pairs | reliable | error m: median, largest | label m: largest | ci m: median"
    for length in LENGTHS_M:
        here = [one for one in found if abs(np.hypot(*one.moved) - length) < 0.01]
        sure = [one for one in here if one.shift is not None and one.shift.reliable]
        errors = [one.error_m for one in sure if one.error_m is not None]
        labels = [one.label_m for one in sure if one.label_m is not None]
        widths = [one.shift.ci_m for one in sure if one.shift is not None]
        yield (
            f"{length:5.0f} m  | {len(here):5} | {len(sure):8} | "
            f"{np.median(errors):.2f}, {max(errors):.2f} | {max(labels):.2f} | "
            f"{np.median(widths):.2f}"
        )
    seconds = [one.seconds for one in found]
    yield f"seconds a pair: {np.median(seconds):.2f} (median), {max(seconds):.2f} (largest)"
    unsure = {
        (Path(one.mask).stem[-12:], one.scene_id[11:19])
        for one in found
        if not (one.shift and one.shift.reliable)
    }
    yield f"not reliable: {sorted(unsure)}"


def main() -> None:
    """Run all trials and print the table."""
    if len(sys.argv) > 1:
        found = list(trials(Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            found = list(trials(Path(scratch) / "demo"))
    for line in table(found):
        print(line)


if __name__ == "__main__":
    main()
