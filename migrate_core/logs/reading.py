"""The end of the log, for whoever looks for what happened to a job or a pair."""

from __future__ import annotations

import re
from pathlib import Path

# So much is read from the end of the log, however long it is.
_READ_BYTES = 2_000_000
_HEAD = re.compile(r"^\S+Z \w+ +\[\d+\] job=(?P<job>\S+) pair=(?P<pair>\S+) ")


def last_lines(path: Path, field: str, value: str, most: int = 200) -> tuple[str, ...]:
    """The last lines about one `job` or `pair` (the `field`), the oldest first.

    The file that was rotated last is read as well, where the present one is short.
    """
    text = ""
    for part in (path, path.with_name(f"{path.name}.1")):
        text = _end_of(part, _READ_BYTES - len(text)) + text
    found = [line for line in text.split("\n") if _is_about(line, field, value)]
    return tuple(found[-most:])


def _is_about(line: str, field: str, value: str) -> bool:
    head = _HEAD.match(line)
    return head is not None and head[field] == value


def _end_of(path: Path, most: int) -> str:
    """At most the last so many bytes of a file; nothing where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - max(most, 0), 0))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
