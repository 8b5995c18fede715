"""Which pairs go out and why the others don't: the one rule for the export and for its preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ...errors import WrongUseError
from ...review.decisions import ReviewStatus, review_statuses
from ...review.filters import QueueFilter, filter_texts, format_filter, parse_filter
from ...review.queue_row import QueueRow
from ...review.queue_rows import queue_rows
from ...states import UNDER_WAY, Basis, DecisionState, PairState
from ...store.base import Store
from ...store.finished_pairs import ExportKey, PairFootprint, class_tables, pair_footprints
from ...workspace import Workspace
from .choice import Choice
from .curation import Curation, format_agreement, format_class, format_level
from .labels import Days, label_counts, level_of, names_of_values, values_of_class
from .similar.run import Findings, findings

NOT_MADE = "not made yet"
NO_FOOTPRINT = "mask without a footprint"
NEAR_DUPLICATE = "near duplicate of another pair"
OUTLIER = "outlier"
_NOBODY = ReviewStatus(None)


@dataclass(frozen=True)
class Going:
    """A pair that goes out, as the database knows it; `footprint` is lon/lat."""

    pair_id: str
    mask_id: str
    mask_name: str
    scene_ids: tuple[str, ...]
    footprint: BaseGeometry
    status: ReviewStatus


@dataclass(frozen=True)
class Selection:
    """The pairs that go out, by pair id, and the reason of each that doesn't.

    `found` are near duplicates and outliers among the pairs that filters let through; None where
    nobody looked for them.
    """

    going: tuple[Going, ...]
    left_out: Mapping[str, str]
    found: Findings | None = None


@dataclass(frozen=True)
class Filters:
    """A curation, taken apart so that the reason of a pair that stays out can be named."""

    of_queue: tuple[tuple[QueueFilter, str], ...]
    curation: Curation
    rows: Mapping[str, QueueRow] = field(default_factory=dict)
    class_values: Mapping[str, frozenset[int]] = field(default_factory=dict)
    class_pixels: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def reason_against(self, workspace: Workspace, pair_id: str) -> str | None:
        """The first filter that a pair doesn't meet, in words; None where it meets all."""
        row = self.rows.get(pair_id)
        if row is None:  # nothing is asked, or the pair has been superseded this moment
            return NOT_MADE if self.curation.filters else None
        for wanted, text in self.of_queue:
            if not wanted.takes(row):
                return not_met(text)
        level = self.curation.level
        if level is not None and level_of(workspace, row.pair_id, (row.scene_id,)) != level:
            return not_met(format_level(level))
        limits = self.curation.agreement
        if limits is not None and not limits.takes(agreement(row)):
            return not_met(format_agreement(limits))
        return self._class_reason(row.pair_id)

    def _class_reason(self, pair_id: str) -> str | None:
        counts = self.class_pixels.get(pair_id, {})
        total = sum(counts.values())
        for name, limits in self.curation.classes.items():
            pixels = sum(counts.get(value, 0) for value in self.class_values[name])
            if not limits.takes(100 * pixels / total if total else None):
                return not_met(format_class(name, limits))
        return None


def select(
    store: Store,
    workspace: Workspace,
    choice: Choice,
    curation: Curation | None = None,
    *,
    look_for_similar: bool = False,
) -> Selection:
    """Which pairs go out, by decision, filters and, where asked for, what they look like.

    Files are read only for filters of classes and levels, and for duplicates and outliers. Raises
    WrongUseError for a filter that is none, or a class that no mask has.
    """
    wanted = curation or Curation()
    wanted.check()
    going, left_out = _by_decision(store, choice)
    filters = filters_of(store, wanted)
    if wanted.classes:
        counts = label_counts(workspace, [pair.pair_id for pair in going])
        filters = replace(filters, class_pixels=counts)
    kept = []
    for pair in going:
        reason = filters.reason_against(workspace, pair.pair_id)
        if reason is None:
            kept.append(pair)
        else:
            left_out[pair.pair_id] = reason
    if not (look_for_similar or wanted.skip_duplicates or wanted.skip_outliers):
        return Selection(tuple(kept), left_out)
    days = Days(store, workspace)
    days_of = {pair.pair_id: days.of(pair.pair_id, pair.scene_ids) for pair in kept}
    found = findings(workspace, kept, days_of, names_of_values(class_tables(store)))
    skipped = _skipped(wanted, found)
    left_out.update(skipped)
    return Selection(tuple(p for p in kept if p.pair_id not in skipped), left_out, found)


