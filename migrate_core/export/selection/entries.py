"""Which pairs go into a dataset, and what is known of each of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from ...errors import ExportError, PairError
from ...model import Batch, Decision, Pair
from ...pairs.files import Document, read_document
from ...pairs.view.drawing import Colour, class_colours
from ...review.decisions import ReviewStatus, deciding
from ...states import Basis
from ...store.base import Store
from ...store.review.batches import batch_entries
from ...workspace import Workspace
from .choice import ACCEPTED, Choice
from .curation import Curation
from .select import Going


@dataclass(frozen=True)
class Entry:
    """A pair that goes out: its provenance (pair.json), status and footprint (lon/lat).

    `class_names` are by the value as stored in the label, as people call them now. `decided` are
    the decisions that the status rests on, oldest first, `batch` the one that all are of.
    """

    pair: Pair
    review_status: ReviewStatus
    provenance: Document
    footprint: BaseGeometry
    class_names: Mapping[int, str] = field(default_factory=dict)
    class_colours: Mapping[int, Colour] = field(default_factory=dict)
    decided: Sequence[Decision] = ()
    batch: Batch | None = None

    @property
    def scene(self) -> dict[str, Any]:
        """The provenance of the scene that its pixels come from first."""
        scene: dict[str, Any] = self.provenance["scenes"][0]
        return scene

    @property
    def rule(self) -> str | None:
        """The rule or model by which the pair was decided, in words; None where a person did."""
        if self.batch is None or self.review_status.basis in (None, Basis.PERSON):
            return None
        return str(self.batch.document.get("text") or self.batch.kind)


def entries(store: Store, workspace: Workspace, going: Sequence[Going]) -> list[Entry]:
    """All that is known of the pairs that go out, by pair id.

    Raises ExportError when a pair.json can't be read.
    """
    logs = _logs(store)
    masks = {mask.mask_id: mask for mask in store.masks()}
    batches = {entry.batch.batch_id: entry.batch for entry in batch_entries(store)}
    wanted = {one.pair_id: one for one in going}
    chosen = []
    for pair in store.pairs():
        mask = masks.get(pair.mask_id)
        if pair.pair_id not in wanted or mask is None or mask.footprint is None:
            continue
        status = wanted[pair.pair_id].status
        entry = Entry(
            pair,
            status,
            _provenance(workspace, pair),
            mask.footprint,
            dict(mask.classes.named),
            class_colours(mask),
            tuple(deciding(logs.get(pair.pair_id, ())).values()),
            batches.get(status.batch or ""),
        )
        chosen.append(entry)
    return sorted(chosen, key=lambda entry: entry.pair.pair_id)


def nothing_goes_out(
    choice: Choice, curation: Curation, left_out: Collection[str] = ()
) -> ExportError:
    """The error for a choice that no pair fits; `left_out` has a reason for each pair."""
    text = str(curation)
    reasons = ", ".join(f"{count:,} {why}" for why, count in Counter(left_out).most_common())
    remedy = _remedy(choice)
    sentences = (
        f"No pair would go out with {choice}{f' and only with {text}' if text else ''}.",
        f"Stay out: {reasons}." if reasons else "",
        f"Widen the filters, or: {remedy}" if text else remedy,
    )
    return ExportError(" ".join(filter(None, sentences)))


def _logs(store: Store) -> Mapping[str, Sequence[Decision]]:
    """What was decided about each pair, oldest first."""
    logs: dict[str, list[Decision]] = defaultdict(list)
    for entry in store.decisions():
        logs[entry.pair_id].append(entry)
    return logs


def _remedy(choice: Choice) -> str:
    if choice.include == ACCEPTED:
        return (
            "Accept some first (`review decide PAIR_ID accept`), or take undecided ones along "
            "(`--include undecided`)."
        )
    return "Make pairs first (`pairs make`); rejected ones never go out."


def _provenance(workspace: Workspace, pair: Pair) -> Document:
    try:
        return read_document(workspace.pair(pair.pair_id))
    except PairError as err:
        raise ExportError(f"{pair.pair_id}: {err}") from err
