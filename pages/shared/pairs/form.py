"""How pairs are made, on the page Pairs: the parameters that their pixels depend on."""

from __future__ import annotations

import os
from dataclasses import fields

import streamlit as st

from migrate_core.model import PairParameters
from migrate_core.pairs.label.suggested_buffer import suggested_buffer_m
from migrate_core.settings import CLOUDS, RESAMPLINGS
from migrate_core.store.pair_list import parameters_in_use
from migrate_core.text import CLOUDS_TEXTS
from pages.shared.frame import Page
from pages.shared.pairs.state import chosen_parameters
from pages.shared.text import plain

_TEXTS = {
    "resampling": "{} resampling",
    "clouds": "clouds by {}",
    "register": "registration",
    "ignore_rim_m": "a boundary buffer of {:g} m",
    "ignore_occluded": "labels ignored that were occluded in the source image",
    "allow_missing_bands": "missing bands allowed",
}


def parameters_form(page: Page) -> bool:
    """The form, as the present pairs were made; whether it says otherwise than they were."""
    in_use = parameters_in_use(page.store)
    shown = in_use or PairParameters(resampling=page.settings.resampling)
    with st.expander("How they are made", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            _pixels(shown)
        with right:
            _labels(shown, suggested_buffer_m(page.store))
            _workers(page)
        if in_use is None or chosen_parameters() == in_use:
            return False
        st.caption(
            f"The present pairs were made with {format_parameters(in_use)}. Another way makes "
            "new pairs; the present ones become superseded, and decisions about them are proposed "
            "for the new ones. Making them as before brings back pairs and decisions."
        )
    return True


def format_parameters(parameters: PairParameters) -> str:
    """`bilinear resampling, clouds by scl, a boundary buffer of 10 m`; only what is asked for."""
    values = {field.name: getattr(parameters, field.name) for field in fields(parameters)}
    return ", ".join(text.format(values[name]) for name, text in _TEXTS.items() if values[name])


def _pixels(shown: PairParameters) -> None:
    """What Sentinel-2's pixels depend on."""
    st.selectbox(
        "Resampling of 20 m and 60 m bands to 10 m",
        RESAMPLINGS,
        index=RESAMPLINGS.index(shown.resampling),
        key="pairs_resampling",
        persist_state="session",
        help="10 m bands are never resampled. No-data takes no part in it.",
    )
    st.selectbox(
        "Clouds are assessed by",
        CLOUDS,
        index=CLOUDS.index(shown.clouds),
        format_func=CLOUDS_TEXTS.__getitem__,
        key="pairs_clouds",
        persist_state="session",
        help="L2A brings a scene classification with clouds, shadows, cirrus and snow. For L1C, "
        "s2cloudless finds clouds in the pixels; shadows follow from the sun's position.",
    )
    st.checkbox(
        "Make pairs of products that lack bands, too",
        value=shown.allow_missing_bands,
        key="pairs_missing_bands",
        persist_state="session",
        help="Such an image has fewer bands than the others. Without this, the pair fails and "
        "names the missing bands.",
    )


def _labels(shown: PairParameters, suggested_m: float | None) -> None:
    """What the label depends on; `suggested_m` is a good width of the buffer."""
    st.checkbox(
        "Register: move masks that are shifted against Sentinel-2",
        value=shown.register,
        key="pairs_register",
        persist_state="session",
        help="Measured between the source image and Sentinel-2, where neither is clouded. A mask "
        "is moved only where the measurement is reliable; Sentinel-2 never is. Review shows the "
        "shift as an arrow.",
    )
    st.number_input(
        "Boundary buffer along class borders, metres on both sides",
        min_value=0.0,
        max_value=1000.0,
        step=1.0,
        format="%.0f",
        value=shown.ignore_rim_m,
        key="pairs_ignore_rim",
        persist_state="session",
        help="Within it the label is 255 (ignore): so close to a border its position isn't known. "
        f"0 is no buffer. {_good_width(suggested_m)}",
    )
    if suggested_m is not None:
        st.caption(f"Suggested for these masks where they aren't registered: {suggested_m:.0f} m.")
    st.checkbox(
        "Ignore labels where the ground was occluded in the source image",
        value=shown.ignore_occluded,
        key="pairs_ignore_occluded",
        persist_state="session",
        help="By its UDM or alpha band: such pixels become 255 in the label. Without this they "
        "keep their class and are only flagged (quality flag 64).",
    )


def _good_width(suggested_m: float | None) -> str:
    """How wide a buffer should be, in words."""
    if suggested_m is None:
        return "Sentinel-2 itself lies within 8 m of the truth (11 m before 2021)."
    return (
        f"A good width is how far mask and Sentinel-2 may be apart: {suggested_m:.0f} m for these "
        "masks (median), by the positions of both sensors; for masks that are registered, what "
        "is left uncertain of their shift."
    )


def _workers(page: Page) -> None:
    st.number_input(
        "Workers (processes at a time)",
        min_value=1,
        max_value=256,
        value=os.cpu_count() or 1,
        key="pairs_workers",
        persist_state="session",
        disabled=bool(page.settings.scheduler),
        help="One a core is quickest; with fewer, the machine stays free for other work.",
    )
    if page.settings.scheduler:
        st.caption(f"Pairs are made on the Dask cluster at {plain(page.settings.scheduler or '')}.")
