"""The id of a pair."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely

from migrate_core.model import (
    Acquired,
    ClassTable,
    Georeference,
    Mask,
    PairParameters,
    RankedScene,
    Scene,
)
from migrate_core.pairs.identity import pair_id

REPOSITORY = Path(__file__).resolve().parents[2]
MASK = Mask(
    "lake-1a2b3c4d",
    "lake.tif",
    "/data/lake.tif",
    sha256="1a2b3c4d" * 8,
    georeference=Georeference(
        crs="EPSG:32631", transform=(3.0, 0.0, 500000.0, 0.0, -3.0, 4700000.0)
    ),
    width=20,
    height=10,
    extent=shapely.box(3, 42, 3.1, 42.1),
    acquired=Acquired.parse("2020-02-02"),
    classes=ClassTable(stored={"0": 0, "255": 1}),
)
SCENE = Scene(
    "S2A_MSIL2A_20200203T104351_N0214_R008_T31TDG_20200203T134500",
    "local:/data/scenes",
    datetime(2020, 2, 3, 10, 43, 51, tzinfo=UTC),
    "L2A",
    "31TDG",
    "02.14",
    3.0,
    shapely.box(2, 41, 4, 43),
    "/data/scenes/x.SAFE",
)
RANKED = RankedScene(SCENE, 1.0, 1, 0.9, {"clear_sky": 0.9}, True)


def identity(mask: Mask = MASK, ranked: RankedScene = RANKED, resampling: str = "bilinear") -> str:
    return pair_id(mask, ranked, PairParameters(resampling))


def test_the_id_names_mask_and_day_and_is_safe_for_files() -> None:
    assert re.fullmatch(r"lake-1a2b3c4d_20200203_[0-9a-f]{8}", identity())


OTHERS = {
    "another scene": (MASK, replace(RANKED, scene=replace(SCENE, scene_id="S2B_x")), "bilinear"),
    "another half tile": (MASK, replace(RANKED, completed_by=("S2A_y",)), "bilinear"),
    "another content": (replace(MASK, sha256="0" * 64), RANKED, "bilinear"),
    "another place": (
        replace(MASK, georeference=replace(MASK.georeference, transform=(3, 0, 1, 0, -3, 1))),
        RANKED,
        "bilinear",
    ),
    "another CRS": (
        replace(MASK, georeference=replace(MASK.georeference, crs="EPSG:32632")),
        RANKED,
        "bilinear",
    ),
    "other classes": (
        replace(MASK, classes=replace(MASK.classes, stored={"0": 0, "255": 2})),
        RANKED,
        "bilinear",
    ),
    "another resampling": (MASK, RANKED, "cubic"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_changes_pixels_changes_the_id(what: str) -> None:
    assert identity(*OTHERS[what]) != identity()


SAME = {
    "a corrected date": (replace(MASK, acquired=Acquired.parse("2020-02-01")), RANKED),
    "a mask that was moved": (replace(MASK, path="/elsewhere/lake.tif"), RANKED),
    "a scene that was moved": (MASK, replace(RANKED, scene=replace(SCENE, href="/y.SAFE"))),
    "another score": (MASK, replace(RANKED, score=0.1, terms={"coverage": 1.0}, usable=False)),
    "classes in another order": (
        replace(MASK, classes=replace(MASK.classes, stored={"255": 1, "0": 0})),
        RANKED,
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_what_leaves_pixels_alone_leaves_the_id_alone(what: str) -> None:
    assert identity(*SAME[what]) == identity()


def test_another_process_finds_the_same_id() -> None:
    program = "from tests.pairs.test_identity import identity; print(identity())"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == identity()


def test_a_mask_that_is_registered_depends_on_its_source_image() -> None:
    shown = replace(MASK, source=replace(MASK.source, path="/data/lake_image.tif"))
    moved, other = (
        replace(MASK, source=replace(MASK.source, path="/x/lake_image.tif")),
        replace(MASK, source=replace(MASK.source, path="/data/b.tif")),
    )
    register = PairParameters(register=True)
    found = [pair_id(mask, RANKED, register) for mask in (MASK, shown, moved, other)]
    assert found[1] == found[2]
    assert len(set(found)) == 3
    assert identity(shown) == identity()
