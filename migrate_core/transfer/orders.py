"""What was ordered from long-term archives: a small file an order, so that another day goes on.

A retrieval takes up to 24 hours, longer than most runs; the note says since when it is waited for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..workspace import written_then_renamed


@dataclass(frozen=True)
class Order:
    """A product that is waited for. Times are ISO 8601 UTC.

    `state` is `ordered`, or `refused` when the archive took no more orders just then; `words` are
    the archive's own.
    """

    source: str
    product_id: str
    scene_id: str
    state: str
    since: str
    asked_at: str
    words: str = ""


def put_order(folder: Path, order: Order) -> None:
    """Write an order down, or what has become of it."""
    with written_then_renamed(_path(folder, order.source, order.product_id)) as temporary:
        temporary.write_text(json.dumps(asdict(order), ensure_ascii=False), encoding="utf-8")


def find_order(folder: Path, source: str, product_id: str) -> Order | None:
    """The order of a product; None when there is none."""
    return _read(_path(folder, source, product_id))


def forget_order(folder: Path, source: str, product_id: str) -> None:
    """The product has arrived, or is not wanted any more."""
    _path(folder, source, product_id).unlink(missing_ok=True)


def orders(folder: Path) -> list[Order]:
    """All that is waited for, the oldest first."""
    found = (_read(path) for path in sorted(folder.glob("*.json")))
    return sorted((order for order in found if order is not None), key=lambda order: order.since)


def _path(folder: Path, source: str, product_id: str) -> Path:
    digest = hashlib.sha256(f"{source}\n{product_id}".encode()).hexdigest()
    return folder / f"{digest[:16]}.json"


def _read(path: Path) -> Order | None:
    try:
        return Order(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
