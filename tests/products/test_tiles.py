"""Where tiles lie, against the metadata of real products."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate_core.products.metadata.product_xml import parse_tile
from migrate_core.products.tiles import tile_extent, tile_grid


@pytest.mark.parametrize(
    ("tile", "crs", "west", "north"),
    [
        # ULX and ULY of real granules, on both hemispheres, at both ends of UTM and its zones.
        ("31TDG", "EPSG:32631", 399960, 4700040),
        ("33UUU", "EPSG:32633", 300000, 5900040),
        ("29RKH", "EPSG:32629", 199980, 2800020),
        ("01WCP", "EPSG:32601", 300000, 7400040),
        ("60CWS", "EPSG:32760", 499980, 1200040),
        ("01KAB", "EPSG:32701", 99960, 8200000),
        ("48LWP", "EPSG:32748", 499980, 8900020),
    ],
)
def test_a_tile_lies_where_its_granules_do(tile: str, crs: str, west: int, north: int) -> None:
    grid = tile_grid(tile)
    assert grid is not None
    assert (grid.crs, grid.transform.c, grid.transform.f) == (crs, west, north)
    assert grid.bounds == (west, north - 109_800, west + 109_800, north)


@pytest.mark.parametrize(
    "tile", ["", "31", "T31TDG", "00TDG", "61TDG", "31IDG", "31TXX", "31TDW", "31tdg", "3\u0661TDG"]
)
def test_there_are_no_other_tiles(tile: str) -> None:
    assert tile_grid(tile) is None
    assert tile_extent(tile) is None


def test_a_tile_across_the_180_degree_meridian_is_cut_there() -> None:
    extent = tile_extent("01KAB")
    assert extent is not None
    west, south, east, north = extent.bounds
    assert (west, east) == (-180, 180)
    assert (south, north) == pytest.approx((-17.25485, -16.24776), abs=1e-5)
    assert extent.area == pytest.approx(1.03, abs=0.02)


def test_the_lattices_of_real_granules_are_those_of_their_tiles(
    require_data: Callable[[str], Path],
) -> None:
    paths = sorted(require_data("safe_metadata_T31UFS").rglob("MTD_TL.xml"))
    grids = [parse_tile(path.read_bytes(), path.name).grid for path in paths]
    assert grids
    assert set(grids) == {tile_grid("31UFS")}
