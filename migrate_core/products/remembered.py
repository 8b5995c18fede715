"""What a process keeps of files that it has read before, up to a number of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most `most` values by key; those that were used longest ago go. Threads may share one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def find(self, key: K) -> V | None:
        """The value of a key, if it is known."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def keep(self, key: K, value: V) -> None:
        """Remember a value; the former one of this key is forgotten."""
        with self._lock:
            self._put(key, value)

    def find_or_make(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key, made where there is none; all who ask for it get the same."""
        with self._lock:
            value = self._values[key] if key in self._values else make()
            self._put(key, value)
            return value

    def forget(self, key: K) -> None:
        """The value of a key doesn't hold any more."""
        with self._lock:
            self._values.pop(key, None)

    def _put(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
