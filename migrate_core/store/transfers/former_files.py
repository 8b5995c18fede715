"""Downloads and orders as earlier versions kept them: files in the workspace, read once more.

`transfer/SERVICE.jsonl` has a JSON line a download, `transfer/orders/*.json` is an order each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...workspace import Workspace


@dataclass(frozen=True)
class FormerFile:
    """A file, and what it holds as rows of a table of today."""

    path: Path
    table: str
    rows: tuple[Mapping[str, Any], ...]


def former_files(workspace: Workspace) -> Iterator[FormerFile]:
    """What earlier versions left; what can't be read, as a line cut short, costs itself only."""
    for path in sorted(workspace.transfer.glob("*.jsonl")):
        lines = enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines())
        rows = (_download(path.stem, number, line) for number, line in lines)
        yield FormerFile(path, "downloads", tuple(row for row in rows if row))
    for path in sorted(workspace.orders.glob("*.json")):
        row = _order(path.read_text(encoding="utf-8", errors="replace"))
        yield FormerFile(path, "orders", (row,) if row else ())


def _download(service: str, number: int, line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
        return {
            # The same in each attempt, so that a kill in between counts nothing twice.
            "token": f"{service} {number} {entry['at']}",
            "service": service,
            "at": float(entry["at"]),
            "bytes": int(entry["bytes"]),
            "requests": int(entry["requests"]),
            "what": str(entry.get("what", "")),
        }
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def _order(text: str) -> dict[str, Any] | None:
    names = ("source", "product_id", "scene_id", "state", "since")
    try:
        entry = json.loads(text)
        return {**{name: str(entry[name]) for name in names}, "words": str(entry.get("words", ""))}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
