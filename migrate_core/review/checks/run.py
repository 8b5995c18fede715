"""The use cases of attention checks: mixing them in, and who noticed them."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...errors import WrongUseError
from ...session import Session
from ...states import Basis, DecisionState, Verdict
from ...store.base import Store
from ...store.decisions import decision_logs
from ...store.review.checks import (
    AttentionCheck,
    all_checks,
    check_sources,
    put_check,
    take_out_checks,
)
from ...store.review.settings import put_review_settings, review_settings
from ...text import _, counted, format_share
from ...workspace import Workspace
from ..decisions import newest, review_status
from ..queue_row import QueueRow
from ..queue_rows import queue_rows, review_item
from ..sampling.acceptance import two_sided_limits
from ..sampling.random_order import random_position
from .making import make_check
from .mixing import check_rows

_PURPOSE = "attention check"
# The kind of job in which checks are made.
_KIND = "checks"
# More would be made of other pairs than of what is reviewed.
_MOST = 0.5


@dataclass(frozen=True)
class Attention:
    """How many of the checks that a reviewer decided about they noticed.

    `caught` are those they rejected or were unsure about; `low` and `high` are the exact 95 %
    interval of that share, 0…1.
    """

    reviewer: str
    decided: int
    caught: int
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """In words: `ann noticed 4 of 5 attention checks (28.4 % to 99.5 %).`."""
        return _("{reviewer} noticed {caught:,} of {checks} ({low} to {high}).").format(
            reviewer=self.reviewer,
            caught=self.caught,
            checks=counted(self.decided, "attention check"),
            low=format_share(self.low),
            high=format_share(self.high),
        )


def mix_in(session: Session, share: float) -> tuple[AttentionCheck, ...]:
    """Let there be a check for this share 0…0.5 of the finished pairs, and keep the share.

    Pairs are taken in a random order from those that are right as far as anybody knows. Checks that
    are there stay, but for those nobody decided about that are too many, or whose pair was
    superseded. Where pairs are lacking that a check can be made from, there are fewer. Raises
    WrongUseError for another share, PairError for a pair whose files can't be read, DiskError,
    JobRunningError while another process makes checks.
    """
    if not 0 <= share <= _MOST:
        raise WrongUseError(f"The share of attention checks is 0 to {_MOST}, not {share:g}.")
    store, workspace = session.store, session.workspace
    put_review_settings(store, replace(review_settings(store), check_share=share))
    rows = queue_rows(store)
    wanted = math.ceil(share * len(rows))
    kept = _kept(store, workspace, rows, wanted)
    if (missing := wanted - len(kept)) > 0:
        _make(session, _suitable(rows, kept), missing)
    return tuple(all_checks(store))


def _make(session: Session, suitable: Sequence[QueueRow], wanted: int) -> None:
    """Make so many checks of the first pairs of which one can be made."""
    made = 0
    with session.tracked(_KIND) as progress:
        for row in suitable:
            if made == wanted:
                break
            if (check := _made(session.store, session.workspace, row.pair_id)) is not None:
                put_check(session.store, check)
                made += 1
                progress(made, wanted)


def _kept(
    store: Store, workspace: Workspace, rows: Sequence[QueueRow], wanted: int
) -> frozenset[str]:
    """The pairs whose checks stay in use; what can go is taken out."""
    sources, decided = check_sources(store), decision_logs(store, of_checks=True)
    finished = {row.pair_id for row in rows}
    of_finished = sorted(
        (check for check, of_pair in sources.items() if of_pair in finished),
        key=lambda check: (check not in decided, random_position(sources[check], _PURPOSE)),
    )
    kept = {*of_finished[:wanted], *(check for check in of_finished if check in decided)}
    gone = [check for check in sources if check not in kept and check not in decided]
    take_out_checks(store, gone)
    for check in gone:
        shutil.rmtree(workspace.pair(check), ignore_errors=True)
        workspace.view(check).unlink(missing_ok=True)
    return frozenset(sources[check] for check in kept)


def _suitable(rows: Iterable[QueueRow], taken: frozenset[str]) -> list[QueueRow]:
    """Pairs that are right as far as anybody knows and have no check, in their random order."""
    right = [
        row
        for row in rows
        if row.pair_id not in taken
        and (
            (row.decision == DecisionState.ACCEPTED and row.basis == Basis.PERSON)
            or (row.decision is None and row.suggestion == Verdict.ACCEPT)
        )
    ]
    return sorted(right, key=lambda row: random_position(row.pair_id, _PURPOSE))


def _made(store: Store, workspace: Workspace, pair_id: str) -> AttentionCheck | None:
    """The check of a pair; None of one that was repaired, or that has a decided earlier pair.

    What is shown of those a check couldn't have.
    """
    item = review_item(store, pair_id)
    if item is None or item.edits or item.earlier is not None:
        return None
    return make_check(workspace, item.pair)


def rows_of_checks(store: Store, rows: Iterable[QueueRow]) -> list[QueueRow]:
    """The checks as rows of the queue, by the rows of all finished pairs; none once mixed out."""
    sources = check_sources(store) if review_settings(store).check_share else {}
    if not sources:
        return []
    logs = decision_logs(store, of_checks=True)
    return check_rows(rows, sources, {check: review_status(log) for check, log in logs.items()})


def attention(store: Store) -> tuple[Attention, ...]:
    """How attentive each reviewer is who has decided about a check, by name."""
    decided, caught = Counter[str](), Counter[str]()
    for log in decision_logs(store, of_checks=True).values():
        for reviewer, entry in newest(log).items():
            if entry.basis == Basis.PERSON:
                decided[reviewer] += 1
                caught[reviewer] += entry.verdict != Verdict.ACCEPT
    return tuple(
        Attention(name, decided[name], caught[name], *two_sided_limits(decided[name], caught[name]))
        for name in sorted(decided)
    )
