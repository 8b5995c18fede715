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
from typing import Any, BinaryIO, NamedTuple

import numpy as np

# A stored block that begins on a byte: three bits that say so, padding, the length and its
# complement.
_HEADER = struct.Struct("<BHH")
_LAST_OR_CODED = 0b111
LENGTHS_BYTES = 4
# So many bytes have to come out as they went in, for a block to be known as a stored one.
_PROVEN_BYTES = 256
# Shorter blocks aren't worth a look.
_LEAST_HIGH_BYTE = 4
# So many bytes from a place in a file on.
Read = Callable[[int, int], bytes]
# What `may_begin` and `begins` need behind the place that they look at.
AHEAD_BYTES = LENGTHS_BYTES + _PROVEN_BYTES


class Stored(NamedTuple):
    """A block: its bytes are those from `begin` to `end` of some blocks, `at` where they stand."""

    begin: int
    end: int
    at: int


def reader(file: BinaryIO) -> Read:
    """Reads a file that is open without a buffer, in one call where the system has one for it."""
    if sys.platform != "win32":
        return partial(os.pread, file.fileno())

    def read(length: int, at: int) -> bytes:
        file.seek(at)
        return file.read(length)

    return read


def stored_blocks(read: Read, at: int, most: int) -> list[Stored]:
    """The stored blocks that follow each other from `at` on, until they have `most` bytes.

    Ends before a block of another kind, and before the last one of the stream. Raises OSError for
    a damaged one.
    """
    found: list[Stored] = []
    passed = 0
    while passed < most and len(header := read(_HEADER.size, at)) == _HEADER.size:
        kind, length, complement = _HEADER.unpack(header)
        if kind & _LAST_OR_CODED:
            break
        if length ^ complement != 0xFFFF:
            raise OSError("a block of a compressed file is damaged")
        at += _HEADER.size
        found.append(Stored(passed, passed + length, at))
        at, passed = at + length, passed + length
    return found


def may_begin(packed: bytes) -> int | None:
    """The first place behind the first byte where the lengths of a stored block may stand.

    Only where `AHEAD_BYTES` follow, and not for short blocks.
    """
    found = np.frombuffer(packed, dtype=np.uint8)[1 : len(packed) - _PROVEN_BYTES]
    if found.size < LENGTHS_BYTES:
        return None
    # Of the 16-bit numbers that begin at each byte, those followed by their complement.
    high = (found[1:-2] ^ found[3:]) == 0xFF
    places = np.flatnonzero(high)
    low = (found[places] ^ found[places + 2]) == 0xFF
    places = places[low & (found[places + 1] >= _LEAST_HIGH_BYTE)]
    return int(places[0]) + 1 if places.size else None


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
