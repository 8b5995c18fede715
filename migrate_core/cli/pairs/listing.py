"""`pairs list`, and how other commands show all pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from ...pairs.listing import change_text, label_occluded
from ...review.decisions import pair_list_texts
from ...review.proposals import proposed_decisions
from ...session import Session
from ...store.base import Store
from ...store.lists.pairs import PairLine, pair_lines
from ...text import LABEL_OCCLUDED, format_days, format_share
from ..console import emit_rows, json_option, print_table

_HEADING = ("pair_id", "state", "days", LABEL_OCCLUDED, "change in label", "decision")


@click.command("list")
@json_option
@click.pass_obj
def list_pairs(session: Session, as_json: bool) -> None:
    """All pairs, one row each, superseded ones included."""
    emit_pairs(session, as_json)


def emit_pairs(session: Session, as_json: bool) -> None:
    """All pairs as JSON, or as a table with what is proposed where nobody has decided."""
    texts = pair_list_texts(session.store, session.workspace)
    heading = (*_HEADING, "suggestion", "why")
    emit_rows(texts, as_json, lambda: print_table(heading, _rows(session.store)))


def _rows(store: Store) -> Iterator[tuple[str | None, ...]]:
    proposed = proposed_decisions(store)
    return (_cells(pair, proposed) for pair in pair_lines(store))


def _cells(pair: PairLine, proposed: Mapping[str, str]) -> tuple[str | None, ...]:
    """One line of the table."""
    share = label_occluded(pair)
    change = change_text(pair.occlusion_of_label is not None, pair.change, pair.change_note)
    unmeasured = f"Change {change}." if change and pair.change is None else None
    reasons = filter(None, (pair.reason, unmeasured))
    return (
        pair.pair_id,
        pair.state,
        format_days(pair.days_offset),
        None if share is None else format_share(share),
        "not measured" if unmeasured else _two_digits(pair.change),
        pair.decision or proposed.get(pair.pair_id),
        pair.verdict,
        pair.error or " ".join(reasons) or None,
    )


def _two_digits(share: float | None) -> str | None:
    return None if share is None else f"{share:.2f}"
