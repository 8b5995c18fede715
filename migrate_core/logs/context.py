"""What a record is about: the ids of the job and of the pair, passed from call to call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from types import MappingProxyType
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

_ids: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default=MappingProxyType({}))


@contextmanager
def about(ids: Mapping[str, str]) -> Iterator[None]:
    """Name these ids (`job`, `pair`) in every record of the block, beside those known already.

    `command` is what a person called, which jobs name when they begin.
    """
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def ids_here() -> dict[str, str]:
    """The ids that records get here, as plain values that can be sent to another process."""
    return dict(_ids.get())


def bound(function: Callable[P, T]) -> Callable[P, T]:
    """The function with the ids of here, for a thread, which would begin without them.

    For one call at a time: a context can't be entered twice.
    """
    return partial(copy_context().run, function)


class AddIds(logging.Filter):
    """Gives each record the fields `job` and `pair`, `-` where there is none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes."""
        ids = _ids.get()
        record.job = ids.get("job", "-")
        record.pair = ids.get("pair", "-")
        return True
