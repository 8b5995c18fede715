"""The queue of pairs as the client has it, and the facts behind it, which are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrate_core.errors import WrongUseError
from migrate_core.review.checks.mixing import with_checks
from migrate_core.review.checks.run import rows_of_checks
from migrate_core.review.filters import QueueFilter, parse_filter
from migrate_core.review.queue import MOST_SUSPICIOUS, ORDERS, arranged, decision_counts
from migrate_core.review.queue_row import QueueRow
from migrate_core.review.queue_rows import queue_rows
from migrate_core.review.rules.audit import hide_rule
from migrate_core.review.team.double import visible_row
from migrate_core.review.triage.learning import AUTOMATIC
from migrate_core.review.triage.run import TriageState, triage_state
from migrate_core.states import DecisionState
from migrate_core.store.base import Store
from migrate_core.store.decisions import newest_number
from migrate_core.store.derived.revisions import kept
from migrate_core.store.review.models import newest_version
from migrate_core.store.review.settings import review_settings
from migrate_core.text import LABEL_OCCLUDED, _, format_share


def kept_triage_state(store: Store, language: str = "en") -> TriageState:
    """Where triage stands; found again when anything it follows from has changed.

    It has sentences in the language of the tab: each `language` has its own.
    """
    name = f"triage state {language} {review_settings(store)} {newest_version(store)}"
    return kept(store, name, lambda: triage_state(store))


def rows_of(store: Store, reviewer: str) -> list[QueueRow]:
    """The finished pairs with the decisions about them as they are now, as a reviewer sees them.

    Pairs that audit a rule look undecided until a person has looked at them.
    """
    rows = [hide_rule(row) for row in queue_rows(store)]
    return _visible(store, rows, reviewer)


def _visible(store: Store, rows: list[QueueRow], reviewer: str) -> list[QueueRow]:
    share = review_settings(store).double_share
    return [visible_row(row, reviewer, share) for row in rows] if share else rows


def queue_of(
    store: Store, rows: Sequence[QueueRow], wanted: QueueFilter, order: str
) -> list[QueueRow]:
    """What is looked at, in one of `ORDERS`: of all finished pairs, and attention checks among."""
    if wanted.audit and wanted.audit.startswith(AUTOMATIC):
        rows = _with_audit(store, rows)
    checks = _visible(store, rows_of_checks(store, rows), wanted.reviewer)
    return with_checks(arranged(rows, wanted, order), arranged(checks, wanted, order), order)


def _with_audit(store: Store, rows: Sequence[QueueRow]) -> Sequence[QueueRow]:
    """The rows, of which those that the audit of the triage waits for are marked."""
    state = kept_triage_state(store)
    name, waiting = audit_name(state), frozenset(state.to_audit)
    return [
        replace(row, audits=(*row.audits, name)) if row.pair_id in waiting else row for row in rows
    ]


def audit_name(state: TriageState) -> str:
    """What the filter `audit` calls the audit of the model in use."""
    return f"{AUTOMATIC}{state.version}"


def queue_document(store: Store, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The queue in order, and how all pairs stand. Raises WrongUseError for an unknown filter.

    `asked` has `filter`, as `filter_texts` gives it, `order`, one of `ORDERS`, and `reviewer`,
    whose own verdict is the last of the four values of a pair. What they mustn't know yet of a pair
    in double review is left out: to them it is undecided. With `details` there are two more: what
    was decided about an earlier pair, and a line of text. `newest` is the number of the newest
    decision that this takes in.
    """
    reviewer = str(asked.get("reviewer") or "")
    wanted = parse_filter(asked.get("filter") or {}, reviewer)
    order = asked.get("order") or MOST_SUSPICIOUS
    if order not in ORDERS:
        raise WrongUseError(f"{order!r} is no order; known are {', '.join(ORDERS)}.")
    details = _details if asked.get("details") else _no_details
    newest, rows = newest_number(store), rows_of(store, reviewer)
    return {
        "pairs": [
            (row.pair_id, row.mask_name, row.decision, row.verdict_of(reviewer), *details(row))
            for row in queue_of(store, rows, wanted, order)
        ],
        "counts": {**decision_counts(rows), "all": len(rows)},
        "newest": newest,
    }


def _no_details(_row: QueueRow) -> tuple[()]:
    return ()


def _details(row: QueueRow) -> tuple[str | None, str]:
    """What was decided before, and `2020-02-02, label occluded 8.8 %`."""
    before = row.proposed and _("{decision} before").format(decision=_(row.proposed))
    if row.proposed == DecisionState.CONFLICT:
        before = _("reviewers disagreed before")
    return before, f"{row.day}, {_(LABEL_OCCLUDED)} {format_share(row.occluded)}"
