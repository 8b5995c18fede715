"""The packed view as a file: what goes in comes out, and a client finds it by the header."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from migrate_core.errors import PairError
from migrate_core.pairs.view.packed import Blob, PackedArray, PackedView, packed, unpacked


def a_view() -> PackedView:
    pixels = np.arange(2 * 3 * 5, dtype=np.uint16).reshape(2, 3, 5) * 1999
    arrays = [
        PackedArray("image", pixels, delta=True),
        PackedArray("label", np.eye(3, 5, dtype="u1")),
    ]
    return PackedView({"pair_id": "été"}, arrays, [Blob("source", "image/png", b"\x89PNG...")])


@given(
    st_numpy.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        st_numpy.array_shapes(min_dims=2, max_dims=3, max_side=7),
    ),
    st.booleans(),
    st.binary(max_size=20),
)
def test_what_goes_in_comes_out(pixels: np.ndarray, delta: bool, content: bytes) -> None:
    view = PackedView({"n": 1}, [PackedArray("a", pixels, delta)], [Blob("b", "x/y", content)])
    found = unpacked(packed(view))
    assert found.header == {"n": 1}
    assert (found.arrays[0].name, found.arrays[0].pixels.dtype) == ("a", pixels.dtype)
    np.testing.assert_array_equal(found.arrays[0].pixels, pixels)
    assert found.blobs == [Blob("b", "x/y", content)]


def test_a_client_finds_each_part_by_the_header_alone() -> None:
    """Read by the description of the format, without the reader."""
    content = gzip.decompress(packed(a_view()))
    assert content[:4] == b"MVP1"
    length = int.from_bytes(content[4:8], "little")
    header = json.loads(content[8 : 8 + length].decode("utf-8"))
    assert header["pair_id"] == "été"
    image, label = header["arrays"]
    (blob,) = header["blobs"]
    parts = (image, label, blob)
    assert all(part["offset"] % 8 == 0 for part in parts)
    ends = [8 + length, *(part["offset"] + part["bytes"] for part in parts)]
    for end, part in zip(ends, parts, strict=False):
        # Nothing but zeros between the parts.
        assert not any(content[end : part["offset"]])
    found = np.frombuffer(content, "<u2", 30, image["offset"]).reshape(image["shape"])
    summed = np.cumsum(found.astype(np.uint64), axis=-1) % 65536
    np.testing.assert_array_equal(summed, a_view().arrays[0].pixels)
    assert (label["dtype"], label["shape"], label["delta"]) == ("uint8", [3, 5], False)
    assert content[blob["offset"] :][: blob["bytes"]] == b"\x89PNG..."
    assert blob["type"] == "image/png"


def test_the_same_view_is_the_same_file() -> None:
    assert packed(a_view()) == packed(a_view())


@pytest.mark.parametrize("damage", ["cut", "flipped", "other", "empty"])
def test_a_damaged_file_is_told(damage: str) -> None:
    whole = packed(a_view())
    flipped = whole[:-20] + bytes([whole[-20] ^ 0xFF]) + whole[-19:]
    files = {"cut": whole[:-9], "flipped": flipped, "other": gzip.compress(b"PK"), "empty": b""}
    with pytest.raises(PairError, match="damaged"):
        unpacked(files[damage])


def test_what_is_no_json_is_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        packed(PackedView({"shift": float("nan")}))
