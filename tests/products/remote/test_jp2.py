"""JPEG 2000 at a service: pixels as rasterio's, few requests, none for what is known already."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray

from migrate_core.errors import ProductError, TransferError
from migrate_core.grid import PixelGrid, Window, block
from migrate_core.products.access import Piece
from migrate_core.products.jp2.byte_ranges import locate, open_ranges
from migrate_core.products.jp2.codestream import read_codestream
from migrate_core.products.jp2.errors import UnsuitableError
from migrate_core.products.jp2.tile_parts import from_chain
from migrate_core.products.jp2.tile_search import TileSearch
from migrate_core.products.pixels.reading import read_native
from migrate_core.products.product import JPEG2000, BandFile, Product
from migrate_core.products.remembered import Remembered
from migrate_core.products.remote import index
from migrate_core.products.remote.file import HEAD_BYTES, RemoteFile
from migrate_core.products.remote.jp2 import read_remote_jp2

SIZE = 1200
CRS, NORTH_WEST = "EPSG:32631", (500_000, 4_000_000)
TRANSFORM = Affine(10, 0, NORTH_WEST[0], 0, -10, NORTH_WEST[1])


@dataclass
class Service:
    """A file behind `piece`, its requests noted; other ways to it are none."""

    content: bytes
    version: str = '"one"'
    asked: list[tuple[int, int]] = field(default_factory=list)
    failing: list[int | None] = field(default_factory=list)

    def piece(self, location: str, offset: int, length: int) -> Piece | None:
        self.asked.append((offset, length))
        if self.failing:
            raise TransferError("It failed.", self.failing.pop())
        return Piece(self.content[offset : offset + length], len(self.content), self.version)

    def retry(self, failures: int, status: int | None) -> bool:
        return failures < 3 and status != 404

    def address(self, location: str) -> str:
        raise AssertionError("GDAL was asked")

    def options(self, location: str) -> dict[str, Any]:
        return {}

    def keys(self, location: str) -> None:
        return None


def uneven(seed: int) -> NDArray[np.uint16]:
    """Ground that is flat in parts and rough in others, so that tiles differ in length."""
    rng = np.random.default_rng(seed)
    roughness = np.kron(rng.choice([0, 3, 40, 900], (10, 10)), np.ones((SIZE // 10, SIZE // 10)))
    return (3000 + rng.normal(0, 1, (SIZE, SIZE)) * roughness).clip(1, 65000).astype(np.uint16)


def write(path: Path, pixels: NDArray[np.uint16], tile: int, **options: Any) -> Path:
    profile = {
        **{"driver": JPEG2000, "QUALITY": "100", "REVERSIBLE": "YES"},
        **{"blockxsize": tile, "blockysize": tile, "dtype": "uint16", "count": 1},
        **{"width": SIZE, "height": SIZE, "crs": CRS, "transform": TRANSFORM, **options},
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels, 1)
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    folder, known = tmp_path_factory.mktemp("jp2"), {}

    def content(seed: int, tile: int, **options: Any) -> bytes:
        key = json.dumps([seed, tile, options])
        if key not in known:
            path = write(folder / "band.jp2", uneven(seed), tile, **options)
            known[key] = path.read_bytes()
        return known[key]

    return content


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_known", Remembered(64))
    monkeypatch.setattr(index, "_folder", [])


def band_of(service: Service) -> BandFile:
    return BandFile("B02", "/vsis3/eodata/band.jp2?signed=1", 10, JPEG2000, service)


def product_of(service: Service, transform: Affine = TRANSFORM) -> Product:
    grid = PixelGrid(CRS, transform, SIZE, SIZE)
    return Product("X", "L2A", "05.11", grid, (band_of(service),), None, {}, "")


def pixels_of(service: Service, window: Window) -> NDArray[np.uint16]:
    """The window through the cutter; nothing is left to GDAL."""
    found: NDArray[np.uint16] = read_remote_jp2(band_of(service), service, window, lambda _: None)
    return found


def windows(count: int) -> list[Window]:
    rng = np.random.default_rng(count)
    found = [Window(0, 0, 1, 1), Window(SIZE - 1, SIZE - 1, 1, 1), Window(1, 0, SIZE - 1, 9)]
    for _ in range(count):
        width, height = (int(n) for n in rng.integers(1, 200, 2))
        column, row = (int(n) for n in rng.integers(0, (SIZE - width + 1, SIZE - height + 1)))
        found.append(Window(column, row, width, height))
    return found


@pytest.mark.parametrize("options", [{}, {"TLM": "YES"}], ids=["without TLM", "with TLM"])
@pytest.mark.parametrize("tile", [64, 192, 640, 2048])
def test_windows_are_the_pixels_that_were_written(
    written: Callable[..., bytes], tile: int, options: dict[str, str]
) -> None:
    service = Service(written(1, tile, **options))
    expected = uneven(1)
    for window in windows(8):
        assert np.array_equal(pixels_of(service, window), expected[window.slices]), window


def lengths(content: bytes, path: Path) -> tuple[Any, dict[int, Any]]:
    """Header and tiles by walking from tile to tile."""
    path.write_bytes(content)
    ranges = open_ranges(locate(str(path)))
    codestream = read_codestream(ranges)
    parts = {part.tile: part for part in from_chain(ranges, codestream)}
    ranges.close()
    return codestream, parts


def test_a_tile_is_found_in_few_reads_at_the_place_that_the_chain_says(
    written: Callable[..., bytes], tmp_path: Path
) -> None:
    content = written(2, 64)
    codestream, parts = lengths(content, tmp_path / "band.jp2")
    assert len(parts) == 361
    assert max(part.length for part in parts.values()) > 5 * min(
        part.length for part in parts.values()
    )
    counts = []
    for tile in range(361):
        service = Service(content)
        file = RemoteFile(service, "band.jp2").open()
        assert TileSearch(file, codestream).find([tile]) == [parts[tile]]
        counts.append(len(service.asked) - 1)
    assert max(counts) <= 8
    assert sum(counts) / len(counts) <= 3


def test_a_window_takes_one_request_once_its_tiles_are_known(
    written: Callable[..., bytes], tmp_path: Path
) -> None:
    """Also in another process, which has what the folder keeps."""
    index.keep_in(tmp_path)
    service = Service(written(3, 192))
    window = Window(600, 600, 100, 100)
    first = pixels_of(service, window)
    _, parts = lengths(service.content, tmp_path / "band.jp2")
    for _ in range(2):
        service.asked.clear()
        assert np.array_equal(pixels_of(service, window), first)
        tile = 3 * 7 + 3
        assert service.asked == [(parts[tile].offset, parts[tile].length)]
        index._known = Remembered(64)
    assert "signed" not in "".join(str(path) for path in tmp_path.iterdir())


def test_with_a_table_of_lengths_two_requests_are_enough(written: Callable[..., bytes]) -> None:
    service = Service(written(3, 192, TLM="YES"))
    pixels_of(service, Window(600, 600, 100, 100))
    assert len(service.asked) == 2
    assert service.asked[0] == (0, HEAD_BYTES)


def test_neighbouring_tiles_come_in_one_request(written: Callable[..., bytes]) -> None:
    service = Service(written(3, 192, TLM="YES"))
    pixels_of(service, Window(0, 0, 10, 10))
    service.asked.clear()
    pixels_of(service, Window(380, 380, 300, 300))  # 3 x 3 tiles, in 3 rows
    assert len(service.asked) == 3


PACKETS = {"PLT": "YES", "PRECINCTS": ",".join(["{256,256}"] * 6)}


@pytest.mark.parametrize("options", [{}, {"TLM": "YES"}], ids=["without TLM", "with TLM"])
@pytest.mark.parametrize("tile", [192, 640, 1024, 2048])
def test_windows_are_read_by_their_packets(
    written: Callable[..., bytes], tile: int, options: dict[str, str]
) -> None:
    service, pixels = Service(written(6, tile, **PACKETS, **options)), uneven(6)
    for window in windows(8):
        assert np.array_equal(pixels_of(service, window), pixels[window.slices]), window
    found = index.find(band_of(service).location)
    assert found is not None
    assert len(found.packets) > 1 or tile == 2048


def test_only_the_packets_under_a_window_come(
    written: Callable[..., bytes], tmp_path: Path
) -> None:
    """In one round once it is known how long they are, also in another process."""
    index.keep_in(tmp_path)
    service, window = Service(written(6, 1024, **PACKETS, TLM="YES")), Window(600, 700, 90, 90)
    first = pixels_of(service, window)
    (beginning, *others), came = service.asked, sum(length for _, length in service.asked)
    _, parts = lengths(service.content, tmp_path / "band.jp2")
    assert beginning == (0, HEAD_BYTES)
    assert others
    assert came < 0.6 * parts[0].length
    for _ in range(2):
        service.asked.clear()
        assert np.array_equal(pixels_of(service, window), first)
        assert len(service.asked) <= 3
        assert sum(length for _, length in service.asked) < came
        index._known = Remembered(64)


def test_a_tile_without_lengths_among_others_is_read_as_it_is(
    written: Callable[..., bytes], tmp_path: Path
) -> None:
    """As a file may be of which only some tiles say them: here the marker becomes a remark."""
    content = bytearray(written(6, 640, **PACKETS, TLM="YES"))
    _, parts = lengths(bytes(content), tmp_path / "band.jp2")
    second = parts[1]
    assert content[second.offset + 12 : second.offset + 14] == b"\xff\x58"
    content[second.offset + 13] = 0x64
    service = Service(bytes(content))
    window = Window(600, 10, 90, 90)
    for _ in range(2):
        assert np.array_equal(pixels_of(service, window), uneven(6)[window.slices])


def test_a_file_replaced_by_another_is_indexed_again(
    written: Callable[..., bytes], tmp_path: Path
) -> None:
    index.keep_in(tmp_path)
    service = Service(written(4, 192))
    window = Window(600, 600, 100, 100)
    pixels_of(service, window)
    service.content, service.version = written(5, 192), '"two"'
    assert np.array_equal(pixels_of(service, window), uneven(5)[window.slices])
    index._known = Remembered(64)
    service.asked.clear()
    pixels_of(service, window)
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b'{"form": 2}',
        b'{"form": 99, "size": 3}',
        (b'"packets": []', b'"packets": [[0, 30]]'),
        (b'"packets": []', b'"packets": [[0, -30, -5]]'),
        (b'"size": ', b'"size": 1e999, "x": '),
    ],
)
def test_a_damaged_index_is_learnt_again(
    written: Callable[..., bytes], tmp_path: Path, damage: bytes | tuple[bytes, bytes]
) -> None:
    index.keep_in(tmp_path)
    service = Service(written(4, 192))
    window = Window(600, 600, 100, 100)
    first = pixels_of(service, window)
    (path,) = tmp_path.iterdir()
    if isinstance(damage, tuple):
        assert damage[0] in path.read_bytes()
        damage = path.read_bytes().replace(*damage)
    path.write_bytes(damage)
    index._known = Remembered(64)
    assert np.array_equal(pixels_of(service, window), first)


def test_a_folder_that_cannot_be_written_costs_no_pixels(
    written: Callable[..., bytes], tmp_path: Path
) -> None:
    (tmp_path / "indexes").write_text("a file, not a folder")
    index.keep_in(tmp_path / "indexes")
    service = Service(written(4, 192))
    window = Window(600, 600, 100, 100)
    assert np.array_equal(pixels_of(service, window), uneven(4)[window.slices])
    service.version = '"two"'
    assert np.array_equal(pixels_of(service, window), uneven(4)[window.slices])


def test_what_fails_in_passing_is_tried_again_and_else_named(
    written: Callable[..., bytes],
) -> None:
    service = Service(written(4, 192))
    product = product_of(service)
    grid = block(product.grid, Window(600, 600, 100, 100))
    service.failing = [503, None]
    found = read_native(product, product.bands[0], grid)
    assert np.array_equal(found, uneven(4)[600:700, 600:700])
    service.failing = [404]
    with pytest.raises(ProductError, match=r"band B02 can't be read \(HTTP response code: 404\)"):
        read_native(product, product.bands[0], grid)


def test_a_band_that_lies_elsewhere_is_refused(written: Callable[..., bytes]) -> None:
    product = product_of(Service(written(4, 192)), TRANSFORM @ Affine.translation(1, 0))
    grid = block(product.grid, Window(600, 600, 100, 100))
    with pytest.raises(ProductError, match="inconsistent"):
        read_native(product, product.bands[0], grid)


def several_parts(content: bytes) -> bytes:
    """The number of parts of each tile set to two."""
    return content.replace(b"\x00\x01\xff\x93", b"\x00\x02\xff\x93")


def swapped(content: bytes, first: int, second: int) -> bytes:
    """Two tiles under each other's number."""
    marks = [b"\xff\x90\x00\x0a" + struct.pack(">H", tile) for tile in (first, second)]
    content = content.replace(marks[0], b"\xff\x90\x00\x0aXY").replace(marks[1], marks[0])
    return content.replace(b"\xff\x90\x00\x0aXY", marks[1])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (several_parts, "several parts"),
        (lambda content: swapped(content, 23, 24), "in order|begin where"),
        (lambda content: content[: len(content) // 2], "cut off|can't be found|begin where"),
        (lambda content: b"II*\0" + content[4:], "no JPEG 2000 file"),
    ],
)
def test_what_is_laid_out_otherwise_is_left_to_gdal(
    written: Callable[..., bytes], damage: Callable[[bytes], bytes], reason: str
) -> None:
    service = Service(damage(written(4, 192)))
    with pytest.raises(UnsuitableError, match=reason):
        pixels_of(service, Window(600, 600, 100, 100))
