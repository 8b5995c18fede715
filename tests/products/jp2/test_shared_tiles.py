"""Windows from shared tiles: pixels as rasterio reads them, whole and area decodings counted."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window as RasterWindow

from migrate_core.grid import Window
from migrate_core.products.jp2 import shared_tiles
from migrate_core.products.jp2.errors import UnsuitableError
from migrate_core.products.jp2.shared_tiles import ENOUGH, TileCache, expecting, read_shared
from migrate_core.products.remembered import Remembered

WIDTH, HEIGHT = 700, 580


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Window]:
    """The windows that are decoded from now on, with nothing known yet."""
    found: list[Window] = []
    read_window = shared_tiles.read_window

    def counted(location: str, window: Window) -> NDArray[np.uint16]:
        found.append(window)
        return read_window(location, window)

    monkeypatch.setattr(shared_tiles, "read_window", counted)
    monkeypatch.setattr(shared_tiles, "_cache", TileCache())
    monkeypatch.setattr("migrate_core.products.jp2.window._known", Remembered(64))
    return found


@pytest.fixture(scope="module", params=[64, 192, 256])
def band(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("band") / "B02.jp2", request.param)


def write(path: Path, block: int, seed: int = 1) -> Path:
    profile: dict[str, Any] = {
        "driver": "JP2OpenJPEG",
        "QUALITY": "100",
        "REVERSIBLE": "YES",
        "tiled": True,
        "blockxsize": block,
        "blockysize": block,
        "dtype": "uint16",
        "count": 1,
        "width": WIDTH,
        "height": HEIGHT,
        "crs": "EPSG:32631",
        "transform": Affine(10, 0, 399960, 0, -10, 4700040),
    }
    pixels = np.random.default_rng(seed).integers(0, 9000, (HEIGHT, WIDTH)).astype(np.uint16)
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels, 1)
    return path


def by_rasterio(path: Path, window: Window) -> NDArray[np.uint16]:
    with rasterio.open(path) as dataset:
        inside = RasterWindow(window.column, window.row, window.width, window.height)
        found: NDArray[np.uint16] = dataset.read(1, window=inside)
    return found


def windows(count: int) -> Iterator[Window]:
    """Windows anywhere in the image, at its edges too."""
    rng = np.random.default_rng(5)
    yield Window(0, 0, WIDTH, HEIGHT)
    yield Window(WIDTH - 1, HEIGHT - 1, 1, 1)
    for _ in range(count):
        width, height = (int(side) for side in rng.integers(1, 300, 2))
        column, row = int(rng.integers(0, WIDTH - width)), int(rng.integers(0, HEIGHT - height))
        yield Window(column, row, width, height)


@pytest.mark.parametrize("together", [1, ENOUGH])
@pytest.mark.usefixtures("decoded")
def test_pixels_are_those_of_rasterio_however_tiles_are_shared(band: Path, together: int) -> None:
    with expecting(together):
        for window in windows(25):
            assert np.array_equal(read_shared(str(band), window), by_rasterio(band, window)), window


def test_where_many_windows_are_expected_each_tile_is_decoded_once(
    tmp_path: Path, decoded: list[Window]
) -> None:
    path = str(write(tmp_path / "B02.jp2", 256))
    with expecting(ENOUGH):
        for column in range(0, 200, 20):
            read_shared(path, Window(column, 240, 50, 40))
    # Two rows of tiles, of one column.
    assert decoded == [Window(0, 0, 256, 256), Window(0, 256, 256, 256)]


def test_where_few_are_expected_areas_are_decoded_until_there_were_many(
    tmp_path: Path, decoded: list[Window]
) -> None:
    path = str(write(tmp_path / "B02.jp2", 256))
    asked = [Window(column, 10, 30, 30) for column in range(0, 200, 20)]
    for window in asked:
        read_shared(path, window)
    assert decoded == [*asked[: ENOUGH - 1], Window(0, 0, 256, 256)]


def test_a_file_that_was_written_anew_is_decoded_anew(
    tmp_path: Path, decoded: list[Window]
) -> None:
    path, window = tmp_path / "B02.jp2", Window(10, 10, 30, 30)
    with expecting(ENOUGH):
        for seed in (1, 2):
            write(path, 256, seed)
            assert np.array_equal(read_shared(str(path), window), by_rasterio(path, window))
    assert len(decoded) == 2


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    location = shared_tiles.locate(str(write(tmp_path / "B02.jp2", 256)))
    cache = TileCache(limit_bytes=1000)
    for number in range(5):
        cache.keep((location, number), np.zeros(200, np.uint16))
        cache.find((location, 0))
    assert cache.held_bytes == 800
    kept = [number for number in range(5) if cache.find((location, number)) is not None]
    assert kept == [0, 4]
    cache.keep((location, 9), np.zeros(600, np.uint16))
    assert cache.find((location, 9)) is None


def test_an_image_of_one_large_tile_is_never_decoded_as_a_whole(
    tmp_path: Path, decoded: list[Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_tiles, "_LARGEST_TILE_PIXELS", 255 * 256)
    path, window = str(write(tmp_path / "B02.jp2", 256)), Window(10, 10, 30, 30)
    with expecting(ENOUGH):
        read_shared(path, window)
    assert decoded == [window]


def test_threads_that_share_tiles_get_the_same_pixels(band: Path, decoded: list[Window]) -> None:
    wanted = list(windows(12)) * 2

    def read(window: Window) -> NDArray[np.uint16]:
        with expecting(ENOUGH):
            return read_shared(str(band), window)

    with ThreadPoolExecutor(4) as threads:
        for window, found in zip(wanted, threads.map(read, wanted), strict=True):
            assert np.array_equal(found, by_rasterio(band, window))
    assert decoded


def test_what_is_no_such_file_is_left_to_gdal(tmp_path: Path) -> None:
    path = tmp_path / "B02.jp2"
    path.write_bytes(b"no image")
    with pytest.raises(UnsuitableError):
        read_shared(str(path), Window(0, 0, 1, 1))
