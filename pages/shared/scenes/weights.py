"""The fields of the ranking on the Scenes page: limits of usable scenes, weights of the score."""

from __future__ import annotations

import math

import streamlit as st

from migrate_core.settings import RankingSettings
from migrate_core.text import _
from pages.shared.text import counted

# The title of each term of the score, and what it says.
TERMS = {
    "clear_sky": (
        "clear sky",
        "What is left of cloud over mask where it was measured, else of cloud in scene: 1 without "
        "cloud, 0 for nothing but cloud.",
    ),
    "clear_label": (
        "clear label",
        "The share of the label that isn't occluded: by cloud, thin cloud, snow or cloud shadow, "
        "or for lack of data; only where it was measured.",
    ),
    "closeness": ("closeness", "1 on the mask's day, falling to 0 just beyond the window."),
    "coverage": ("coverage", "The share of the mask that the scene shows."),
}
_MOST = 5.0


def chosen_ranking() -> RankingSettings:
    """The ranking that the fields show."""
    values = st.session_state
    return RankingSettings(
        values["scenes_usable_cloud"],
        round(values["scenes_usable_coverage"] / 100, 4),
        {name: values[f"scenes_weight_{name}"] for name in TERMS},
    )


def put_ranking_in_form(ranking: RankingSettings) -> None:
    """Show a ranking in the fields, before they are drawn."""
    st.session_state["scenes_usable_cloud"] = float(ranking.usable_cloud_percent)
    st.session_state["scenes_usable_coverage"] = round(100.0 * ranking.usable_coverage, 2)
    for name in TERMS:
        st.session_state[f"scenes_weight_{name}"] = float(ranking.weights.get(name, 1.0))


def ranking_fields() -> None:
    """The limits, the weights, and in words what they come to."""
    cloud, coverage = st.columns(2)
    cloud.number_input(
        _("Usable: cloud up to, %"),
        0.0,
        100.0,
        step=5.0,
        format="%g",
        key="scenes_usable_cloud",
        help=_(
            "Held against cloud over mask and label occluded where they were measured, else "
            "against cloud in scene. Usable scenes come before all others, whatever the weights."
        ),
        persist_state="session",
    )
    coverage.number_input(
        _("Usable: coverage from, %"),
        0.0,
        100.0,
        step=5.0,
        format="%g",
        key="scenes_usable_coverage",
        help=_("The share of the mask that a usable scene shows at least."),
        persist_state="session",
    )
    columns = st.columns(2)
    for number, (name, (title, meaning)) in enumerate(TERMS.items()):
        key = f"scenes_weight_{name}"
        columns[number % 2].slider(
            _("Weight: {title}").format(title=_(title)),
            0.0,
            max(_MOST, math.ceil(st.session_state[key])),
            step=0.1,
            format="%g",
            key=key,
            help=_(
                "{meaning} The score is the mean of the terms by their weights: 0 leaves "
                "this one out, 2 counts it twice."
            ).format(meaning=_(meaning)),
            persist_state="session",
        )
    st.caption(format_weights(chosen_ranking()))


def format_weights(ranking: RankingSettings) -> str:
    """How scenes are put in order, in words."""
    return _(
        "Usable scenes come first: at most {cloud:g} % cloud, at least {coverage:g} % of the mask "
        "shown. Among them, and among the others, the score decides: {shares}."
    ).format(
        cloud=ranking.usable_cloud_percent,
        coverage=100 * ranking.usable_coverage,
        shares=_shares(ranking),
    )


def _shares(ranking: RankingSettings) -> str:
    """`clear sky 50 %, closeness 50 %`; a term that isn't weighed is left out."""
    weights = {TERMS[name][0]: ranking.weights.get(name, 0.0) for name in TERMS}
    total = sum(weights.values())
    if not total:
        return _("all {terms} count alike, since no weight is set").format(
            terms=counted(len(TERMS), "term")
        )
    used = {title: weight / total for title, weight in weights.items() if weight}
    return ", ".join(f"{_(title)} {100 * share:.0f} %" for title, share in used.items())
