"""The use case of the fourth stage: decisions about pairs go into the log."""

from __future__ import annotations

import getpass

from ..errors import WrongUseError
from ..jobs.background import now_utc
from ..model import Decision
from ..states import VERDICTS, PairState, Verdict
from ..store.base import Store
from .decisions import ReviewStatus, newest, review_status


def default_reviewer() -> str:
    """The name of the person at the keyboard, as the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reviewer"


def new_decision(
    pair_id: str, verdict: str, reviewer: str | None = None, reason: str | None = None
) -> Decision:
    """A decision of this moment, by default of the person at the keyboard.

    Raises WrongUseError for an unknown verdict.
    """
    if verdict not in (*VERDICTS, Verdict.UNDO):
        raise WrongUseError(f"{verdict!r} is no verdict; needed is one of {', '.join(VERDICTS)}.")
    return Decision(
        pair_id, Verdict(verdict), reviewer or default_reviewer(), reason or None, now_utc()
    )


def decide(store: Store, decision: Decision, token: str | None = None) -> ReviewStatus:
    """Append a decision about a finished pair to the log; `undo` takes back one's newest.

    The same `token` a second time, as from a double click, changes nothing. Returns what the
    reviewers together say of the pair now. Raises WrongUseError when there is no such finished
    pair, or nothing to undo.
    """
    _check_finished(store, decision.pair_id)
    log = store.decisions(decision.pair_id)
    if decision.verdict == Verdict.UNDO and decision.reviewer not in newest(log):
        raise WrongUseError(f"{decision.pair_id}: {decision.reviewer} has decided nothing to undo.")
    store.append_decision(decision, token)
    return review_status(store.decisions(decision.pair_id))


def _check_finished(store: Store, pair_id: str) -> None:
    pair = store.pair(pair_id)
    if pair is None:
        raise WrongUseError(f"{pair_id!r} is no pair; `pairs list` shows their ids.")
    if pair.state not in (PairState.DONE, PairState.SUPERSEDED):
        raise WrongUseError(
            f"{pair_id}: the pair is {pair.state}, so there is nothing to look at yet. Make it "
            "first (`pairs make`)."
        )
