"""How the pairs of a dataset were reviewed: what the card says of it, in sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...model import Decision
from ...review.decisions import deciding, review_status
from ...review.rules.audit import rule_audits
from ...review.sampling.run import reviewer_agreement, sampling
from ...review.triage.run import triage_state
from ...states import Basis, decision_state
from ...store.base import Store
from ..selection.entries import Entry

_BY = {
    Basis.PERSON: "decided by persons who looked at them",
    Basis.RULE: "decided by a rule",
    Basis.MODEL: "decided by the triage's model",
    None: "not decided about yet",
}


@dataclass(frozen=True)
class DecisionCounts:
    """The decisions that count about all finished pairs, superseded ones left out.

    `reviewers` has the numbers of each verdict by reviewer, those who decided most first;
    `reasons` has verdict, reason and number, the most frequent first, `None` where no reason was
    given; `pairs` the number of pairs by the decision that they add up to.
    """

    reviewers: Sequence[tuple[str, Mapping[str, int]]] = ()
    reasons: Sequence[tuple[str, str | None, int]] = ()
    pairs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ReviewEvidence:
    """By whom pairs were decided, and what is known of how right that is.

    `counts` has how many pairs of the dataset were decided in which way, `rules` by which rule or
    model, `audits` is a sentence on each audit of what wasn't looked at. `agreement` are sentences
    on the reviewers, `sampling` is one on all pairs before the review. `decisions` are those that
    count about all finished pairs, also about those that didn't go out.
    """

    counts: Sequence[tuple[str, int]]
    rules: Sequence[tuple[str, int]] = ()
    audits: Sequence[str] = field(kw_only=True, default=())
    agreement: Sequence[str] = ()
    sampling: str = ""
    decisions: DecisionCounts = field(default_factory=DecisionCounts)


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
        decisions=decision_counts(store),
    )


def decision_counts(store: Store) -> DecisionCounts:
    """Who decided what and why, over all finished pairs."""
    reviewers: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[tuple[str, str | None]] = Counter()
    pairs: Counter[str] = Counter()
    logs: dict[str, list[Decision]] = defaultdict(list)
    for decision in store.decisions():
        logs[decision.pair_id].append(decision)
    for pair_id in store.finished_pairs():
        log = logs.get(pair_id, [])
        pairs[decision_state(review_status(log).decision)] += 1
        for decision in deciding(log).values():
            reviewers[decision.reviewer][decision.verdict] += 1
            reasons[str(decision.verdict), decision.reason or None] += 1
    return DecisionCounts(
        sorted(reviewers.items(), key=lambda item: (-sum(item[1].values()), item[0])),
        [(verdict, reason, count) for (verdict, reason), count in reasons.most_common()],
        dict(sorted(pairs.items())),
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
