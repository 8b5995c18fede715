"""How many pairs go out and stay out by a choice: counted by the database, or by light rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...review.filters import filter_texts, format_filter, parse_filter
from ...states import DecisionState
from ...store.base import Store
from ...store.derived.revisions import kept
from ...store.finished_pairs import (
    COUNTED_BY,
    ExportKey,
    export_counts,
    pairs_without_footprint,
)
from ...workspace import Workspace
from .choice import INCLUDES, Choice
from .curation import Curation
from .select import filters_of, not_met, reason_by_counts

NOBODY = "nobody yet"
# Decision and basis; None where nobody has decided.
_Kind = tuple[str | None, str | None]


@dataclass(frozen=True)
class Counts:
    """Numbers of pairs: those that go out by decision and by basis, the others by the reason.

    The basis is what the decision rests on: a person, a rule or a model.
    """

    decisions: Mapping[str, int]
    basis: Mapping[str, int]
    left_out: Mapping[str, int]

    @classmethod
    def of(cls, going: Iterable[_Kind], left_out: Iterable[str]) -> Counts:
        """Those of pairs by kind and by reason, or of how many there are of each."""
        kinds, reasons = Counter(going), Counter(left_out)
        decisions, basis = Counter[str](), Counter[str]()
        for (decision, rests_on), number in kinds.items():
            decisions[str(decision or DecisionState.UNDECIDED)] += number
            basis[str(rests_on or NOBODY)] += number
        # `+` leaves out what nothing was counted of.
        return cls(*(dict((+found).most_common()) for found in (decisions, basis, reasons)))


def numbers_of_pairs(store: Store, *, looked_at_only: bool = False) -> dict[str, int]:
    """How many finished pairs each level of `--include` takes in, before filters."""
    counts = export_counts(store)
    return {
        include: _going(counts, Choice(include, looked_at_only)).total() for include in INCLUDES
    }


def counts_of_choice(
    store: Store, workspace: Workspace, choice: Choice, curation: Curation
) -> Counts:
    """Only the numbers of pairs by decision and reason: of filters that need no pixels, at once.

    Raises WrongUseError for filters that can't be.
    """
    curation.check()
    if _is_by_columns(curation):
        return _by_columns(store, choice, curation)

    def count() -> Counts:
        return _by_rows(store, workspace, choice, curation)

    return kept(store, f"counts of {choice} {curation!r}", count)


def _is_by_columns(curation: Curation) -> bool:
    """Whether the database can count what the filters take."""
    filters = curation.filters
    return filters.keys() <= COUNTED_BY.keys() and filters.get("text", "").isascii()


def _by_columns(store: Store, choice: Choice, curation: Curation) -> Counts:
    """The counts of filters on columns: with the first, with the first two, and so on."""
    counts = export_counts(store)
    left_out = _left_out(counts, choice)
    filters: dict[str, str] = {}
    going = _going(counts, choice)
    for name, value in filter_texts(curation.of_queue).items():
        filters[name] = value
        before, going = going, _going(export_counts(store, filters), choice)
        reason = not_met(format_filter(parse_filter({name: value})))
        left_out[reason] = before.total() - going.total()
    return Counts.of(going, left_out)


def _by_rows(store: Store, workspace: Workspace, choice: Choice, curation: Curation) -> Counts:
    """The counts of filters that look at each pair; no outline or document is decoded for it."""
    counts = export_counts(store)
    kinds, left_out = _going(counts, choice), _left_out(counts, choice)
    filters, without = filters_of(store, curation), pairs_without_footprint(store)
    going: Counter[_Kind] = Counter()
    for row in filters.rows.values():
        kind = (row.decision, row.basis)
        if kind not in kinds or row.pair_id in without:
            continue
        if (reason := filters.reason_against(workspace, row.pair_id)) is None:
            going[kind] += 1
        else:
            left_out[reason] += 1
    return Counts.of(going, left_out)


def _going(counts: Mapping[ExportKey, int], choice: Choice) -> Counter[_Kind]:
    """How many pairs of each kind go out, before filters."""
    found: Counter[_Kind] = Counter()
    for key, number in counts.items():
        if reason_by_counts(key, choice) is None:
            found[key.decision, key.basis] += number
    return found


def _left_out(counts: Mapping[ExportKey, int], choice: Choice) -> Counter[str]:
    """How many pairs stay out for each reason, before filters."""
    found = Counter[str]()
    for key, number in counts.items():
        if (reason := reason_by_counts(key, choice)) is not None:
            found[reason] += number
    return found
