"""How many examples a property is tried with."""

from __future__ import annotations

import os

# Set by `make test`, which runs each property once more, among the slow tests.
THOROUGH = os.environ.get("MIGRATE_HYPOTHESIS") == "thorough"


def examples(number: int) -> int:
    """So many in a thorough run, a quarter of them in a fast one, but ten at least."""
    return number if THOROUGH else min(number, max(10, number // 4))
