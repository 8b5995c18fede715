"""How pairs are made, on the page Pairs: the parameters that their pixels depend on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields

import streamlit as st

from migrate_core.model import PairParameters
from migrate_core.pairs.label.suggested_buffer import suggested_buffer_m
from migrate_core.settings import ACCESSES, CLOUDS, RESAMPLINGS
from migrate_core.store.derived.before_run import RunAhead, run_ahead
from migrate_core.store.pair_list import parameters_in_use
from migrate_core.text import CLOUDS_TEXTS, _
from pages.shared.frame import Page
from pages.shared.pairs.state import chosen_parameters
from pages.shared.state import FormField, keep_form, number, one_of, yes_or_no
from pages.shared.text import counted, plain

_TEXTS = {
    "resampling": "{} resampling",
    "clouds": "clouds by {}",
    "register": "registration",
    "ignore_rim_m": "a boundary buffer of {:g} m",
    "ignore_occluded": "labels ignored that were occluded in the source image",
    "allow_missing_bands": "missing bands allowed",
}
_MOST_BUFFER_M = 1000.0
_MOST_WORKERS = 256
_ALL_AGAIN = "Another choice makes all pairs anew."


def parameters_form(page: Page) -> RunAhead:
    """The form, as the present pairs were made or as the address says; what a run by it does."""
    in_use = parameters_in_use(page.store)
    shown = in_use or PairParameters(resampling=page.settings.resampling)
    keep_form("pairs", _fields(shown))
    with st.expander(_("How they are made"), icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            _pixels()
        with right:
            _labels(suggested_buffer_m(page.store))
            _workers(page)
        if in_use is not None and chosen_parameters() != in_use:
            st.caption(
                _(
                    "The present pairs were made with {parameters}. Making them as "
                    "before brings back pairs and decisions."
                ).format(parameters=format_parameters(in_use))
            )
    return run_ahead(page.store, chosen_parameters())


def _fields(shown: PairParameters) -> Sequence[FormField]:
    """What the address keeps of the form; at first it shows these parameters."""
    cores = os.cpu_count() or 1
    return (
        FormField("pairs_resampling", "resampling", shown.resampling, one_of(RESAMPLINGS)),
        FormField("pairs_clouds", "clouds", shown.clouds, one_of(CLOUDS)),
        FormField("pairs_missing_bands", "missing_bands", **yes_or_no(shown.allow_missing_bands)),
        FormField("pairs_register", "register", **yes_or_no(shown.register)),
        FormField("pairs_ignore_rim", "buffer_m", **number(shown.ignore_rim_m, 0, _MOST_BUFFER_M)),
        FormField("pairs_ignore_occluded", "ignore_occluded", **yes_or_no(shown.ignore_occluded)),
        FormField("pairs_workers", "workers", **number(cores, 1, _MOST_WORKERS)),
        FormField("pairs_access", "access", ACCESSES[0], one_of(ACCESSES)),
    )


def format_parameters(parameters: PairParameters) -> str:
    """`bilinear resampling, clouds by scl, a boundary buffer of 10 m`; only what is asked for."""
    values = {field.name: getattr(parameters, field.name) for field in fields(parameters)}
    return ", ".join(
        _(text).format(_(value) if isinstance(value, str) else value)
        for name, text in _TEXTS.items()
        if (value := values[name])
    )


def format_ahead(ahead: RunAhead) -> str:
    """What a run that replaces pairs does to them and to what was decided, in sentences."""
    does = _("This makes {new} in place of {replaced:,} present ones")
    if ahead.back:
        does = _("This brings back {back} of before in place of {replaced:,} present ones")
    if ahead.new and ahead.back:
        does = _(
            "This makes {new} and brings back {back} of before in place of {replaced:,} present "
            "ones"
        )
    sentence = does.format(
        new=counted(ahead.new, "new pair"),
        back=counted(ahead.back, "pair"),
        replaced=ahead.replaced,
    )
    decided = sum(ahead.decided.values())
    if not decided:
        return _("{sentence}. Nothing was decided about these yet.").format(sentence=sentence)
    by = ", ".join(f"{number:,} {_(name)}" for name, number in sorted(ahead.decided.items()))
    return _(
        "{sentence}; {decisions} ({by}) about the present ones will be set aside, and proposed "
        "for the new ones in Review."
    ).format(sentence=sentence, decisions=counted(decided, "decision"), by=by)


def _pixels() -> None:
    """What Sentinel-2's pixels depend on."""
    st.selectbox(
        _("Resampling of 20 m and 60 m bands to 10 m"),
        RESAMPLINGS,
        key="pairs_resampling",
        persist_state="session",
        help=_(
            "Changes the pixels of the nine 20 m and 60 m bands; 10 m bands are "
            "never resampled. No-data takes no part in it. All three take the same "
            "time. {all_again}"
        ).format(all_again=_(_ALL_AGAIN)),
    )
    st.selectbox(
        _("Clouds are assessed by"),
        CLOUDS,
        format_func={name: _(text) for name, text in CLOUDS_TEXTS.items()}.__getitem__,
        key="pairs_clouds",
        persist_state="session",
        help=_(
            "Changes the quality flags for cloud and shadow, and with them the "
            "suggestions. L2A brings a scene classification with clouds, shadows, "
            "cirrus and snow, which costs next to nothing. For L1C, s2cloudless "
            "finds clouds in the pixels, which takes longer; shadows follow from the "
            "sun's position. {all_again}"
        ).format(all_again=_(_ALL_AGAIN)),
    )
    st.checkbox(
        _("Also of products that lack bands"),
        key="pairs_missing_bands",
        persist_state="session",
        help=_(
            "Makes pairs of such products, too: their images have fewer bands than "
            "the others, which many trainings refuse. Without this, the pair fails "
            "and names the missing bands. {all_again}"
        ).format(all_again=_(_ALL_AGAIN)),
    )


