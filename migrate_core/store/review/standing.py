"""The standing of a pair, as it follows from the log of what was decided about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from ...states import DECISION_OF, Basis, DecisionState, Verdict


@dataclass(frozen=True)
class ReviewStatus:
    """What the reviewers together say of a pair, and who of them has a say.

    `decision` is None where nobody has decided; `states.decision_state` names that, too.
    `verdicts` are those of the `reviewers`, in their order. The decision is that of the `deciders`:
    rules and models yield to persons, and who settles a conflict to nobody before. `basis` is what
    theirs rest on, `batch` the batch they are of. `persons` are those who looked at the pair.
    """

    decision: DecisionState | None
    reviewers: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = field(default=(), compare=False)
    deciders: tuple[str, ...] = field(default=(), compare=False)
    basis: Basis | None = field(default=None, compare=False)
    batch: str | None = field(default=None, compare=False)
    persons: tuple[str, ...] = field(default=(), compare=False)

    @property
    def by_person(self) -> bool:
        """Whether somebody looked at the pair and decided."""
        return self.basis == Basis.PERSON

    def verdict_of(self, reviewer: str) -> Verdict | None:
        """What one reviewer says of the pair; None where they have said nothing that counts."""
        return dict(zip(self.reviewers, self.verdicts, strict=True)).get(reviewer)


class Entry(Protocol):
    """What an entry of the log says; a `Decision`, or the row of one."""

    @property
    def verdict(self) -> Verdict:
        """What was said."""

    @property
    def reviewer(self) -> str:
        """Who said it."""

    @property
    def basis(self) -> Basis:
        """What it rests on."""

    @property
    def batch(self) -> str | None:
        """The batch it is of."""

    @property
    def settles(self) -> bool:
        """Whether it stands in the place of what was said before."""


AnEntry = TypeVar("AnEntry", bound=Entry)


def newest(log: Iterable[AnEntry]) -> dict[str, AnEntry]:
    """The decision of each reviewer that counts: the newest that is not undone.

    `log` is what was said of one pair, oldest first.
    """
    return {entry.reviewer: entry for entry in _effective(log)}


def _effective(log: Iterable[AnEntry]) -> list[AnEntry]:
    """The entries of `newest`, oldest first."""
    stacks: dict[str, list[tuple[int, AnEntry]]] = defaultdict(list)
    for number, entry in enumerate(log):
        stack = stacks[entry.reviewer]
        if entry.verdict != Verdict.UNDO:
            stack.append((number, entry))
        elif entry.batch is not None:
            stack[:] = [(n, one) for n, one in stack if one.batch != entry.batch]
        elif stack:
            stack.pop()
    # By number, which no two entries share.
    return [entry for _, entry in sorted(stack[-1] for stack in stacks.values() if stack)]


def deciding(log: Iterable[AnEntry]) -> dict[str, AnEntry]:
    """Of `newest`, the decisions that the pair stands by, by reviewer."""
    return {entry.reviewer: entry for entry in _deciding(_effective(log))}


def _deciding(effective: Sequence[AnEntry]) -> Sequence[AnEntry]:
    """Of the entries that count, oldest first, those that decide."""
    by_persons = [entry for entry in effective if entry.basis == Basis.PERSON]
    settling = [number for number, entry in enumerate(by_persons) if entry.settles]
    return by_persons[settling[-1] if settling else 0 :] or effective


def review_status(log: Iterable[Entry]) -> ReviewStatus:
    """What the decisions about one pair, oldest first, add up to."""
    effective = _effective(log)
    if not effective:
        return ReviewStatus(None)
    decided = _deciding(effective)
    verdicts = {entry.verdict for entry in decided}
    batches = {entry.batch for entry in decided}
    effective.sort(key=lambda entry: entry.reviewer)
    return ReviewStatus(
        DecisionState.CONFLICT if len(verdicts) > 1 else DECISION_OF[decided[0].verdict],
        tuple(entry.reviewer for entry in effective),
        tuple(entry.verdict for entry in effective),
        tuple(sorted(entry.reviewer for entry in decided)),
        decided[0].basis,
        decided[0].batch if len(batches) == 1 else None,
        tuple(entry.reviewer for entry in effective if entry.basis == Basis.PERSON),
    )
