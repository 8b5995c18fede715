"""The format `zarr`, opened with `zarr` and `xarray`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pytest
import xarray
import zarr
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.errors import JobCancelledError
from migrate_core.export.dataset import export_dataset
from migrate_core.export.formats.arrays.zarr_files import crc32c
from migrate_core.export.request import ChipOptions, ExportRequest, PixelOptions
from tests.support.arrays import digests, export_killed, pixels_equal
from tests.support.exports import CLASSES, Exportable, exportable

SIZE = 32
CHIPS = ChipOptions(SIZE, SIZE)
# The images of seven chips.
FEW = 7 * SIZE * SIZE * 2 * 12
SPLITS = ("train", "val", "test")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


@pytest.fixture(autouse=True)
def _small_shards(plots_undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate_core.export.formats.arrays.zarr_layout.SHARD_BYTES", FEW)


def opened(to: Path) -> Any:
    return zarr.open_group(to / "zarr", mode="r")


def samples(to: Path) -> Iterator[tuple[str, Any, int]]:
    """Id, group and number of each sample that is there."""
    root = opened(to)
    for split in sorted(root.group_keys()):
        for number, sample_id in enumerate(root[split]["sample_id"][:]):
            if sample_id:
                yield str(sample_id), root[split], number


def test_each_chip_is_a_sample_with_the_pairs_own_pixels(made: Exportable, tmp_path: Path) -> None:
    exported = made.export(tmp_path, "zarr", chips=CHIPS, pixels=PixelOptions(label="both"))
    found = list(samples(tmp_path))
    assert len({sample_id for sample_id, _, _ in found}) == exported.samples["zarr"] == 28
    for sample_id, group, number in found:
        for name in ("image", "label", "fractions", "quality"):
            assert pixels_equal(made, sample_id, name, group[name][number], SIZE)
    image = opened(tmp_path)["train/image"]
    assert (image.chunks, image.shards) == ((1, 12, SIZE, SIZE), (7, 12, SIZE, SIZE))


def test_xarray_has_names_places_and_times(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "zarr", chips=CHIPS, pixels=PixelOptions(("B08", "B04"), label="both"))
    with xarray.open_zarr(tmp_path / "zarr", group="train", chunks=None) as found:
        assert dict(found.sizes) == {
            **{"sample": 20, "band": 2, "y": SIZE, "x": SIZE, "class": 3, "coefficient": 6}
        }
        assert found.image.sel(band="B04").dtype == np.uint16
        first = found.isel(sample=0)
        pair_id = str(first.pair_id.values)
        image = made.read(pair_id, "image")
        assert np.array_equal(first.image.values, image[[7, 3], :SIZE, :SIZE])
        assert str(first.sensed_at.values) == "2020-06-01T10:43:51.000000000"
        assert str(first.crs.values) == "EPSG:32631"
        assert first.transform.values.tolist() == [10, 0, 400_000, 0, -10, 4_690_320]
        label = found.label.attrs
        named = dict(zip(label["flag_values"], label["flag_meanings"].split(), strict=True))
        assert named == {**CLASSES, 255: "ignore"}
        assert (label["ignore"], found.image.attrs["nodata"]) == (255, 0)
    with xarray.open_datatree(tmp_path / "zarr", engine="zarr", chunks=None) as tree:
        assert set(tree.children) == set(SPLITS)


def test_reflectance_and_shares_alone(made: Exportable, tmp_path: Path) -> None:
    pixels = PixelOptions(bands=("B03",), values="float32", label="fractions")
    made.export(tmp_path, "zarr", chips=ChipOptions(40, 40, "drop"), pixels=pixels)
    for sample_id, group, number in samples(tmp_path):
        assert "label" not in group
        image = made.read(sample_id[:-14], "image")[[2], :40, :40]
        assert np.array_equal(group["image"][number], (image * 1e-4).astype(np.float32))


def test_a_killed_export_is_readable_and_goes_on(made: Exportable, tmp_path: Path) -> None:
    export_killed(made, tmp_path / "out", "zarr", after=16, limit=FEW)
    there = list(samples(tmp_path / "out"))
    assert len(there) == 14
    for sample_id, group, number in there:
        assert pixels_equal(made, sample_id, "image", group["image"][number], SIZE)
        assert pixels_equal(made, sample_id, "label", group["label"][number], SIZE)
    root = opened(tmp_path / "out")
    assert (root["train/label"][14:] == 255).all()
    assert (root["test/image"][:] == 0).all()
    assert made.export(tmp_path / "out", "zarr", chips=CHIPS).rewritten == 3
    made.export(tmp_path / "once", "zarr", chips=CHIPS)
    once, twice = (digests(tmp_path / name / "zarr") for name in ("once", "out"))
    assert set(once) == set(twice)
    changed = {name for name in once if once[name] != twice[name]}
    # The description has the name of the dataset, which is that of its folder.
    changed.discard("croissant.json")
    assert all(name.count("/") < 2 and name.endswith("zarr.json") for name in changed)


def test_an_export_of_other_values_that_is_killed_mixes_nothing(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path / "out", "zarr", chips=CHIPS)
    changed = {"values": "float32", "label": "fractions"}
    export_killed(made, tmp_path / "out", "zarr", after=9, limit=FEW, **changed)
    there = list(samples(tmp_path / "out"))
    assert len(there) == 9
    for sample_id, group, number in there:
        assert "label" not in group
        assert pixels_equal(made, sample_id, "fractions", group["fractions"][number], SIZE)
        assert group["image"].dtype == np.float32


def test_a_cancelled_export_holds_what_is_there(made: Exportable, tmp_path: Path) -> None:
    def progress(finished: int, total: int) -> None:
        if finished >= 10:
            raise JobCancelledError("stop")

    request = ExportRequest(tmp_path, formats=("zarr",), chips=CHIPS)
    with pytest.raises(JobCancelledError):
        export_dataset(made.store, made.workspace, request, progress)
    root = opened(tmp_path)
    assert list(root.group_keys()) == ["train"]
    assert root["train/image"].shape[0] == len(list(samples(tmp_path))) == 14


def test_what_no_longer_goes_out_leaves_no_file(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path / "out", "zarr", chips=CHIPS, pixels=PixelOptions(label="both"))
    for name in ("out", "once"):
        made.export(tmp_path / name, "zarr", chips=ChipOptions(48, 48))
    once, twice = (digests(tmp_path / name / "zarr") for name in ("once", "out"))
    assert set(once) == set(twice)


@given(st.binary(max_size=200))
def test_checksums_are_those_of_castagnoli(content: bytes) -> None:
    assert crc32c(content) == google_crc32c.value(content)
