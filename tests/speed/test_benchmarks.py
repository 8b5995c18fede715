"""Every benchmark on a small product: pixels agree to the last bit, and counts keep their limits.

No time is looked at.
"""

from __future__ import annotations

import pytest

from benchmarks.speed.__main__ import BENCHMARKS
from benchmarks.speed.comparing import Setup
from benchmarks.speed.tables import markdown

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return Setup(tmp_path_factory.mktemp("benchmarks"), quick=True)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_results_are_right_and_counts_keep_their_limits(setup: Setup, name: str) -> None:
    found = BENCHMARKS[name](setup)
    assert list(found.problems) == []
    assert found.rows or found.skipped
    assert found.title in markdown(found)
