"""Making objects by the ten thousand."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def many_new_objects() -> Iterator[None]:
    """In the block nobody looks for garbage, which takes longer than making objects that all stay.

    What no cycle refers to is freed as ever.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
