"""Which files are masks, and which of them are tiles of one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate_core.masks.raster.content import read_labels
from migrate_core.masks.register.discovery import mask_files, mosaics
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.builders import NORTH, WEST, north_up, write_raster
from tests.support.masks import PIXELS, Answer, image, run
from tests.support.properties import examples

RNG = np.random.default_rng(5)
WHOLE = RNG.integers(0, 4, (40, 60)).astype(np.uint8)


def tile(folder: Path, name: str, row: int, column: int, size: int = 20, **options: Any) -> Path:
    """A part of WHOLE at its place."""
    transform = north_up(WEST + 3 * column, NORTH - 3 * row)
    pixels = WHOLE[row : row + size, column : column + size]
    return write_raster(folder / name, pixels, **{"transform": transform, **options})


def add(tmp_path: Path, *paths: Path) -> Answer:
    return run(tmp_path / "w", "masks", "add", *paths, "--mosaic", "--json")


def labels(tmp_path: Path) -> list[np.ndarray]:
    store = open_store(Workspace(tmp_path / "w"))
    found = [read_labels(mask) for mask in store.masks()]
    store.engine.dispose()
    return found


def test_tiles_of_a_folder_are_one_mask(tmp_path: Path) -> None:
    folder = tmp_path / "site_20200202"
    for row in (0, 20):
        for column in (0, 20, 40):
            tile(folder, f"{row}_{column}.tif", row, column)
    answer = add(tmp_path, folder)
    assert answer.status == 0
    [row] = answer.document
    assert (row["name"], row["width"], row["height"]) == ("site_20200202", 60, 40)
    assert row["acquired"] == "2020-02-02"
    np.testing.assert_array_equal(labels(tmp_path)[0], WHOLE)


def test_the_date_may_stand_in_the_names_of_tiles(tmp_path: Path) -> None:
    for number, column in enumerate((0, 20)):
        tile(tmp_path / "tiles", f"20200202_{number}.tif", 0, column)
    assert add(tmp_path, tmp_path / "tiles").document[0]["acquired"] == "2020-02-02"


def test_gaps_are_no_data_and_of_overlaps_the_first_tile_counts(tmp_path: Path) -> None:
    folder = tmp_path / "20200202"
    tile(folder, "a.tif", 0, 0, nodata=3)
    other = tile(folder, "b.tif", 0, 10, nodata=3)
    write_raster(other, 2 - WHOLE[0:20, 10:30] % 3, transform=north_up(WEST + 30), nodata=3)
    tile(folder, "c.tif", 20, 40, nodata=3)
    answer = add(tmp_path, folder)
    assert answer.status == 0
    expected = np.full((40, 60), 255)
    expected[20:, 40:] = WHOLE[20:, 40:]
    expected[:20, 10:30] = 2 - WHOLE[:20, 10:30] % 3
    first = WHOLE[:20, :20]
    expected[:20, :20] = np.where(first == 3, expected[:20, :20], first)
    expected[20:, 40:][expected[20:, 40:] == 3] = 255
    np.testing.assert_array_equal(labels(tmp_path)[0], expected)


@pytest.mark.parametrize(
    "other",
    [
        {"transform": north_up(WEST + 61)},
        {"transform": north_up(WEST + 60, NORTH, 6)},
        {"crs": "EPSG:32630"},
        {"crs": None},
    ],
    ids=["lattice", "resolution", "crs", "no place"],
)
def test_what_does_not_fit_is_a_mask_of_its_own(tmp_path: Path, other: dict[str, Any]) -> None:
    paths = [
        tile(tmp_path / "t", "a.tif", 0, 0),
        tile(tmp_path / "t", "b.tif", 0, 20),
        tile(tmp_path / "t", "c.tif", 0, 40, **other),
    ]
    assert mosaics(paths) == (tuple(paths[:2]), (paths[2],))


def test_tiles_of_other_folders_days_and_bands_are_other_masks(tmp_path: Path) -> None:
    paths = [
        tile(tmp_path / "north", "20200101_a.tif", 0, 0),
        tile(tmp_path / "north", "20200102_a.tif", 0, 0),
        tile(tmp_path / "south", "20200101_a.tif", 0, 0),
        write_raster(tmp_path / "north" / "20200101_b.tif", np.stack([PIXELS] * 3)),
    ]
    assert mosaics(paths) == tuple((path,) for path in paths)


def test_two_lattices_in_one_folder_are_two_masks(tmp_path: Path) -> None:
    folder = tmp_path / "20200202"
    for column in (0, 20):
        tile(folder, f"a{column}.tif", 0, column)
        tile(folder, f"b{column}.tif", 0, column, transform=north_up(WEST + 1 + 3 * column))
    for _ in range(2):  # adding them again changes nothing
        answer = add(tmp_path, folder)
        assert answer.status == 0
        names = ["20200202 (a0)", "20200202 (b0)"]
        assert [row["name"] for row in answer.document] == names
    assert len(labels(tmp_path)) == 2


def test_bands_are_understood_from_all_tiles_together(tmp_path: Path) -> None:
    folder = tmp_path / "20200202"
    write_raster(folder / "a.tif", np.stack([PIXELS * 0] * 3))  # alone it might be grey
    write_raster(
        folder / "b.tif", np.stack([PIXELS * 0, PIXELS, PIXELS * 0]), transform=north_up(WEST + 90)
    )
    assert add(tmp_path, folder).document[0]["classes"] == {"0": 0, "2": 2}


def test_a_tile_that_is_gone_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "20200202"
    tile(folder, "a.tif", 0, 0)
    gone = tile(folder, "b.tif", 0, 20)
    assert add(tmp_path, folder).status == 0
    gone.unlink()
    answer = run(tmp_path / "w", "masks", "geocode", tmp_path / "out", "--json")
    assert answer.status == 1
    assert "b.tif can't be read (No such file or directory)" in answer.said


def test_tiles_that_can_not_be_opened_are_named(tmp_path: Path) -> None:
    tile(tmp_path / "t", "20200202_a.tif", 0, 0)
    (tmp_path / "t" / "20200202_b.tif").touch()
    answer = add(tmp_path, tmp_path / "t")
    assert answer.status == 1
    assert {row["name"]: row["state"] for row in answer.document} == {
        "20200202_a.tif": "ready",
        "20200202_b.tif": "problem",
    }


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from([1.0, 3.0, 0.3, 1e-5, 0.1 + 1e-9]),
    st.floats(-1e5, 1e5),
    st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=2, max_size=5,
             unique=True),
)  # fmt: skip
def test_tiles_at_whole_pixels_share_a_lattice(
    tmp_path: Path, resolution: float, west: float, places: list[tuple[int, int]]
) -> None:
    paths = []
    for number, (column, row) in enumerate(places):
        transform = north_up(
            west * resolution + column * resolution, 5.3 - row * resolution, resolution
        )
        paths.append(write_raster(tmp_path / f"{number}.tif", PIXELS[:2, :2], transform=transform))
    assert mosaics(paths) == (tuple(paths),)


def test_a_path_with_dots_is_the_same_file(tmp_path: Path) -> None:
    path = image(tmp_path / "a", "x.tif")
    dotted = tmp_path / "a" / ".." / "a" / "x.tif"
    assert mask_files([path, dotted, tmp_path / "a"]).files == (path,)
