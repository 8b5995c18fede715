"""How the pairs stand, as the parts of the page Pairs know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from migrate_core.jobs.background import now_utc, running_job
from migrate_core.model import PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.settings import ACCESSES
from migrate_core.states import UNDER_WAY, PairState
from migrate_core.store.pair_list import INTERRUPTED, ON_ORDER, TO_MAKE, pair_counts
from migrate_core.store.selected import unusable_to_make
from pages.shared.background import is_busy
from pages.shared.frame import Page

KIND = "pairs"
UNUSABLE = "pairs_unusable"
# A sign and a word for each state; the sign alone is never needed.
LOOK: Mapping[str, str] = {
    TO_MAKE: "○ to make",
    PairState.QUEUED: "… waiting",
    PairState.RUNNING: "▸ running",
    INTERRUPTED: "! interrupted",
    ON_ORDER: "→ on order",
    PairState.FAILED: "✗ failed",
    PairState.CANCELLED: "– cancelled",
    PairState.DONE: "✓ made",
    PairState.SUPERSEDED: "↺ superseded",
}
_OPEN = (TO_MAKE, *UNDER_WAY, INTERRUPTED, ON_ORDER, PairState.FAILED, PairState.CANCELLED)
STAGE_HELP = (
    "fetch: the product is opened. convert: its bands are read over the mask, offsets applied, "
    "and brought to 10 m. crop: what lies outside the mask's footprint is blacked out. align: "
    "the mask is put on the 10 m grid, with area shares and quality."
)


@dataclass(frozen=True)
class RunStatus:
    """What the page knows at one moment: counts by state, whether a run is on, and which.

    `left_out` are matches that are not to be made, since their scenes aren't usable.
    """

    counts: Mapping[str, int]
    busy: bool
    run: str | None
    left_out: int = 0

    @property
    def open(self) -> int:
        """How many matches are no finished pair and are to be made."""
        return sum(self.counts.get(state, 0) for state in _OPEN) - self.left_out

    @property
    def alive(self) -> bool:
        """Whether a process works at pairs that are queued or running."""
        return self.run is not None


def run_status(page: Page) -> RunStatus:
    """How the pairs stand now."""
    job = running_job(page.store, KIND, now_utc())
    counts = pair_counts(page.store, alive=job is not None)
    left_out = len(unusable_to_make(page.store)) if leaves_out_unusable() else 0
    return RunStatus(counts, is_busy(page, KIND), job.job_id if job else None, left_out)


def chosen_parameters() -> PairParameters:
    """The parameters that the form shows."""
    chosen = st.session_state
    return PairParameters(
        resampling=str(chosen["pairs_resampling"]),
        ignore_occluded=bool(chosen["pairs_ignore_occluded"]),
        clouds=str(chosen["pairs_clouds"]),
        register=bool(chosen["pairs_register"]),
        ignore_rim_m=float(chosen["pairs_ignore_rim"]),
        allow_missing_bands=bool(chosen["pairs_missing_bands"]),
    )


def leaves_out_unusable() -> bool:
    """Whether no pairs are made of scenes that aren't usable, as long as nobody says otherwise."""
    return not st.session_state.get(UNUSABLE)


def run_options(
    masks: Sequence[str] = (), states: Sequence[str] = (), offset: str = "keep"
) -> RunOptions:
    """Making pairs as the form says, of all masks or only of some.

    `offset` is that of the command: by default, what was set for a pair by hand stays.
    """
    chosen = None if offset in ("auto", "keep") else int(offset)
    return RunOptions(
        workers=int(st.session_state["pairs_workers"]),
        parameters=replace(chosen_parameters(), offset=chosen),
        masks=frozenset(masks) or None,
        states=frozenset(states) or None,
        access=str(st.session_state.get("pairs_access", ACCESSES[0])),
        keep_offsets=offset == "keep",
        # Who names masks has said yes to them.
        leave_out_unusable=not masks and leaves_out_unusable(),
    )
