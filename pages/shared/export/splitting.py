"""How pairs are shared out to training, validation and testing."""

from __future__ import annotations

from typing import Final

import streamlit as st

from migrate_core.export.splits.options import (
    BLOCKS,
    COLUMN,
    DATE,
    METHODS,
    OVERLAP,
    SCENE,
    TEST,
    TRAIN,
    VAL,
    SplitOptions,
)
from migrate_core.text import _

_KEPT: Final = "session"
_METHODS = {
    OVERLAP: "only pairs that overlap",
    BLOCKS: "pairs of one block of ground",
    SCENE: "pairs of one scene",
    DATE: "pairs of one sensing day",
    COLUMN: "pairs with one value of a column",
}


def choose_splits() -> SplitOptions:
    """What stays together, how far splits lie apart, and how large they are."""
    method, first, second = st.columns([2, 1, 1])
    chosen = method.selectbox(
        _("In one split stay"),
        METHODS,
        format_func={name: _(text) for name, text in _METHODS.items()}.__getitem__,
        key="export_split",
        persist_state=_KEPT,
        help=_("Pairs whose footprints overlap always stay together: no ground is in two splits."),
    )
    block_km, column = SplitOptions.block_km, ""
    if chosen == BLOCKS:
        block_km = first.number_input(
            _("Side of blocks, km"), 0.1, 500.0, key="export_block_km", persist_state=_KEPT
        )
    if chosen == COLUMN:
        column = first.text_input(
            _("Column of the manifest"),
            placeholder=_("mask_name"),
            key="export_split_column",
            persist_state=_KEPT,
        )
    buffer_km = second.number_input(
        _("Splits lie apart at least, km"),
        0.0,
        500.0,
        format="%g",
        key="export_buffer_km",
        persist_state=_KEPT,
        help=_("Pairs that lie nearer to another split are left out."),
    )
    *sized, last = st.columns(4)
    shares = {
        name: field.number_input(
            f"{name}, %",
            0,
            100,
            step=5,
            key=f"export_share_{name}",
            persist_state=_KEPT,
        )
        for name, field in zip((TRAIN, VAL, TEST), sized, strict=True)
    }
    seed = last.number_input(
        _("Seed"),
        0,
        key="export_seed",
        persist_state=_KEPT,
        help=_(
            "The same seed gives the same split; pairs of an earlier export into the same folder "
            "keep theirs."
        ),
    )
    with st.container(horizontal=True):
        balance = st.checkbox(_("Even out the classes"), key="export_balance", persist_state=_KEPT)
        together = st.checkbox(
            _("Near duplicates stay together"),
            key="export_join_duplicates",
            persist_state=_KEPT,
            help=_("Reads all images."),
        )
        keep = st.checkbox(_("Keep earlier splits"), key="export_keep_splits", persist_state=_KEPT)
    return SplitOptions(
        chosen,
        block_km,
        buffer_km,
        column.strip(),
        train=shares[TRAIN] / 100,
        val=shares[VAL] / 100,
        test=shares[TEST] / 100,
        seed=int(seed),
        balance=balance,
        join_duplicates=together,
        keep_earlier=keep,
    )
