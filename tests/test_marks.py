"""The fast tests leave out what the marks say, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.conftest import STAGES, TESTS, pytest_ignore_collect

MAKEFILE = (TESTS.parent / "Makefile").read_text(encoding="utf-8")
FOLDERS = {"browser", *STAGES}


def recipe(target: str) -> str:
    """The lines of the Makefile that make a target."""
    return MAKEFILE[MAKEFILE.index(f"\n{target}: setup") :].partition("\n\n")[0]


def not_collected(markexpr: str, folders: Iterable[str]) -> set[str]:
    config: Any = SimpleNamespace(option=SimpleNamespace(markexpr=markexpr))
    return {folder for folder in folders if pytest_ignore_collect(TESTS / folder, config)}


def test_the_fast_tests_leave_out_the_folders_that_are_marked() -> None:
    found = re.search(r'-m "(.*)"', recipe("test-fast"))
    assert found is not None
    packages = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*") if path.is_dir()}
    assert not_collected(found[1], packages) == FOLDERS
    assert all((TESTS / folder).is_dir() for folder in FOLDERS)


def test_a_folder_is_collected_unless_its_mark_is_left_out() -> None:
    assert not_collected("", FOLDERS) == set()
    assert not_collected("(services or slow or stage) and not browser", FOLDERS) == {"browser"}


def test_all_that_the_fast_tests_leave_out_is_run_by_make_test() -> None:
    whole = MAKEFILE[MAKEFILE.index("\ntest: ") :].partition("\n\n")[0]
    assert "test-fast" in whole
    assert '"(services or slow or stage) and not browser and not formats"' in whole
    assert "-m browser" in whole
    # What needs gigabytes is run by a target of its own.
    assert "-m formats" in recipe("test-formats")


def test_tests_in_a_browser_are_marked() -> None:
    unmarked = [
        path.name
        for path in Path(TESTS, "browser").glob("test_*.py")
        if "pytest.mark.browser" not in path.read_text(encoding="utf-8")
    ]
    assert unmarked == []
