"""The use case of the fourth stage: decisions about pairs go into the log."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace

from ..errors import WrongUseError
from ..jobs.background import now_utc
from ..model import Decision
from ..states import VERDICTS, DecisionState, PairState, Verdict
from ..store.base import Store
from ..store.decisions import has_token
from ..store.review.checks import reviewed_pair
from .decisions import ReviewStatus, newest, review_status

# What a decision can be for, in the order of the keys that choose them.
REASONS = (
    "cloud",
    "shadow",
    "haze",
    "snow",
    "no data",
    "changed",
    "misaligned",
    "bad label",
    "wrong date",
    "other",
)


def default_reviewer() -> str:
    """The name of the person at the keyboard, as the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reviewer"


def new_decision(
    pair_id: str,
    verdict: str,
    reviewer: str | None = None,
    reason: str | None = None,
    settles: bool = False,
) -> Decision:
    """A decision of this moment, by default of the person at the keyboard.

    One that `settles` a conflict stands in the place of what was said before. Raises
    WrongUseError for an unknown verdict.
    """
    if verdict not in (*VERDICTS, Verdict.UNDO):
        raise WrongUseError(f"{verdict!r} is no verdict; needed is one of {', '.join(VERDICTS)}.")
    who = reviewer or default_reviewer()
    return Decision(pair_id, Verdict(verdict), who, reason or None, now_utc(), settles=settles)


def reason_text(reasons: Sequence[str], note: str = "") -> str | None:
    """Reasons of `REASONS` and a note in one's own words as the log has them: `cloud, haze: words`.

    None where there are neither. Raises WrongUseError for an unknown reason.
    """
    if unknown := [reason for reason in reasons if reason not in REASONS]:
        raise WrongUseError(f"{unknown[0]!r} is no reason; known are {', '.join(REASONS)}.")
    chosen = [reason for reason in REASONS if reason in reasons]
    return ": ".join(part for part in (", ".join(chosen), note.strip()) if part) or None


def decide_once(store: Store, decision: Decision, token: str) -> list[Decision]:
    """As `decide`, for a request that may come again, or say what the reviewer says anyway.

    Neither adds to the log. Returns the log of the pair as it is then.
    """
    known = has_token(store, token)
    log = store.decisions(decision.pair_id)
    if known or _says_anyway(log, decision):
        return log
    _append(store, decision, token, log)
    return store.decisions(decision.pair_id)


def _says_anyway(log: Sequence[Decision], decision: Decision) -> bool:
    mine = newest(log).get(decision.reviewer)
    return mine is not None and replace(mine, decided_at=decision.decided_at) == decision


def decide(store: Store, decision: Decision, token: str | None = None) -> ReviewStatus:
    """Append a decision about a finished pair to the log; `undo` takes back one's newest.

    The same `token` a second time, as from a double click, changes nothing. Returns what the
    reviewers together say of the pair now. Raises WrongUseError when there is no such finished
    pair, nothing to undo, or no conflict to settle.
    """
    _append(store, decision, token, store.decisions(decision.pair_id))
    return review_status(store.decisions(decision.pair_id))


def _append(store: Store, decision: Decision, token: str | None, log: Sequence[Decision]) -> None:
    """Append to the `log` of a pair what may follow there. Raises as `decide`."""
    _check_finished(store, decision.pair_id)
    if decision.verdict == Verdict.UNDO and decision.reviewer not in newest(log):
        raise WrongUseError(f"{decision.pair_id}: {decision.reviewer} has decided nothing to undo.")
    if decision.settles and review_status(log).decision != DecisionState.CONFLICT:
        raise WrongUseError(
            f"{decision.pair_id}: there is no conflict to settle, as another may have settled it "
            "meanwhile. Decide without settling to add what you say."
        )
    store.append_decision(decision, token)


def _check_finished(store: Store, pair_id: str) -> None:
    pair = reviewed_pair(store, pair_id)
    if pair is None:
        raise WrongUseError(f"{pair_id!r} is no pair; `pairs list` shows their ids.")
    if pair.state not in (PairState.DONE, PairState.SUPERSEDED):
        raise WrongUseError(
            f"{pair_id}: the pair is {pair.state}, so there is nothing to look at yet. Make it "
            "first (`pairs make`)."
        )
