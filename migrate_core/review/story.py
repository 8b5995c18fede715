"""The story of a pair: who decided or repaired what, when and why, also on earlier pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..errors import WrongUseError
from ..model import Decision, PairEdit
from ..pairs.edits.documents import area_of
from ..states import DECISION_OF, Basis, EditKind, Verdict, VersionKind
from ..store.base import Store
from ..store.decisions import earlier_pairs_of, edits_of
from ..store.mask_versions import VersionEntry, versions_of_pair
from ..store.review.checks import reviewed_pair
from ..text import _

_M2_A_HA = 10_000
_VERSIONS = {
    VersionKind.EDIT: "edited the label",
    VersionKind.UNDO: "undid an edited label",
}
_BASIS = {Basis.PERSON: "", Basis.RULE: " by a rule", Basis.MODEL: " by the triage"}


@dataclass(frozen=True)
class StoryEntry:
    """What happened to a pair at a time: `what` somebody did, and `why` where they say so.

    `pair_id` is empty for what happened to the label of its mask.
    """

    pair_id: str
    at: datetime
    who: str
    what: str
    why: str | None


def story_of(
    log: Iterable[Decision],
    edits: Iterable[PairEdit] = (),
    versions: Iterable[VersionEntry] = (),
) -> list[StoryEntry]:
    """The logs of decisions, of repairs and of edited labels as one, oldest first."""
    found = [_decided(one) for one in log]
    found += [
        StoryEntry(one.pair_id, one.made_at, one.reviewer, format_edit(one), None) for one in edits
    ]
    found += [
        StoryEntry("", one.made_at, one.reviewer, _(_VERSIONS[one.kind]), None) for one in versions
    ]
    return sorted(found, key=lambda entry: entry.at)


def pair_story(store: Store, pair_id: str) -> list[StoryEntry]:
    """All that happened to a pair and to the earlier ones of its mask, oldest first.

    Raises WrongUseError when there is no such pair.
    """
    pair = reviewed_pair(store, pair_id)
    if pair is None:
        raise WrongUseError(f"{pair_id!r} is no pair; `pairs list` shows their ids.")
    pair_ids = [pair_id, *(row.pair_id for row in earlier_pairs_of(store, pair))]
    found = story_of([], versions=versions_of_pair(store, pair_id))
    for one in dict.fromkeys(pair_ids):
        found += story_of(store.decisions(one), edits_of(store, one))
    return sorted(found, key=lambda entry: entry.at)


def _decided(entry: Decision) -> StoryEntry:
    """`accepted`, `settled: rejected`, `accepted by a rule (batch 1f…)`, `took back`."""
    if entry.verdict == Verdict.UNDO:
        what = _("took back")
    else:
        settled = _("settled: ") if entry.settles else ""
        what = f"{settled}{_(DECISION_OF[entry.verdict])}{_(_BASIS[entry.basis])}"
    batch = _(" (batch {batch})").format(batch=entry.batch) if entry.batch else ""
    return StoryEntry(
        entry.pair_id, entry.decided_at, entry.reviewer, f"{what}{batch}", entry.reason
    )


def format_edit(edit: PairEdit) -> str:
    """`ignored 0.25 ha: cloud`, `moved the label 2.5 m east, -1.0 m north`, `took back an edit`."""
    document = edit.document
    if edit.kind == EditKind.IGNORE:
        why = f": {document['reason']}" if document.get("reason") else ""
        area = f"{area_of(document).area / _M2_A_HA:.2f} ha"
        return _("ignored {area}").format(area=area) + why
    if edit.kind == EditKind.NUDGE:
        east, north = (f"{document[name]:g} m" for name in ("east_m", "north_m"))
        return _("moved the label {east} east, {north} north").format(east=east, north=north)
    return _("took back an edit")
