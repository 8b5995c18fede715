"""What a file is by its first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate_core.masks.files.signatures import HEAD_BYTES, describe, head_of


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"", "the file is empty"),
        (bytes(100), "nothing but zeros"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is a PNG by its content"),
        (b"II*\0\x08\0", "it is a TIFF by its content"),
        (b"PK\x03\x04\x14", "it is a zip by its content"),
        (b"<!DOCTYPE html><html>404", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "pointer of Git LFS"),
        (b"hello", "text that begins with 'hello'"),
        ("\ufeffgrün und weiß".encode(), "text that begins with 'grün und weiß'"),
        (b"a line that is longer than what is shown\n", "'a line that is longer th…'"),
        (b"\x93NUMPY\x01\0", r"begins with b'\x93NUMPY\x01\x00'"),
    ],
)
def test_what_a_file_is_by_its_beginning(head: bytes, found: str) -> None:
    assert found in describe(head)


def test_a_character_that_the_end_of_the_bytes_cuts_is_no_obstacle() -> None:
    assert "text that begins" in describe("grün".encode() + "ü".encode()[:1])


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"%PDF-1.7" + b"\xff" * 10_000)
    assert len(head_of(path)) == HEAD_BYTES
    assert describe(head_of(path)) == "it is a PDF by its content"
