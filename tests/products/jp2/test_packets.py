"""Packets under a window: pixels as rasterio's from them alone, the others not read."""

from __future__ import annotations

import itertools
import struct
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from migrate_core.grid import Window
from migrate_core.products.jp2 import packets, tile_content, window
from migrate_core.products.jp2.byte_ranges import locate, open_ranges
from migrate_core.products.jp2.codestream import SOD, ImageSize
from migrate_core.products.jp2.errors import UnsuitableError
from migrate_core.products.jp2.packets import PacketLengths, extents_of, lengths_in
from migrate_core.products.jp2.tile_content import area_of, read_lengths
from migrate_core.products.jp2.tile_parts import TilePart
from migrate_core.products.jp2.window import read_window
from migrate_core.products.remembered import Remembered
from tests.products.jp2.test_window import Counted, ground, index, windows, write, zipped

PRECINCTS = {
    "as products": ",".join(["{256,256}"] * 6),
    "small": "{64,64},{32,32},{32,32}",
    "as GDAL": "{512,512},{256,512},{128,512},{64,512},{32,512},{16,512}",
}


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_known", Remembered(64))


def written(folder: Path, tile: int, seed: int = 1, **options: Any) -> Path:
    """A band that says how long its packets are, with precincts as products have them."""
    usual = {"PLT": "YES", "PRECINCTS": PRECINCTS["as products"]}
    return write(folder / "band.jp2", ground(seed), tile, **{**usual, **options})


def lengths_of(path: Path, part: TilePart) -> PacketLengths | None:
    with closing(open_ranges(locate(str(path)))) as ranges:
        return read_lengths(ranges, part)[1]


