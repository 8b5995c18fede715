"""A whole product as one cloud-optimised GeoTIFF."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from numpy.typing import NDArray

from migrate_core.errors import JobCancelledError, ProductError, WrongUseError
from migrate_core.pairs.convert import convert_product
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.reading import read_band
from tests.support import builders
from tests.support.bands import read_bands
from tests.support.builders import write_stac
from tests.support.pairs import (
    CRS,
    L1C_BANDS,
    L2A_BANDS,
    NORTH,
    TEN_METRE_BANDS,
    WEST,
    Safe,
    write_safe,
)


def convert(
    product: Path, destination: Path, resampling: str = "bilinear"
) -> list[tuple[int, int]]:
    """Convert, and give what was heard of the progress."""
    heard: list[tuple[int, int]] = []
    convert_product(product, destination, resampling, lambda *counts: heard.append(counts))
    return heard


def expected_pixels(product: Path, resampling: str = "bilinear") -> NDArray[np.uint16]:
    """The product as pairs would read it."""
    opened = open_product(str(product))
    return read_bands(opened, opened.grid, resampling)


@pytest.mark.parametrize(
    ("safe", "bands"),
    [
        (Safe(baseline="0400", offset=-1000), L2A_BANDS),
        (Safe(level="L1C", baseline="0208"), L1C_BANDS),
    ],
)
def test_the_file_holds_all_bands_at_10_m_as_pairs_read_them(
    tmp_path: Path, safe: Safe, bands: tuple[str, ...]
) -> None:
    product = write_safe(tmp_path, safe)
    heard = convert(product, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.descriptions == bands
        assert set(dataset.dtypes) == {"uint16"}
        assert (dataset.nodata, dataset.crs.to_string()) == (0, CRS)
        assert tuple(dataset.transform)[:6] == (10, 0, WEST, 0, -10, NORTH)
        assert (dataset.width, dataset.height) == (60, 60)
        pixels = dataset.read()
    np.testing.assert_array_equal(pixels, expected_pixels(product))
    for band in TEN_METRE_BANDS:
        numbers = safe.numbers(band).astype(int) + (safe.offset or 0)
        np.testing.assert_array_equal(pixels[bands.index(band)], np.maximum(numbers, 1))
    assert heard[0][0] == 0
    assert heard[-1][0] == heard[-1][1] > 0


def test_no_data_and_saturated_pixels_stay(tmp_path: Path) -> None:
    numbers = Safe().numbers("B08").copy()
    numbers[5, 5:9] = [0, 65535, 1, 1001]
    product = write_safe(tmp_path, Safe(baseline="0400", offset=-1000, pixels={"B08": numbers}))
    convert(product, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        found = dataset.read(1 + L2A_BANDS.index("B08"))
    assert found[5, 5:9].tolist() == [0, 65535, 1, 1]


@pytest.mark.slow
def test_a_large_product_is_a_cog_with_overviews(tmp_path: Path) -> None:
    # Large enough for two levels of blocks of 512 pixels.
    product = write_safe(tmp_path, Safe(size=1080))
    convert(product, tmp_path / "out.tif", "nearest")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.profile["tiled"]
        assert dataset.block_shapes[0] == (512, 512)
        assert dataset.overviews(1)[0] == 2
        assert dataset.overviews(1) == dataset.overviews(dataset.count)
        pixels = dataset.read()
    np.testing.assert_array_equal(pixels, expected_pixels(product, "nearest"))


@pytest.mark.slow
def test_overviews_are_those_that_gdal_makes_of_the_pixels(tmp_path: Path) -> None:
    # Two levels, and sides that can't be halved evenly.
    rng = np.random.default_rng(4)
    size = 1260
    noise = {"B02": rng.integers(1, 9000, (size, size)), "B05": rng.integers(0, 99, (630, 630))}
    product = write_safe(tmp_path, Safe(size=size, pixels=noise))
    convert(product, tmp_path / "out.tif")
    plain = {"driver": "COG", "compress": "deflate", "overview_resampling": "average"}
    with (
        rasterio.open(tmp_path / "out.tif") as dataset,
        rasterio.MemoryFile() as memory,
        memory.open(**{**dataset.profile, "driver": "GTiff", "compress": "zstd"}) as copied,
    ):
        levels = dataset.overviews(1)
        copied.write(dataset.read())
        rasterio.shutil.copy(copied, tmp_path / "plain.tif", **plain)
    assert len(levels) >= 2
    for level in range(len(levels)):
        with (
            rasterio.open(tmp_path / "out.tif", overview_level=level) as found,
            rasterio.open(tmp_path / "plain.tif", overview_level=level) as expected,
        ):
            np.testing.assert_array_equal(found.read(), expected.read())


def test_work_in_small_pieces_leaves_no_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    noise = {
        band: rng.integers(1, 9000, Safe().numbers(band).shape) for band in ("B01", "B05", "B02")
    }
    product = write_safe(tmp_path, Safe(pixels=noise))
    monkeypatch.setattr("migrate_core.pairs.convert._ROWS", 7)
    monkeypatch.setattr("migrate_core.pairs.convert._COARSER_ROWS", 9)
    convert(product, tmp_path / "out.tif", "cubic")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        np.testing.assert_array_equal(dataset.read(), expected_pixels(product, "cubic"))


def test_a_file_that_is_there_from_the_same_product_is_kept(tmp_path: Path) -> None:
    product = write_safe(tmp_path, Safe())
    convert(product, tmp_path / "out.tif")
    before = (tmp_path / "out.tif").stat().st_mtime_ns
    convert(product, tmp_path / "out.tif")
    assert (tmp_path / "out.tif").stat().st_mtime_ns == before


@pytest.mark.parametrize("what", ["another product", "a text file"])
def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path, what: str) -> None:
    product = write_safe(tmp_path, Safe())
    target = tmp_path / "out.tif"
    if what == "a text file":
        target.write_text("not a raster")
    else:
        convert(write_safe(tmp_path, Safe(generated="20210101T000000")), target)
    before = target.read_bytes()
    with pytest.raises(WrongUseError, match=r"out\.tif"):
        convert(product, target)
    assert target.read_bytes() == before


def test_a_damaged_product_leaves_nothing_behind(tmp_path: Path) -> None:
    product = write_safe(tmp_path, Safe())
    band = product / Safe().path_of("B12")
    band.write_bytes(band.read_bytes()[:150])
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(ProductError, match="B12"):
        convert(product, folder / "out.tif")
    assert list(folder.iterdir()) == []


def test_an_incomplete_product_is_converted_with_the_bands_it_has(tmp_path: Path) -> None:
    safe = Safe()
    folder = write_safe(tmp_path, safe)
    for band in ("B04", "B09"):
        (folder / safe.path_of(band)).unlink()
    converted = convert_product(folder, tmp_path / "x.tif", "bilinear", lambda *_: None)
    assert converted.missing == ("B04", "B09")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.descriptions == tuple(band.name for band in converted.bands)
        assert dataset.count == 10


@pytest.mark.parametrize(("in_pixels", "settled"), [(0, True), (1000, False), (6000, False)])
def test_a_doubt_of_the_offset_that_the_pixels_settle_is_not_told(
    tmp_path: Path, in_pixels: int, settled: bool
) -> None:
    def numbers(band: str, height: int, width: int) -> NDArray[np.uint16]:
        spread = np.arange(height * width).reshape(height, width) % 400
        return (60 + spread + in_pixels).astype(np.uint16)

    item = write_stac(tmp_path, builders.Safe(baseline="99.99", size=60, pixels=numbers))
    document = json.loads(item.read_text())
    del document["properties"]["earthsearch:boa_offset_applied"]
    item.write_text(json.dumps(document))
    for _ in range(2):  # when it is written, and when it is there
        product = convert_product(item, tmp_path / "whole.tif", "bilinear", lambda *_: None)
        assert (product.offset_warnings == ()) is settled
    assert open_product(str(item)).offset_warnings != ()


def test_strips_are_decoded_beside_the_writing_and_no_more_than_two_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, running, most = threading.Lock(), [0], [0]
    both = threading.Barrier(2)

    def watched(*given: Any) -> NDArray[np.uint16]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        # Ends when two are here together, which one after the other never are.
        both.wait(30)
        with lock:
            running[0] -= 1
        return read_band(*given)

    monkeypatch.setattr("migrate_core.pairs.convert.read_band", watched)
    monkeypatch.setattr("migrate_core.pairs.convert._THREADS", 2)
    monkeypatch.setattr("migrate_core.pairs.convert._ROWS", 30)
    monkeypatch.setattr("migrate_core.pairs.convert._COARSER_ROWS", 30)
    product = write_safe(tmp_path, Safe())
    heard = convert(product, tmp_path / "out.tif")
    assert most[0] == 2
    assert heard == [(number, 2 * len(L2A_BANDS)) for number in range(2 * len(L2A_BANDS) + 1)]
    with rasterio.open(tmp_path / "out.tif") as dataset:
        np.testing.assert_array_equal(dataset.read(), expected_pixels(product))


def test_a_cancelled_conversion_decodes_no_more_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def counted(*given: Any) -> NDArray[np.uint16]:
        read.append(given)
        return read_band(*given)

    def progress(finished: int, _: int) -> None:
        if finished == 3:
            raise JobCancelledError("It was cancelled.")

    monkeypatch.setattr("migrate_core.pairs.convert.read_band", counted)
    product = write_safe(tmp_path, Safe())
    (tmp_path / "out").mkdir()
    with pytest.raises(JobCancelledError):
        convert_product(product, tmp_path / "out" / "out.tif", "bilinear", progress)
    assert len(read) <= 5
    assert list((tmp_path / "out").iterdir()) == []
