"""Which pairs go into a dataset, and what is known of each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from ..errors import ExportError, PairError
from ..model import Mask, Pair
from ..pairs.files import Document, read_document
from ..review.decisions import ReviewStatus, review_statuses
from ..states import DecisionState, PairState
from ..store.base import Store
from ..workspace import Workspace

ACCEPTED, UNDECIDED = DecisionState.ACCEPTED.value, DecisionState.UNDECIDED.value
ALL = "all"
INCLUDES = (ACCEPTED, UNDECIDED, ALL)
# What each level of `--include` takes in; None is undecided.
DECISIONS: dict[str, tuple[DecisionState | None, ...]] = {
    ACCEPTED: (DecisionState.ACCEPTED,),
    UNDECIDED: (DecisionState.ACCEPTED, None),
    # Reviewers who disagree leave a pair as uncertain as one who is unsure.
    ALL: (DecisionState.ACCEPTED, None, DecisionState.UNSURE, DecisionState.CONFLICT),
}


@dataclass(frozen=True)
class Entry:
    """A pair that goes out: its provenance (pair.json), standing and footprint (lon/lat).

    `class_names` are by the value as stored in the label, as people call them now.
    """

    pair: Pair
    review_status: ReviewStatus
    provenance: Document
    footprint: BaseGeometry
    class_names: Mapping[int, str] = field(default_factory=dict)

    @property
    def scene(self) -> dict[str, Any]:
        """The provenance of the scene that its pixels come from first."""
        scene: dict[str, Any] = self.provenance["scenes"][0]
        return scene


def entries(store: Store, workspace: Workspace, include: str) -> list[Entry]:
    """The finished pairs that `include` takes in, by pair id. Raises ExportError for none.

    Rejected, superseded and unfinished pairs never go out.
    """
    decided = review_statuses(store)
    masks = {mask.mask_id: mask for mask in store.masks()}
    chosen = []
    for pair in store.pairs():
        review_status = decided.get(pair.pair_id, ReviewStatus(None))
        if pair.state == PairState.DONE and review_status.decision in DECISIONS[include]:
            mask = masks[pair.mask_id]
            if mask.footprint is not None:
                provenance = _provenance(workspace, pair)
                names = _class_names(mask)
                chosen.append(Entry(pair, review_status, provenance, mask.footprint, names))
    if not chosen:
        raise ExportError(
            f"No pair would go out with --include {include}. "
            + (
                "Accept some first (`review decide PAIR_ID accept`), or take undecided ones along "
                "(`--include undecided`)."
                if include == ACCEPTED
                else "Make pairs first (`pairs make`); rejected ones never go out."
            )
        )
    return sorted(chosen, key=lambda entry: entry.pair.pair_id)


def _class_names(mask: Mask) -> dict[int, str]:
    """What the stored class values of a mask are called: by name, or by a vector's own text."""
    named = mask.classes.names or {}
    found = {}
    for source, stored in (mask.classes.stored or {}).items():
        text = named.get(source) or ("" if source.lstrip("-").isdecimal() else source)
        if text:
            found[stored] = text
    return found


def _provenance(workspace: Workspace, pair: Pair) -> Document:
    try:
        return read_document(workspace.pair(pair.pair_id))
    except PairError as err:
        raise ExportError(f"{pair.pair_id}: {err}") from err
