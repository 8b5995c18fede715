"""What a file is by its first bytes, for messages on one that isn't what its name promises."""

from __future__ import annotations

from pathlib import Path

# As many bytes as are looked at.
HEAD_BYTES = 512
TIFF, PNG, JPEG, ZIP = "TIFF", "PNG", "JPEG", "zip"
# The beginnings that the formats define (TIFF 6.0 and BigTIFF, PNG, JFIF, PKWARE, SQLite, …).
_SIGNATURES = (
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"Rar!", "RAR archive"),
    (b"7z\xbc\xaf", "7z archive"),
    (b"\x1f\x8b", "gzip file"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\x89HDF", "HDF5 file"),
    (b"PAR1", "Parquet file"),
)
TIFF_SIGNATURES = tuple(sign for sign, kind in _SIGNATURES if kind == TIFF)
_LFS = "version https://git-lfs"
_SHOWN = 24


def kind_of_bytes(head: bytes) -> str | None:
    """The format that a file of this beginning has, or None where it is none of those known."""
    return next((kind for sign, kind in _SIGNATURES if head.startswith(sign)), None)


def describe(head: bytes) -> str:
    """What a file is by its first bytes, as the end of a sentence: `it is a PNG`."""
    if not head:
        return "the file is empty"
    if not any(head):
        return "it has nothing but zeros where its header should be"
    if kind := kind_of_bytes(head):
        return f"it is a {kind} by its content"
    text = _text(head)
    if text is None:
        return f"it begins with {head[:8]!r}, which no format known here does"
    if text.startswith(_LFS):
        return "it is a pointer of Git LFS, not the file itself (run `git lfs pull`)"
    if text.lower().startswith(("<!doctype html", "<html")):
        return "it is a web page (HTML), which is what a download that failed often leaves"
    first = text.splitlines()[0]
    shown = first if len(first) <= _SHOWN else f"{first[:_SHOWN]}…"
    return f"it is text that begins with {shown!r}"


def head_of(path: Path) -> bytes:
    """The first bytes of a file on disk, as many as are looked at. Raises OSError."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _text(head: bytes) -> str | None:
    """The bytes as text, or None where they are none."""
    try:
        text = head.decode("utf-8", errors="strict")
    except UnicodeDecodeError as err:
        if err.start < len(head) - 4:  # not a character that the end of the bytes cuts
            return None
        text = head[: err.start].decode("utf-8")
    text = text.lstrip("\ufeff").strip()
    readable = all(sign.isprintable() or sign in "\r\n\t" for sign in text)
    return text if text and readable else None
