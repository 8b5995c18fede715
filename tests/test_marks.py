"""The fast tests leave out what the marks say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import STAGES, TESTS


def test_the_fast_tests_leave_out_the_folders_that_are_marked() -> None:
    makefile = (TESTS.parent / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^STAGES := (.*)$", makefile, re.MULTILINE)
    assert found is not None
    assert set(found[1].split()) == {*STAGES, "browser"}
    assert all((TESTS / folder).is_dir() for folder in found[1].split())


def test_all_that_the_fast_tests_leave_out_is_run_by_make_test() -> None:
    makefile = (TESTS.parent / "Makefile").read_text(encoding="utf-8")
    whole = makefile[makefile.index("\ntest: ") :].partition("\n\n")[0]
    assert "test-fast" in whole
    assert '"(services or slow or stage) and not browser"' in whole
    assert "-m browser" in whole


def test_tests_in_a_browser_are_marked() -> None:
    unmarked = [
        path.name
        for path in Path(TESTS, "browser").glob("test_*.py")
        if "pytest.mark.browser" not in path.read_text(encoding="utf-8")
    ]
    assert unmarked == []
