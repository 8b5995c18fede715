"""No garbage collection while many objects are made, and as before after it."""

from __future__ import annotations

import gc

import pytest

from migrate_core.jobs.many_objects import many_new_objects


def test_nobody_looks_for_garbage_in_the_block_and_again_after_an_error() -> None:
    seen: list[bool] = []

    def broken() -> None:
        seen.append(gc.isenabled())
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), many_new_objects():
        broken()
    assert seen == [False]
    assert gc.isenabled()


def test_within_another_block_it_stays_as_it_is() -> None:
    with many_new_objects():
        with many_new_objects():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
