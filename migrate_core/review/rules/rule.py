"""What a rule is, and what it would do: how many pairs it decides about, and what persons said.

Pure rules over the rows of the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...errors import WrongUseError
from ...states import DECISION_OF, VERDICTS, DecisionState, Verdict
from ...text import format_share
from ..filters import QueueFilter, format_filter, parse_filter
from ..queue_row import QueueRow
from ..sampling.acceptance import two_sided_limits
from ..sampling.random_order import random_position

EXAMPLES = 12
# A rule is about pairs that nobody has decided about, so that these limit nothing.
_OF_DECISIONS = ("basis", "by", "batch", "audit")


@dataclass(frozen=True)
class Rule:
    """A filter, and what is said of the undecided pairs that fit it."""

    wanted: QueueFilter
    verdict: Verdict

    @property
    def text(self) -> str:
        """`accept pairs with: label occluded at most 0 %, days offset at most 5 days`."""
        return f"{self.verdict} pairs with: {format_filter(self.wanted)}"

    def fits(self, row: QueueRow) -> bool:
        """Whether the rule says this of the pair; where somebody has decided, it yields to them."""
        return self.wanted.takes(row)


def parse_rule(texts: Mapping[str, Any], verdict: str) -> Rule:
    """The rule of a filter as texts by name. Raises WrongUseError.

    The decision `undecided` may stand among them, as the queue's filter has it.
    """
    wanted = parse_filter(texts)
    if wanted.decision not in (None, DecisionState.UNDECIDED):
        raise WrongUseError(
            f"A rule is about undecided pairs; the filter asks for {wanted.decision!r}. Set the "
            "filter of the decision to undecided, or leave it out."
        )
    if unfit := [name for name in _OF_DECISIONS if getattr(wanted, name)]:
        raise WrongUseError(
            f"A rule is about undecided pairs, so {unfit[0]!r} can't be a filter of it. Leave it "
            "out."
        )
    wanted = replace(wanted, decision=None)
    if wanted == QueueFilter():
        raise WrongUseError(
            "A rule needs a filter beside the decision (--filter), such as a limit of the "
            "occlusion, occluded=..0."
        )
    if verdict not in VERDICTS:
        raise WrongUseError(f"{verdict!r} is no verdict; needed is one of {', '.join(VERDICTS)}.")
    return Rule(wanted, Verdict(verdict))


@dataclass(frozen=True)
class RulePreview:
    """What a rule would do.

    It decides about `pair_ids`, of so many `undecided` pairs; `examples` are some at random. Of the
    pairs that fit, persons decided about `looked_at`, and of those `agreed` times as the rule does.
    """

    rule: Rule
    pair_ids: tuple[str, ...]
    undecided: int
    looked_at: int
    agreed: int
    examples: tuple[str, ...]

    @property
    def otherwise(self) -> tuple[float, float, float] | None:
        """The share 0…1 that persons decided otherwise, and its exact 95 % interval."""
        if not self.looked_at:
            return None
        other = self.looked_at - self.agreed
        return other / self.looked_at, *two_sided_limits(self.looked_at, other)

    @property
    def sentences(self) -> tuple[str, str]:
        """How many pairs it is about, and what is to be expected of them."""
        decides = (
            f"{self.rule.verdict.capitalize()} {len(self.pair_ids):,} of {self.undecided:,} "
            "undecided pairs."
        )
        if self.otherwise is None:
            return decides, "Persons have decided about no pair that fits, so nobody knows."
        share, low, high = map(format_share, self.otherwise)
        return decides, (
            f"Of {self.looked_at:,} decided ones that fit, {self.agreed:,} "
            f"{DECISION_OF[self.rule.verdict]}: {share} otherwise (95 % interval {low} to {high})."
        )


def preview(rows: Iterable[QueueRow], rule: Rule) -> RulePreview:
    """What the rule would do with all finished pairs `rows`."""
    rows = list(rows)
    fitting = [row for row in rows if rule.fits(row)]
    pair_ids = tuple(row.pair_id for row in fitting if row.decision is None)
    looked_at = [row for row in fitting if row.by_person]
    return RulePreview(
        rule,
        pair_ids,
        sum(row.decision is None for row in rows),
        len(looked_at),
        sum(row.decision == DECISION_OF[rule.verdict] for row in looked_at),
        in_random_order(pair_ids, "examples of a rule")[:EXAMPLES],
    )


def in_random_order(pair_ids: Iterable[str], purpose: str) -> tuple[str, ...]:
    """The pairs in a random order that is fixed for the purpose."""
    return tuple(sorted(pair_ids, key=lambda pair_id: random_position(pair_id, purpose)))
