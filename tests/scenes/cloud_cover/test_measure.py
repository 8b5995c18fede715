"""Measuring candidates: each product once for all its masks, the best first, failures apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from migrate_core.errors import JobCancelledError
from migrate_core.grid import PixelGrid
from migrate_core.model import Mask, Problem, RankedScene, Scene
from migrate_core.scenes.cloud_cover import measure as measuring
from migrate_core.scenes.cloud_cover.mask_areas import MaskArea, together
from migrate_core.scenes.cloud_cover.measure import CloudMeasuring, Unit, units
from migrate_core.scenes.cloud_cover.scene_clouds import CloudReader
from migrate_core.scenes.search.ranking import Key, Measurement
from migrate_core.settings import ServiceSettings
from tests.support.builders import a_mask, a_scene, lonlat_box, north_up
from tests.support.pairs import NORTH, WEST, Safe, numbered_masks, write_safe
from tests.support.transfer import a_cloud_reader

AREA = lonlat_box(WEST, NORTH - 600, WEST + 600, NORTH)
CLOUDED = np.full((30, 30), 9)


def scene_at(path: Path, **changes: Any) -> Scene:
    name = path.name.removesuffix(".SAFE")
    values = {"href": str(path), "footprint": AREA, "level": name[7:10]}
    return a_scene(name, **{**values, **changes})


def product(tmp_path: Path, day: str = "20200202", **changes: Any) -> Scene:
    safe = Safe(sensed=f"{day}T104351", generated=f"{day}T134500", **changes)
    return scene_at(write_safe(tmp_path / "scenes", safe))


def run(
    tmp_path: Path, wanted: list[Unit], known: list[Scene] | None = None
) -> tuple[dict[Key, Measurement], tuple[Problem, ...]]:
    found: dict[Key, Measurement] = {}
    here = a_cloud_reader(ServiceSettings(), tmp_path / "workspace")
    work = CloudMeasuring(here, known or [scene for unit in wanted for scene in unit.scenes])
    problems = work.run(wanted, found.update, lambda *_: None)
    return found, problems


def candidate(scene: Scene, *more: str) -> RankedScene:
    return RankedScene(scene, 1.0, 0, 0.5, {}, usable=True, completed_by=more)


# what is measured in which order


def test_the_best_candidates_of_most_masks_come_first() -> None:
    a, b, c = (a_scene(name) for name in "ABC")
    masks = [a_mask(f"m{n}.tif", mask_id=f"m{n}") for n in range(3)]
    ranked = {
        "m0": [candidate(a), candidate(c)],
        "m1": [candidate(b), candidate(c)],
        "m2": [candidate(b), candidate(c)],
    }
    found = units(masks, ranked, [a, b, c])
    assert [unit.scene_ids for unit in found] == [("B",), ("A",), ("C",)]
    assert [mask.mask_id for mask in found[2].masks] == ["m0", "m1", "m2"]


def test_what_is_known_is_left_out() -> None:
    a, half = a_scene("A"), a_scene("H")
    mask = a_mask(mask_id="m0")
    ranked = {"m0": [candidate(a), candidate(a, "H")]}
    (unit,) = units([mask], ranked, [a, half], [("m0", ("A",))])
    assert unit.scene_ids == ("A", "H")


# what is found


def test_clouds_are_found_over_each_mask(tmp_path: Path) -> None:
    masks = numbered_masks(tmp_path / "masks", 3)
    # Masks lie at 20 to 100 m, 110 to 190 m, and 200 to 280 m from the west.
    classes = np.full((30, 30), 4)
    classes[:, 5:10] = 8
    scene = product(tmp_path, pixels={"SCL": classes})
    found, problems = run(tmp_path, [Unit((scene,), tuple(masks))])
    assert not problems
    over = [found[mask.mask_id, (scene.scene_id,)].cloud_over_mask_percent for mask in masks]
    assert over[0] == 0
    assert over[1] == pytest.approx(100)
    assert over[2] == 0


def test_half_tiles_are_measured_as_one(tmp_path: Path) -> None:
    """The west is clear, the east clouded; each half has data of its own only."""
    (mask,) = numbered_masks(tmp_path / "masks", 1)  # columns 2 to 10
    west = product(tmp_path, columns=(0, 6))
    east = product(tmp_path, "20200203", columns=(6, 60), pixels={"SCL": CLOUDED})
    found, _ = run(tmp_path, [Unit((west, east), (mask,)), Unit((west,), (mask,))])
    both = found[mask.mask_id, (west.scene_id, east.scene_id)]
    alone = found[mask.mask_id, (west.scene_id,)]
    assert both.cloud_over_mask_percent == pytest.approx(50)
    assert alone.cloud_over_mask_percent == 0
    assert alone.occluded_over_label_percent == pytest.approx(50, abs=1)


def test_a_product_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    (mask,) = numbered_masks(tmp_path / "masks", 1)
    good, broken = product(tmp_path), product(tmp_path, "20200203")
    for path in Path(broken.href).rglob("*SCL*"):
        path.write_bytes(path.read_bytes()[:100])
    found, (problem,) = run(tmp_path, [Unit((broken,), (mask,)), Unit((good,), (mask,))])
    assert list(found) == [(mask.mask_id, (good.scene_id,))]
    assert problem.item == broken.scene_id
    assert "can't be read" in problem.message


def test_a_mask_whose_file_is_gone_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    gone, kept = numbered_masks(tmp_path / "masks", 2)
    Path(gone.path).unlink()
    scene = product(tmp_path)
    found, (problem,) = run(tmp_path, [Unit((scene,), (gone, kept))])
    assert [mask_id for mask_id, _ in found] == [kept.mask_id]
    assert "is gone" in problem.message


# where it is read


def test_the_same_acquisition_is_measured_where_it_can_be_read(tmp_path: Path) -> None:
    (mask,) = numbered_masks(tmp_path / "masks", 1)
    here = product(tmp_path, pixels={"SCL": CLOUDED})
    there = replace(here, source="dhus:https://host", href="dhus:1")
    unit = Unit((there,), (mask,))
    found, problems = run(tmp_path, [unit], [there, here])
    assert not problems
    assert found[mask.mask_id, (there.scene_id,)].cloud_over_mask_percent == 100
    found, (problem,) = run(tmp_path, [unit], [there])
    assert not found
    assert problem.item == "dhus:https://host"
    assert "not measured for 1 scene: the service offers whole products only" in problem.message


def test_an_l1c_scene_is_measured_by_its_l2a_sibling_where_that_is_known(tmp_path: Path) -> None:
    (mask,) = numbered_masks(tmp_path / "masks", 1)
    own = product(tmp_path, level="L1C")
    sibling = product(tmp_path, pixels={"SCL": np.full((30, 30), 3)})
    found, _ = run(tmp_path, [Unit((own,), (mask,))], [own, sibling])
    assert found[mask.mask_id, (own.scene_id,)] == Measurement(0, 100)  # shadow


def test_a_service_that_is_down_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "THREADS", 1)
    (mask,) = numbered_masks(tmp_path / "masks", 1)
    down = [
        a_scene(f"S{n}", source="earth-search", href=str(tmp_path / f"gone{n}"), tile=f"31TD{n}")
        for n in "ABCDEFGH"
    ]
    _, problems = run(tmp_path, [Unit((scene,), (mask,)) for scene in down])
    assert len(problems) == 5
    assert "not measured for 4 scenes: 4 scenes in a row could not be read" in problems[0].message


# once for many


def test_a_product_is_opened_once_and_read_once_for_masks_that_lie_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = numbered_masks(tmp_path / "masks", 5)
    scene = product(tmp_path)
    calls = {"open": 0, "read": 0}
    whole_open, whole_read = CloudReader.open, measuring.read_cloud_classes

    def counted_open(*args: Any) -> Any:
        calls["open"] += 1
        return whole_open(*args)

    def counted_read(*args: Any) -> Any:
        calls["read"] += 1
        return whole_read(*args)

    monkeypatch.setattr(CloudReader, "open", counted_open)
    monkeypatch.setattr(measuring, "read_cloud_classes", counted_read)
    found, _ = run(tmp_path, [Unit((scene,), tuple(masks))])
    assert len(found) == 5
    assert calls == {"open": 1, "read": 1}


def test_masks_far_apart_are_not_read_with_all_that_lies_between() -> None:
    def area(x: float) -> Any:
        return MaskArea(PixelGrid("EPSG:32631", north_up(x, 4_692_000, 20), 100, 100), b"")

    # Within one large square of 38.4 km, the first two in one small square.
    areas = [(a_mask(mask_id=str(x)), area(x)) for x in (462_000, 464_500, 490_000)]
    read = list(together(areas))
    assert sorted(len(group) for _, group in read) == [1, 2]
    assert max(grid.width for grid, _ in read) < 300


# in the middle


def test_what_was_noted_before_a_cancellation_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "THREADS", 1)
    (mask,) = numbered_masks(tmp_path / "masks", 1)
    scenes = [product(tmp_path, f"2020020{n}") for n in range(1, 8)]
    noted: list[Key] = []

    def note(found: Mapping[Key, Measurement]) -> None:
        noted.extend(found)

    def cancel(finished: int, total: int) -> None:
        assert total == 8  # a mask to read, and seven candidates
        if noted:
            raise JobCancelledError("cancelled")

    here = a_cloud_reader(ServiceSettings(), tmp_path / "workspace")
    wanted = [Unit((scene,), (mask,)) for scene in scenes]
    with pytest.raises(JobCancelledError):
        CloudMeasuring(here, scenes).run(wanted, note, cancel)
    assert (mask.mask_id, (scenes[0].scene_id,)) in noted
    assert len(noted) < 7


def test_progress_ends_with_everything(tmp_path: Path) -> None:
    masks: list[Mask] = numbered_masks(tmp_path / "masks", 3)
    scene, reported = product(tmp_path), []
    here = a_cloud_reader(ServiceSettings(), tmp_path / "workspace")
    CloudMeasuring(here, [scene]).run(
        [Unit((scene,), tuple(masks))], lambda _: None, lambda *step: reported.append(step)
    )
    assert reported[-1] == (6, 6)
