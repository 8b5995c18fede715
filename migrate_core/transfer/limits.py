"""What services allow an account to download.

Apart from what counts it, which needs the database: workers that make pairs know the services but
count nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """At most `bytes` in any `days` days."""

    bytes: int
    days: int


@dataclass(frozen=True)
class ServiceLimits:
    """What a service allows an account; `service` is a name for files and messages."""

    service: str
    connections: int = 4
    quota: Quota | None = None
