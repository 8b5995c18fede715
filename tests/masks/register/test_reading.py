"""What workers that read mask files load."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each takes a tenth of a second or more, in each worker.
_NOT_TO_READ = ("cattrs", "migrate_core.store.base", "requests", "rich", "scipy", "sqlalchemy")


@pytest.mark.slow
def test_a_worker_loads_nothing_that_writes_to_the_database() -> None:
    code = (
        "import sys, migrate_core.masks.register.reading;"
        f"print('loaded', *set({_NOT_TO_READ}) & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["loaded"]
