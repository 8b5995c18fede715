"""The log of decisions, and the standing of every pair that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..pairs.listing import pair_row
from ..store.base import Store
from ..store.decisions import standing_rows
from ..store.review.standing import Entry as Entry
from ..store.review.standing import ReviewStatus as ReviewStatus
from ..store.review.standing import deciding as deciding
from ..store.review.standing import newest as newest
from ..store.review.standing import review_status as review_status
from ..workspace import Workspace


def review_statuses(store: Store) -> Mapping[str, ReviewStatus]:
    """The standing of every pair that somebody has decided about, by pair_id."""
    return standing_rows(store)


def pairs_document(store: Store, workspace: Workspace) -> list[dict[str, Any]]:
    """One row for every pair, superseded ones included, with the decision about it."""
    decided = review_statuses(store)
    nobody = ReviewStatus(None)
    return [
        pair_row(pair, decided.get(pair.pair_id, nobody).decision, workspace)
        for pair in store.pairs()
    ]
