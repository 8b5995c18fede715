"""Windows of JPEG 2000 files: pixels as rasterio reads them, bytes and tiles counted."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
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
from migrate_core.products.jp2 import byte_ranges, deflated, openjpeg, window
from migrate_core.products.jp2.byte_ranges import locate, open_ranges
from migrate_core.products.jp2.codestream import read_codestream
from migrate_core.products.jp2.cut import tiles_under
from migrate_core.products.jp2.errors import UnsuitableError
from migrate_core.products.jp2.tile_parts import from_chain, from_table
from migrate_core.products.jp2.window import read_window
from migrate_core.products.remembered import Remembered

WIDTH, HEIGHT = 700, 900
# The beginning of the first part of the tile with the number 1.
SECOND_TILE = b"\xff\x90\x00\x0a\x00\x01"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_known", Remembered(64))


def ground(seed: int, dtype: str = "uint16", top: int = 9000) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.integers(0, top, (HEIGHT // 20, WIDTH // 20)), np.ones((20, 20)))
    return (coarse + rng.normal(0, top / 100, (HEIGHT, WIDTH))).clip(0, top).astype(dtype)


def write(path: Path, pixels: NDArray[Any], block: int, **options: Any) -> Path:
    profile = {
        "driver": "JP2OpenJPEG",
        "QUALITY": "100",
        "REVERSIBLE": "YES",
        "blockxsize": block,
        "blockysize": block,
        "dtype": pixels.dtype.name,
        "count": 1,
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "crs": "EPSG:32631",
        "transform": Affine(10, 0, 500_000, 0, -10, 4_000_000),
        **options,
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels, 1)
    return path


def windows(count: int, seed: int = 0) -> list[Window]:
    """Windows at random, and those at corners and edges."""
    rng = np.random.default_rng(seed)
    found = [Window(0, 0, 1, 1), Window(WIDTH - 1, HEIGHT - 1, 1, 1), Window(0, 0, WIDTH, HEIGHT)]
    for _ in range(count):
        width, height = (int(n) for n in rng.integers(1, 260, 2))
        column, row = (int(n) for n in rng.integers(0, (WIDTH - width + 1, HEIGHT - height + 1)))
        found.append(Window(column, row, width, height))
    return found


@pytest.mark.parametrize("block", [64, 192, 640])
@pytest.mark.parametrize(("dtype", "top"), [("uint16", 65535), ("uint8", 11)])
def test_windows_are_those_of_rasterio(tmp_path: Path, block: int, dtype: str, top: int) -> None:
    path = write(tmp_path / "band.jp2", ground(block, dtype, top), block)
    with rasterio.open(path) as dataset:
        whole = dataset.read(1)
    for wanted in windows(6, block):
        assert np.array_equal(read_window(str(path), wanted), whole[wanted.slices]), wanted


def zipped(path: Path, kind: int) -> str:
    archive = path.with_suffix(f".{kind}.zip")
    with zipfile.ZipFile(archive, "w", kind) as file:
        file.writestr("first.txt", "x" * 1000)
        file.write(path, "A.SAFE/band.jp2")
    return f"/vsizip/{{{archive}}}/A.SAFE/band.jp2"


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_windows_in_a_zip_are_those_of_rasterio(tmp_path: Path, kind: int) -> None:
    path = write(tmp_path / "band.jp2", ground(1), 192)
    location = zipped(path, kind)
    with rasterio.open(location) as dataset:
        for wanted in windows(6):
            sides = (wanted.column, wanted.row, wanted.width, wanted.height)
            expected = dataset.read(1, window=RasterWindow(*sides))
            assert np.array_equal(read_window(location, wanted), expected)


class Counted:
    """Bytes that were read, of a file that is opened by `open_ranges`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = 0
        inner: Callable[..., Any] = window.open_ranges

        def counting(location: byte_ranges.Location) -> Any:
            ranges = inner(location)
            read = ranges.read

            def counted(offset: int, length: int) -> bytes:
                content: bytes = read(offset, length)
                self.read += len(content)
                return content

            ranges.read = counted
            return ranges

        monkeypatch.setattr(window, "open_ranges", counting)


def test_only_the_tiles_under_the_window_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "band.jp2", ground(2), 128)
    codestream, parts = index(path)
    wanted = Window(130, 130, 100, 100)
    tiles = tiles_under(codestream.size, 130, 130, 230, 230).numbers(codestream.size)
    assert len(tiles) == 1
    counted = Counted(monkeypatch)
    read_window(str(path), wanted)
    read_first, counted.read = counted.read, 0
    read_window(str(path), wanted)
    under = sum(part.length for part in parts if part.tile in tiles)
    assert counted.read == under
    assert read_first < under + 2 * (1 << 16) + 12 * (len(parts) + 1)


