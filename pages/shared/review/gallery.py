"""The gallery: many pairs as small pictures with their decisions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.pairs.files import LABEL
from migrate_core.pairs.view.drawing import png
from migrate_core.pairs.view.quicklook import ViewOptions, read_pair, render
from migrate_core.review.queue import decision_counts
from migrate_core.review.queue_row import QueueRow
from migrate_core.states import DecisionState, decision_state
from migrate_core.text import LABEL_OCCLUDED, format_share

from ..frame import Page
from ..text import plain
from .filters import nothing_fits, open_pair

STYLE = """<style>
.st-key-pair_gallery img {aspect-ratio: 1; object-fit: contain; width: 100%}
</style>"""
# Symbol and colour of Streamlit's badges; the symbol tells them apart without colour.
_BADGES = {
    DecisionState.ACCEPTED: ("check", "blue"),
    DecisionState.REJECTED: ("close", "orange"),
    DecisionState.UNSURE: ("question_mark", "violet"),
    DecisionState.CONFLICT: ("call_split", "red"),
    DecisionState.UNDECIDED: ("radio_button_unchecked", "gray"),
}
_COLUMNS = 6
_PER_PAGE = 24
_SMALL = ViewOptions(size=160)


def badge(decision: DecisionState | None, text: str | None = None) -> str:
    """A decision as a coloured badge with its symbol, in Markdown."""
    state = decision_state(decision)
    symbol, colour = _BADGES[state]
    return f":{colour}-badge[:material/{symbol}: {text or state}]"


def progress(rows: Sequence[QueueRow]) -> None:
    """How far the review of all pairs is."""
    decided = len(rows) - decision_counts(rows)[DecisionState.UNDECIDED]
    st.progress(decided / max(len(rows), 1), f"{decided} of {len(rows)} decided")


def gallery(page: Page, queue: Sequence[QueueRow]) -> None:
    """The queue as small pictures with their decisions, a page at a time; a click opens one."""
    if not queue:
        nothing_fits()
        return
    st.html(STYLE)
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
                _card(page, row)


def _card(page: Page, row: QueueRow) -> None:
    try:
        folder = page.workspace.pair(row.pair_id)
        picture = _thumbnail(folder, _label_written(folder))
        st.image(picture, width="stretch", alt=row.mask_name)
    except MigrateError:
        st.caption("The files of this pair can't be read.")
    st.markdown(
        badge(row.decision, row.proposed and f"{DecisionState.UNDECIDED}, {_before(row.proposed)}")
    )
    st.caption(
        f"{plain(row.mask_name)}  \n{row.sensed_on}, {LABEL_OCCLUDED} {format_share(row.occluded)}"
    )
    st.button("Open", key=f"review_open_{row.pair_id}", on_click=open_pair, args=(row.pair_id,))


def _before(proposed: DecisionState) -> str:
    disagreed = proposed == DecisionState.CONFLICT
    return "reviewers disagreed before" if disagreed else f"{proposed} before"


def _label_written(folder: Path) -> int:
    """When the label was written, in nanoseconds: all that a repair of a pair changes of it."""
    with suppress(OSError):
        return (folder / LABEL.file).stat().st_mtime_ns
    return 0


# This cache takes a tenth of the memory of Streamlit's.
@lru_cache(maxsize=400)
def _thumbnail(folder: Path, written: int) -> bytes:  # noqa: ARG001 - tells repaired pairs apart
    """A small picture of a pair as a PNG file. Raises MigrateError."""
    return png(render(read_pair(folder, _SMALL.bands, _SMALL.size), _SMALL).rgb)
