"""How the pairs of a dataset were reviewed: what the card says of it, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...review.rules.audit import rule_audits
from ...review.sampling.run import reviewer_agreement, sampling
from ...review.triage.run import triage_state
from ...states import Basis
from ...store.base import Store
from ..selection.entries import Entry

_BY = {
    Basis.PERSON: "decided by persons who looked at them",
    Basis.RULE: "decided by a rule",
    Basis.MODEL: "decided by the triage's model",
    None: "not decided about yet",
}


@dataclass(frozen=True)
class ReviewEvidence:
    """By whom pairs were decided, and what is known of how right that is.

    `counts` has how many pairs of the dataset were decided in which way, `rules` by which rule or
    model, `audits` is a sentence on each audit of what wasn't looked at. `agreement` are sentences
    on the reviewers, `sampling` is one on all pairs before the review.
    """

    counts: Sequence[tuple[str, int]]
    rules: Sequence[tuple[str, int]] = ()
    audits: Sequence[str] = field(kw_only=True, default=())
    agreement: Sequence[str] = ()
    sampling: str = ""


def review_evidence(store: Store, chosen: Sequence[Entry]) -> ReviewEvidence:
    """What the log says of how the chosen pairs were reviewed."""
    by_basis = Counter(entry.review_status.basis for entry in chosen)
    rules = Counter(entry.rule for entry in chosen if entry.rule)
    report = reviewer_agreement(store)
    # Of two reviewers, what holds of all couples is what holds of the only one.
    several = (report.pooled,) if len(report.couples) > 1 else ()
    return ReviewEvidence(
        [(words, by_basis[basis]) for basis, words in _BY.items() if by_basis[basis]],
        rules.most_common(),
        [one.sentence for one in (*report.couples, *several)] or [report.pooled.sentence],
        sampling(store).sentence,
        audits=[
            *(_audits_of_rules(store, chosen) if by_basis[Basis.RULE] else ()),
            *(_audit_of_triage(store) if by_basis[Basis.MODEL] else ()),
        ],
    )


def _audits_of_rules(store: Store, chosen: Sequence[Entry]) -> list[str]:
    """What persons found among the pairs of each rule of the dataset."""
    batches = {entry.review_status.batch for entry in chosen}
    return [
        f"Audit of {audit.text}: {audit.statement.sentence}"
        for audit in rule_audits(store)
        if audit.batch_id in batches
    ]


def _audit_of_triage(store: Store) -> tuple[str, ...]:
    """What persons found among all pairs that the triage accepted."""
    found = triage_state(store).audit
    return () if found is None else (f"Automatic acceptance: {found}",)
