"""Compressed members of zips: bytes as they were packed, and how many of them are looked at."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate_core.products.jp2 import deflated, stored_blocks
from migrate_core.products.jp2.deflated import Deflated, Packed, SeekPoints


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflated, "_STEP_BYTES", 1 << 16)
    monkeypatch.setattr(deflated, "_LOOK_BACK_BYTES", 1 << 15)


def deflate(content: bytes, level: int = 6) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def member(path: Path, packed: bytes, size: int, points: SeekPoints | None = None) -> Deflated:
    """A member between other bytes of a file."""
    path.write_bytes(b"before" + packed + bytes(99))
    file = path.open("rb", buffering=0)
    return Deflated(file, Packed(6, len(packed), size), points or SeekPoints())


def mixed(dice: random.Random) -> bytes:
    """Bytes that can be compressed and bytes that can't, and what stood there before."""
    found = b""
    for _ in range(dice.randint(1, 12)):
        length = dice.randint(1, 80_000)
        kind = dice.choice(["noise", "noise", "text", "bits", "again"])
        noise = dice.randbytes(length)
        found += {
            "noise": noise,
            "text": b"label " * (length // 6),
            "bits": bytes(byte & 0x3F for byte in noise[:20_000]),
            "again": found[-30_000:],
        }[kind]
    return found


def packed_in_parts(content: bytes, dice: random.Random) -> bytes:
    """By any level and strategy, with empty blocks where a packer was flushed."""
    packer = zlib.compressobj(
        dice.choice([0, 1, 3, 6, 9]), zlib.DEFLATED, -zlib.MAX_WBITS, dice.choice([1, 8, 9]),
        dice.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED]),
    )  # fmt: skip
    found = b""
    while content:
        length = dice.randint(1, 200_000)
        found += packer.compress(content[:length])
        content = content[length:]
        if dice.random() < 0.3:
            found += packer.flush(dice.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH]))
    return found + packer.flush()


@pytest.mark.parametrize("seed", range(25))
def test_what_is_read_is_what_was_packed(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    content = mixed(dice)
    packed, points = packed_in_parts(content, dice), SeekPoints()
    for _ in range(3):
        found = member(tmp_path / "a.zip", packed, len(content), points)
        offset = 0
        for _ in range(8):
            near = min(len(content), offset + dice.randint(0, 30_000))
            offset = dice.choice([near, dice.randint(0, len(content))])
            length = dice.randint(0, 90_000)
            assert found.read(offset, length) == content[offset : offset + length]
        found.close()


def counted(found: Deflated) -> list[int]:
    """How many bytes of the zip are read, call by call."""
    lengths: list[int] = []
    inner: Callable[[int, int], bytes] = found._read

    def read(length: int, at: int) -> bytes:
        lengths.append(length)
        return inner(length, at)

    found._read = read
    return lengths


def test_stored_blocks_are_passed_over_unread(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(3_000_000)
    found = member(tmp_path / "a.zip", deflate(content), len(content))
    lengths = counted(found)
    assert found.read(2_900_000, 1000) == content[2_900_000:2_901_000]
    found.close()
    assert sum(lengths) < 40_000


def test_a_coded_block_between_stored_ones_is_the_only_one_that_is_inflated(
    tmp_path: Path,
) -> None:
    dice = random.Random(2)
    middle = dice.randbytes(9000) + b"label " * 10_000
    content = dice.randbytes(800_000) + middle + dice.randbytes(800_000)
    found = member(tmp_path / "a.zip", deflate(content), len(content))
    lengths = counted(found)
    assert found.read(1_600_000, 1000) == content[1_600_000:1_601_000]
    found.close()
    # With what may be referred back to.
    assert sum(lengths) < 32_768 + 4 * deflated._CHUNK_BYTES


def inflated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes are inflated, call by call."""
    lengths: list[int] = []
    inner = Deflated._add

    def add(self: Any, used: int, content: bytes | None, length: int) -> None:
        lengths.append(0 if content is None else length)
        inner(self, used, content, length)

    monkeypatch.setattr(Deflated, "_add", add)
    return lengths


def test_coded_blocks_are_inflated_once_on_the_way_and_then_from_a_seek_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(byte & 0x3F for byte in random.Random(3).randbytes(1_000_000))
    packed, points, lengths = deflate(content), SeekPoints(), inflated(monkeypatch)
    found = member(tmp_path / "a.zip", packed, len(content), points)
    for offset in range(0, 1_000_000, 50_000):
        assert found.read(offset, 60_000) == content[offset : offset + 60_000]
    assert sum(lengths) == len(content)
    found.close()
    found = member(tmp_path / "a.zip", packed, len(content), points)
    for offset in (900_000, 30_000, 500_000):
        lengths.clear()
        assert found.read(offset, 100) == content[offset : offset + 100]
        assert sum(lengths) <= (1 << 16) + 2 * 4 * deflated._CHUNK_BYTES
    found.close()


def stored(content: bytes, *, last: bool = False) -> bytes:
    return struct.pack("<BHH", last, len(content), len(content) ^ 0xFFFF) + content


def test_what_looks_like_a_block_inside_another_one_is_none(tmp_path: Path) -> None:
    """Short stored blocks are left to the inflater, so their content is looked through."""
    dice = random.Random(4)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    text = b"label " * 100
    packed = packer.compress(text) + packer.flush(zlib.Z_PARTIAL_FLUSH)
    packed += packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)
    alike = b"".join(stored(dice.randbytes(40))[:5] for _ in range(3)) + b"\x00\x20\xff\xdf"
    blocks = [alike * 10 + dice.randbytes(400), dice.randbytes(5000), alike * 20, alike * 400]
    packed += b"".join(map(stored, blocks)) + stored(b"the end", last=True)
    content = text * 2 + b"".join(blocks) + b"the end"
    assert zlib.decompress(packed, -zlib.MAX_WBITS) == content
    found = member(tmp_path / "a.zip", packed, len(content))
    for offset in range(0, len(content), 700):
        assert found.read(offset, 700) == content[offset : offset + 700]
    found.close()


def test_damaged_blocks_are_an_error_and_missing_ones_are_not_made_up(tmp_path: Path) -> None:
    content = random.Random(5).randbytes(300_000)
    packed = bytearray(deflate(content, 0))
    for damage in (b"\x00\x10\x00\x10\x00", b"\x06"):
        broken = packed[:]
        length = int.from_bytes(packed[1:3], "little")
        broken[5 + length : 5 + length + len(damage)] = damage
        found = member(tmp_path / "a.zip", bytes(broken), len(content))
        with pytest.raises(OSError, match=r"damaged|invalid"):
            found.read(0, len(content))
        found.close()
    found = member(tmp_path / "a.zip", bytes(packed[:100_000]), len(content))
    with pytest.raises(OSError, match="damaged"):
        found.read(0, len(content))
    found.close()
    coded = deflate(bytes(300_000))[:200]
    found = member(tmp_path / "a.zip", coded, 300_000)
    assert len(found.read(0, 300_000)) < 300_000
    found.close()


def test_a_system_that_reads_only_where_a_file_stands_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_blocks.sys, "platform", "win32")
    content = mixed(random.Random(6))
    found = member(tmp_path / "a.zip", deflate(content), len(content))
    assert found.read(1000, len(content)) == content[1000:]
    found.close()