class Known:
    """Whether the packets of each tile that was read were known."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found: list[bool] = []

        def noting(*arguments: Any) -> Any:
            result = packets.runs(*arguments)
            self.found.append(result is not None)
            return result

        monkeypatch.setattr(tile_content, "runs", noting)


@pytest.mark.parametrize("progression", ["LRCP", "RLCP", "RPCL", "PCRL", "CPRL"])
@pytest.mark.parametrize(
    ("tile", "precincts", "options"),
    [
        (192, "small", {}),
        (640, "as GDAL", {"QUALITY": "20,50,100"}),
        (1024, "as products", {}),
        (1024, "small", {"QUALITY": "50,100"}),
    ],
)
def test_windows_are_those_of_rasterio_from_their_packets_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    progression: str,
    tile: int,
    precincts: str,
    options: dict[str, str],
) -> None:
    layout = {"PROGRESSION": progression, "PRECINCTS": PRECINCTS[precincts]}
    path = written(tmp_path, tile, tile, **layout, **options)
    known = Known(monkeypatch)
    with rasterio.open(path) as dataset:
        pixels = dataset.read(1)
    for wanted in windows(8, tile):
        assert np.array_equal(read_window(str(path), wanted), pixels[wanted.slices]), wanted
    assert known.found
    assert all(known.found)


def test_what_lies_beside_the_packets_of_a_window_may_be_anything(tmp_path: Path) -> None:
    path = written(tmp_path, 1024)
    wanted = Window(300, 420, 60, 50)
    expected = ground(1)[wanted.slices]
    codestream, (part,) = index(path)
    given = lengths_of(path, part)
    assert given is not None
    found = packets.runs(codestream, 0, given, area_of(codestream.size, wanted))
    assert found is not None
    content = bytearray(path.read_bytes())
    spoilt = 0
    for run in found:
        if not run.needed:
            start, end = part.offset + run.start, part.offset + run.end
            content[start:end] = b"\x55" * (end - start)
            spoilt += end - start
    assert spoilt > 0.6 * part.length
    path.write_bytes(content)
    assert np.array_equal(read_window(str(path), wanted), expected)


def test_windows_at_borders_of_precincts_have_what_the_filter_reaches_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, 1024, PRECINCTS=PRECINCTS["small"])
    pixels, known = ground(1), Known(monkeypatch)
    for border, before, length in itertools.product((64, 256, 512), range(6), (1, 4, 9)):
        wanted = Window(border - before, border - before, length, length)
        assert np.array_equal(read_window(str(path), wanted), pixels[wanted.slices]), wanted
    assert all(known.found)


@pytest.mark.parametrize("kind", [None, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_only_the_packets_under_a_window_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int | None
) -> None:
    path = written(tmp_path, 1024)
    location = str(path) if kind is None else zipped(path, kind)
    wanted = Window(530, 560, 100, 100)
    _, (part,) = index(path)
    read_window(location, wanted)
    counted = Counted(monkeypatch)
    assert np.array_equal(read_window(location, wanted), ground(1)[wanted.slices])
    assert counted.read < 0.35 * part.length


@pytest.mark.parametrize(
    "options",
    [{"SOP": "YES"}, {"EPH": "YES"}, {"PLT": "NO"}],
    ids=lambda options: next(iter(options)),
)
def test_tiles_whose_packets_are_not_known_are_read_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    path = written(tmp_path, 640, **options)
    known = Known(monkeypatch)
    for wanted in windows(5, 640):
        assert np.array_equal(read_window(str(path), wanted), ground(1)[wanted.slices])
    assert not any(known.found)


def test_lengths_that_stand_in_many_bytes_are_read_to_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, 1024, PRECINCTS="{16,16},{16,16},{16,16},{16,16},{16,16},{16,16}")
    _, (part,) = index(path)
    given = lengths_of(path, part)
    assert given is not None
    assert given.first > 1 << 12
    assert given.first + sum(given.lengths) == part.length
    known = Known(monkeypatch)
    wanted = Window(200, 300, 40, 40)
    assert np.array_equal(read_window(str(path), wanted), ground(1)[wanted.slices])
    assert known.found == [True]


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body


def tile_part(*segments: bytes, data: int, parts: int = 1) -> bytes:
    header = b"".join(segments) + struct.pack(">H", SOD)
    length = 12 + len(header) + data
    return struct.pack(">HHHIBB", 0xFF90, 10, 0, length, 0, parts) + header + bytes(data)


PLT, COM, POC = 0xFF58, 0xFF64, 0xFF5F


@pytest.mark.parametrize(
    ("content", "lengths"),
    [
        # Seven bits a byte: 0x81 0x00 is 128. Segments follow each other by their numbers.
        (tile_part(segment(PLT, b"\x00\x05\x81\x00\x03"), data=136), (5, 128, 3)),
        (
            tile_part(segment(PLT, b"\x01\x03"), segment(PLT, b"\x00\x05\x02"), data=10),
            (5, 2, 3),
        ),
        (tile_part(segment(COM, b"\x00\x01x"), segment(PLT, b"\x00\x05"), data=5), (5,)),
        (tile_part(segment(PLT, b"\x00\x05"), data=6), None),
        (tile_part(segment(PLT, b"\x00\x05"), data=5, parts=2), None),
        (tile_part(segment(POC, b"\x00" * 7), segment(PLT, b"\x00\x05"), data=5), None),
        (tile_part(data=5), None),
        # What isn't well formed: no byte in a segment, no end of a number, packets of no length.
        (tile_part(struct.pack(">HH", PLT, 2), data=5), None),
        (tile_part(segment(PLT, b"\x00\x05\x80"), data=5), None),
        (tile_part(segment(PLT, b"\x00\x05\x00"), data=5), None),
        (tile_part(segment(PLT, b"\x00" + b"\x80" * 60_000 + b"\x05"), data=5), None),
    ],
    ids=range(11),
)
def test_lengths_are_those_of_the_marker_where_they_are_of_all_packets(
    content: bytes, lengths: tuple[int, ...] | None
) -> None:
    found = lengths_in(content, len(content))
    if lengths is None:
        assert found is None
    else:
        assert found == PacketLengths(len(content) - sum(lengths), lengths)


def test_a_header_that_goes_on_behind_what_was_read_is_said() -> None:
    content = tile_part(segment(PLT, b"\x00" + b"\x01" * 30), data=30)
    for end in range(12, len(content) - 30):
        with pytest.raises(struct.error):
            lengths_in(content[:end], len(content))


def test_a_header_that_tells_of_other_packets_than_the_tile_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even counted one by one: here it tells of a hundred million."""
    path = written(tmp_path, 1024, PRECINCTS=PRECINCTS["small"])
    codestream, (part,) = index(path)
    given = lengths_of(path, part)
    assert given is not None
    large = replace(codestream, size=replace(codestream.size, x1=20_000, y1=20_000))
    large = replace(large, size=replace(large.size, tile_width=20_000, tile_height=20_000))
    monkeypatch.setattr(packets, "_packets", pytest.fail)
    assert packets.runs(large, 0, given, (0, 0, 9, 9)) is None


