"""What the dataset holds: formats, bands, values, labels, and chips."""

from __future__ import annotations

from typing import Final

import streamlit as st

from migrate_core.export.formats.base import Cut
from migrate_core.export.formats.registry import FORMATS, format_named
from migrate_core.export.request import (
    APPLIED,
    BOTH,
    DROP,
    FLOAT32,
    FRACTIONS,
    HARD,
    IGNORES,
    KEPT,
    LABELS,
    LARGEST_CHIP_PX,
    OCCLUDED,
    PAD,
    PADDINGS,
    SHIFT,
    SMALLEST_CHIP_PX,
    UINT16,
    VALUES,
    ChipOptions,
    PixelOptions,
)
from migrate_core.products.product import band_names
from migrate_core.text import _

_KEPT: Final = "session"
_VALUES = {UINT16: "reflectance × 10000 (uint16)", FLOAT32: "reflectance (float32)"}
_LABELS = {
    HARD: "class of each pixel",
    FRACTIONS: "area share of each class",
    BOTH: "both",
}
_IGNORES = {
    APPLIED: "255 in the label",
    KEPT: "has its class",
    OCCLUDED: "255, as is all that is occluded",
}
_PADDINGS = {
    PAD: "filled up: image 0, label 255",
    SHIFT: "moved inwards, overlapping their neighbours",
    DROP: "left out",
}
# Bands of both levels, in the order of the spectrum.
BANDS = tuple(band_names("L1C"))
# Whether pairs are cut where that is a choice; the stride from one chip to the next.
CUT, STRIDE = "export_cut", "export_chip_stride"


def choose_formats() -> tuple[str, ...]:
    """The formats, with what each is for."""
    chosen = st.multiselect(
        _("Formats"),
        FORMATS,
        format_func={name: _(format_named(name).title) for name in FORMATS}.__getitem__,
        key="export_formats",
        persist_state=_KEPT,
        help=_("Several are written side by side, each in a folder of its own."),
    )
    for name in chosen:
        form = format_named(name)
        st.caption(f"**{_(form.title)}** (`{name}`): {_(form.help)}")
    return tuple(chosen)


def choose_pixels() -> PixelOptions:
    """Bands, values, and what of the label."""
    bands = st.multiselect(
        _("Bands"),
        BANDS,
        key="export_bands",
        persist_state=_KEPT,
        placeholder=_("all that every pair has"),
        help=_("In the order in which they are chosen. Level 2A has no B10."),
    )
    values, label, ignore = st.columns(3)
    return PixelOptions(
        tuple(bands),
        values.selectbox(
            _("Values"),
            VALUES,
            format_func={name: _(text) for name, text in _VALUES.items()}.__getitem__,
            key="export_values",
            persist_state=_KEPT,
        ),
        label.selectbox(
            _("Label"),
            LABELS,
            format_func={name: _(text) for name, text in _LABELS.items()}.__getitem__,
            key="export_label",
            persist_state=_KEPT,
            help=_("GeoTIFF folders have both always."),
        ),
        ignore.selectbox(
            _("What was set to ignore"),
            IGNORES,
            format_func={name: _(text) for name, text in _IGNORES.items()}.__getitem__,
            key="export_ignore",
            persist_state=_KEPT,
            help=_(
                "Areas that reviewers painted, and buffers along boundaries. The quality raster "
                "tells them in any case."
            ),
        ),
    )


def choose_chips(formats: tuple[str, ...]) -> ChipOptions | None:
    """How pairs are cut; None where nothing is cut, or as a format cuts by default."""
    needed = [name for name in formats if format_named(name).cut is Cut.ALWAYS]
    possible = any(format_named(name).cut is not Cut.NEVER for name in formats)
    if not possible:
        return None
    if not _cut(needed):
        return None
    size, stride, padding, least = st.columns([1, 1, 2, 1])
    side = size.number_input(
        _("Side, pixels of 10 m"),
        SMALLEST_CHIP_PX,
        LARGEST_CHIP_PX,
        step=32,
        key="export_chip_size",
        persist_state=_KEPT,
    )
    if (st.session_state.get(STRIDE) or 0) > side:
        st.session_state[STRIDE] = None
    step = stride.number_input(
        _("Stride, pixels"),
        1,
        int(side),
        None,
        placeholder=f"{int(side)}",
        key=STRIDE,
        persist_state=_KEPT,
        help=_("From one chip to the next; less than the side makes them overlap."),
    )
    return ChipOptions(
        int(side),
        int(step or side),
        padding.selectbox(
            _("Chips over the edge of a pair are"),
            PADDINGS,
            format_func={name: _(text) for name, text in _PADDINGS.items()}.__getitem__,
            key="export_chip_padding",
            persist_state=_KEPT,
        ),
        least.number_input(
            _("Labelled at least, %"),
            0,
            100,
            step=5,
            key="export_chip_labelled",
            persist_state=_KEPT,
            help=_("Chips with fewer labelled pixels stay out; those without any always do."),
        )
        / 100,
    )


def _cut(needed: list[str]) -> bool:
    """Whether pairs are cut; formats that need samples of one size leave no choice."""
    label = _("Cut pairs into chips of one size")
    if not needed:
        return st.toggle(
            label,
            key=CUT,
            persist_state=_KEPT,
            help=_("Without it, samples are whole pairs."),
        )
    names = ", ".join(_(format_named(name).title) for name in needed)
    return st.toggle(
        label,
        value=True,
        disabled=True,
        key="export_cut_always",
        help=_("Formats that need samples of one size always have chips: {names}.").format(
            names=names
        ),
    )