def index(path: Path) -> tuple[Any, tuple[Any, ...]]:
    ranges = open_ranges(locate(str(path)))
    codestream = read_codestream(ranges)
    parts = tuple(from_chain(ranges, codestream))
    ranges.close()
    return codestream, parts


def passing(monkeypatch: pytest.MonkeyPatch, step: int) -> list[int]:
    """The bytes that are inflated or passed over, with a seek point every `step` bytes or so."""
    passed: list[int] = []
    inner = deflated.Deflated._go_on

    def counting(self: Any, wanted: int, end: int) -> bool:
        begin = self._offset
        found = inner(self, wanted, end)
        passed.append(self._offset - begin)
        return found

    monkeypatch.setattr(deflated.Deflated, "_go_on", counting)
    monkeypatch.setattr(deflated, "_CHUNK_BYTES", 1 << 14)
    monkeypatch.setattr(deflated, "_STEP_BYTES", step)
    return passed


def test_a_compressed_member_is_gone_through_as_far_as_its_last_tile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "band.jp2", ground(3), 128)
    location = zipped(path, zipfile.ZIP_DEFLATED)
    passed = passing(monkeypatch, 1 << 40)
    _, parts = index(path)
    for tile, position in ((8, (300, 130)), (0, (0, 0)), (46, (520, 800))):
        passed.clear()
        read_window(location, Window(*position, 20, 20))
        end = next(part.offset + part.length for part in parts if part.tile == tile)
        assert sum(passed) <= max(end, 1 << 16) + (1 << 14)


def test_coming_again_begins_at_a_seek_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = ground(3)
    path = write(tmp_path / "band.jp2", pixels, 128)
    location = zipped(path, zipfile.ZIP_DEFLATED)
    passed = passing(monkeypatch, 1 << 16)
    _, parts = index(path)
    longest = max(part.length for part in parts)
    read_window(location, Window(0, 0, WIDTH, HEIGHT))
    assert sum(passed) <= path.stat().st_size
    for wanted in windows(8, 4)[3:]:
        passed.clear()
        one = Window(wanted.column, wanted.row, 1, 1)
        assert np.array_equal(read_window(location, one), pixels[one.slices])
        assert sum(passed) <= longest + (1 << 16) + 3 * (1 << 14)


def test_the_table_of_tile_lengths_says_the_same_as_the_chain(tmp_path: Path) -> None:
    path = write(tmp_path / "band.jp2", ground(4), 128, TLM="YES")
    codestream, parts = index(path)
    assert from_table(codestream) == parts


def test_a_file_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "band.jp2"
    for seed in (5, 6):
        write(path, ground(seed), 192)
        found = read_window(str(path), Window(9, 9, 40, 40))
        assert np.array_equal(found, ground(seed)[9:49, 9:49])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"II*\0" + content[4:], "no JPEG 2000 file"),
        (lambda content: content[:300], "no end|near its beginning|cut off|missing"),
        (lambda content: content[:-5000], "cut off|missing"),
        (lambda content: content.replace(SECOND_TILE, b"\xff\x90\x00\x0a\x00\x63"), "outside"),
        (lambda content: content.replace(SECOND_TILE, b"\xff\x91\x00\x0a\x00\x01"), "begin where"),
    ],
)
def test_a_damaged_file_is_left_to_gdal(
    tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    path = write(tmp_path / "band.jp2", ground(7), 192)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnsuitableError, match=reason):
        read_window(str(path), Window(0, 0, WIDTH, HEIGHT))


def test_what_is_coded_otherwise_is_left_to_gdal(tmp_path: Path) -> None:
    lossy = write(tmp_path / "lossy.jp2", ground(8), 192, REVERSIBLE="NO", QUALITY="50")
    with pytest.raises(UnsuitableError, match="transformation"):
        read_window(str(lossy), Window(0, 0, 9, 9))
    with pytest.raises(UnsuitableError, match="disks"):
        read_window("/vsicurl/https://example.org/band.jp2", Window(0, 0, 9, 9))


def test_a_window_over_the_edge_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "band.jp2", ground(9), 192)
    with pytest.raises(UnsuitableError, match="inside the image"):
        read_window(str(path), Window(WIDTH - 5, 0, 9, 9))


def test_without_the_library_all_is_left_to_gdal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openjpeg, "_library", lambda: None)
    path = write(tmp_path / "band.jp2", ground(10), 192)
    with pytest.raises(UnsuitableError, match="OpenJPEG isn't there"):
        read_window(str(path), Window(0, 0, 9, 9))


def test_threads_get_the_same_pixels(tmp_path: Path) -> None:
    pixels = ground(11)
    path = write(tmp_path / "band.jp2", pixels, 192)
    wanted = windows(16, 3)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: read_window(str(path), one), wanted))
    for one, read in zip(wanted, found, strict=True):
        assert np.array_equal(read, pixels[one.slices])
