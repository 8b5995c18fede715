"""What workers that read mask files load."""

from __future__ import annotations

import pytest

from tests.support.imports import loaded_after

# Each takes a tenth of a second or more, in each worker.
_NOT_TO_READ = ("cattrs", "migrate_core.store.base", "requests", "rich", "scipy", "sqlalchemy")


@pytest.mark.slow
def test_a_worker_loads_nothing_that_writes_to_the_database() -> None:
    loaded, _ = loaded_after("import migrate_core.masks.register.reading", _NOT_TO_READ)
    assert loaded == set()
