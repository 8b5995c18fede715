"""What workers that make pairs load."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each takes a tenth of a second or more, in each worker.
_NOT_TO_MAKE = ("migrate_core.store.base", "rich", "scipy.ndimage", "scipy.sparse", "sqlalchemy")


@pytest.mark.slow
def test_a_worker_loads_nothing_that_writes_to_the_database() -> None:
    code = (
        "import sys, migrate_core.pairs.run.worker, migrate_core.pairs.make;"
        f"print('loaded', *set({_NOT_TO_MAKE}) & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["loaded"]
