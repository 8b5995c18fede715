"""Pairs that are open with somebody: leased for some minutes, and passed over by all others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...jobs.background import now_utc
from ...states import Basis, DecisionState, Verdict
from ...store.base import Store
from ...store.decisions import logs_since, newest_number
from ...store.review.leases import Holder, Lease, hold_leases, leased_to_others
from ...store.review.settings import review_settings
from ..decisions import ReviewStatus, review_status
from ..rules.audit import audits_by_pair
from .double import is_blind

_NOBODY = ReviewStatus(None)


@dataclass(frozen=True)
class OpenPairs:
    """What a reviewer who opens pairs learns.

    `granted` are leased to them now, for so many `seconds`; `others` say with whom else pairs are
    open, by pair_id.
    `statuses` have the decision about a pair and the reviewer's own verdict, by pair_id: of the
    pairs that were asked for, and of all that were decided since the entry `known`; `looked_at` are
    those of them that a person decided about. `newest` is the number of the log's newest entry.
    """

    granted: frozenset[str]
    seconds: float
    others: Mapping[str, Lease]
    statuses: Mapping[str, tuple[DecisionState | None, Verdict | None]]
    looked_at: frozenset[str]
    newest: int


def open_pairs(store: Store, holder: Holder, pair_ids: Collection[str], known: int) -> OpenPairs:
    """Lease pairs to a reviewer, end their other leases, and say what others did meanwhile.

    Nobody gets a pair that another decided about just before: who decides still has the lease then.
    """
    settings, now = review_settings(store), now_utc().timestamp()
    seconds = 60 * settings.lease_minutes
    granted = hold_leases(store, holder, pair_ids, now, now + seconds)
    newest = newest_number(store)
    found = dict.fromkeys(pair_ids, _NOBODY)
    found |= {key: review_status(log) for key, log in logs_since(store, known, pair_ids).items()}
    hidden = _hidden(store, holder.reviewer, found, settings.double_share)
    seen = {**found, **dict.fromkeys(hidden, _NOBODY)}
    statuses = {
        pair_id: (status.decision, status.verdict_of(holder.reviewer))
        for pair_id, status in seen.items()
    }
    looked_at = frozenset(pair_id for pair_id, status in seen.items() if status.by_person)
    others = leased_to_others(store, holder, now)
    return OpenPairs(granted, seconds, others, statuses, looked_at, newest)


def _hidden(
    store: Store, reviewer: str, found: Mapping[str, ReviewStatus], double_share: float
) -> set[str]:
    """The pairs of which a reviewer mustn't know the decision yet: in double review, or audited."""
    by_rule = {pair_id for pair_id, status in found.items() if status.basis == Basis.RULE}
    audited = by_rule & audits_by_pair(store).keys() if by_rule else set()
    return audited | {
        pair_id
        for pair_id, status in found.items()
        if is_blind(reviewer, pair_id, status.persons, double_share)
    }
