"""When to try again, what that works with, and what is counted on the way."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

TOO_MANY = 429
# 408 and 425 ask to come again; the others are a server or a proxy that is not well just now.
TRANSIENT = frozenset({408, 425, TOO_MANY, 500, 502, 503, 504})

Sleep = Callable[[float], None]
# Called between steps and while waiting; raises (JobCancelledError) when the work is to stop.
Check = Callable[[], None]


@dataclass(frozen=True)
class RetryPolicy:
    """When to try again: `attempts` in all, with waits that double from `first_wait_s`.

    A wait is scaled by a random factor in 0.5…1, so that many clients don't come back at once.
    A `Retry-After` is obeyed as it is; one beyond `longest_retry_after_s` ends the attempts.
    A host that can't be found, or refuses connections, and that has never answered, is given up
    after `never_connected_attempts`: most likely it isn't there, and a person waits for the others.
    `timeout_s` are the seconds until a connection is made, and between two pieces of 64 kB of an
    answer, or until its headers are complete; `answer_s` those that a whole document may take.
    """

    attempts: int = 8
    never_connected_attempts: int = 3
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_retry_after_s: float = 900.0
    timeout_s: tuple[float, float] = (15.0, 60.0)
    answer_s: float = 600.0

    def wait_s(self, failures: int, jitter: float) -> float:
        """Seconds to wait after so many `failures` (from 1) in a row; `jitter` in 0…1."""
        doubled: float = self.first_wait_s * 2.0 ** (failures - 1)
        return min(doubled, self.longest_wait_s) * (0.5 + jitter / 2)


class Traffic:
    """Requests sent and bytes received (of bodies); threads may count at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.bytes = 0

    def add(self, *, requests: int = 0, received: int = 0) -> None:
        """Count more."""
        with self._lock:
            self.requests += requests
            self.bytes += received


class TransientError(Exception):
    """An attempt failed in a way that the next may not; `retry_after_s` is the service's wish.

    `never_connected` marks an attempt that didn't even get a connection.
    """

    def __init__(
        self,
        reason: str,
        retry_after_s: float | None = None,
        status: int | None = None,
        *,
        never_connected: bool = False,
    ) -> None:
        super().__init__(reason)
        self.never_connected = never_connected
        self.retry_after_s = retry_after_s
        self.status = status


class SlowError(TransientError):
    """So little came of an answer that it would never end."""

    def __init__(self, received: int) -> None:
        super().__init__(f"it sent too slowly: {received:,} bytes, and then hardly any more")


def never_stop() -> None:
    """A `Check` for callers that nobody interrupts."""


@dataclass(frozen=True)
class Runtime:
    """What a client works with and tests replace: waiting, the clock, chance, interruption."""

    sleep: Sleep = time.sleep
    clock: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random
    check: Check = never_stop
