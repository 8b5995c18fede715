"""Reading requirements.txt and its like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file that pip reads, without comments."""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = "" if line.startswith("#") else line.partition(" #")[0].strip()
        if text:
            yield text
