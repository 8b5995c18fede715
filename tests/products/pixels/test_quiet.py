"""Warnings of georeferences stay away while threads come and go, and come back after."""

from __future__ import annotations

import threading
import warnings

import pytest
from rasterio.errors import NotGeoreferencedWarning

from migrate_core.products.pixels.quiet import quiet


def test_a_thread_that_leaves_does_not_bring_the_warning_back_for_another() -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with quiet():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with quiet():
        thread.start()
        assert entered.wait(10)
    # The first one in is out; the other is still inside.
    warnings.warn("no georeference", NotGeoreferencedWarning, stacklevel=1)
    leave.set()
    thread.join()
    with pytest.warns(NotGeoreferencedWarning):
        warnings.warn("no georeference", NotGeoreferencedWarning, stacklevel=1)
