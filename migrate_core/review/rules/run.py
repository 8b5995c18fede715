"""The use cases of rules: what one would do, and doing it."""

from __future__ import annotations

import uuid

from ...errors import WrongUseError
from ...model import Batch
from ...states import BatchKind
from ...store.base import Store
from ...store.review.batches import batch_of
from ..batches import BatchRequest, decide_batch
from ..filters import filter_texts
from ..queue_rows import queue_rows
from .audit import audit_document, default_size, drawn
from .rule import Rule, preview


def apply_rule(
    store: Store,
    rule: Rule,
    reviewer: str,
    audit: int | None = None,
    batch_id: str | None = None,
) -> Batch:
    """Decide about all undecided pairs that fit the rule, as one batch.

    `audit` pairs of them, by default `default_size`, are drawn for persons to look at. The same
    `batch_id` a second time changes nothing. Raises WrongUseError where no undecided pair fits, or
    for an audit of less than none.
    """
    batch_id = batch_id or uuid.uuid4().hex
    if (there := batch_of(store, batch_id)) is not None:
        return there
    pair_ids = preview(queue_rows(store), rule).pair_ids
    if not pair_ids:
        raise WrongUseError(f"No undecided pair fits the rule ({rule.text}); nothing was decided.")
    size = default_size(len(pair_ids)) if audit is None else audit
    if size < 0:
        raise WrongUseError(f"An audit has 0 pairs or more, not {size}.")
    document = {
        "text": rule.text,
        "filter": filter_texts(rule.wanted),
        "verdict": rule.verdict,
        "pairs": len(pair_ids),
        "audit": audit_document(drawn(pair_ids, size)),
    }
    request = BatchRequest(BatchKind.RULE, rule.verdict, reviewer, rule.text, document, batch_id)
    return decide_batch(store, request, pair_ids)
