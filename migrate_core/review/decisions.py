"""The log of decisions, and the standing of every pair that follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..pairs.listing import row_texts
from ..store.base import Store
from ..store.decisions import standing_rows
from ..store.lists.pairs import pair_texts
from ..store.review.standing import Entry as Entry
from ..store.review.standing import ReviewStatus as ReviewStatus
from ..store.review.standing import deciding as deciding
from ..store.review.standing import newest as newest
from ..store.review.standing import review_status as review_status
from ..workspace import Workspace


def review_statuses(store: Store) -> Mapping[str, ReviewStatus]:
    """The standing of every pair that somebody has decided about, by pair_id."""
    return standing_rows(store)


def pair_list_texts(store: Store, workspace: Workspace) -> Iterator[str]:
    """The rows of `pairs_document` as JSON texts, one after the other, in little memory."""
    return row_texts(pair_texts(store), workspace)


def pairs_document(store: Store, workspace: Workspace) -> list[dict[str, Any]]:
    """One row for every pair, superseded ones included, with the decision about it."""
    return [json.loads(text) for text in pair_list_texts(store, workspace)]
