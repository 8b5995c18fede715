"""What the command line loads before it knows what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each takes a tenth of a second to a whole one, and only few commands need it.
LATER = ("jinja2", "matplotlib.figure", "pydantic", "scipy.stats", "streamlit")


@pytest.mark.slow
def test_it_starts_without_what_few_commands_need() -> None:
    code = f"import sys, migrate_core.cli; print(*set({LATER}) & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
