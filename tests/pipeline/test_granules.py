"""Masks over several granules on the whole pipeline: searched, ranked, made into pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer

from migrate_core.grid import PixelGrid
from migrate_core.pairs.files import read_document
from migrate_core.products.opening import open_product
from tests.support.bands import read_bands
from tests.support.builders import BANDS_L2A, NORTH, RESOLUTION, WEST, Safe, lonlat_box, write_safe
from tests.support.granules import (
    HERE,
    SIDE,
    ZONE_31,
    ZONE_32,
    granule,
    in_zone_31,
    in_zone_32,
    plane,
)
from tests.support.pairs import Case, checkered, prepare, registered, write_mask
from tests.support.threads import InThreads

FINE = [number for number, band in enumerate(BANDS_L2A) if RESOLUTION[band] == 10]


@pytest.fixture(autouse=True)
def _in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in threads of this process: starting workers takes a second each time."""
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)


def made(root: Path, west: float, north: float, *granules: Safe) -> tuple[Case, dict[str, Any]]:
    """A workspace with the pair of a mask of 400 m x 240 m, and what its files hold."""
    pixels = checkered(40, 8)[:24]
    transform = Affine(10, 0, west, 0, -10, north)
    path = write_mask(root / "mask.tif", pixels, transform, crs=ZONE_31)
    for safe in granules:
        write_safe(root / "products", safe)
    case = prepare(root / "w", [registered(path, "2020-01-21")], root / "products")
    assert case.make().failures == ()
    (pair,) = case.store.pairs()
    folder = case.workspace.pair(pair.pair_id)
    with rasterio.open(folder / "image.tif") as dataset:
        grid = PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)
        found = {"image": dataset.read(), "lattice": grid}
    return case, {**found, **read_document(folder)}


def test_a_mask_over_two_granules_becomes_one_pair_of_both(tmp_path: Path) -> None:
    east = granule(WEST + 1080, tile="31TDH", baseline="05.09", offset=-1000)
    case, pair = made(tmp_path, WEST + 1000, NORTH - 210, granule(), east)
    ((candidate,),) = case.store.candidates().values()
    assert candidate.ranked.coverage == 1
    assert [scene["tile"] for scene in pair["scenes"]] == ["31TDG", "31TDH"]
    assert pair["coverage"] == 1
    (tmp_path / "whole").mkdir()
    whole = open_product(str(write_safe(tmp_path / "whole", granule(size=2 * SIDE))))
    np.testing.assert_array_equal(pair["image"], read_bands(whole, pair["lattice"], "bilinear"))
    first, second = pair["mosaic"]["parts"]
    # Columns 100 to 131 are of the first granule, 132 to 139 of the second, 108 to 131 of both.
    assert (first["pixels"], second["pixels"]) == (32 * 24, 8 * 24)
    assert second["overlap"] == {
        "pixels": 24 * 24,
        "differing": 0.0,
        "far_apart": 0.0,
        "largest": 0,
    }
    assert pair["mosaic"]["reprojected"] == 0
    assert "different baselines (02.14, 05.09)" in pair["suggestion"]["reason"]
    assert "reprojected" not in pair["suggestion"]["reason"]


def test_a_mask_over_two_zones_keeps_the_one_with_the_larger_share(tmp_path: Path) -> None:
    x, y = HERE
    to_32 = Transformer.from_crs(ZONE_31, ZONE_32, always_xy=True)
    corner_x, corner_y = to_32.transform(x + 400, y)
    around = (y - 1200, y)
    # Zone 31 has data up to 900 m from the corner; zone 32 is said to have some from 800 m on.
    first = granule(
        *HERE,
        in_zone_31,
        tile="31TGK",
        footprint=lonlat_box(x, around[0], x + 900, around[1], ZONE_31),
    )
    second = granule(
        round(corner_x / 60) * 60,
        round(corner_y / 60) * 60 + 300,
        in_zone_32,
        size=240,
        tile="32TKQ",
        epsg=32632,
        footprint=lonlat_box(x + 800, around[0], x + 1300, around[1], ZONE_31),
    )
    _, pair = made(tmp_path, x + 640, y - 300, second, first)
    assert [scene["tile"] for scene in pair["scenes"]] == ["31TGK", "32TKQ"]
    assert pair["grid"]["crs"] == ZONE_31
    assert pair["coverage"] > 0.999
    # 260 m of 400 m are in zone 31.
    assert pair["mosaic"]["reprojected"] == 0.35
    assert [part["resampled"] for part in pair["mosaic"]["parts"]] == [False, True]
    assert "35.0 % of the image was reprojected from EPSG:32632." in pair["suggestion"]["reason"]
    assert np.abs(pair["image"][FINE] - plane(*pair["lattice"].centres())).max() <= 1.1


def test_how_the_mask_was_placed_is_in_its_provenance(tmp_path: Path) -> None:
    _, pair = made(tmp_path, WEST + 300, NORTH - 300, granule())
    placing = pair["transformation"]
    assert (placing["source"], placing["target"]) == (ZONE_31, ZONE_31)
    assert (placing["accuracy_m"], placing["ballpark"], placing["missing_grids"]) == (0, False, [])
    (part,) = pair["mosaic"]["parts"]
    assert (part["pixels"], part["crs"]) == (960, ZONE_31)
