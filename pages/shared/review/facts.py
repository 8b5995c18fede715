"""What is known of a pair, in words, and the gallery of many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.model import Decision, Occlusion, OcclusionBySensor, Pair
from migrate_core.pairs.assessment.notes import format_change, notes_on
from migrate_core.pairs.files import read_document
from migrate_core.pairs.flags import occluded_shares
from migrate_core.pairs.view.quicklook import ViewOptions
from migrate_core.pairs.view.shift_drawing import format_shift
from migrate_core.review.decisions import review_status
from migrate_core.review.proposals import Proposal
from migrate_core.review.queue import QueueRow, decision_counts
from migrate_core.review.queue_rows import ReviewItem
from migrate_core.states import DECISION_OF, DecisionState, Verdict, decision_state
from migrate_core.text import (
    CLOUD_IN_SCENE,
    LABEL_OCCLUDED,
    format_date,
    format_offset,
    format_percent,
    format_share,
    format_time,
)

from ..frame import Page
from ..text import code, plain
from .filters import open_pair
from .viewer import thumbnail

# Symbol and colour of Streamlit's badges; the symbol tells them apart without colour.
_BADGES = {
    DecisionState.ACCEPTED: ("check", "blue"),
    DecisionState.REJECTED: ("close", "orange"),
    DecisionState.UNSURE: ("question_mark", "violet"),
    DecisionState.CONFLICT: ("call_split", "red"),
    DecisionState.UNDECIDED: ("radio_button_unchecked", "gray"),
}
_OCCLUDING = {
    "cloud": "cloud",
    "shadow": "cloud shadow",
    "cirrus": "thin cloud or cirrus",
    "snow": "snow",
    "nodata": "no data or saturated",
    "source": "occluded in the source image",
}
_SIDES = {
    "sentinel2_only": "occluded in Sentinel-2 only",
    "source_only": "occluded in the source image only",
    "both": "occluded in both",
}
_VERBS = {**DECISION_OF, Verdict.UNDO: "took back"}
_COLUMNS = 6
_PER_PAGE = 24


def badge(decision: DecisionState | None, text: str | None = None) -> str:
    """A decision as a coloured badge with its symbol, in Markdown."""
    state = decision_state(decision)
    symbol, colour = _BADGES[state]
    return f":{colour}-badge[:material/{symbol}: {text or state}]"


def progress(rows: Sequence[QueueRow]) -> None:
    """How far the review of all pairs is."""
    counts = decision_counts(rows)
    decided = len(rows) - counts[DecisionState.UNDECIDED]
    st.progress(decided / max(len(rows), 1), f"{decided} of {len(rows)} decided")


def headline(item: ReviewItem, place: int | None, length: int) -> None:
    """Which pair this is, how it stands, and what the numbers suggest."""
    pair = item.pair
    where = f"{place + 1} of {length}" if place is not None else f"not among the {length} filtered"
    text = f"**{plain(pair.mask_name)}** · {where} {badge(review_status(item.log).decision)}"
    if pair.suggestion:
        verdict = pair.suggestion.verdict
        text += f"  \n{badge(DECISION_OF[verdict], f'suggestion: {verdict}')} "
        text += f"{plain(pair.suggestion.reason)} Scene {format_offset(pair.days_offset)}."
    st.markdown(text)


def format_proposal(proposal: Proposal) -> str:
    """`Proposed: accept (decided on 12 June 2021 by ann on the earlier pair; what differs: …)`."""
    differs = f"what differs: {', '.join(proposal.differences)}"
    if proposal.verdict is None:
        said = "; ".join(f"{one.verdict} {_by(one)}" for one in proposal.decisions)
        return f"On the earlier pair reviewers disagreed: {plain(f'{said}; {differs}')}."
    agree = "; ".join(_by(one) for one in proposal.decisions if one.verdict == proposal.verdict)
    others = [one for one in proposal.decisions if one.verdict != proposal.verdict]
    against = "".join(f"; but {one.verdict} {_by(one)}" for one in others)
    text = plain(f"decided {agree} on the earlier pair{against}; {differs}")
    return f"Proposed: **{proposal.verdict}** ({text})"


def _by(decision: Decision) -> str:
    why = f": {decision.reason}" if decision.reason else ""
    return f"on {format_date(decision.decided_at)} by {decision.reviewer}{why}"


def facts(item: ReviewItem, folder: Path) -> None:
    """Occlusion in numbers beside scene, dates and coverage; notes; then the log of decisions.

    `folder` is that of the pair.
    """
    left, right = st.columns(2)
    with left:
        st.markdown("**What occludes the ground**, percent of the pixels")
        if item.pair.occlusion:
            st.table(_occlusion_table(item.pair, item.pair.occlusion), border="horizontal")
        st.caption(
            "All: pixels inside the mask's footprint. Labelled: those with a class other than "
            "background. As the product's classification or mask, or s2cloudless, tells it (see "
            "pair.json); a pixel counts in each row it belongs to, and once in the last."
        )
        if item.pair.one_sided:
            st.markdown("**In which image**, percent of the pixels")
            st.table(_sides_table(item.pair.one_sided), border="horizontal")
    with right:
        st.markdown("**The scene**")
        st.markdown("\n".join(f"- {line}" for line in _scene_lines(item)))
        _notes(folder)
        _log(item.log)


def _notes(folder: Path) -> None:
    """What pair.json says beside numbers: small objects, buffer, missing bands, shift, change."""
    try:
        found = notes_on(read_document(folder))
    except MigrateError:
        return  # Where the files of a pair are gone, its picture says so.
    if found:
        st.markdown("**Worth knowing**")
        st.markdown("\n".join(f"- {plain(note)}" for note in found))


def _occlusion_table(pair: Pair, found: Occlusion) -> pd.DataFrame:
    shares = {
        name: (getattr(found.all, name), getattr(found.labelled, name)) for name in _OCCLUDING
    }
    if not any(shares["source"]):
        del shares["source"]
    union = occluded_shares(pair.occluded, pair.one_sided)
    rows = {_OCCLUDING[name]: both for name, both in shares.items()}
    rows["occluded by any of these"] = (union.all, union.labelled)
    words = {name: [format_share(share) for share in both] for name, both in rows.items()}
    return pd.DataFrame.from_dict(words, orient="index", columns=["all", "labelled"])


def _sides_table(found: OcclusionBySensor) -> pd.DataFrame:
    both = (found.all, found.labelled)
    rows = {
        words: [format_share(getattr(sides, name)) for sides in both]
        for name, words in _SIDES.items()
    }
    if found.all.source_only is None:
        # Without the source's side nobody can say that it was occluded here alone.
        shares = [format_share(sides.sentinel2_only) for sides in both]
        unknown = ["not known"] * 2
        rows = {"occluded in Sentinel-2": shares, "occluded in the source image": unknown}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["all", "labelled"])


def _scene_lines(item: ReviewItem) -> list[str]:
    lines = [] if item.scenes else [code(", ".join(item.pair.scene_ids))]
    if len(item.pair.scene_ids) > 1:
        lines.append(f"Mosaicked from {len(item.pair.scene_ids)} products of one overpass:")
    for scene in item.scenes:
        lines += [
            code(scene.scene_id),
            f"Sentinel-{plain(scene.scene_id[1:3])}, {format_time(scene.sensed_at)}, tile "
            f"{scene.tile}, {scene.level}, processing baseline {plain(scene.baseline)}",
            f"{CLOUD_IN_SCENE.capitalize()}: {format_percent(scene.cloud_percent)}",
        ]
    mask = item.mask
    if mask and mask.acquired:
        offset = format_offset(item.pair.days_offset)
        lines.append(f"Mask's image: {mask.acquired.formatted}; scene {offset}")
    if item.pair.coverage is not None:
        lines.append(
            f"The scene has data for {format_share(item.pair.coverage)} of the mask's area"
        )
    return [*lines, *_measured_lines(item.pair)]


def _measured_lines(pair: Pair) -> list[str]:
    """What registration and the look inside the label found, where they were made."""
    lines = []
    if pair.shift is not None:
        lines.append(f"Shift against Sentinel-2: {format_shift(pair.shift)} (95 % confidence)")
    if found := format_change(pair):
        scale = " (0 looks as it did, 1 altogether different)" * (pair.change is not None)
        lines.append(f"Change inside the label: {plain(found)}{scale}")
    return lines


def _log(log: Sequence[Decision]) -> None:
    st.markdown("**Who decided what**")
    if not log:
        st.caption("Nobody has decided about this pair yet.")
        return
    table = pd.DataFrame(
        {
            "when": [format_time(entry.decided_at) for entry in log],
            "who": [plain(entry.reviewer) for entry in log],
            "decision": [str(_VERBS[entry.verdict]) for entry in log],
            "reason": [plain(entry.reason or "") for entry in log],
        }
    )
    st.table(table, border="horizontal", hide_index=True)


def gallery(page: Page, queue: Sequence[QueueRow], options: ViewOptions) -> None:
    """The queue as small pictures with their decisions, a page at a time; a click opens one."""
    pages = -(-len(queue) // _PER_PAGE)
    number = 1
    if pages > 1:
        number = st.pagination(pages, key="review_gallery_page", persist_state="session")
    shown = queue[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    grid = st.container(key="pair_gallery")
    for first in range(0, len(shown), _COLUMNS):
        cells = grid.columns(_COLUMNS)
        for cell, row in zip(cells, shown[first : first + _COLUMNS], strict=False):
            with cell, st.container(gap="xsmall"):
                _card(page, row, options)


def _before(proposed: DecisionState) -> str:
    disagreed = proposed == DecisionState.CONFLICT
    return "reviewers disagreed before" if disagreed else f"{proposed} before"


def _card(page: Page, row: QueueRow, options: ViewOptions) -> None:
    try:
        st.image(
            thumbnail(page.workspace.pair(row.pair_id), options),
            width="stretch",
            alt=row.mask_name,
        )
    except MigrateError:
        st.caption("The files of this pair can't be read.")
    st.markdown(
        badge(row.decision, row.proposed and f"{DecisionState.UNDECIDED}, {_before(row.proposed)}")
    )
    st.caption(
        f"{plain(row.mask_name)}  \n{row.sensed_on}, {LABEL_OCCLUDED} {format_share(row.occluded)}"
    )
    st.button("Open", key=f"review_open_{row.pair_id}", on_click=open_pair, args=(row.pair_id,))
