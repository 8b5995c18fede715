"""What is known of a pair, in words, and the gallery of many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.model import Decision, Number, Occlusion, OneSided, Pair
from migrate_core.pairs.notes import notes_on, pair_document
from migrate_core.pairs.quicklook import ViewOptions
from migrate_core.pairs.shift_drawing import shift_in_words
from migrate_core.review.decisions import standing
from migrate_core.review.queue import UNDECIDED, QueueRow, decision_counts
from migrate_core.review.queue_rows import ReviewItem

from .frame import Page
from .review_view import open_pair
from .text import code, plain
from .viewer import thumbnail

# Symbol and colour of Streamlit's badges; the symbol tells them apart without colour.
_BADGES = {
    "accepted": ("check", "blue"),
    "rejected": ("close", "orange"),
    "unsure": ("question_mark", "violet"),
    "conflict": ("call_split", "red"),
    UNDECIDED: ("radio_button_unchecked", "gray"),
}
_SUGGESTIONS = {"accept": "accepted", "reject": "rejected", "unsure": "unsure"}
_HIDING = {
    "cloud": "cloud",
    "shadow": "cloud shadow",
    "cirrus": "thin cloud or cirrus",
    "snow": "snow",
    "nodata": "no data or saturated",
    "source": "hidden in the source image",
}
_SIDES = {
    "sentinel2_only": "hidden in Sentinel-2 only",
    "source_only": "hidden in the source image only",
    "both": "hidden in both",
}
_VERBS = {"accept": "accepted", "reject": "rejected", "unsure": "unsure", "undo": "took back"}
_COLUMNS = 6
_PER_PAGE = 24


def badge(decision: str | None, text: str | None = None) -> str:
    """A decision as a coloured badge with its symbol, in Markdown."""
    symbol, colour = _BADGES[decision or UNDECIDED]
    return f":{colour}-badge[:material/{symbol}: {text or decision or UNDECIDED}]"


def progress(rows: Sequence[QueueRow]) -> None:
    """How far the review of all pairs is."""
    counts = decision_counts(rows)
    decided = len(rows) - counts[UNDECIDED]
    st.progress(decided / max(len(rows), 1), f"{decided} of {len(rows)} decided")


def headline(item: ReviewItem, place: int | None, length: int) -> None:
    """Which pair this is, how it stands, and what the numbers suggest."""
    pair = item.pair
    where = f"{place + 1} of {length}" if place is not None else f"not among the {length} filtered"
    text = f"**{plain(pair.mask_name)}** · {where} {badge(standing(item.log).decision)}"
    if pair.suggestion:
        verdict = pair.suggestion.verdict
        text += f"  \n{badge(_SUGGESTIONS[verdict], f'suggestion: {verdict}')} "
        text += f"{plain(pair.suggestion.reason)} Scene {offset_in_words(pair.days_offset)}."
    st.markdown(text)


def offset_in_words(days: Number | None) -> str:
    """`9 days after the mask's image`."""
    if days is None:
        return "from an unknown time before or after the mask's image"
    side = "after" if days > 0 else "before"
    if days == 0:
        return "from the same day as the mask's image"
    if abs(days) < 1:
        minutes = abs(days) * 1440
        amount = f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.0f} hours"
    else:
        amount = f"{abs(days):.0f} day{'s' if round(abs(days)) != 1 else ''}"
    return f"{amount} {side} the mask's image"


def facts(item: ReviewItem, folder: Path) -> None:
    """Occlusion in numbers beside scene, dates and coverage; notes; then the log of decisions.

    `folder` is that of the pair.
    """
    left, right = st.columns(2)
    with left:
        st.markdown("**What hides the ground**, percent of the pixels")
        if item.pair.occlusion:
            st.table(_occlusion_table(item.pair.occlusion), border="horizontal")
        st.caption(
            "All: pixels inside the mask's footprint. Labelled: those with a class other than "
            "background. As the product's classification or mask, or s2cloudless, tells it (see "
            "pair.json); a pixel counts in each row it belongs to."
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
    """What pair.json says beside numbers: small objects, rim, missing bands, shift and change."""
    try:
        found = notes_on(pair_document(folder))
    except MigrateError:
        return  # Where the files of a pair are gone, its picture says so.
    if found:
        st.markdown("**Worth knowing**")
        st.markdown("\n".join(f"- {plain(note)}" for note in found))


def _occlusion_table(found: Occlusion) -> pd.DataFrame:
    shares = {name: (getattr(found.all, name), getattr(found.labelled, name)) for name in _HIDING}
    if not any(shares["source"]):
        del shares["source"]
    rows = {_HIDING[name]: [percent(share) for share in both] for name, both in shares.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["all", "labelled"])


def _sides_table(found: OneSided) -> pd.DataFrame:
    both = (found.all, found.labelled)
    rows = {
        words: [percent(getattr(sides, name)) for sides in both] for name, words in _SIDES.items()
    }
    if found.all.source_only is None:
        # Without the source's side nobody can say that it was hidden here alone.
        shares = [percent(sides.sentinel2_only) for sides in both]
        unknown = ["not known"] * 2
        rows = {"hidden in Sentinel-2": shares, "hidden in the source image": unknown}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["all", "labelled"])


def _scene_lines(item: ReviewItem) -> list[str]:
    lines = [] if item.scenes else [code(", ".join(item.pair.scene_ids))]
    if len(item.pair.scene_ids) > 1:
        lines.append(f"Mosaicked from {len(item.pair.scene_ids)} products of one overpass:")
    for scene in item.scenes:
        cloud = "not known" if scene.cloud_percent is None else f"{scene.cloud_percent:.1f} %"
        lines += [
            code(scene.scene_id),
            f"Sentinel-{plain(scene.scene_id[1:3])}, {when(scene.sensed_at)}, tile {scene.tile}, "
            f"{scene.level}, processing baseline {plain(scene.baseline)}",
            f"Cloud over the whole scene: {cloud}",
        ]
    mask = item.mask
    if mask and mask.acquired:
        exact = mask.acquired.time_known and mask.acquired.until is None
        known = when(mask.acquired.at) if exact else mask.acquired.days_in_words
        lines.append(f"Mask's image: {known}; scene {offset_in_words(item.pair.days_offset)}")
    if item.pair.coverage is not None:
        lines.append(f"The scene has data for {percent(item.pair.coverage)} of the mask's area")
    return [*lines, *_measured_lines(item.pair)]


def _measured_lines(pair: Pair) -> list[str]:
    """What registration and the look inside the label found, where they were made."""
    lines = []
    if pair.shift is not None:
        lines.append(f"Shift against Sentinel-2: {shift_in_words(pair.shift)} (95 % confidence)")
    if pair.change is not None:
        lines.append(
            f"Change inside the label: {pair.change:.2f} of 1 (0 looks as it did, 1 altogether "
            "different)"
        )
    return lines


def percent(share: float | None) -> str:
    """`91.2 %`."""
    return "not known" if share is None else f"{share:.1%}".replace("%", " %")


def when(moment: datetime) -> str:
    """`12 June 2021, 10:10 UTC`."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _log(log: Sequence[Decision]) -> None:
    st.markdown("**Who decided what**")
    if not log:
        st.caption("Nobody has decided about this pair yet.")
        return
    table = pd.DataFrame(
        {
            "when": [when(entry.decided_at) for entry in log],
            "who": [plain(entry.reviewer) for entry in log],
            "decision": [_VERBS[entry.verdict] for entry in log],
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


def _card(page: Page, row: QueueRow, options: ViewOptions) -> None:
    try:
        st.image(
            thumbnail(page.workspace.pair(row.pair_id), options),
            width="stretch",
            alt=row.mask_name,
        )
    except MigrateError:
        st.caption("The files of this pair can't be read.")
    hidden = "clouds not known" if row.hidden is None else f"{percent(row.hidden)} of label hidden"
    st.markdown(badge(row.decision))
    st.caption(f"{plain(row.mask_name)}  \n{row.sensed_on}, {hidden}")
    st.button("Open", key=f"review_open_{row.pair_id}", on_click=open_pair, args=(row.pair_id,))
