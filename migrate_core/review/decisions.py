"""The log of decisions, and the standing of every pair that follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..pairs.listing import row_of_document
from ..store.base import Store
from ..store.decisions import standing_rows
from ..store.pair_list import pair_documents
from ..store.review.standing import Entry as Entry
from ..store.review.standing import ReviewStatus as ReviewStatus
from ..store.review.standing import deciding as deciding
from ..store.review.standing import newest as newest
from ..store.review.standing import review_status as review_status
from ..workspace import Workspace


def review_statuses(store: Store) -> Mapping[str, ReviewStatus]:
    """The standing of every pair that somebody has decided about, by pair_id."""
    return standing_rows(store)


def pair_list_rows(store: Store, workspace: Workspace) -> Iterator[dict[str, Any]]:
    """The rows of `pairs_document`, one after the other: any number takes little memory."""
    for document, decision in pair_documents(store):
        yield row_of_document(document, decision, workspace)


def pairs_document(store: Store, workspace: Workspace) -> list[dict[str, Any]]:
    """One row for every pair, superseded ones included, with the decision about it."""
    return list(pair_list_rows(store, workspace))