def test_a_header_that_changes_the_coding_of_its_component_is_left_to_gdal(tmp_path: Path) -> None:
    path = written(tmp_path, 640)
    content = path.read_bytes()
    at = content.index(b"\xff\x52")
    length = struct.unpack_from(">H", content, at + 2)[0]
    own = content[at + 9 : at + 2 + length]  # the number of levels, and what follows it
    changed = segment(0xFF53, b"\x00\x01" + own)
    path.write_bytes(content[: at + 2 + length] + changed + content[at + 2 + length :])
    with pytest.raises(UnsuitableError, match="rare"):
        read_window(str(path), Window(0, 0, 9, 9))


@pytest.mark.parametrize("seed", range(40))
def test_packets_are_in_the_order_of_the_loops_of_the_standard(seed: int) -> None:
    """Wherever image and tiles begin on the reference grid: B.12.1, written out."""
    rng = np.random.default_rng(seed)
    x0, y0 = (int(n) for n in rng.integers(0, 90, 2))
    tx0, ty0 = int(rng.integers(0, x0 + 1)), int(rng.integers(0, y0 + 1))
    side_x, side_y = (int(n) for n in rng.integers(90, 160, 2))
    size = ImageSize(x0 + 200, y0 + 180, x0, y0, side_x, side_y, tx0, ty0)
    levels, layers = int(rng.integers(1, 4)), int(rng.integers(1, 3))
    exponents = tuple((int(a), int(b)) for a, b in rng.integers(2, 7, (levels + 1, 2)))
    tile = int(rng.integers(size.tile_columns * size.tile_rows))
    for progression in range(5):
        coding = packets._Coding(progression, layers, exponents)
        found = [(one.resolution, one.corner) for one in packets._packets(coding, size, tile)]
        assert found == list(by_loops(coding, size, tile))
        assert len(found) == packets._count(coding, size, tile)


def by_loops(
    coding: packets._Coding, size: ImageSize, tile: int
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Resolution and corner, (y, x), of the precinct of each packet."""
    x0, y0, x1, y1 = size.tile_area(tile)
    levels, resolutions = len(coding.precincts) - 1, range(len(coding.precincts))

    def begins(at: int, first: int, exponent: int, scale: int) -> bool:
        """Whether a precinct begins at a coordinate of the reference grid."""
        low = -(-first >> scale)
        inside = at == first and (low << scale) % (1 << (exponent + scale)) != 0
        return at % (1 << (exponent + scale)) == 0 or inside

    def at(y: int, x: int, resolution: int) -> bool:
        scale, (width, height) = levels - resolution, coding.precincts[resolution]
        return begins(y, y0, height, scale) and begins(x, x0, width, scale)

    def of_resolution(resolution: int) -> list[tuple[int, tuple[int, int]]]:
        scale = levels - resolution
        if -(-x0 >> scale) == -(-x1 >> scale) or -(-y0 >> scale) == -(-y1 >> scale):
            return []
        corners = itertools.product(range(y0, y1), range(x0, x1))
        return [(resolution, (y, x)) for y, x in corners if at(y, x, resolution)]

    each = [of_resolution(resolution) for resolution in resolutions]
    layers = range(coding.layers)
    if coding.progression == 0:
        yield from (one for _ in layers for found in each for one in found)
    elif coding.progression == 1:
        yield from (one for found in each for _ in layers for one in found)
    elif coding.progression == 2:
        yield from (one for found in each for one in found for _ in layers)
    else:
        everything = sorted((corner, r) for found in each for r, corner in found)
        yield from ((r, corner) for corner, r in everything for _ in layers)


def test_extents_have_all_that_is_needed_and_join_what_is_near() -> None:
    runs = [
        packets.Run(needed, 1, start, start + 10)
        for needed, start in zip(
            (True, False, True, False, False, True), range(100, 160, 10), strict=True
        )
    ]
    assert extents_of(runs, 100, 0) == [(0, 110), (120, 130), (150, 160)]
    assert extents_of(runs, 100, 10) == [(0, 130), (150, 160)]
    assert extents_of(runs, 100, 20) == [(0, 160)]
    assert extents_of(runs, 126, 0) == [(0, 130), (150, 160)]


def test_a_real_band_is_read_by_its_packets(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = map(str, shared_data.glob("safe_jp2_T31TDH/**/*_B01.jp2"))
    known = Known(monkeypatch)
    with rasterio.open(path) as dataset:
        pixels = dataset.read(1)
    size = pixels.shape[0]
    for column, row in itertools.product(range(0, size - 90, 240), repeat=2):
        wanted = Window(column + 7, row + 11, 70, 60)
        assert np.array_equal(read_window(path, wanted), pixels[wanted.slices])
    assert all(known.found)
