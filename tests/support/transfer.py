"""Clients and product stores for tests: they never really sleep; their clock is set by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from migrate_core.scenes.cloud_cover.scene_clouds import CloudReader
from migrate_core.settings import ServiceSettings
from migrate_core.store.base import open_store
from migrate_core.transfer.http.bounds import MAX_FILE_BYTES
from migrate_core.transfer.http.client import HttpClient
from migrate_core.transfer.http.retry import RetryPolicy, Runtime
from migrate_core.transfer.limits import ServiceLimits
from migrate_core.transfer.product_store import ProductStore
from migrate_core.transfer.quota import QuotaState, QuotaUsage
from migrate_core.workspace import Workspace


@dataclass
class Time:
    """A clock that sleeping moves, and that remembers how long was slept."""

    now: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)
    check: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def runtime(self) -> Runtime:
        return Runtime(self.sleep, lambda: self.now, jitter=lambda: 1.0, check=lambda: self.check())


def a_client(time: Time | None = None, **policy: float) -> HttpClient:
    attempts = int(policy.pop("attempts", 4))
    return HttpClient(
        "service",
        policy=RetryPolicy(attempts=attempts, timeout_s=(5, 5), **policy),
        runtime=(time or Time()).runtime,
    )


def a_product_store(
    folder: Path,
    time: Time | None = None,
    cache_bytes: int = 10**9,
    most_bytes: int = MAX_FILE_BYTES,
) -> ProductStore:
    workspace = Workspace(folder)
    return ProductStore(
        workspace,
        open_store(workspace),
        ServiceSettings(cache_bytes=cache_bytes, max_download_bytes=most_bytes),
        runtime=(time or Time()).runtime,
        policy=RetryPolicy(timeout_s=(5, 5)),
    )


def used(product_store: ProductStore, limits: ServiceLimits) -> QuotaState:
    """What was used of a quota by the clock of the run."""
    runtime = product_store.runtime
    return QuotaUsage(product_store.store, limits.service, limits.quota, runtime).state()


def a_cloud_reader(services: ServiceSettings, folder: Path) -> CloudReader:
    """What reads cloud masks with the workspace in `folder`."""
    workspace = Workspace(folder)
    return CloudReader(services, workspace, open_store(workspace))
