"""What a run of downloads shares for each service: client, connections, quota, and the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..model import iso
from ..settings import ServiceSettings
from ..store.base import Store
from ..workspace import Workspace
from .cache import ProductCache
from .download import Download, download
from .http.client import HttpClient, RetryPolicy
from .http.retry import Runtime, Traffic
from .limits import ServiceLimits
from .locks import ConnectionLimit
from .quota import QuotaState, QuotaUsage

# How often bytes under way are written to the usage record: a kill loses no more than these.
_WRITE_DOWN_BYTES = 64_000_000


class ProductStore:
    """The workspace's products and accounts, for one run; safe to use from threads."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        services: ServiceSettings,
        *,
        runtime: Runtime | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.store = store
        self.runtime = runtime or Runtime()
        self.traffic = Traffic()
        self._workspace = workspace
        self._policy = policy
        self._most_bytes = services.max_download_bytes
        self.cache = ProductCache(workspace.products, services.cache_bytes, self.runtime)

    def client(self, service: str) -> HttpClient:
        """A client for a service, counted in this run's traffic."""
        return HttpClient(service, policy=self._policy, runtime=self.runtime, traffic=self.traffic)

    def account(self, limits: ServiceLimits) -> ServiceAccount:
        """The account of one service."""
        usage = QuotaUsage(self.store, limits.service, limits.quota, self.runtime)
        folder = self._workspace.connections(limits.service)
        slots = ConnectionLimit(folder, limits.connections, self.runtime)
        return ServiceAccount(slots, usage, self._most_bytes)

    def now(self) -> str:
        """The clock of this run, ISO 8601 UTC."""
        return iso(datetime.fromtimestamp(self.runtime.clock(), UTC))


class ServiceAccount:
    """The connections and the quota of one service, over all processes of a workspace."""

    def __init__(self, limit: ConnectionLimit, usage: QuotaUsage, most_bytes: int) -> None:
        self._limit = limit
        self._usage = usage
        self._most_bytes = most_bytes

    def fetch(self, wanted: Download, target: Path, client: HttpClient) -> Path:
        """Download a file within the service's limits, and write down what it took."""
        if target.exists():
            return target
        self._usage.check(wanted.size or 0)
        wanted = replace(wanted, most_bytes=self._most_bytes)
        usage_writer = _UsageWriter(self._usage, wanted.title)
        counted = _Counting(client)
        with self._limit.connection():
            try:
                return download(wanted, target, counted.client, usage_writer.add)
            finally:
                client.traffic.add(
                    requests=counted.traffic.requests, received=counted.traffic.bytes
                )
                usage_writer.close(counted.traffic.requests)


class _Counting:
    """A client of the same service whose traffic is that of one download alone."""

    def __init__(self, client: HttpClient) -> None:
        self.traffic = Traffic()
        self.client = client.counting(self.traffic)


class _UsageWriter:
    """Gathers bytes of one download and writes them down now and then."""

    def __init__(self, usage: QuotaUsage, what: str) -> None:
        self._write: Callable[[int, int, str], None] = usage.add
        self._what = what
        self._bytes = 0

    def add(self, received: int) -> None:
        self._bytes += received
        if self._bytes >= _WRITE_DOWN_BYTES:
            self._write(self._bytes, 0, self._what)
            self._bytes = 0

    def close(self, requests: int) -> None:
        self._write(self._bytes, requests, self._what)
        self._bytes = 0


def quota_state(store: Store, limits: ServiceLimits) -> QuotaState:
    """How much of a service's quota was used."""
    return QuotaUsage(store, limits.service, limits.quota, Runtime()).state()
