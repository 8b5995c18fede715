"""The layout of the format `torchgeo`; test_libraries.py loads it with TorchGeo."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio

from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.exports import Exportable, MadePair, exportable, spread_out

pytestmark = pytest.mark.usefixtures("plots_undrawn")
TIMES = re.compile(r"(.*)_(\d{8}T\d{12})_(\d{8}T\d{12})\.tif$")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    overlapping = [MadePair(east_m=700_000 + 100 * number) for number in range(3)]
    return exportable(tmp_path_factory.mktemp("made"), [*spread_out(), *overlapping])


def test_files_lie_by_split_and_zone_and_are_in_that_zone(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "torchgeo")
    images = list((tmp_path / "torchgeo").glob("*/*/images/*.tif"))
    assert len(images) == len(made.pair_ids)
    assert {path.parts[-3] for path in images} == {"EPSG_32631", "EPSG_32632"}
    for path in images:
        with rasterio.open(path) as dataset:
            assert dataset.crs.to_string().replace(":", "_") == path.parts[-3]
        assert (path.parents[1] / "labels" / path.name).is_file()


def test_no_two_samples_share_an_instant_and_all_keep_their_second(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path, "torchgeo", chips=ChipOptions(32, 16))
    taken = set()
    images = list((tmp_path / "torchgeo").glob("*/*/images/*.tif"))
    for path in images:
        found = TIMES.match(path.name)
        assert found is not None
        start, stop = (datetime.strptime(found[n], "%Y%m%dT%H%M%S%f") for n in (2, 3))
        assert start < stop
        assert f"{start:%H:%M:%S}" == "10:43:51"
        assert f"_{start:%Y%m%d}_" in found[1]
        taken |= {start, stop}
    assert len(taken) == 2 * len(images)


@pytest.mark.parametrize(
    ("label", "folders"),
    [
        ("hard", {"images", "labels"}),
        ("fractions", {"images", "fractions"}),
        ("both", {"images", "labels", "fractions"}),
    ],
)
def test_the_chosen_label_decides_which_folders_there_are(
    made: Exportable, tmp_path: Path, label: str, folders: set[str]
) -> None:
    made.export(tmp_path, "torchgeo", pixels=PixelOptions(label=label))
    assert {path.name for path in (tmp_path / "torchgeo").glob("*/*/*")} == folders


def test_shares_go_when_they_are_no_longer_wanted(made: Exportable, tmp_path: Path) -> None:
    for label in ("both", "hard"):
        made.export(tmp_path, "torchgeo", pixels=PixelOptions(label=label))
    assert not list((tmp_path / "torchgeo").glob("*/*/fractions"))


def test_pixels_are_those_of_the_pair(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "torchgeo")
    for path in (tmp_path / "torchgeo").glob("*/*/*/*.tif"):
        found = TIMES.match(path.name)
        assert found is not None
        name = path.parent.name.removesuffix("s")
        with rasterio.open(path) as dataset:
            assert np.array_equal(dataset.read(), made.read(found[1], name))


def test_files_with_other_names_replace_the_old_ones(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "torchgeo", chips=ChipOptions(32, 16))
    result = made.export(tmp_path, "torchgeo")
    there = list((tmp_path / "torchgeo").rglob("*.tif"))
    assert len(there) == 2 * result.samples["torchgeo"] == 2 * len(made.pair_ids)
