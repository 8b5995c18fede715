"""No pair larger than is set is begun: told when a mask is added, and before a pair is made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from pyproj import Transformer
from shapely.geometry import MultiPolygon, box

from migrate_core.cli import cli
from migrate_core.errors import PairError, WrongUseError
from migrate_core.grid import reproject_geometry
from migrate_core.masks.size import oversize, too_large
from migrate_core.model import Mask
from migrate_core.pairs.make import make_pair
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.plan import plan
from migrate_core.settings import MAX_PAIR_PIXELS, load_settings
from tests.support.builders import write_raster
from tests.support.pairs import (
    Case,
    Safe,
    checkered,
    placed,
    prepare,
    registered,
    write_mask,
    write_safe,
)
from tests.support.vectors import added, frame, only, square, write


def mask_at(place: object) -> Mask:
    return Mask("a", "a.tif", "/a.tif", extent=place, footprint=place)  # type: ignore[arg-type]


def test_the_window_is_that_of_the_utm_zone() -> None:
    side = 50_000
    there = box(480_000, 4_600_000, 480_000 + side, 4_600_000 + side)
    place = reproject_geometry(there.segmentize(1000), "EPSG:32631", "EPSG:4326")
    most = 5000 * 5000
    assert oversize(mask_at(place), round(1.01 * most)) is None
    reported = oversize(mask_at(place), round(0.99 * most))
    assert reported is not None
    assert "It covers 50 km x 50 km, 500" in reported
    assert "--chip-size" in reported
    assert "MIGRATE_MAX_PAIR_PIXELS" in reported


def test_what_is_cut_at_the_180_degree_meridian_is_as_small_as_on_the_ground() -> None:
    place = MultiPolygon([box(179.9, 65, 180, 65.1), box(-180, 65, -179.9, 65.1)])
    assert oversize(mask_at(place), MAX_PAIR_PIXELS) is None
    assert oversize(mask_at(box(-180, -80, 180, 80)), MAX_PAIR_PIXELS) is not None
    assert oversize(mask_at(box(-180, 89, 180, 90)), 10**6) is not None


def test_a_mask_without_a_place_is_not_judged() -> None:
    assert oversize(mask_at(None), 1) is None


def test_the_limit_is_the_number_of_pixels() -> None:
    assert too_large(1000, 1000, 1_000_000) is None
    assert too_large(1001, 1000, 1_000_000) is not None


def test_the_setting_is_read_from_the_environment() -> None:
    assert load_settings(environ={}).max_pair_pixels == MAX_PAIR_PIXELS
    assert load_settings(environ={"MIGRATE_MAX_PAIR_PIXELS": "1e6"}).max_pair_pixels == 1_000_000
    with pytest.raises(WrongUseError, match="MIGRATE_MAX_PAIR_PIXELS is 'many'"):
        load_settings(environ={"MIGRATE_MAX_PAIR_PIXELS": "many"})


def test_adding_tells_a_vector_mask_that_is_too_large(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0), square(90_000, 90_000)]))
    aoi = write(tmp_path / "aoi.gpkg", frame([square(-100, -100, 95_000)]))
    mask = only(added(path, aoi=aoi))
    assert mask.state == "problem"
    assert "x.gpkg: It covers 95 km x 95 km" in str(mask.problem)
    chips = added(path, aoi=aoi, chip_size_m=10_000.0).masks
    assert {mask.state for mask in chips} == {"ready"}


def test_adding_tells_a_raster_that_is_too_large_and_adds_the_others(tmp_path: Path) -> None:
    """A sparse file: hardly a byte on disk, a hundred kilometres on the ground."""
    profile = {"driver": "GTiff", "width": 2_000, "height": 2_000, "count": 1, "dtype": "uint8"}
    transform = Affine(60, 0, 400_000, 0, -60, 4_700_000)
    (tmp_path / "in").mkdir()
    with rasterio.open(
        tmp_path / "in" / "large_20200202.tif",
        "w",
        **profile,
        sparse_ok=True,
        tiled=True,
        crs="EPSG:32631",
        transform=transform,
    ):
        pass
    write_raster(tmp_path / "in" / "small_20200202.tif", np.eye(4, dtype=np.uint8))
    words = ["--workspace", str(tmp_path / "w"), "masks", "add", str(tmp_path / "in"), "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1
    large, small = json.loads(result.stdout)
    assert small["problem"] is None
    assert "It covers 120 km x 120 km, 12" in large["problem"]
    environ = {"MIGRATE_MAX_PAIR_PIXELS": "200000000"}
    rows = json.loads(CliRunner().invoke(cli, words, env=environ).stdout)
    assert "It covers" not in rows[0]["problem"]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A mask of 300 m x 300 m and a scene over it."""
    path = write_mask(tmp_path / "m.tif", checkered(30, 6), placed(5, 5, 10))
    write_safe(tmp_path / "products", Safe())
    return prepare(tmp_path / "w", [registered(path)], tmp_path / "products")


def test_a_pair_that_is_too_large_fails_before_anything_is_read(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was begun")

    monkeypatch.setattr("migrate_core.pairs.run.runner.make_pair", never)
    outcome = case.make(RunOptions(workers=1, max_pair_pixels=899))
    (pair,) = case.store.pairs()
    assert (outcome.failed, pair.state) == (1, "failed")
    assert "m.tif: It covers 0.3 km x 0.3 km, 30 x 30 pixels of 10 m" in str(pair.error)


def test_the_window_on_the_scene_is_looked_at_once_more(case: Case) -> None:
    (task,) = plan(case.store, case.workspace, RunOptions())
    with pytest.raises(PairError, match="30 x 30 pixels"):
        make_pair(replace(task, max_pixels=899))
    assert not Path(task.folder).exists()
    make_pair(replace(task, max_pixels=900))
    assert Path(task.folder).exists()


def test_a_pair_that_does_not_fit_into_memory_fails_with_a_reason(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: object) -> None:
        raise MemoryError("Unable to allocate 207 GiB")

    monkeypatch.setattr("migrate_core.pairs.make.mosaic", too_much)
    (task,) = plan(case.store, case.workspace, RunOptions())
    with pytest.raises(PairError, match=r"m\.tif: its pair doesn't fit into the memory.*207 GiB"):
        make_pair(task)


def test_the_window_at_the_edge_of_a_zone_is_turned(tmp_path: Path) -> None:
    """A north-up box in lon/lat is a turned one in UTM, whose window is larger."""
    place = box(5.5, 60, 5.99, 60.4)
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True)
    x, y = to_utm.transform(*place.segmentize(0.001).exterior.xy)
    exact = (max(x) - min(x)) * (max(y) - min(y)) / 100
    assert oversize(mask_at(place), round(0.998 * exact)) is not None
    assert oversize(mask_at(place), round(1.002 * exact)) is None
