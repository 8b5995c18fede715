"""The use cases of deciding many pairs at once, and of taking that back at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import WrongUseError
from ..jobs.background import now_utc
from ..model import Batch, Decision
from ..states import VERDICTS, Basis, BatchKind, Verdict
from ..store.base import Store
from ..store.review.batches import append_batch, batch_of, decisions_of_batch
from ..store.review.checks import all_checks

_BASIS = {
    BatchKind.SELECTION: Basis.PERSON,
    BatchKind.RULE: Basis.RULE,
    BatchKind.MODEL: Basis.MODEL,
}


@dataclass(frozen=True)
class BatchRequest:
    """What many pairs are decided by; `document` says more of the rule or the model.

    `batch_id` tells requests apart that come twice.
    """

    kind: BatchKind
    verdict: Verdict
    reviewer: str
    reason: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    batch_id: str = field(default_factory=lambda: uuid.uuid4().hex)


def selected(
    verdict: Verdict, reviewer: str, reason: str | None, batch_id: str | None = None
) -> BatchRequest:
    """The request of a person who selected pairs and says the same of all."""
    document = {"text": f"{verdict} pairs that were selected", "verdict": verdict}
    token = batch_id or uuid.uuid4().hex
    return BatchRequest(BatchKind.SELECTION, verdict, reviewer, reason, document, token)


def decide_batch(store: Store, request: BatchRequest, pair_ids: Iterable[str]) -> Batch:
    """Append the same decision about many finished pairs to the log.

    The same request a second time changes nothing. Raises WrongUseError when one of them is no
    finished pair, and for `undo`; then nothing is decided.
    """
    if request.verdict not in VERDICTS:
        raise WrongUseError(f"{request.verdict!r} decides about no pair; `undo_batch` undoes.")
    wanted = list(dict.fromkeys(pair_ids))
    finished = {*store.finished_pairs(), *(check.pair.pair_id for check in all_checks(store))}
    if missing := [pair_id for pair_id in wanted if pair_id not in finished]:
        raise WrongUseError(
            f"{missing[0]!r} is no finished pair ({len(missing)} of {len(wanted)} aren't), so "
            "nothing was decided. `pairs list` shows the ids."
        )
    now = now_utc()
    batch = Batch(request.batch_id, request.kind, request.document, request.reviewer, now)
    entries = [
        Decision(
            pair_id,
            request.verdict,
            request.reviewer,
            request.reason,
            now,
            _BASIS[request.kind],
            request.batch_id,
        )
        for pair_id in wanted
    ]
    append_batch(store, batch, entries)
    return batch


def undo_batch(store: Store, batch_id: str, actor: str) -> int:
    """Take back all decisions of a batch; what was decided otherwise, before or since, stays.

    Returns how many pairs were concerned. Raises WrongUseError when there is no such batch.
    """
    batch = batch_of(store, batch_id)
    if batch is None or batch.kind == BatchKind.UNDO:
        raise WrongUseError(f"{batch_id!r} is no batch; `review batches` shows their ids.")
    pairs = _standing(store, batch)
    now = now_utc()
    undo = Batch(uuid.uuid4().hex, BatchKind.UNDO, {"batch": batch_id}, actor, now)
    append_batch(
        store,
        undo,
        [
            Decision(pair, Verdict.UNDO, batch.reviewer, None, now, _BASIS[batch.kind], batch_id)
            for pair in pairs
        ],
    )
    return len(pairs)


def _standing(store: Store, batch: Batch) -> list[str]:
    """The pairs of a batch whose decision wasn't taken back with it."""
    found = set[str]()
    for entry in decisions_of_batch(store, batch.batch_id):
        (found.discard if entry.verdict == Verdict.UNDO else found.add)(entry.pair_id)
    return sorted(found)
