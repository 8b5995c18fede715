"""What a program has loaded once it has done something, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable


def loaded_after(code: str, names: Iterable[str]) -> tuple[set[str], str]:
    """Which of the modules are loaded after the code has run, and what it wrote to stderr."""
    ending = f"import sys; print('loaded', *set({tuple(names)}) & set(sys.modules))"
    command = [sys.executable, "-c", f"{code}\n{ending}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, *loaded = done.stdout.splitlines()[-1].split()
    assert first == "loaded"
    return set(loaded), done.stderr
