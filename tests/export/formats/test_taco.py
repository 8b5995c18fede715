"""The format `taco`, opened with tacoreader; pixels with rasterio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
import shapely
import tacoreader

from migrate_core.export.request import AboutDataset, ChipOptions
from tests.support.exports import Exportable, exportable

# tacoreader calls DuckDB by a name that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:.*fetch_arrow_table:DeprecationWarning")

FILES = {"image.tif": "image", "label.tif": "label", "fractions.tif": "fractions"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def exported(made: Exportable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.export.dataset.write_plots", lambda *_: [])
        about = AboutDataset("Quarries", ("Ann Lee",), "CC-BY-4.0")
        made.export(folder, "taco", about=about)
    return folder / "taco"


def test_every_pair_is_a_sample_with_its_own_pixels(made: Exportable, exported: Path) -> None:
    samples = tacoreader.load(str(exported)).data
    assert samples["id"].to_pylist() == sorted(made.pair_ids)
    for number, pair_id in enumerate(sorted(made.pair_ids)):
        sample = samples.read(number)
        for name, raster in {**FILES, "quality.tif": "quality"}.items():
            with rasterio.open(sample.read(name)) as dataset:
                assert np.array_equal(dataset.read(), made.read(pair_id, raster))


def test_samples_are_found_by_their_split(made: Exportable, exported: Path) -> None:
    dataset = tacoreader.load(str(exported))
    found = {
        split: dataset.sql(f"SELECT id FROM data WHERE split = '{split}'").num_rows
        for split in ("train", "validation", "test")
    }
    assert sum(found.values()) == 6
    assert found["train"] == 4


def test_rows_say_where_the_pixels_lie(exported: Path) -> None:
    samples = tacoreader.load(str(exported)).data
    for number in range(len(samples)):
        row = {name: samples[name][number].as_py() for name in samples.columns}
        with rasterio.open(samples.read(number).read("image.tif")) as image:
            assert row["stac:crs"] == image.crs.to_string()
            assert row["stac:geotransform"] == list(image.transform.to_gdal())
            assert row["stac:tensor_shape"] == [image.count, *image.shape]
            bounds = rasterio.warp.transform_bounds(image.crs, "EPSG:4326", *image.bounds)
        centre = shapely.from_wkb(row["stac:centroid"])
        expected = shapely.box(*bounds).centroid
        assert (centre.x, centre.y) == pytest.approx((expected.x, expected.y), abs=1e-5)
        assert f"{row['stac:time_start']:%Y%m%dT%H%M%S}" in row["scene_id"]


def test_the_collection_has_terms_and_classes(exported: Path) -> None:
    collection = tacoreader.load(str(exported)).collection
    assert collection["licenses"] == ["CC-BY-4.0"]
    assert collection["providers"][0]["name"] == "Ann Lee"
    names = [one["name"] for one in collection["labels:classes"]]
    assert names == ["background", "quarry", "water"]


def test_chips_are_samples_of_their_own(
    made: Exportable, tmp_path: Path, plots_undrawn: None
) -> None:
    written = made.export(tmp_path, "taco", chips=ChipOptions(32, 32))
    samples = tacoreader.load(str(tmp_path / "taco")).data
    assert len(samples) == written.samples["taco"] > 6
    with rasterio.open(samples.read(3).read("label.tif")) as label:
        assert label.shape == (32, 32)
