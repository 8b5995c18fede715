"""The packed view of a pair: all that a client needs to draw it, in one file.

A gzip file of: the magic `MVP1`; the length of the header, uint32, little-endian; the header, JSON
in UTF-8; zeros up to where the first part begins; arrays in C order, little-endian; blobs, which
are whole picture files. The header gives the place of each part by an offset that counts from the
magic and is a multiple of 8, so that a client lays typed arrays over the file. Rows of an array
with `delta` are differences from one value to the next, modulo the type: they pack better.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import PairError

MAGIC = b"MVP1"
_ALIGNED = 8
_START = len(MAGIC) + 4
# No offset has more digits than this.
_DIGITS = 12
# Differences, runs of one value, and pictures that are packed already: looking for longer matches
# takes twice as long and saves two percent.
_LEVEL, _STRATEGY = 1, zlib.Z_RLE
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, eq=False)
class PackedArray:
    """Pixels by name, uint8 or uint16; `delta` is for values that change little along a row."""

    name: str
    pixels: NDArray[Any]
    delta: bool = False


@dataclass(frozen=True)
class Blob:
    """A whole file by name, with its media type."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class PackedView:
    """A header that can be written as JSON, and the pixels and files that belong to it."""

    header: Mapping[str, Any]
    arrays: Sequence[PackedArray] = ()
    blobs: Sequence[Blob] = ()


def packed(view: PackedView) -> bytes:
    """The file of a view."""
    contents = [*map(_bytes_of, view.arrays), *(blob.content for blob in view.blobs)]
    ends = list(accumulate(_aligned(len(content)) for content in contents))
    # The header holds the offsets that depend on its length: room is left for their digits.
    bare = len(_header(view, contents, [0] * len(contents)))
    start = _aligned(_START + bare + _DIGITS * len(contents))
    header = _header(view, contents, [start, *(start + end for end in ends[:-1])])
    head = MAGIC + len(header).to_bytes(4, "little") + header
    parts = [head.ljust(start, b"\0")]
    parts += [content.ljust(_aligned(len(content)), b"\0") for content in contents]
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP, zlib.DEF_MEM_LEVEL, _STRATEGY)
    return packer.compress(b"".join(parts)) + packer.flush()


def unpacked(file: bytes) -> PackedView:
    """The view in a file, its header as it was given. Raises PairError for a damaged file."""
    content, header = _opened(file)
    arrays = [_array(content, part) for part in header.pop("arrays")]
    blobs = [Blob(part["name"], part["type"], _part(content, part)) for part in header.pop("blobs")]
    return PackedView(header, arrays, blobs)


def header_of(file: bytes) -> dict[str, Any]:
    """The header alone; all of the file is checked. Raises PairError for a damaged file."""
    return _opened(file)[1]


def _opened(file: bytes) -> tuple[bytes, dict[str, Any]]:
    """The content of a file, whose checksum has to be right, and its header."""
    try:
        content = gzip.decompress(file)
        if not content.startswith(MAGIC):
            raise ValueError(f"it doesn't begin with {MAGIC.decode()}")
        length = int.from_bytes(content[len(MAGIC) : _START], "little")
        return content, json.loads(content[_START : _START + length])
    except (OSError, EOFError, zlib.error, ValueError) as err:
        raise PairError(f"The packed view of a pair is damaged ({err}). Delete the file.") from err


def _header(view: PackedView, contents: Sequence[bytes], offsets: Sequence[int]) -> bytes:
    chunks = [
        {"offset": offset, "bytes": len(content)}
        for offset, content in zip(offsets, contents, strict=True)
    ]
    count = len(view.arrays)
    arrays = [
        {
            "name": one.name,
            "dtype": one.pixels.dtype.name,
            "shape": one.pixels.shape,
            "delta": one.delta,
            **chunk,
        }
        for one, chunk in zip(view.arrays, chunks[:count], strict=True)
    ]
    blobs = [
        {"name": blob.name, "type": blob.type, **chunk}
        for blob, chunk in zip(view.blobs, chunks[count:], strict=True)
    ]
    document = {**view.header, "arrays": arrays, "blobs": blobs}
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _bytes_of(one: PackedArray) -> bytes:
    pixels = one.pixels
    if one.delta:
        pixels = np.diff(pixels, axis=-1, prepend=pixels.dtype.type(0))
    return pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()


def _array(content: bytes, part: Mapping[str, Any]) -> PackedArray:
    dtype = np.dtype(part["dtype"])
    pixels = np.frombuffer(_part(content, part), dtype.newbyteorder("<")).reshape(part["shape"])
    if part["delta"]:
        pixels = np.cumsum(pixels, axis=-1, dtype=dtype)
    return PackedArray(part["name"], pixels.astype(dtype), part["delta"])


def _part(content: bytes, part: Mapping[str, Any]) -> bytes:
    return content[part["offset"] : part["offset"] + part["bytes"]]


def _aligned(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