def agreement(status: ReviewStatus | QueueRow) -> int:
    """How many persons say the same of a pair; 0 where they ever disagreed, settled or not."""
    verdicts = {status.verdict_of(person) for person in status.persons}
    return len(status.persons) if len(verdicts) == 1 else 0


def _by_decision(store: Store, choice: Choice) -> tuple[list[Going], dict[str, str]]:
    decided = review_statuses(store)
    shapes: dict[str, BaseGeometry] = {}
    going, left_out = list[Going](), dict[str, str]()
    for row in pair_footprints(store):
        status = decided.get(row.pair_id, _NOBODY)
        reason = _reason(row.state, status, choice)
        if reason is not None or row.footprint is None:
            left_out[row.pair_id] = reason or NO_FOOTPRINT
            continue
        # A mask has one footprint, however many pairs.
        outline = shapes.setdefault(row.mask_id, shape(row.footprint))
        going.append(_going(row, outline, status))
    return sorted(going, key=lambda pair: pair.pair_id), left_out


def _going(row: PairFootprint, outline: BaseGeometry, status: ReviewStatus) -> Going:
    return Going(row.pair_id, row.mask_id, row.mask_name, row.scene_ids, outline, status)


def reason_by_counts(key: ExportKey, choice: Choice) -> str | None:
    """Why pairs of a kind stay out; None when they go out, before filters."""
    status = ReviewStatus(
        DecisionState(key.decision) if key.decision else None,
        basis=Basis(key.basis) if key.basis else None,
    )
    reason = _reason(PairState(key.state), status, choice)
    return reason or (None if key.has_footprint else NO_FOOTPRINT)


def _reason(state: PairState, status: ReviewStatus, choice: Choice) -> str | None:
    """Why a pair stays out; None when it goes out."""
    if state in UNDER_WAY:
        return NOT_MADE
    if state != PairState.DONE:
        return state
    return choice.reason_against(status)


def filters_of(store: Store, curation: Curation) -> Filters:
    """The filters of a curation with the finished pairs that they are about, but for pixels.

    Raises WrongUseError for a filter that is none, or a class that no mask has.
    """
    texts = filter_texts(curation.of_queue)
    of_queue = [parse_filter({name: text}) for name, text in texts.items()]
    rows = {row.pair_id: row for row in queue_rows(store)} if curation.filters else {}
    named = curation.classes
    known = values_of_class(class_tables(store)) if named else {}
    if unknown := [name for name in named if name not in known]:
        raise WrongUseError(
            f"No mask has the class {unknown[0]!r}; there are {', '.join(sorted(known)) or 'none'}."
        )
    return Filters(
        tuple((one, format_filter(one)) for one in of_queue),
        curation,
        rows,
        {name: known[name] for name in named},
    )


def _skipped(curation: Curation, found: Findings) -> dict[str, str]:
    skipped: dict[str, str] = {}
    if curation.skip_outliers:
        skipped |= {one.pair_id: OUTLIER for one in found.outliers}
    if curation.skip_duplicates:
        skipped |= dict.fromkeys(found.redundant, NEAR_DUPLICATE)
    return skipped


def not_met(text: str) -> str:
    """The reason of a pair that stays out by a filter, which is given in words."""
    return f"filter not met: {text}"
