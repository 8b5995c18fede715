"""Files of a Zarr store, version 3: metadata of arrays and groups, chunks, and shards of chunks.

The format: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html, its shards:
https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html, its texts
(`string`, `vlen-utf8`) and `zstd`: https://github.com/zarr-developers/zarr-extensions
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ....workspace import written_then_renamed

METADATA = "zarr.json"
TEXT = "string"
_LEVEL = 3
# Offset and size of a chunk that isn't in a shard.
_MISSING = (1 << 64) - 1
_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
_TEXTS = {"name": "vlen-utf8", "configuration": {}}
_ZSTD = {"name": "zstd", "configuration": {"level": _LEVEL, "checksum": False}}


@dataclass(frozen=True, eq=False)
class ZarrArray:
    """An array: its dimensions with their sizes, and the sizes of what one file holds of it.

    `dtype` is a data type of numpy or `string`. With `chunk` a file is a shard of such chunks.
    """

    name: str
    dtype: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    per_file: tuple[int, ...]
    fill: Any
    chunk: tuple[int, ...] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        """The document zarr.json of the array."""
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(self.shape),
            "data_type": self.dtype,
            "chunk_grid": {
                "name": "regular",
                "configuration": {"chunk_shape": list(self.per_file)},
            },
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": self.fill,
            "codecs": self._steps(),
            "dimension_names": list(self.dimensions),
            "attributes": dict(self.attributes),
            "storage_transformers": [],
        }

    def _steps(self) -> list[dict[str, Any]]:
        """What a file went through, from numbers to bytes."""
        steps = [_TEXTS if self.dtype == TEXT else _BYTES, _ZSTD]
        if self.chunk is None:
            return steps
        configuration = {
            "chunk_shape": list(self.chunk),
            "codecs": steps,
            "index_codecs": [_BYTES, {"name": "crc32c"}],
            "index_location": "end",
        }
        return [{"name": "sharding_indexed", "configuration": configuration}]

    def file_name(self, number: int = 0) -> str:
        """The file with the samples of this number, relative to the array's group."""
        rest = "/0" * (len(self.shape) - 1)
        return f"{self.name}/c/{number}{rest}"

    def chunk_bytes(self, values: Sequence[Any] | NDArray[Any]) -> bytes:
        """The bytes of a file that is no shard; where values are too few it is filled up."""
        if self.dtype == TEXT:
            missing = self.per_file[0] - len(values)
            return compressed(_text_bytes([*values, *[self.fill] * missing]))
        filled = np.full(self.per_file, np.nan if self.fill == "NaN" else self.fill, self.dtype)
        filled[: len(values)] = values
        return compressed(_little(filled))


def group_metadata(
    attributes: Mapping[str, Any], members: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The document zarr.json of a group, with those of all its members by their paths.

    So whoever opens it over a network reads one file for all of them.
    """
    return {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": dict(attributes),
        "consolidated_metadata": {
            "kind": "inline",
            "must_understand": False,
            "metadata": dict(members),
        },
    }


class ShardWriter:
    """Writes a shard, chunk by chunk, so that one chunk is in memory."""

    def __init__(self, file: IO[bytes], chunks: int) -> None:
        self._file = file
        self._offset = 0
        self._written = 0
        self._index = np.full((chunks, 2), _MISSING, dtype="<u8")

    def append(self, values: NDArray[Any]) -> None:
        """Write the next chunk."""
        content = compressed(_little(values))
        self._file.write(content)
        self._index[self._written] = self._offset, len(content)
        self._offset += len(content)
        self._written += 1

    def close(self) -> None:
        """Write where the chunks are; those that weren't given are noted as missing."""
        index = self._index.tobytes()
        self._file.write(index + struct.pack("<I", crc32c(index)))


def compressed(content: bytes) -> bytes:
    """Bytes compressed by Zstandard."""
    import pyarrow as pa

    found: bytes = pa.Codec("zstd", compression_level=_LEVEL).compress(content, asbytes=True)
    return found


def write_metadata(path: Path, document: Mapping[str, Any], apart: Path) -> None:
    """Write a zarr.json where it says something else than the one that is there."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        with written_then_renamed(path, apart=apart) as temporary:
            temporary.write_text(text, encoding="utf-8")


def read_metadata(path: Path) -> Mapping[str, Any] | None:
    """A zarr.json; None where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def crc32c(content: bytes) -> int:
    """The checksum of Castagnoli (RFC 3720, appendix B.4)."""
    rest = 0xFFFFFFFF
    for byte in content:
        rest = _CRC[(rest ^ byte) & 0xFF] ^ (rest >> 8)
    return rest ^ 0xFFFFFFFF


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_CRC = tuple(map(_crc_of_byte, range(256)))


def _little(values: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()


def _text_bytes(texts: Sequence[str]) -> bytes:
    """Texts as `vlen-utf8`: their number, then of each its length and its bytes."""
    items = [text.encode() for text in texts]
    counted = b"".join(struct.pack("<I", len(item)) + item for item in items)
    return struct.pack("<I", len(items)) + counted
