"""Blocks of a deflate stream whose bytes are stored as they are (RFC 1951, section 3.2.4).

What can't be compressed, as most of a JPEG 2000 file, is in such blocks. A block says how long it
is, so its bytes need not be read to come to the next one.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

import numpy as np

# A stored block that begins on a byte: three bits that say so, padding, the length and its
# complement.
_HEADER = struct.Struct("<BHH")
_LAST_OR_CODED = 0b111
LENGTHS_BYTES = 4
# So many bytes have to come out as they went in, for a block to be known as a stored one.
_PROVEN_BYTES = 256
# Shorter blocks aren't worth a look.
_LEAST_BYTES = 1 << 10
_COMPLEMENT = 0xFFFF
# So many bytes from a place in a file on.
Read = Callable[[int, int], bytes]
# What `may_begin` and `begins` need behind the place that they look at.
AHEAD_BYTES = LENGTHS_BYTES + _PROVEN_BYTES


def reader(file: BinaryIO) -> Read:
    """Reads a file that is open without a buffer, in one call where the system has one for it."""
    if sys.platform != "win32":
        return partial(os.pread, file.fileno())

    def read(length: int, at: int) -> bytes:
        file.seek(at)
        return file.read(length)

    return read


def fetch_ahead(file: BinaryIO, at: int, length: int) -> None:
    """Have the system read some bytes from its disk meanwhile, where it can be asked to.

    It doesn't by itself for small reads far from each other, which would wait for the disk each.
    """
    if sys.platform == "linux":
        os.posix_fadvise(file.fileno(), at, length, os.POSIX_FADV_WILLNEED)


def stored_blocks(read: Read, at: int, offset: int, end: int) -> list[tuple[int, int, int]]:
    """The stored blocks that follow each other from `at` on, as far as the one that has `end`.

    Of each: from which to which offset of the inflated bytes it is, and where they stand; the first
    one is from `offset` on. Ends before a block of another kind, and before the last one of the
    stream. Raises OSError for a damaged one.
    """
    # Tuples, and names for what is looked up: there are thousands of blocks before a tile.
    found: list[tuple[int, int, int]] = []
    size, unpack = _HEADER.size, _HEADER.unpack
    while offset < end and len(header := read(size, at)) == size:
        kind, length, complement = unpack(header)
        if kind & _LAST_OR_CODED:
            break
        if length ^ complement != _COMPLEMENT:
            raise OSError("a block of a compressed file is damaged")
        at += size
        found.append((offset, offset + length, at))
        at, offset = at + length, offset + length
    return found


def may_begin(packed: bytes) -> int | None:
    """The first place behind the first byte where the lengths of a stored block may stand.

    Only where `AHEAD_BYTES` follow, and not for short blocks.
    """
    values = np.frombuffer(packed, dtype=np.uint8)[1 : max(1, len(packed) - _PROVEN_BYTES)]
    # The high bytes of a length and of its complement are two bytes apart, as are the low ones.
    (first,) = np.nonzero((values[1:-2] ^ values[3:]) == 0xFF)
    same = (values[first] ^ values[first + 2]) == 0xFF
    found = first[same & (values[first + 1] >= _LEAST_BYTES >> 8)]
    return int(found[0]) + 1 if found.size else None


def begins(packed: bytes, inflater: Any) -> int | None:
    """How long the stored block is whose lengths `packed` begins with; None when it is none.

    `inflater` has come there and stays as it is. In a stored block it gives what it is given, and
    nothing for the lengths: no coded block does so, nor does the middle of a stored one.
    """
    probe = inflater.copy()
    content = packed[LENGTHS_BYTES:AHEAD_BYTES]
    try:
        nothing = probe.decompress(packed[:LENGTHS_BYTES])
        same = probe.decompress(content) == content
    except zlib.error:
        return None
    return int.from_bytes(packed[:2], "little") if same and not nothing else None
