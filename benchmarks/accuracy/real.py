"""The same on real pixels: the Boadella reservoir, where its data are there.

The truth of a place is the human water polygon that a mask was made of. Where the water ends in the
image can't be known to the metre, so shifts are measured as differences: of a displaced mask and
image against the same ones undisplaced.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from .pipeline import Made, each_scene, made_pairs, migrate, move
from .shares import Compared, compare, footprint_of, outline_of
from .tables import percent, table, verdict
from .truth import centroid_of, rmse

CRS = "EPSG:32631"
_DAYS = 150
POLYGONS = {
    "20200202_101532_1014_water_mask": "water_2020-02-02.geojson",
    "20200621_101532_103c_water_mask": "water_2020-06-21.geojson",
    "20200914_101532_1014_water_mask": "water_2020-09-14.geojson",
    "20210716_101532_103c_water_mask": "water_2021-07-16.geojson",
}
# East and north of each displacement in metres.
MOVES = ((0.0, 0.0), (4.0, -3.0), (-9.0, 5.0), (12.0, 14.0), (-20.0, -21.0))


def polygon(data: Path, name: str) -> BaseGeometry:
    """The human water polygon of a mask in the CRS of the pairs."""
    return gpd.read_file(data / "labels" / POLYGONS[name]).to_crs(CRS).union_all()


def labels(data: Path, workspace: Path) -> tuple[list[Compared], list[float]]:
    """Shares and hard labels against outline and polygon; distances of their centres in metres."""
    migrate(workspace, "masks", "add", data / "masks", "--image", data / "images")
    source = f"local:{data / 'safe'}"
    migrate(workspace, "scenes", "search", "--source", source, "--measure-clouds")
    compared, distances = [], []
    for pair in made_pairs(workspace):
        if pair.mask not in POLYGONS:
            continue
        mask = data / "masks" / f"{pair.mask}.tif"
        # A mask's window holds less than the reservoir.
        outline, true = outline_of(mask), polygon(data, pair.mask).intersection(footprint_of(mask))
        compared.append(compare(pair, outline, true))
        x, y = centroid_of(pair.labelled_share(), pair.transform())
        distances.append(math.hypot(x - true.centroid.x, y - true.centroid.y))
    return compared, distances


def registration(data: Path, workspace: Path) -> str:
    """Displaced masks and images registered to scenes of their own and other days, as a table."""
    images = sorted((data / "images").glob("*.tif"))
    moved = workspace / "moved"
    for number, (east, north) in enumerate(MOVES):
        for image in images:
            beginning = "_".join(image.stem.split("_")[:3])
            mask = next((data / "masks").glob(f"{beginning}*.tif"))
            for kind, path in (("masks", mask), ("images", image)):
                move(path, moved / kind / f"{beginning}_d{number}.tif", east, north)
    migrate(workspace, "masks", "add", moved / "masks", "--image", moved / "images")
    source = f"local:{data / 'safe'}"
    found = migrate(workspace, "scenes", "search", "--source", source, "--days", _DAYS)
    trials = []
    pairs = each_scene(workspace, found, "--register")
    for _, made in groupby(pairs, key=lambda pair: pair.scene):
        trials += _trials(list(made))
    return _report(trials)


@dataclass(frozen=True)
class Trial:
    """A displaced mask with a scene `days` off; how far its shift is from the undisplaced one's."""

    days: float
    reliable: bool
    error_m: float


def _trials(made: Sequence[Made]) -> list[Trial]:
    """The displaced masks of one scene against the same masks undisplaced."""
    shifts = {pair.mask: pair for pair in made if pair.row["shift"] is not None}
    found = []
    for mask, pair in shifts.items():
        stem, _, number = mask.rpartition("_d")
        still = shifts.get(f"{stem}_d0")
        if number == "0" or still is None:
            continue
        east, north = MOVES[int(number)]
        shift, before = pair.row["shift"], still.row["shift"]
        error = math.hypot(
            shift["east_m"] - before["east_m"] + east, shift["north_m"] - before["north_m"] + north
        )
        reliable = shift["reliable"] and before["reliable"]
        found.append(Trial(abs(pair.row["days_offset"]), reliable, error))
    return found


def _report(trials: Sequence[Trial]) -> str:
    groups = {
        "the scene it is made of": [one for one in trials if one.days < 1],
        f"other scenes within {_DAYS} days": [one for one in trials if one.days >= 1],
    }
    rows = []
    for name, group in groups.items():
        errors = [one.error_m for one in group if one.reliable]
        rows.append(
            (
                name,
                len(group),
                percent(len(errors), len(group)),
                rmse(errors),
                max(errors, default=float("nan")),
            )
        )
    heading = ("image against", "pairs", "reliable", "recovered within (RMSE), m", "worst, m")
    worst = rmse([one.error_m for one in trials if one.reliable])
    return (
        f"{table(heading, rows)}\n\n- Aim: injected shifts recovered within 1.5 m: RMSE "
        f"{worst:.2f} m: {verdict(met=worst <= 1.5)}."
    )
