"""What the triage expects of one pair, as it is shown beside its pixels."""

from __future__ import annotations

from migrate_core.review.decisions import review_status
from migrate_core.review.queue_rows import ReviewItem
from migrate_core.review.sampling.random_order import double_review
from migrate_core.review.triage.run import explained
from migrate_core.store.base import Store
from migrate_core.text import _, format_share
from pages.shared.language.messages import message_text

EXPECTED = "What the triage expects"
EXPECTED_NOTE = "By what persons decided about other pairs; it is no decision about this one."


def expected_rows(
    store: Store, item: ReviewItem, reviewer: str, double_share: float
) -> list[tuple[str, ...]]:
    """The chance that persons accept the pair, then a row for each number that speaks loudest.

    Nothing where nothing was learnt, and of a pair in double review until the reviewer has decided:
    two persons who know what is expected don't decide independently.
    """
    pair_id = item.pair.pair_id
    waits = review_status(item.log).verdict_of(reviewer) is None
    if waits and double_review(pair_id, double_share):
        return []
    found = explained(store, pair_id)
    if found is None:
        return []
    reasons = (*found.speaks_for, *found.speaks_against)
    chance = (_("Accepted with a chance of"), format_share(found.probability))
    return [chance, *((message_text(reason),) for reason in reasons)]
