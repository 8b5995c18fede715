"""Everything that is said of one pair beside its pixels, as JSON with plain texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from migrate_core.errors import MigrateError
from migrate_core.model import Decision, Occlusion, OcclusionBySensor, Pair, PairEdit
from migrate_core.pairs.assessment.notes import format_change, notes_on
from migrate_core.pairs.files import Document, read_document
from migrate_core.pairs.flags import occluded_shares
from migrate_core.pairs.registration.shifts import format_shift
from migrate_core.pairs.view.stored import view_version
from migrate_core.review.decisions import ReviewStatus, deciding, review_status
from migrate_core.review.proposals import Proposal, proposal_for
from migrate_core.review.queue_rows import ReviewItem, last_decision
from migrate_core.review.story import StoryEntry, format_edit, story_of
from migrate_core.review.team.double import visible_item
from migrate_core.states import DecisionState, PairState
from migrate_core.store.base import Store
from migrate_core.store.mask_versions import versions_of_pair
from migrate_core.store.review.checks import reviewed_pair
from migrate_core.store.review.settings import review_settings
from migrate_core.text import (
    CLOUD_IN_SCENE,
    NOT_KNOWN,
    _,
    capital,
    format_date,
    format_offset,
    format_percent,
    format_share,
    format_time,
)

from ..frame import Page
from ..language.messages import message_text
from .repairs import NOT_APPLIED, is_behind, repairs_document
from .triage.expectation import EXPECTED, EXPECTED_NOTE, expected_rows

SUPERSEDED = (
    "Superseded: the mask has a pair of another scene, label or other parameters since, or its "
    "file was changed or taken out. It is not exported; what was decided about it is proposed for "
    "the mask's new pair."
)
_OCCLUDING = {
    "cloud": "cloud",
    "shadow": "cloud shadow",
    "cirrus": "thin cloud or cirrus",
    "snow": "snow",
    "nodata": "no data or saturated",
    "source": "occluded in the source image",
}
_BY_SENSOR = {
    "sentinel2_only": "occluded in Sentinel-2 only",
    "source_only": "occluded in the source image only",
    "both": "occluded in both",
}
_OCCLUSION_NOTE = (
    "All: pixels inside the mask's footprint. Labelled: those with a class other than background. "
    "As the product's classification or mask, or s2cloudless, tells it (see pair.json); a pixel "
    "counts in each row it belongs to, and once in the last."
)
_EARLIER_NOTE = (
    "They don't hold here: they answer to the clouds and the shift of another image, or to other "
    "parameters. Repair this pair where it needs it, too."
)

Section = dict[str, Any]


def item_document(page: Page, item: ReviewItem, reviewer: str) -> dict[str, Any]:
    """A pair as a reviewer sees it: what follows from the log, and facts in words."""
    double_share = review_settings(page.store).double_share
    item = visible_item(item, reviewer, double_share)
    pair = item.pair
    document = _document(page, pair)
    repairs = repairs_document(page.workspace, item, document)
    expected = expected_rows(page.store, item, reviewer, double_share)
    return {
        "pair_id": pair.pair_id,
        "mask_name": pair.mask_name,
        "state": pair.state,
        "superseded": _(SUPERSEDED) if pair.state == PairState.SUPERSEDED else None,
        "suggestion": _suggestion(pair),
        "proposal": _proposal(proposal_for(pair, item.log, item.earlier, reviewer)),
        "dates": _dates(item),
        "facts": [
            *_repair_sections(item, repairs),
            *([_section(_(EXPECTED), expected, note=_(EXPECTED_NOTE))] if expected else []),
            *_detail_sections(item, document),
        ],
        "warnings": _warnings(item, document),
        "earlier_log": _log(story_of(item.earlier.log)) if item.earlier else [],
        "view": view_version(page.workspace, pair.pair_id, item.mask, item.earlier_id),
        **repairs,
        **status_document(page.store, pair.pair_id, item.log, reviewer, item.edits),
    }


def _warnings(item: ReviewItem, document: Document) -> list[str]:
    behind = [_(NOT_APPLIED)] if is_behind(item) else []
    return [*map(message_text, document.get("warnings") or ()), *behind]


def status_document(
    store: Store, pair_id: str, log: Sequence[Decision], reviewer: str, edits: Sequence[PairEdit]
) -> dict[str, Any]:
    """How a pair stands by its log, and what the reviewer's next undo takes back.

    `edits` are the log of repairs, which is shown among the decisions, as is that of its label.
    """
    found = review_status(log)
    return {
        "decision": found.decision,
        "reviewers": found.reviewers,
        "mine": found.verdict_of(reviewer),
        "conflict": _conflict(log, found),
        "log": _log(story_of(log, edits, versions_of_pair(store, pair_id))),
        "last": _last(store, last_decision(store, reviewer)),
    }


def _log(story: Sequence[StoryEntry]) -> list[dict[str, str]]:
    return [
        {"when": format_time(one.at), "who": one.who, "verdict": one.what, "reason": one.why or ""}
        for one in story
    ]


def _conflict(log: Sequence[Decision], found: ReviewStatus) -> str | None:
    """What each says where they disagree: `ann: accept; bob: reject (cloud)`."""
    if found.decision != DecisionState.CONFLICT:
        return None
    decisions = deciding(log)
    return "; ".join(
        f"{name}: {_(decisions[name].verdict)}"
        f"{f' ({why})' if (why := decisions[name].reason) else ''}"
        for name in found.deciders
    )


def _last(store: Store, decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    pair = reviewed_pair(store, decision.pair_id)
    name = pair.mask_name if pair else decision.pair_id
    return {"pair_id": decision.pair_id, "mask_name": name, "verdict": decision.verdict}


def _document(page: Page, pair: Pair) -> Document:
    """The pair.json; empty where the files of a pair are gone, which its view says."""
    with suppress(MigrateError):
        return read_document(page.workspace.pair(pair.pair_id))
    return {}


def _suggestion(pair: Pair) -> Mapping[str, str] | None:
    found = pair.suggestion
    return {"verdict": found.verdict, "reason": message_text(found.reason)} if found else None


def _dates(item: ReviewItem) -> dict[str, str]:
    acquired = item.mask.acquired if item.mask else None
    scene = item.scenes[0].sensed_at if item.scenes else None
    source = acquired.formatted if acquired else _("date not known")
    if item.mask is None:  # it is another by now, as after its label was edited
        source = _("mask not in the store any more")
    return {
        "scene": format_time(scene) if scene else _("scene not in the store any more"),
        "source": source,
        "offset": format_offset(item.pair.days_offset),
    }


def _proposal(found: Proposal | None) -> dict[str, Any] | None:
    """What was decided about an earlier pair: a verdict to confirm, or why there is none."""
    if found is None:
        return None
    return {
        "pair_id": found.pair_id,
        "verdict": found.verdict,
        "reason": found.reason,
        "text": format_proposal(found),
    }


def format_proposal(proposal: Proposal) -> str:
    """`Proposed: accept (decided on 2021-06-12 by ann on the earlier pair; what differs: …)`."""
    differs = ", ".join(map(message_text, proposal.differences))
    if proposal.verdict is None:
        decided = "; ".join(f"{_(one.verdict)} {_by(one)}" for one in proposal.decisions)
        return _(
            "On the earlier pair reviewers disagreed: {decided}; what differs: {differences}."
        ).format(decided=decided, differences=differs)
    agree = "; ".join(_by(one) for one in proposal.decisions if one.verdict == proposal.verdict)
    others = [one for one in proposal.decisions if one.verdict != proposal.verdict]
    against = "".join(
        _("; but {verdict} {by}").format(verdict=_(one.verdict), by=_by(one)) for one in others
    )
    return _(
        "Proposed: {verdict} (decided {by} on the earlier pair{against}; what differs: "
        "{differences})"
    ).format(verdict=_(proposal.verdict), by=agree, against=against, differences=differs)


def _by(decision: Decision) -> str:
    why = f": {decision.reason}" if decision.reason else ""
    when = format_date(decision.decided_at)
    return _("on {date} by {reviewer}").format(date=when, reviewer=decision.reviewer) + why


def _detail_sections(item: ReviewItem, document: Document) -> list[Section]:
    """Occlusion in numbers, the scene, what was measured, and what pair.json says beside."""
    pair = item.pair
    sections = []
    if pair.occlusion:
        sections.append(_section(
            _("What occludes the ground, percent of the pixels"),
            _occlusion_rows(pair, pair.occlusion), _both(), _(_OCCLUSION_NOTE),
        ))  # fmt: skip
    if pair.occlusion_by_sensor:
        title = _("In which image, percent of the pixels")
        sections.append(_section(title, _side_rows(pair.occlusion_by_sensor), _both()))
    sections.append(_section(_("The scene"), _scene_rows(item)))
    if notes := notes_on(document):
        sections.append(_section(_("Worth knowing"), [(message_text(note),) for note in notes]))
    return sections


def _repair_sections(item: ReviewItem, repairs: Mapping[str, Any]) -> list[Section]:
    """What differs from an earlier pair, and what was repaired; nothing where neither is."""
    sections = []
    if difference := repairs["difference"]:
        rows: list[tuple[str, ...]] = [(sentence,) for sentence in difference["sentences"]]
        sections.append(_section(_("What differs from the earlier pair"), rows))
    if item.earlier_edits:
        rows = [(edit.reviewer, format_edit(edit)) for edit in item.earlier_edits]
        sections.append(_section(_("Repairs of the earlier pair"), rows, note=_(_EARLIER_NOTE)))
    if edits := repairs["edits"]:
        rows = [(edit["who"], edit["text"]) for edit in edits]
        sections.append(_section(_("Repairs"), rows))
    return sections


def _section(
    title: str,
    rows: Sequence[Sequence[str]],
    columns: Sequence[str] | None = None,
    note: str | None = None,
) -> Section:
    """A table under a title; the first cell of a row is what it is about."""
    return {"title": title, "columns": columns, "rows": rows, "note": note}


def _both() -> list[str]:
    """The heads of rows with a name, and a number of all and of the labelled pixels."""
    return ["", _("all"), _("labelled")]


def _occlusion_rows(pair: Pair, found: Occlusion) -> list[tuple[str, ...]]:
    shares = {
        name: (getattr(found.all, name), getattr(found.labelled, name)) for name in _OCCLUDING
    }
    if not any(shares["source"]):
        del shares["source"]
    union = occluded_shares(pair.occluded, pair.occlusion_by_sensor)
    rows = {_(_OCCLUDING[name]): both for name, both in shares.items()}
    rows[_("occluded by any of these")] = (union.all, union.labelled)
    return [(name, *map(format_share, both)) for name, both in rows.items()]


def _side_rows(found: OcclusionBySensor) -> list[tuple[str, ...]]:
    both = (found.all, found.labelled)
    if found.all.source_only is None:
        # Without the source's side nobody can say that it was occluded here alone.
        shares = [format_share(found.sentinel2_only) for found in both]
        unknown = (_(NOT_KNOWN), _(NOT_KNOWN))
        return [
            (_("occluded in Sentinel-2"), *shares),
            (_("occluded in the source image"), *unknown),
        ]
    return [
        (_(title), *(format_share(getattr(found, name)) for found in both))
        for name, title in _BY_SENSOR.items()
    ]


def _scene_rows(item: ReviewItem) -> list[tuple[str, ...]]:
    pair = item.pair
    rows: list[tuple[str, ...]] = []
    cloud = _(CLOUD_IN_SCENE)
    if not item.scenes:
        rows.append((_("Product"), ", ".join(pair.scene_ids)))
    if len(pair.scene_ids) > 1:
        mosaic = _("Mosaicked from {count} products of one overpass")
        rows.append((mosaic.format(count=len(pair.scene_ids)),))
    for scene in item.scenes:
        rows += [
            (_("Product"), scene.scene_id),
            (_("Satellite"), f"Sentinel-{scene.scene_id[1:3]}"),
            (_("Sensed"), format_time(scene.sensed_at)),
            (
                _("Tile"),
                _("{tile}, {level}, processing baseline {baseline}").format(
                    tile=scene.tile, level=scene.level, baseline=scene.baseline
                ),
            ),
            (capital(cloud), format_percent(scene.cloud_percent)),
        ]
    if item.mask and item.mask.acquired:
        offset = format_offset(pair.days_offset)
        when = _("{date}; scene {offset}").format(date=item.mask.acquired.formatted, offset=offset)
        rows.append((_("Mask's image"), when))
    if pair.coverage is not None:
        share = _("data for {share} of the mask's area").format(share=format_share(pair.coverage))
        rows.append((_("Coverage"), share))
    return [*rows, *_measured_rows(pair)]


def _measured_rows(pair: Pair) -> list[tuple[str, ...]]:
    """What registration and the look inside the label found, where they were made."""
    rows: list[tuple[str, ...]] = []
    if pair.shift is not None:
        text = _("{shift} (95 % confidence)").format(shift=message_text(format_shift(pair.shift)))
        rows.append((_("Shift against Sentinel-2"), text))
    if found := format_change(pair):
        scale = _(" (0 looks as it did, 1 altogether different)")
        found = message_text(found)
        text = found if pair.change is None else f"{found}{scale}"
        rows.append((_("Change inside the label"), text))
    return rows
