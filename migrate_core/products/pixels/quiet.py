"""Warnings that bands raise in normal work, kept away while threads read."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rasterio.errors import NotGeoreferencedWarning

_lock = threading.Lock()
_inside = 0
_caught: warnings.catch_warnings[None] | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """No warning of a missing georeference in the block, in any thread.

    The filters of warnings are the process's: the first thread in changes them, and the last one
    out brings them back, so that threads don't undo each other's.
    """
    global _inside, _caught
    with _lock:
        _inside += 1
        if _caught is None:
            _caught = warnings.catch_warnings()
            _caught.__enter__()
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _caught is not None:
                _caught.__exit__(None, None, None)
                _caught = None
