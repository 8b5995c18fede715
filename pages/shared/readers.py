"""Reading in the background what a service may take a minute to give, or never gives."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock, Semaphore, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

_KEPT = 64
_AT_ONCE = 2
# A service that failed is not asked again with every click.
_FAILED_FOR_S = 60.0


@dataclass
class _Asked(Generic[T]):
    future: Future[T]
    at: float = field(default_factory=time.monotonic)

    @property
    def stale(self) -> bool:
        """Whether it failed so long ago that it is worth another try."""
        failed = self.future.done() and self.future.exception() is not None
        return failed and time.monotonic() - self.at > _FAILED_FOR_S


class Readers(Generic[T]):
    """Threads that read pictures, and the last pictures; shared by all tabs."""

    def __init__(self) -> None:
        self._slots = Semaphore(_AT_ONCE)
        self._asked: OrderedDict[tuple[str, ...], _Asked[T]] = OrderedDict()
        self._lock = Lock()

    def ask(self, key: tuple[str, ...], read: Callable[[], T]) -> Future[T]:
        """What has been asked for under a key, asked for now if it wasn't."""
        with self._lock:
            known = self._asked.get(key)
            if known is None or known.stale:
                known = self._asked[key] = _Asked(self._begun(read))
            self._asked.move_to_end(key)
            while len(self._asked) > _KEPT:
                _, oldest = self._asked.popitem(last=False)
                oldest.future.cancel()
            return known.future

    def _begun(self, read: Callable[[], T]) -> Future[T]:
        """A reading on its way, in a thread that doesn't keep a server from ending."""
        future: Future[T] = Future()
        Thread(target=self._read, args=(future, read), daemon=True).start()
        return future

    def _read(self, future: Future[T], read: Callable[[], T]) -> None:
        with self._slots:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(read())
            except Exception as err:  # whoever looks at the future raises it
                future.set_exception(err)
