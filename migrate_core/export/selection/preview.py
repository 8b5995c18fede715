"""What an export would take along and leave out, before it is begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...states import DecisionState, decision_state
from ...store.base import Store
from ...store.derived.revisions import kept
from ...store.finished_pairs import ExportKey, class_tables, export_counts
from ...store.serialize import to_json
from ...workspace import Workspace
from ..request import ExportRequest
from ..splits.check import SplitCheck
from ..splits.earlier import check_document
from ..splits.options import SHARES
from .choice import INCLUDES, Choice
from .curation import Curation
from .labels import names_of_values, unreadable_labels
from .planned import Planned, planned
from .select import Selection, reason_by_counts, select
from .similar.run import Findings

_MOST_NAMED = 5
NOBODY = "nobody yet"


@dataclass(frozen=True)
class Preview:
    """What goes out and what doesn't, as `export` would do it.

    Numbers of pairs: those that go out by decision and by split, the others by the reason; `basis`
    has those that go out by what the decision rests on: a person, a rule or a model. By pair id are
    the split of each that goes out, and the reason of each that doesn't. `class_pixels` are numbers
    of labelled pixels by class value and split, `class_names` what masks call them. `check` says
    how independent the splits are, `found` has near duplicates and outliers, where they were looked
    for. Of the `unreadable` pairs the label is gone or damaged, so that the export would fail.
    """

    decisions: Mapping[str, int]
    basis: Mapping[str, int]
    splits: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    split_of: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    class_pixels: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    class_names: Mapping[int, str] = field(default_factory=dict)
    check: SplitCheck | None = None
    found: Findings | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def pairs(self) -> int:
        """How many pairs go out."""
        return sum(self.decisions.values())


def unreadable_sentence(pair_ids: Sequence[str]) -> str:
    """What pairs that can't be read do to the export, and what to do; empty for none."""
    if not pair_ids:
        return ""
    more = f" and {len(pair_ids) - _MOST_NAMED:,} more" if len(pair_ids) > _MOST_NAMED else ""
    return (
        f"{len(pair_ids):,} of these can't be read, and the export would end there: "
        f"{', '.join(pair_ids[:_MOST_NAMED])}{more}. Delete what is left in the folders of these "
        "pairs and run `pairs make`, which makes them again."
    )


def numbers_of_pairs(store: Store, *, looked_at_only: bool = False) -> dict[str, int]:
    """How many finished pairs each level of `--include` takes in, before filters."""
    choices = [Choice(include, looked_at_only) for include in INCLUDES]
    counts = export_counts(store)
    return {
        choice.include: sum(
            number for key, number in counts.items() if reason_by_counts(key, choice) is None
        )
        for choice in choices
    }


def preview(
    store: Store, workspace: Workspace, request: ExportRequest, *, look_for_similar: bool = False
) -> Preview:
    """What `export` would write, by the same rules. Labels are read once, then remembered.

    `look_for_similar` also reads images, for near duplicates and outliers. Raises WrongUseError for
    filters and splits that can't be.
    """
    found = planned(store, workspace, request, look_for_similar=look_for_similar)
    splits = Counter(found.splits.of.values())
    return replace(
        _counted(found),
        splits={name: splits[name] for name in SHARES},
        split_of=dict(found.splits.of),
        reasons=found.left_out,
        class_pixels=_class_pixels(found),
        class_names=names_of_values(class_tables(store)),
        check=found.splits.check,
        found=found.selection.found,
        unreadable=unreadable_labels(workspace, [pair.pair_id for pair in found.going]),
    )


def counts_of_choice(
    store: Store, workspace: Workspace, choice: Choice, curation: Curation
) -> Preview:
    """Only the numbers of pairs by decision and reason: of filters that need no pixels, at once.

    Raises WrongUseError for filters that can't be.
    """
    if curation == Curation():
        return _by_counts(export_counts(store), choice)

    def count() -> Preview:
        return _counted(select(store, workspace, choice, curation))

    return kept(store, f"counts of {choice} {curation!r}", count)


def _by_counts(counts: Mapping[ExportKey, int], choice: Choice) -> Preview:
    """As `_counted`, where pairs need not be told apart."""
    decisions, basis, left_out = Counter[str](), Counter[str](), Counter[str]()
    for key, number in counts.items():
        if (reason := reason_by_counts(key, choice)) is not None:
            left_out[reason] += number
            continue
        decisions[key.decision or DecisionState.UNDECIDED] += number
        basis[key.basis or NOBODY] += number
    return Preview(
        dict(decisions.most_common()),
        dict(basis.most_common()),
        left_out=dict(left_out.most_common()),
    )


def _counted(found: Planned | Selection) -> Preview:
    """The numbers of pairs by decision, by what it rests on, and by reason."""
    decisions = Counter(str(decision_state(pair.status.decision)) for pair in found.going)
    basis = Counter(str(pair.status.basis or NOBODY) for pair in found.going)
    return Preview(
        dict(decisions.most_common()),
        dict(basis.most_common()),
        left_out=dict(Counter(found.left_out.values()).most_common()),
    )


def preview_document(found: Preview) -> dict[str, Any]:
    """What `export --dry-run --json` prints."""
    similar = found.found or Findings()
    return {
        "pairs": found.pairs,
        "decisions": dict(found.decisions),
        "basis": dict(found.basis),
        "splits": dict(found.splits),
        "left_out": dict(found.left_out),
        "classes": [
            {"value": value, "name": found.class_names.get(value), "pixels": dict(pixels)}
            for value, pixels in found.class_pixels.items()
        ],
        "split_check": check_document(found.check) if found.check else None,
        "duplicates": to_json(similar.duplicates),
        "outliers": to_json(similar.outliers),
        "unreadable": list(found.unreadable),
        "looked_for_similar": found.found is not None,
        "split_of": dict(found.split_of),
        "reasons": dict(found.reasons),
    }


def _class_pixels(found: Planned) -> dict[int, dict[str, int]]:
    counts: dict[int, Counter[str]] = {}
    for pair_id, split in found.splits.of.items():
        for value, pixels in found.class_pixels[pair_id].items():
            counts.setdefault(value, Counter())[split] += pixels
    return {value: {name: counts[value][name] for name in SHARES} for value in sorted(counts)}
