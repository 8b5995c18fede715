"""Which finished pairs go out, by their decisions."""

from __future__ import annotations

from dataclasses import dataclass

from ...review.decisions import ReviewStatus
from ...states import DecisionState, decision_state

ACCEPTED, UNDECIDED = DecisionState.ACCEPTED.value, DecisionState.UNDECIDED.value
ALL = "all"
INCLUDES = (ACCEPTED, UNDECIDED, ALL)
# What the page, the card and the report call them.
INCLUDE_TEXTS = {
    ACCEPTED: "Accepted",
    UNDECIDED: "Accepted and undecided",
    ALL: "All but rejected",
}
# What each level of `--include` takes in; None is undecided.
DECISIONS: dict[str, tuple[DecisionState | None, ...]] = {
    ACCEPTED: (DecisionState.ACCEPTED,),
    UNDECIDED: (DecisionState.ACCEPTED, None),
    # Reviewers who disagree leave a pair as uncertain as one who is unsure.
    ALL: (DecisionState.ACCEPTED, None, DecisionState.UNSURE, DecisionState.CONFLICT),
}
NOT_LOOKED_AT = "decided by a rule or a model alone"


@dataclass(frozen=True)
class Choice:
    """Which finished pairs go out: by decision, one of `INCLUDES`, and by what it rests on.

    With `looked_at_only`, what a rule or a model alone has decided stays out.
    """

    include: str = ACCEPTED
    looked_at_only: bool = False

    def reason_against(self, status: ReviewStatus) -> str | None:
        """Why a pair stays out; None when it goes out."""
        if status.decision not in DECISIONS[self.include]:
            return decision_state(status.decision)
        by_nobody = status.decision is not None and not status.by_person
        return NOT_LOOKED_AT if self.looked_at_only and by_nobody else None

    def __str__(self) -> str:
        """As options of `export`."""
        return f"--include {self.include}{' --looked-at-only' * self.looked_at_only}"
