"""The same on real pixels: the Boadella reservoir, where its data are there.

The truth of a place is the human water polygon that a mask was made of. Where the water ends in the
image can't be known to the metre, so shifts are measured as differences: of a displaced mask and
image against the same ones undisplaced.
"""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from .road import Made, made_pairs, migrate, move
from .shares import Compared, compare, outline_of
from .tables import percent, table, verdict
from .truth import centroid_of, rmse

CRS = "EPSG:32631"
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
    pairs = _pairs(data, data / "masks", data / "images", workspace)
    compared, distances = [], []
    for pair in pairs:
        if pair.mask not in POLYGONS:
            continue
        # A mask's window may hold less than the reservoir.
        outline, true = outline_of(data / "masks" / f"{pair.mask}.tif"), polygon(data, pair.mask)
        compared.append(compare(pair, outline, true))
        x, y = centroid_of(pair.labelled_share(), pair.transform())
        distances.append(math.hypot(x - true.centroid.x, y - true.centroid.y))
    return compared, distances


def _pairs(data: Path, masks: Path, images: Path, workspace: Path, *options: object) -> list[Made]:
    migrate(workspace, "masks", "add", masks, "--image", images)
    source = f"local:{data / 'safe'}"
    migrate(workspace, "scenes", "search", "--source", source, "--measure-clouds")
    return made_pairs(workspace, *options)


def registration(data: Path, workspace: Path) -> str:
    """Displaced masks and images registered to the scenes of their days, as a table."""
    images = sorted((data / "images").glob("*.tif"))
    for number, (east, north) in enumerate(MOVES):
        for image in images:
            beginning = "_".join(image.stem.split("_")[:3])
            mask = next((data / "masks").glob(f"{beginning}*.tif"))
            for kind, path in (("masks", mask), ("images", image)):
                move(path, workspace / "moved" / kind / f"{beginning}_d{number}.tif", east, north)
    moved = workspace / "moved"
    made = _pairs(data, moved / "masks", moved / "images", workspace, "--register")
    shifts = {pair.mask: pair.row["shift"] for pair in made}
    rows, errors, reliable = [], [], 0
    for number, (east, north) in enumerate(MOVES):
        for mask, shift in sorted(shifts.items()):
            if not mask.endswith(f"_d{number}") or shift is None:
                continue
            still = shifts[f"{mask.rpartition('_d')[0]}_d0"]
            error = math.hypot(
                shift["east_m"] - still["east_m"] + east,
                shift["north_m"] - still["north_m"] + north,
            )
            measured = f"{shift['east_m']:+.1f}, {shift['north_m']:+.1f}"
            says = "yes" if shift["reliable"] else "no"
            rows.append(
                (mask.split("_")[0], f"{east:+g}, {north:+g}", measured, shift["ci_m"], says, error)
            )
            reliable += shift["reliable"]
            if number and shift["reliable"]:
                errors.append(error)
    heading = (
        "mask of",
        "injected east, north, m",
        "shift east, north, m",
        "95 % ± m",
        "reliable",
        "recovered within, m",
    )
    found = rmse(errors)
    return (
        f"{table(heading, rows)}\n\n"
        f"- Reliable: {percent(reliable, len(rows))}. Injected shifts recovered within (RMSE) "
        f"{found:.2f} m: {verdict(met=found <= 1.5)} (aim: 1.5 m)."
    )
