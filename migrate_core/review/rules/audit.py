"""The random audit of a rule: persons look at some of what it decided, without knowing what it did.

The pairs are drawn when the rule is applied, as the first of its pairs in the random order of the
review, and stand with the batch. What persons said of those from the first one on, without a gap,
is a simple random sample of all that the rule decided, whatever else was looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from ...model import Batch, Decision
from ...states import DECISION_OF, Basis, BatchKind, Verdict
from ...store.base import Store
from ...store.review.batches import batch_of, standing_batches
from ...store.review.settings import review_settings
from ..decisions import ReviewStatus, review_status, review_statuses
from ..queue_row import QueueRow
from ..sampling.acceptance import SamplingStatement, checks_needed, sampling_statement
from ..sampling.random_order import REVIEW
from .rule import in_random_order

_LEAST_SHARE = 0.05
_NOBODY = ReviewStatus(None)


def default_size(pairs: int) -> int:
    """How many of so many pairs are audited: 5 %, and as many as can show 5 % without a fault."""
    return min(pairs, max(checks_needed(0, _LEAST_SHARE), math.ceil(_LEAST_SHARE * pairs)))


def drawn(pair_ids: Iterable[str], size: int) -> tuple[str, ...]:
    """The pairs of a batch that are audited, in the order that counts."""
    return in_random_order(pair_ids, REVIEW)[:size]


def audit_document(pair_ids: Sequence[str]) -> dict[str, Any]:
    """The audit as the document of its batch has it."""
    return {"size": len(pair_ids), "pairs": list(pair_ids)}


def audited_in(batch: Batch) -> tuple[str, ...]:
    """The pairs of a batch that are audited; none where it has no audit."""
    return tuple((batch.document.get("audit") or {}).get("pairs") or ())


def audits_by_pair(store: Store) -> dict[str, tuple[str, ...]]:
    """The rules, by batch_id, that each audited pair is to check; those undone are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in standing_batches(store, BatchKind.RULE):
        for pair_id in audited_in(entry):
            found[pair_id] = (*found.get(pair_id, ()), entry.batch_id)
    return found


@dataclass(frozen=True)
class RuleAudit:
    """A rule that was applied, and what its audit says of the `statement.pairs` pairs it decided.

    Bad is what persons decided otherwise than the rule. `size` pairs are to be looked at in all.
    """

    batch_id: str
    text: str
    verdict: Verdict
    reviewer: str
    size: int
    statement: SamplingStatement


def rule_audits(store: Store) -> list[RuleAudit]:
    """The audits of all rules that weren't undone, newest first."""
    batches = standing_batches(store, BatchKind.RULE)
    statuses = review_statuses(store) if batches else {}
    goal = review_settings(store).goal_share
    return [_audit(batch, statuses, goal) for batch in batches]


def _audit(batch: Batch, statuses: Mapping[str, ReviewStatus], goal: float) -> RuleAudit:
    document, verdict = batch.document, Verdict(batch.document["verdict"])
    sample = audited_in(batch)
    looked_at = list(
        takewhile(lambda status: status.by_person, (statuses.get(one, _NOBODY) for one in sample))
    )
    bad = sum(status.decision != DECISION_OF[verdict] for status in looked_at)
    statement = sampling_statement(document["pairs"], len(looked_at), bad, goal)
    return RuleAudit(
        batch.batch_id, document["text"], verdict, batch.reviewer, len(sample), statement
    )


def hide_rule(row: QueueRow) -> QueueRow:
    """An audited pair that no person has looked at, as though its rule hadn't decided either."""
    if not row.audits or row.basis != Basis.RULE:
        return row
    return replace(row, decision=None, reviewers=(), verdicts=(), basis=None, batch=None)


def log_without_rule(store: Store, log: Sequence[Decision]) -> tuple[Decision, ...]:
    """The log of one pair, without the rules that it audits until a person has looked at it."""
    if review_status(log).basis != Basis.RULE:
        return tuple(log)
    return tuple(entry for entry in log if not _is_audited(store, entry))


def _is_audited(store: Store, entry: Decision) -> bool:
    if entry.basis != Basis.RULE or entry.batch is None:
        return False
    batch = batch_of(store, entry.batch)
    return batch is not None and entry.pair_id in audited_in(batch)
