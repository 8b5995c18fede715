"""The log of decisions, and the standing of a pair that follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ..pairs.listing import pair_row
from ..states import DECISION_OF, DecisionState, Verdict
from ..store.base import Store
from ..store.decisions import decision_logs
from ..workspace import Workspace


@dataclass(frozen=True)
class ReviewStatus:
    """What the reviewers together say of a pair, and who of them has a say.

    `decision` is None where nobody has decided; `states.decision_state` names that, too.
    `verdicts` are those of the `reviewers`, in their order.
    """

    decision: DecisionState | None
    reviewers: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = field(default=(), compare=False)


class Entry(Protocol):
    """What an entry of the log says; a `Decision`, or the row of one."""

    @property
    def verdict(self) -> Verdict:
        """What was said."""

    @property
    def reviewer(self) -> str:
        """Who said it."""


AnEntry = TypeVar("AnEntry", bound=Entry)


def newest(log: Iterable[AnEntry]) -> dict[str, AnEntry]:
    """The decision of each reviewer that counts: the newest that is not undone.

    `log` is what was said of one pair, oldest first.
    """
    stacks: dict[str, list[AnEntry]] = defaultdict(list)
    for decision in log:
        if decision.verdict != Verdict.UNDO:
            stacks[decision.reviewer].append(decision)
        elif stacks[decision.reviewer]:
            stacks[decision.reviewer].pop()
    return {reviewer: stack[-1] for reviewer, stack in stacks.items() if stack}


def review_status(log: Iterable[Entry]) -> ReviewStatus:
    """What the decisions about one pair, oldest first, add up to."""
    counting = newest(log)
    reviewers = tuple(sorted(counting))
    verdicts = tuple(counting[reviewer].verdict for reviewer in reviewers)
    if len(set(verdicts)) > 1:
        return ReviewStatus(DecisionState.CONFLICT, reviewers, verdicts)
    return ReviewStatus(DECISION_OF[verdicts[0]] if verdicts else None, reviewers, verdicts)


def review_statuses(store: Store) -> Mapping[str, ReviewStatus]:
    """The standing of every pair that somebody has decided about, by pair_id."""
    return {pair_id: review_status(log) for pair_id, log in decision_logs(store).items()}


def pairs_document(store: Store, workspace: Workspace) -> list[dict[str, Any]]:
    """One row for every pair, superseded ones included, with the decision about it."""
    decided = review_statuses(store)
    nobody = ReviewStatus(None)
    return [
        pair_row(pair, decided.get(pair.pair_id, nobody).decision, workspace)
        for pair in store.pairs()
    ]
