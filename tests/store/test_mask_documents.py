"""Masks come back from what this version stores, and from what older ones did."""

from __future__ import annotations

import pytest

from migrate_core.states import MaskState
from migrate_core.store.mask_documents import mask_from
from migrate_core.store.serialize import to_json
from tests.support.builders import a_mask

NO_DATE = {"date": "It has no date."}


@pytest.mark.parametrize("problems", [{}, NO_DATE])
def test_a_mask_comes_back_as_it_was_stored(problems: dict[str, str]) -> None:
    mask = a_mask("a.tif", problems=problems)
    assert mask_from(to_json(mask)) == mask


@pytest.mark.parametrize("problems", [{}, NO_DATE])
def test_the_text_of_all_problems_that_older_versions_stored_is_made_again(
    problems: dict[str, str],
) -> None:
    mask = a_mask("a.tif", problems=problems)
    assert mask_from({**to_json(mask), "problem": mask.problem}) == mask


def test_a_problem_that_was_stored_without_a_topic_is_kept() -> None:
    old = {**to_json(a_mask("a.tif")), "problem": "a.tif: It can't be read."}
    del old["problems"]
    mask = mask_from(old)
    assert (mask.state, mask.problem) == (MaskState.PROBLEM, "a.tif: It can't be read.")
