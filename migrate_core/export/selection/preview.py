"""What an export would take along and leave out, before it is begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...store.base import Store
from ...store.finished_pairs import class_tables
from ...store.serialize import to_json
from ...workspace import Workspace
from ..request import ExportRequest
from ..splits.check import SplitCheck
from ..splits.earlier import check_document
from ..splits.options import SHARES
from .counts import Counts
from .labels import names_of_values, unreadable_labels
from .planned import Planned, planned
from .similar.run import Findings

_MOST_NAMED = 5


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


def preview(
    store: Store, workspace: Workspace, request: ExportRequest, *, look_for_similar: bool = False
) -> Preview:
    """What `export` would write, by the same rules. Labels are read once, then remembered.

    `look_for_similar` also reads images, for near duplicates and outliers. Raises WrongUseError for
    filters and splits that can't be.
    """
    found = planned(store, workspace, request, look_for_similar=look_for_similar)
    splits = Counter(found.splits.of.values())
    kinds = ((pair.status.decision, pair.status.basis) for pair in found.going)
    counts = Counts.of(kinds, found.left_out.values())
    return Preview(
        counts.decisions,
        counts.basis,
        left_out=counts.left_out,
        splits={name: splits[name] for name in SHARES},
        split_of=dict(found.splits.of),
        reasons=found.left_out,
        class_pixels=_class_pixels(found),
        class_names=names_of_values(class_tables(store)),
        check=found.splits.check,
        found=found.selection.found,
        unreadable=unreadable_labels(workspace, [pair.pair_id for pair in found.going]),
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
