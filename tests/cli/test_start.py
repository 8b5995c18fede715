"""What the command line loads before it knows what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Each takes a tenth of a second to a whole one, and only few commands need it.
LATER = (
    "geopandas",
    "jinja2",
    "matplotlib",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyogrio",
    "scipy.ndimage",
    "scipy.sparse",
    "scipy.spatial",
    "scipy.special",
    "scipy.stats",
    "streamlit",
)


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--help"], ["status"]])
def test_it_starts_without_what_few_commands_need(words: list[str], tmp_path: Path) -> None:
    words = ["--workspace", str(tmp_path), *words]
    code = (
        f"import sys, migrate_core.cli; migrate_core.cli.cli({words}, standalone_mode=False);"
        f"print('loaded', *set({LATER}) & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1].split() == ["loaded"]


def test_an_interrupt_while_it_starts_ends_without_a_traceback() -> None:
    code = """
import sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "migrate_core.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from migrate_core.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", "Aborted!")
