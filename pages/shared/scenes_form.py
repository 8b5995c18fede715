"""The form of the Scenes page: where to search, for what, and how to rank it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from migrate_core.model import SceneQuery
from migrate_core.scenes.parameters import SearchParameters, last_asked
from migrate_core.settings import RankingSettings
from pages.shared.frame import Page

LOCAL = "local:"
LEVELS = {"L2A": "L2A (surface reflectance)", "L1C": "L1C (top of atmosphere)"}
TERMS = {
    "clear_sky": ("clear sky", "1 for a scene without clouds, 0 for one that is all cloud."),
    "closeness": ("closeness", "1 on the mask's day, falling to 0 just beyond the window."),
    "coverage": ("coverage", "The share of the mask that the scene shows."),
}
_AGAIN = "scenes_again"


def search_form(page: Page) -> SearchParameters | None:
    """What was asked for, when the button was pressed just now."""
    _fill(page)
    with st.form("scenes_form", border=False):
        st.text_area(
            "Folders with Sentinel-2 products, one per line",
            key="scenes_folders",
            height=80,
            placeholder="/data/sentinel2",
            help="On the machine that runs this app: folders of SAFE folders or zips, or static "
            "STAC catalogues.",
            persist_state="session",
        )
        _what()
        _how()
        pressed = st.form_submit_button("Search", type="primary", icon=":material/search:")
    if not pressed:
        return None
    lines = [line.strip() for line in st.session_state["scenes_folders"].splitlines()]
    if not any(lines):
        st.error("Name at least one folder with Sentinel-2 products.")
        return None
    values = st.session_state
    return SearchParameters(
        tuple(_source(line) for line in lines if line),
        SceneQuery(values["scenes_days"], values["scenes_max_cloud"], values["scenes_level"]),
        RankingSettings(
            values["scenes_usable_cloud"],
            round(values["scenes_usable_coverage"] / 100, 4),
            {name: values[f"scenes_weight_{name}"] for name in TERMS},
        ),
    )


def _source(line: str) -> str:
    return LOCAL + str(Path(line.removeprefix(LOCAL)).expanduser().absolute())


def _what() -> None:
    """What to look for."""
    days, cloud, level = st.columns(3)
    days.number_input(
        "Window, days before and after",
        0,
        3650,
        key="scenes_days",
        help="Around each mask's date, inclusive, by UTC date.",
        persist_state="session",
    )
    cloud.number_input(
        "Cloud limit of the search, %",
        0.0,
        100.0,
        step=5.0,
        format="%g",
        key="scenes_max_cloud",
        help="Scenes with more cloud are left out; 100 leaves out none.",
        persist_state="session",
    )
    level.selectbox(
        "Processing level",
        list(LEVELS),
        format_func=LEVELS.__getitem__,
        key="scenes_level",
        persist_state="session",
    )


def _how() -> None:
    """How to rank what is found."""
    columns = st.columns(5, vertical_alignment="bottom")
    columns[0].number_input(
        "Usable: cloud up to, %",
        0.0,
        100.0,
        step=5.0,
        format="%g",
        key="scenes_usable_cloud",
        help="Usable scenes come before all others, whatever the weights.",
        persist_state="session",
    )
    columns[1].number_input(
        "Usable: coverage from, %",
        0.0,
        100.0,
        step=5.0,
        format="%g",
        key="scenes_usable_coverage",
        help="The share of the mask that a usable scene shows at least.",
        persist_state="session",
    )
    for column, (name, (title, meaning)) in zip(columns[2:], TERMS.items(), strict=True):
        column.number_input(
            f"Weight: {title}",
            0.0,
            100.0,
            step=0.5,
            format="%g",
            key=f"scenes_weight_{name}",
            help=f"{meaning} The score is the mean of the terms by their weights.",
            persist_state="session",
        )


def _fill(page: Page) -> None:
    """The last search of the workspace as the form's first values."""
    again = st.session_state.pop(_AGAIN, None)
    if again is not None:
        _put_in_form(again)
    if "scenes_days" in st.session_state:
        return
    asked = last_asked(page.store)
    demo = page.workspace.demo / "scenes"
    if asked is None:
        sources = (f"{LOCAL}{demo}",) if demo.is_dir() else ()
        asked = SearchParameters(sources, SceneQuery(), page.settings.ranking)
    _put_in_form(asked)


def _put_in_form(parameters: SearchParameters) -> None:
    """Show a search in the form."""
    query, ranking = parameters.query, parameters.ranking
    folders = "\n".join(source.removeprefix(LOCAL) for source in parameters.sources)
    values = {
        "folders": folders,
        "days": query.days,
        "max_cloud": float(query.max_cloud_percent),
        "level": query.level,
        "usable_cloud": float(ranking.usable_cloud_percent),
        "usable_coverage": round(100.0 * ranking.usable_coverage, 2),
        **{f"weight_{name}": float(ranking.weights.get(name, 0.0)) for name in TERMS},
    }
    for name, value in values.items():
        st.session_state[f"scenes_{name}"] = value


def fill_again(parameters: SearchParameters) -> None:
    """Show a search in the form from the next run on, since it is drawn already in this one."""
    st.session_state[_AGAIN] = parameters
