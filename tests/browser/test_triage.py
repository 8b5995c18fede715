"""The triage's popover in a real browser: learnt, switched on, accepted, audited, undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate_core.review.run import decide, new_decision
from migrate_core.review.sampling.random_order import random_position
from migrate_core.review.team.open_pairs import open_pairs
from migrate_core.review.triage.audit import audit_sample
from migrate_core.states import Basis, Verdict
from migrate_core.store.base import Store
from migrate_core.store.review.leases import Holder
from tests.support.browsing import chromium, served_app
from tests.support.light_table import SLOW_MS, light_table, press, root, shown
from tests.support.triage import a_store, decide_about, in_random_order, pairs_of

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
PAIRS = pairs_of(300)
BOB = Holder("another window", "bob")


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[tuple[str, Store]]:
    """A server on pairs without files, of which persons have looked at the first half."""
    chromium()
    store = a_store(tmp_path / "workspace", PAIRS)
    decide_about(store, in_random_order(PAIRS)[:150])
    with served_app(tmp_path / "workspace", tmp_path / "app.log") as address:
        yield address, store
    store.engine.dispose()


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def wait_for(page: Any, text: str) -> None:
    page.get_by_text(text).wait_for(timeout=SLOW_MS)


def at(page: Any, pair_id: str | None = None) -> str:
    """Wait for a pair, or any; its picture is missing."""
    return shown(page, pair_id, state="problem")


def accepted_in(store: Store) -> list[str]:
    return [one.pair_id for one in store.decisions() if one.basis == Basis.MODEL]


def test_what_was_learnt_and_accepted_is_audited_and_undone(
    reviewed: tuple[str, Store], tmp_path: Path
) -> None:
    address, store = reviewed
    with light_table(address, tmp_path, state="problem") as page:
        button(page, "Triage").click()
        button(page, "Learn").click()
        wait_for(page, "undecided pairs.")
        page.get_by_text("Accept automatically").click()
        button(page, "Accept").click()
        wait_for(page, "are accepted by a model alone.")
        accepted = accepted_in(store)
        audit = sorted(audit_sample(accepted, 0.05), key=random_position)
        # The first one is open with Bob: it neither holds the audit up nor is it taken from him.
        open_pairs(store, BOB, audit[:1], 0)
        button(page, "Look at the audit").click()
        at(page, audit[1])
        button(page, "Learn again").wait_for(state="hidden")
        assert root(page).get_by_role("button", name="Unsure").bounding_box()["y"] < 780
        # What he decides about meanwhile was looked at.
        decide(store, new_decision(audit[0], "accept", "bob"))
        decide(store, new_decision(audit[3], "accept", "bob"))
        open_pairs(store, BOB, [], 0)
        press(page, "a")
        at(page, audit[2])
        press(page, "a")
        at(page, audit[4])
        button(page, "Triage").click()
        wait_for(page, f"4 of {len(audit)} accepted pairs looked at, 0 bad.")
        button(page, "Undo all that was accepted automatically").click()
        wait_for(page, f"of {150 - 4} undecided pairs.")
    undone = {one.pair_id for one in store.decisions() if one.verdict == Verdict.UNDO}
    assert undone == set(accepted)
