"""Measure everything and write the tables."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from shapely.geometry import shape

import migrate_core
from migrate_core.demo.case import make_demo

from . import choices, clouds, positions, real, shares
from .pipeline import REPOSITORY, made_pairs, migrate
from .truth import DemoTruth

HEAD = """# How right pixels and labels are

Made by `make accuracy` (about {minutes:.0f} minutes on {cores} cores), version {version} of the
program. Nothing in here is typed by hand; to renew it, run the command again.

The demo is synthetic: outlines of its objects, its clouds and shadows are known exactly. {cases} of
it, made with the seeds {seeds}, have {masks} masks of 3 m, drawn on images that are shifted by
nothing but what is injected. What holds there is a bound of the method, not of the world: real
clouds are less tidy. The real pixels are those of the Boadella reservoir (Sentinel-2 L2A, water
outlines by people); they are part of no download, so the last section is there only where they
were at hand.
"""


POSITIONS = """Every mask is displaced together with its image, two ways a length, and migrated with
the scene that the search chooses, without and with `--register`. The error is the distance between
the centre of gravity of the label's area shares and that of the true objects; "recovered within" is
how far the measured shift is from the injected one."""
UNDER_CLOUDS = (
    """With every scene of its days, clouded ones, too (displaced by 10 m, first seed):"""
)
SHARES = """`fractions.tif` against the exact overlap of the mask's own pixel outlines (raster
masks) or of the polygons (vector masks) with each pixel, by polygon intersection; and labels
against the true objects, which 3 m pixels follow only so far."""
CLOUDS = """Labels are discs of 90 m radius every 750 m all over the scene (first seed), so that
some lie under whatever clouds there are; each is paired with each scene. Precision and recall are
by 10 m pixels; a label is clear when none of its pixels is occluded by the truth, occluded when
all are."""
CHOICES = """The best scene by the truth is the nearest in time of those whose label is at most 10 %
occluded and whose coverage is at least 90 %; without any, the clearest of the most complete."""


REAL_SHIFTS = """Injected shifts, as differences from the shift of the undisplaced mask. The source
images are stand-ins made of the Sentinel-2 scene of the day, interpolated to 3 m: against that
scene the numbers show the arithmetic only; the scenes of other days look different."""


def main() -> None:
    """Measure, and write the document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("document", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8])
    parser.add_argument(
        "--data", type=Path, default=REPOSITORY.parent / "shared" / "data", help="example data"
    )
    wanted = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        sections = _demo(Path(scratch), wanted.seeds)
        boadella = wanted.data / "boadella"
        if boadella.is_dir():
            sections.append(_boadella(boadella, Path(scratch)))
    wanted.document.write_text(_head(wanted.seeds, began) + "\n" + "\n\n".join(sections) + "\n")


def _head(seeds: list[int], began: float) -> str:
    return HEAD.format(
        minutes=(time.monotonic() - began) / 60,
        cores=os.cpu_count(),
        version=migrate_core.__version__,
        cases=f"{len(seeds)} cases" if len(seeds) > 1 else "One case",
        seeds=", ".join(map(str, seeds)),
        masks=6 * len(seeds),
    )


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _demo(scratch: Path, seeds: list[int]) -> list[str]:
    """The sections of the demo cases."""
    placed: dict[str, list[positions.Displaced]] = {"plain": [], "registered": []}
    chosen: dict[tuple[str, str], choices.Chosen] = {}
    judged: dict[str, clouds.Judged] = {}
    compared: dict[str, list[shares.Compared]] = {"raster masks": [], "polygons": []}
    clouded: list[tuple[float, positions.Displaced]] = []
    for seed in seeds:
        case = scratch / f"case{seed}"
        _say(f"seed {seed}: making the case")
        made = make_demo(case, seed)
        if not made.masks.is_dir():
            raise RuntimeError(f"no case was made in {case}")
        _say(f"seed {seed}: scenes")
        choices.measure(case, scratch / f"choices{seed}", chosen)
        _say(f"seed {seed}: shares")
        _shares(case, scratch / f"shares{seed}", compared)
        if seed == seeds[0]:
            _say(f"seed {seed}: clouds")
            clouds.measure(case, scratch / f"clouds{seed}", judged)
            _say(f"seed {seed}: registration under clouds")
            clouded = positions.under_clouds(case, scratch / "clouded")
        _say(f"seed {seed}: positions")
        for name, found in positions.measure(case, scratch / f"positions{seed}").items():
            placed[name] += found
    return [
        f"## Position of labels\n\n{POSITIONS}\n\n{positions.report(placed)}\n\n"
        f"{UNDER_CLOUDS}\n\n{positions.cloud_report(clouded)}",
        f"## Area shares and hard labels\n\n{SHARES}\n\n{shares.report(compared)}",
        f"## Clouds and shadows\n\n{CLOUDS}\n\n{clouds.report(judged)}",
        f"## The scene that is chosen\n\n{CHOICES}\n\n{choices.report(chosen)}",
    ]


def _shares(case: Path, workspace: Path, compared: dict[str, list[shares.Compared]]) -> None:
    """The masks as they are, and the true objects as a vector mask over each of them."""
    truth = DemoTruth(case / "truth")
    migrate(workspace, "masks", "add", case / "masks")
    migrate(workspace, "scenes", "search", "--source", f"local:{case / 'scenes'}")
    for pair in made_pairs(workspace):
        outline = shares.outline_of(case / "masks" / f"{pair.mask}.tif")
        compared["raster masks"].append(shares.compare(pair, outline, truth.labelled(pair.mask)))
    vectors = workspace / "vectors"
    pits = workspace / "pits.geojson"
    pits.write_text(json.dumps(truth.pits_alone), encoding="utf-8")
    migrate(
        *(vectors, "masks", "add", pits, "--class-field", "class"),
        *("--date", "2021-06-17", "--margin", "60"),
    )
    migrate(vectors, "scenes", "search", "--source", f"local:{case / 'scenes'}")
    for pair in made_pairs(vectors):
        area = truth.pits.intersection(shape(pair.document()["mask"]["area"]))
        compared["polygons"].append(shares.compare(pair, area, area))


def _boadella(data: Path, scratch: Path) -> str:
    _say("Boadella")
    compared, distances = real.labels(data, scratch / "boadella")
    table = shares.report({"Boadella, 3 m masks": compared})
    centres = ", ".join(f"{distance:.2f}" for distance in distances)
    registered = real.registration(data, scratch / "boadella registered")
    return (
        f"## Real pixels: Boadella\n\n{table}\n- Distance of the labels' centres from those of the "
        f"polygons, m: {centres}.\n\n{REAL_SHIFTS}\n\n{registered}"
    )


if __name__ == "__main__":
    main()
