"""One pair of the review queue, as light as a list of many needs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ..states import Basis, DecisionState, Verdict
from ..text import NOT_KNOWN
from .decisions import ReviewStatus


@dataclass(frozen=True)
class QueueRow:
    """What order and filters need of a finished pair; what isn't known is None.

    `suggestion` is the verdict suggested; `occluded` the share 0…1 of the labelled pixels that
    anything occludes; `shift_m` the length of the shift that registration measured, `change` 0…1
    how changed the inside of the label looks, `coverage` 0…1 how much of the mask the image has;
    `score` 0…1 how likely it is accepted, by what the triage learnt.

    `decision` is what the reviewers together say, `verdicts` what each of `reviewers` says;
    `basis`, `batch` and `persons` are as in `ReviewStatus`, `audits` are the audits it belongs to.
    `proposed` is what they said of an earlier pair of the mask, where nobody has decided about this
    one.
    """

    pair_id: str
    mask_name: str
    tile: str
    sensed_on: date | None
    days_offset: float | None
    suggestion: Verdict | None
    occluded: float | None
    shift_m: float | None = None
    change: float | None = None
    decision: DecisionState | None = None
    reviewers: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    proposed: DecisionState | None = None
    scene_id: str = ""
    coverage: float | None = None
    score: float | None = None
    basis: Basis | None = None
    batch: str | None = None
    persons: tuple[str, ...] = ()
    audits: tuple[str, ...] = ()

    def with_status(self, found: ReviewStatus) -> QueueRow:
        """The row with what was decided about the pair."""
        return replace(
            self,
            decision=found.decision,
            reviewers=found.reviewers,
            verdicts=found.verdicts,
            basis=found.basis,
            batch=found.batch,
            persons=found.persons,
        )

    @property
    def day(self) -> str:
        """When the scene was sensed, as `2020-02-02`; a word where it isn't in the store."""
        return f"date {NOT_KNOWN}" if self.sensed_on is None else self.sensed_on.isoformat()

    @property
    def by_person(self) -> bool:
        """Whether somebody looked at the pair and decided."""
        return self.basis == Basis.PERSON

    def verdict_of(self, reviewer: str) -> Verdict | None:
        """What one reviewer says of the pair; None where they have said nothing that counts."""
        return dict(zip(self.reviewers, self.verdicts, strict=True)).get(reviewer)
