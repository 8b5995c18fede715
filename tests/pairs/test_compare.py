"""What two pairs of a mask differ in, against counts by hand and by rasterio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.warp import reproject

from migrate_core.errors import PairError
from migrate_core.grid import PixelGrid
from migrate_core.model import PairParameters
from migrate_core.pairs.compare import PairDifference, compare, label_difference
from migrate_core.pairs.run.options import RunOptions
from tests.support.pairs import CRS, NORTH, WEST
from tests.support.repairs import RepairCase, area, made_case
from tests.support.threads import InThreads


def grid(column: int, row: int, width: int, height: int, crs: str = CRS) -> PixelGrid:
    transform = Affine(10, 0, WEST + 10 * column, 0, -10, NORTH - 10 * row)
    return PixelGrid(crs, transform, width, height)


def labels(shape: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).choice([0, 1, 255], shape).astype(np.uint8)


@pytest.mark.parametrize(
    ("place", "size"),
    [
        ((0, 0), (7, 5)),
        ((2, 1), (7, 5)),
        ((-3, -2), (7, 5)),
        ((-2, 2), (20, 2)),
        ((3, -4), (1, 30)),
        ((6, 4), (9, 9)),
        ((7, 0), (4, 4)),
        ((0, -9), (4, 4)),
        ((-30, 0), (4, 4)),
    ],
)
def test_labels_on_other_windows_are_compared_where_they_lie(
    place: tuple[int, int], size: tuple[int, int]
) -> None:
    here, there = grid(0, 0, 7, 5), grid(*place, *size)
    present, earlier = labels(here.shape, 1), labels(there.shape, 2)
    found = label_difference(earlier, there, present, here)
    moved = np.full(here.shape, 255, dtype=np.uint8)
    reproject(
        earlier,
        moved,
        src_transform=there.transform,
        dst_transform=here.transform,
        src_crs=CRS,
        dst_crs=CRS,
        dst_nodata=255,
    )
    assert found is not None
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, moved != present)


def test_other_grids_are_not_compared() -> None:
    here = grid(0, 0, 4, 4)
    same = labels(here.shape, 1)
    assert label_difference(same, grid(0, 0, 4, 4, "EPSG:32632"), same, here) is None
    half = PixelGrid(CRS, here.transform @ Affine.translation(0.5, 0), 4, 4)
    assert label_difference(same, half, same, here) is None
    # The other way to count northings is no other grid.
    south = PixelGrid("EPSG:32731", Affine.translation(0, 10_000_000) @ here.transform, 4, 4)
    found = label_difference(same, south, same, here)
    assert found is not None
    assert not found.any()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepairCase:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    return made_case(tmp_path)


def test_a_pair_with_a_buffer_differs_from_the_one_without_by_its_pixels(made: RepairCase) -> None:
    earlier, before = made.folder, made.pair
    made.case.make(RunOptions(workers=1, parameters=PairParameters(ignore_rim_m=5.0)))
    assert made.folder != earlier
    difference, where = compare(earlier, made.folder)
    with rasterio.open(earlier / "label.tif") as dataset:
        differs = dataset.read(1) != made.read("label")[0]
    assert differs.sum() > 5
    np.testing.assert_array_equal(where, differs)
    assert before.occluded is not None
    assert made.pair.occluded is not None
    assert difference == PairDifference(
        label_pixels=int(differs.sum()),
        label_ha=round(differs.sum() / 100, 2),
        east_m=0.0,
        north_m=0.0,
        occluded_before=before.occluded.labelled,
        occluded_now=made.pair.occluded.labelled,
    )


def test_repairs_count_as_they_lie_in_the_files(made: RepairCase) -> None:
    earlier = made.folder
    made.edit("nudge", east_m=1.5, north_m=-2.0)
    made.case.make(RunOptions(workers=1, parameters=PairParameters(ignore_occluded=True)))
    made.edit("ignore", area=area(0, 0, 24, 60))
    difference, where = compare(earlier, made.folder)
    assert where is not None
    assert difference.label_pixels == where.sum() > 0
    assert (difference.east_m, difference.north_m) == (-1.5, 2.0)
    assert difference.occluded_now == 0
    assert difference.sentences[1:] == (
        "The label lies 2.5 m further to the north-west.",
        f"Label occluded: 0.0 %, was {100 * (difference.occluded_before or 0):.1f} %.",
    )


def test_what_is_not_known_is_said() -> None:
    nothing = PairDifference(None, None, 0.0, 0.0, None, 0.25)
    assert nothing.sentences == (
        "The labels lie on different grids, so their pixels can't be compared.",
        "Label occluded: 25.0 %, was not known.",
    )
    assert PairDifference(0, 0.0, 0.0, 0.0, 0.0, 0.0).sentences[0] == (
        "No pixel of the label differs."
    )
    one = PairDifference(1, 0.01, 0.0, 0.0, 0.0, 0.0)
    assert one.sentences[0] == "1 pixel of the label differs (0.01 ha)."


def test_files_that_are_gone_are_named(made: RepairCase, tmp_path: Path) -> None:
    with pytest.raises(PairError, match=r"pair\.json"):
        compare(tmp_path / "gone", made.folder)