def _labels(suggested_m: float | None) -> None:
    """What the label depends on; `suggested_m` is a good width of the buffer."""
    st.checkbox(
        _("Register: move shifted masks"),
        key="pairs_register",
        persist_state="session",
        help=_(
            "Moves masks that are shifted against Sentinel-2. The shift is measured "
            "between the source image and Sentinel-2, where neither is clouded, "
            "which reads the source image as well and takes longer. A mask is moved "
            "only where the measurement is reliable; Sentinel-2 never is. Review "
            "shows the shift as an arrow. {all_again}"
        ).format(all_again=_(_ALL_AGAIN)),
    )
    st.number_input(
        _("Boundary buffer, m to both sides of class borders"),
        min_value=0.0,
        max_value=_MOST_BUFFER_M,
        step=1.0,
        format="%.0f",
        key="pairs_ignore_rim",
        persist_state="session",
        help=_(
            "Within it the label is 255 (ignore): so close to a border its position "
            "isn't known. 0 is no buffer; it costs labelled pixels, and no time. "
            "{good_width} {all_again}"
        ).format(good_width=_good_width(suggested_m), all_again=_(_ALL_AGAIN)),
    )
    if suggested_m is not None:
        st.caption(
            _(
                "Suggested for these masks where they aren't registered: {suggested_m:.0f} m."
            ).format(suggested_m=suggested_m)
        )
    st.checkbox(
        _("Ignore labels occluded in the source image"),
        key="pairs_ignore_occluded",
        persist_state="session",
        help=_(
            "Where the ground was hidden, by the source image's UDM or alpha band, "
            "the label becomes 255 (ignore): it costs labelled pixels, and no time. "
            "Without this they keep their class and are only flagged (quality flag "
            "64). {all_again}"
        ).format(all_again=_(_ALL_AGAIN)),
    )


def _good_width(suggested_m: float | None) -> str:
    """How wide a buffer should be, in words."""
    if suggested_m is None:
        return _("Sentinel-2 itself lies within 8 m of the truth (11 m before 2021).")
    return _(
        "A good width is how far mask and Sentinel-2 may be apart: {suggested_m:.0f} m for these "
        "masks (median), by the positions of both sensors; for masks that are registered, what "
        "is left uncertain of their shift."
    ).format(suggested_m=suggested_m)


def _workers(page: Page) -> None:
    st.number_input(
        _("Workers (processes at a time)"),
        min_value=1,
        max_value=_MOST_WORKERS,
        key="pairs_workers",
        persist_state="session",
        disabled=bool(page.settings.scheduler),
        help=_(
            "Changes nothing of the pairs. One a core is quickest; with fewer, the machine stays "
            "free for other work."
        ),
    )
    if page.settings.scheduler:
        st.caption(
            _("Pairs are made on the Dask cluster at {address}.").format(
                address=plain(page.settings.scheduler or "")
            )
        )
