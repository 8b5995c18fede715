"""What an export would write, found out in the background: splits, classes, a map, odd pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from shapely.geometry import shape

from migrate_core.export.request import ExportRequest
from migrate_core.export.selection.preview import unreadable_sentence
from migrate_core.export.splits.options import SHARES
from migrate_core.job_requests import PreviewExport
from migrate_core.jobs.background import answer
from migrate_core.store.finished_pairs import pair_footprints
from migrate_core.store.serialize import to_json
from migrate_core.text import _
from pages.shared.background import (
    POLL_S,
    how_it_ended,
    is_busy,
    note_press,
    start,
    trouble,
    was_pressed,
    watch,
)
from pages.shared.frame import Page
from pages.shared.language.messages import message_text
from pages.shared.maps import MapHeight, Outline, show_map
from pages.shared.polling import polled
from pages.shared.table import titled
from pages.shared.text import AREA_COLUMN, PERCENT_COLUMN, counted, message_of

KIND = "preview"
# Told apart with every common form of colour blindness (Okabe & Ito), and by their letter.
_SPLITS = {"train": ("#0072B2", "T"), "val": ("#8A4A74", "V"), "test": ("#B34E00", "X")}
# So many footprints are drawn; a map of more tells nothing that fewer don't.
_MOST = 2_000
_ROWS = 200
_HEIGHT = MapHeight(rest=420, least=320)


@polled(lambda page: is_busy(page, KIND), POLL_S)
def preview_panel(page: Page, request: ExportRequest) -> None:
    """The button that looks, how far it is, and what it has found for these choices."""
    busy = is_busy(page, KIND)
    with st.container(horizontal=True, vertical_alignment="center"):
        similar = st.checkbox(
            _("Look for near duplicates and outliers"),
            key="export_similar",
            persist_state="session",
            help=_("Compares colours and textures of all pairs; reads all images once."),
        )
        st.button(
            _("Preview splits, classes and map"),
            key="export_preview",
            icon=":material/preview:",
            disabled=busy,
            on_click=note_press,
            args=(KIND,),
            help=_("Writes nothing."),
        )
    if was_pressed(KIND):
        start(page, KIND, lambda: PreviewExport(request, similar))
    trouble(KIND)
    if busy:
        watch(page, KIND, _("Looking at labels"))
        return
    how_it_ended(page, KIND)
    found = answer(page.store, KIND)
    if not found:
        return
    if found["request"] != to_json(request):
        st.caption(_("The last preview is of other choices; preview again for these."))
        return
    _show(page, found["preview"])


def _show(page: Page, found: Mapping[str, Any]) -> None:
    check = found["split_check"]
    if sentence := unreadable_sentence(found.get("unreadable", ())):
        st.warning(message_of(sentence))
    if check:
        with st.container(border=True):
            st.markdown(_("**Splits**"))
            st.markdown("\n".join(f"- {message_of(sentence)}" for sentence in check["sentences"]))
    table, where = st.columns([2, 3])
    with table:
        _classes(found["classes"])
        _odd_pairs(_("Near duplicates"), found["duplicates"])
        _odd_pairs(_("Outliers"), found["outliers"])
        # Previews of earlier versions don't say whether they looked.
        if found.get("looked_for_similar") and not found["duplicates"] and not found["outliers"]:
            st.caption(_("No near duplicates and no outliers were found."))
    with where:
        _map(page, found["split_of"])


def _classes(classes: list[Mapping[str, Any]]) -> None:
    """The share of each class in each split, in percent of the split's labelled pixels."""
    totals = {split: sum(one["pixels"].get(split, 0) for one in classes) for split in SHARES}
    rows = [
        {
            "class": f"{one['value']} {one['name'] or ''}".strip(),
            # An empty split has no shares.
            **{
                split: 100 * one["pixels"].get(split, 0) / total if total else None
                for split, total in totals.items()
            },
            "area, ha": sum(one["pixels"].values()) / 100,
        }
        for one in classes
    ]
    st.markdown(_("**Classes**, share of the labelled pixels of each split"))
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        column_config=titled(
            rows[0] if rows else (),
            {
                **{split: st.column_config.NumberColumn(format=PERCENT_COLUMN) for split in SHARES},
                "area, ha": st.column_config.NumberColumn(format=AREA_COLUMN),
            },
        ),
    )


def _odd_pairs(title: str, found: list[Mapping[str, Any]]) -> None:
    if not found:
        return
    more = _(", the first {rows} of them").format(rows=_ROWS) if len(found) > _ROWS else ""
    st.markdown(f"**{title}**: {counted(len(found), 'pair')}{more}")
    st.dataframe(
        [{"pair": one["pair_id"], "why": message_text(one["reason"])} for one in found[:_ROWS]],
        hide_index=True,
        column_config={"pair": _("pair"), "why": _("why")},
        height=min(38 * (len(found) + 1), 220),
    )


def _map(page: Page, split_of: Mapping[str, str]) -> None:
    """The footprints by split."""
    st.markdown(_("**Where they lie**, by split"))
    drawn: list[Outline] = []
    for pair in pair_footprints(page.store, list(split_of)[:_MOST]):
        if pair.footprint is None:
            continue
        split = split_of[pair.pair_id]
        colour, sign = _SPLITS[split]
        footprint, label = shape(pair.footprint), f"{pair.pair_id}\n{split}"
        drawn.append(Outline("", footprint, colour, label))
        drawn.append(Outline("", footprint.centroid, colour, label, sign=sign))
    show_map(drawn, key="export_map", height=_HEIGHT)
    shown = "".join(f" :gray-badge[{sign} {split}]" for split, (_, sign) in _SPLITS.items())
    more = ""
    if len(split_of) > _MOST:
        more = _(" The first {drawn:,} of {total:,} are drawn.").format(
            drawn=_MOST, total=len(split_of)
        )
    st.caption(_("Footprints of masks:{shown}.{more}").format(shown=shown, more=more))
