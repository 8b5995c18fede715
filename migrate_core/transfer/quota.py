"""What was downloaded from a service, held against its quota over the last days."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import TransferError
from ..store.base import Store
from ..store.transfers.downloads import DownloadRow, downloaded, note_download
from .http.retry import Runtime
from .limits import Quota

_DAY_S = 86400.0
# What is looked back to where a service has no quota.
_DAYS = 30


@dataclass(frozen=True)
class QuotaState:
    """Bytes and requests used in the quota's days, and what is left; None without a quota."""

    service: str
    bytes: int
    requests: int
    left: int | None
    quota: Quota | None = None


class QuotaUsage:
    """What all processes on one store have downloaded from one service."""

    def __init__(self, store: Store, service: str, quota: Quota | None, runtime: Runtime) -> None:
        self._store = store
        self._service = service
        self._quota = quota
        self._runtime = runtime

    def add(self, received: int, requests: int, what: str) -> None:
        """Write down bytes and requests for `what` (a product's name)."""
        if received or requests:
            row = DownloadRow(self._service, self._runtime.clock(), received, requests, what)
            note_download(self._store, row, self._since())

    def state(self) -> QuotaState:
        """What the days of the quota (30 without one) have seen."""
        received, requests = downloaded(self._store, self._service, self._since())
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
        days = self._quota.days if self._quota else _DAYS
        return self._runtime.clock() - days * _DAY_S
