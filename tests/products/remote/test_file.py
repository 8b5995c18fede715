"""Bytes of a remote file: right in whatever order they are read, hardly one fetched twice."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.errors import TransferError
from migrate_core.products.access import Piece
from migrate_core.products.jp2.errors import UnsuitableError
from migrate_core.products.remote import file as remote_file
from migrate_core.products.remote.file import (
    ChangedError,
    Extent,
    FileForGdal,
    RemoteFile,
    merged,
)

CONTENT = bytes(number * 7 % 251 for number in range(50_000))


class Service:
    """`CONTENT` by pieces."""

    def __init__(self) -> None:
        self.asked: list[Extent] = []
        self.version = "1"

    def piece(self, location: str, offset: int, length: int) -> Piece | None:
        self.asked.append(Extent(offset, min(offset + length, len(CONTENT))))
        return Piece(CONTENT[offset : offset + length], len(CONTENT), self.version)


reads = st.lists(st.tuples(st.integers(0, 51_000), st.integers(0, 9_000)), min_size=1, max_size=12)


@given(reads, st.integers(1, 20_000), st.integers(0, 5_000))
def test_what_is_read_is_what_the_file_has_and_comes_once(
    wanted: list[tuple[int, int]], first: int, ahead: int
) -> None:
    service = Service()
    file = RemoteFile(service, "x").open(first)
    for offset, length in wanted:
        assert file.read(offset, length, ahead) == CONTENT[offset : offset + length]
    # Nothing comes again but what lies between the ranges of one request.
    fetched = sum(extent.end - extent.start for extent in service.asked)
    distinct = len({at for extent in service.asked for at in range(extent.start, extent.end)})
    assert fetched - distinct <= remote_file._NEAR_BYTES * len(wanted) ** 2


@given(reads)
def test_extents_that_are_merged_hold_the_same_bytes_and_lie_apart(
    wanted: list[tuple[int, int]],
) -> None:
    extents = [Extent(start, start + length) for start, length in wanted]
    found = merged(extents)
    for extent in extents:
        if extent.start < extent.end:
            assert any(one.start <= extent.start and extent.end <= one.end for one in found)
    near = remote_file._NEAR_BYTES
    assert all(other.start - one.end > near for one, other in pairwise(found))
    assert {one.start for one in found} <= {extent.start for extent in extents}
    assert {one.end for one in found} <= {extent.end for extent in extents}


def test_neighbours_come_in_one_request_and_what_lies_apart_in_two() -> None:
    service = Service()
    file = RemoteFile(service, "x").open(10)
    service.asked.clear()
    file.fetch([Extent(1000, 1500), Extent(1504, 2000), Extent(30_000, 30_100), Extent(0, 9)])
    assert sorted(service.asked) == [Extent(1000, 2000), Extent(30_000, 30_100)]


def test_another_version_of_the_file_is_refused() -> None:
    service = Service()
    file = RemoteFile(service, "x").open(10)
    service.version = "2"
    with pytest.raises(ChangedError):
        file.read(1000, 10)


def test_a_way_that_only_gdal_knows_is_said() -> None:
    class Other(Service):
        def piece(self, location: str, offset: int, length: int) -> Piece | None:
            return None

    with pytest.raises(UnsuitableError, match="only GDAL"):
        RemoteFile(Other(), "x").open()


def test_gdal_reads_it_as_a_file_and_failures_are_kept_for_the_caller() -> None:
    class Failing(Service):
        def piece(self, location: str, offset: int, length: int) -> Piece | None:
            if offset > 40_000:
                raise TransferError("It is down.", 503)
            return super().piece(location, offset, length)

    failures: list[Exception] = []
    file = FileForGdal(RemoteFile(Failing(), "x").open(100), failures)
    assert file.seek(-100, io.SEEK_END) == 49_900
    assert file.seek(500) == 500
    assert file.read(20) == CONTENT[500:520]
    assert file.tell() == 520
    file.seek(45_000)
    assert file.read(20) == b""
    assert [str(failure) for failure in failures] == ["It is down."]
