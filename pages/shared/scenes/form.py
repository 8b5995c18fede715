"""The form of the Scenes page: where to search, for what, and how to rank it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from migrate_core.model import SceneQuery
from migrate_core.scenes.sources import EXAMPLES, LOCAL, SERVICES, local_source
from migrate_core.settings import RankingSettings
from migrate_core.store.last_search import SearchParameters, last_asked
from pages.shared.frame import Page
from pages.shared.scenes.connections import needs_code
from pages.shared.secrets import code_field, take_code

LEVELS = {"L2A": "L2A (surface reflectance)", "L1C": "L1C (top of atmosphere)"}
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
_AGAIN, _SECRET = "scenes_again", "scenes_secret"


@dataclass(frozen=True)
class Asked:
    """What the form was sent off for: a search, or only a test of its sources.

    `refresh` asks services again; `secret` is the environment with a code that was given.
    """

    parameters: SearchParameters
    test: bool = False
    refresh: bool = False
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)


def search_form(page: Page) -> Asked | None:
    """What was asked for, when a button was pressed just now."""
    _fill(page)
    with st.form("scenes_form", border=False):
        _where(page)
        _what()
        _how()
        st.checkbox(
            "Measure clouds over each mask (some 40 kB of each product; about 0.6 MB from the "
            "Copernicus Data Space with an account alone)",
            key="scenes_measure",
            help="Looks at the clouds over each mask and its label in every candidate before "
            "anything is fetched, and ranks by that: what is said of a whole scene misleads. Takes "
            "up to a few seconds for each product; what was measured before is used again.",
            persist_state="session",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.form_submit_button(
                "Search", type="primary", icon=":material/search:", on_click=_keep_code
            )
            test = st.form_submit_button(
                "Test connection",
                icon=":material/network_check:",
                help="Tries a small search at each source, and the credentials that are set.",
                on_click=_keep_code,
            )
            st.checkbox(
                "Ask services again",
                key="scenes_refresh",
                help="Otherwise what a service answered to the same question in the last 24 hours "
                "is used again, and what was measured.",
            )
    secret = st.session_state.pop(_SECRET, {})
    if not (pressed or test):
        return None
    parameters = _parameters()
    if not parameters.sources:
        st.error("Choose a service, or name a folder with Sentinel-2 products.")
        return None
    return Asked(parameters, test, st.session_state["scenes_refresh"], secret)


def _keep_code() -> None:
    """Take the code out of its field before it is drawn again; for this run of the page only."""
    st.session_state[_SECRET] = take_code("scenes_code")


def _where(page: Page) -> None:
    """Where to look: services, folders, other services."""
    st.pills(
        "Services",
        list(SERVICES),
        format_func=SERVICES.__getitem__,
        selection_mode="multi",
        key="scenes_services",
        help="Several can be searched at once. Of a scene that more than one has, the first is "
        "used, folders before services; the others stand in when it fails.",
        persist_state="session",
    )
    with_code = needs_code(page.settings.services)
    folders, others, *code = st.columns([2, 2, 1] if with_code else 2)
    folders.text_area(
        "Folders with Sentinel-2 products, one per line",
        key="scenes_folders",
        height=80,
        placeholder="/data/sentinel2",
        help="On the machine that runs this app: folders with products of any form (SAFE, zip, "
        "AWS), or static STAC catalogues.",
        persist_state="session",
    )
    others.text_area(
        "Other services, one per line",
        key="scenes_others",
        height=80,
        placeholder=EXAMPLES,
        help="`dhus:URL` is a mirror of the Data Hub, `stac:URL#COLLECTION` any STAC API.",
        persist_state="session",
    )
    if code:
        with code[0]:
            code_field("scenes_code")


def _lines(key: str) -> list[str]:
    found = (line.strip() for line in st.session_state[key].splitlines())
    return [line for line in found if line]


def _parameters() -> SearchParameters:
    """The form's values; what lies on this machine comes first, since it costs least."""
    values = st.session_state
    folders = [_source(line) for line in _lines("scenes_folders")]
    services = [name for name in SERVICES if name in (values["scenes_services"] or ())]
    return SearchParameters(
        tuple(dict.fromkeys([*folders, *services, *_lines("scenes_others")])),
        SceneQuery(values["scenes_days"], values["scenes_max_cloud"], values["scenes_level"]),
        RankingSettings(
            values["scenes_usable_cloud"],
            round(values["scenes_usable_coverage"] / 100, 4),
            {name: values[f"scenes_weight_{name}"] for name in TERMS},
        ),
        measure_clouds=values["scenes_measure"],
    )


def _source(line: str) -> str:
    return local_source(Path(line.removeprefix(LOCAL)).expanduser().absolute())


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
        help="Scenes with more cloud in scene are left out; 100 leaves out none.",
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
    columns = st.columns(2 + len(TERMS), vertical_alignment="bottom")
    columns[0].number_input(
        "Usable: cloud up to, %",
        0.0,
        100.0,
        step=5.0,
        format="%g",
        key="scenes_usable_cloud",
        help="Held against cloud over mask and label occluded where they were measured, else "
        "against cloud in scene. Usable scenes come before all others, whatever the weights.",
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
        sources = (local_source(demo),) if demo.is_dir() else ()
        ranking = page.settings.ranking
        asked = SearchParameters(sources, SceneQuery(), ranking, measure_clouds=True)
    _put_in_form(asked)


def _put_in_form(parameters: SearchParameters) -> None:
    """Show a search in the form."""
    query, ranking = parameters.query, parameters.ranking
    sources = parameters.sources
    others = [s for s in sources if s not in SERVICES and not s.startswith(LOCAL)]
    values = {
        "services": [source for source in sources if source in SERVICES],
        "folders": "\n".join(s.removeprefix(LOCAL) for s in sources if s.startswith(LOCAL)),
        "others": "\n".join(others),
        "days": query.days,
        "max_cloud": float(query.max_cloud_percent),
        "level": query.level,
        "usable_cloud": float(ranking.usable_cloud_percent),
        "usable_coverage": round(100.0 * ranking.usable_coverage, 2),
        "measure": parameters.measure_clouds,
        **{f"weight_{name}": float(ranking.weights.get(name, 1.0)) for name in TERMS},
    }
    for name, value in values.items():
        st.session_state[f"scenes_{name}"] = value


def fill_again(parameters: SearchParameters) -> None:
    """Show a search in the form from the next run on, since it is drawn already in this one."""
    st.session_state[_AGAIN] = parameters
