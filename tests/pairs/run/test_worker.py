"""What workers that make pairs load."""

from __future__ import annotations

import pytest

from tests.support.imports import loaded_after

# Each takes a tenth of a second or more, in each worker.
_NOT_TO_MAKE = ("migrate_core.store.base", "rich", "scipy.ndimage", "scipy.sparse", "sqlalchemy")


@pytest.mark.slow
def test_a_worker_loads_nothing_that_writes_to_the_database() -> None:
    code = "import migrate_core.pairs.run.worker, migrate_core.pairs.make"
    loaded, _ = loaded_after(code, _NOT_TO_MAKE)
    assert loaded == set()
