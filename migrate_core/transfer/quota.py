"""What was downloaded from a service, held against its quota over the last days.

A file of JSON lines a service, appended under a lock: any process of the workspace may write, and a
kill loses at most the line it was about to write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TransferError
from ..files.disk import writing
from ..workspace import written_then_renamed
from .http.retry import Runtime
from .locks import locked

_DAY_S = 86400.0
# Lines of days that no quota looks back to are dropped when there are so many.
_LINES = 20_000


@dataclass(frozen=True)
class Quota:
    """At most `bytes` in any `days` days."""

    bytes: int
    days: int


@dataclass(frozen=True)
class QuotaState:
    """Bytes and requests used in the quota's days, and what is left; None without a quota."""

    service: str
    bytes: int
    requests: int
    left: int | None
    quota: Quota | None = None


class QuotaUsage:
    """The account of one service; the file is made when there is something to write."""

    def __init__(self, folder: Path, service: str, quota: Quota | None, around: Runtime) -> None:
        self._path = folder / f"{service}.jsonl"
        self._lock = folder / f"{service}.lock"
        self._service = service
        self._quota = quota
        self._around = around

    def add(self, received: int, requests: int, what: str) -> None:
        """Write down bytes and requests for `what` (a product's name)."""
        if not received and not requests:
            return
        entry = {
            "at": round(self._around.clock(), 3),
            "bytes": received,
            "requests": requests,
            "what": what,
        }
        with writing(self._path), locked(self._lock, self._around):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._shorten()

    def state(self) -> QuotaState:
        """What the days of the quota (30 without one) have seen."""
        entries = list(self._recent())
        received = sum(int(entry["bytes"]) for entry in entries)
        requests = sum(int(entry["requests"]) for entry in entries)
        left = None if self._quota is None else max(self._quota.bytes - received, 0)
        return QuotaState(self._service, received, requests, left, self._quota)

    def check(self, size: int) -> None:
        """Raise TransferError when `size` more bytes would exceed the quota."""
        left = self.state().left
        if self._quota is not None and left is not None and size > left:
            raise TransferError(
                f"{self._service}: {size / 1e9:.1f} GB are asked for, but of its "
                f"{self._quota.bytes / 1e12:g} TB in {self._quota.days} days only "
                f"{left / 1e9:.1f} GB are left. Wait some days, or use another source."
            )

    def _since(self) -> float:
        days = self._quota.days if self._quota else 30
        return self._around.clock() - days * _DAY_S

    def _recent(self) -> Iterator[dict[str, Any]]:
        since = self._since()
        return (entry for entry in self._entries() if float(entry["at"]) >= since)

    def _entries(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        for line in lines:
            try:
                entry = json.loads(line)
                entry["at"], entry["bytes"], entry["requests"]
            except (ValueError, KeyError, TypeError):  # a line cut short by a full disk
                continue
            yield entry

    def _shorten(self) -> None:
        """Drop what no quota looks back to, once the file has grown long."""
        if self._path.stat().st_size < _LINES * 60:
            return
        kept = "".join(json.dumps(entry) + "\n" for entry in self._recent())
        if len(kept) < self._path.stat().st_size / 2:
            with written_then_renamed(self._path) as temporary:
                temporary.write_text(kept, encoding="utf-8")
