"""The form of the Scenes page: where to search, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st

from migrate_core.jobs.background import latest_job
from migrate_core.model import SceneQuery
from migrate_core.scenes.sources import EXAMPLES, LOCAL, SERVICES, local_source
from migrate_core.store.last_search import SearchParameters, last_asked
from migrate_core.text import _
from pages.shared.background import note_press, was_pressed
from pages.shared.frame import Page
from pages.shared.scenes.measuring import can_measure, holds_secrets, measuring_switch
from pages.shared.scenes.weights import TERMS, chosen_ranking, put_ranking_in_form
from pages.shared.secrets import code_field, take_code

__all__ = ["TERMS", "Asked", "chosen_sources", "fill_again", "fill_form", "search_form"]

KIND = "search"
LEVELS = {"L2A": "L2A (surface reflectance)", "L1C": "L1C (top of atmosphere)"}
_AGAIN, _SECRET = "scenes_again", "scenes_secret"
_MOST_DAYS = 3650


@dataclass(frozen=True)
class Asked:
    """What the form was sent off for.

    `refresh` asks services again; `secret` is the environment with a code that was given.
    """

    parameters: SearchParameters
    refresh: bool = False
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)


def search_form(page: Page) -> Asked | None:
    """What was asked for, when the button was pressed just now."""
    st.pills(
        _("Services"),
        list(SERVICES),
        format_func=SERVICES.__getitem__,
        selection_mode="multi",
        key="scenes_services",
        help=_(
            "Several can be searched at once. Of a scene that more than one has, the first is "
            "used, folders before services; the others stand in when it fails."
        ),
        persist_state="session",
    )
    folders, days, more, search = st.columns([5, 2, 1.5, 1.5], vertical_alignment="bottom")
    folders.text_area(
        _("Folders with Sentinel-2 products, one per line"),
        key="scenes_folders",
        height=68,
        placeholder=_("/data/sentinel2"),
        help=_(
            "On the machine that runs this app: folders with products of any form (SAFE, zip, "
            "AWS), or static STAC catalogues."
        ),
        persist_state="session",
    )
    days.number_input(
        _("Days before and after"),
        0,
        _MOST_DAYS,
        key="scenes_days",
        help=_(
            "The window that is searched before and after each mask's date, inclusive, by UTC date."
        ),
        persist_state="session",
    )
    with more.popover(_("More"), icon=":material/tune:", width="stretch"):
        _more()
    search.button(
        _("Search"),
        key="scenes_search",
        type="primary",
        icon=":material/search:",
        width="stretch",
        on_click=press_with_code,
        args=(KIND,),
    )
    measuring_switch(page, chosen_sources(), st.session_state["scenes_days"])
    _keep_in_address(page)
    if not was_pressed(KIND):
        return None
    parameters = _parameters(page)
    if not parameters.sources:
        st.error(_("Choose a service, or name a folder with Sentinel-2 products."))
        return None
    return Asked(parameters, st.session_state["scenes_refresh"], given_code())


def press_with_code(kind: str) -> None:
    """Note the press of a button of work that may need a code: its callback.

    The code is taken out of its field before that is drawn again, for `given_code`.
    """
    st.session_state[_SECRET] = take_code("scenes_code")
    note_press(kind)


def given_code() -> Mapping[str, str]:
    """The environment with the code that was given just now, once."""
    found: Mapping[str, str] = st.session_state.pop(_SECRET, {})
    return found


def ask_for_code() -> None:
    """The field for the code of the moment."""
    code_field("scenes_code")


def _more() -> None:
    """What most searches leave as it is."""
    st.text_area(
        _("Other services, one per line"),
        key="scenes_others",
        height=80,
        placeholder=EXAMPLES,
        help=_("`dhus:URL` is a mirror of the Data Hub, `stac:URL#COLLECTION` any STAC API."),
        persist_state="session",
    )
    st.number_input(
        _("Largest cloud in scene that is searched for, %"),
        0.0,
        100.0,
        step=5.0,
        format="%g",
        key="scenes_max_cloud",
        help=_(
            "Scenes with more cloud in scene are left out; 100 leaves out none. A clouded scene "
            "may be clear over a mask."
        ),
        persist_state="session",
    )
    st.selectbox(
        _("Processing level"),
        list(LEVELS),
        format_func={level: _(text) for level, text in LEVELS.items()}.__getitem__,
        key="scenes_level",
        persist_state="session",
    )
    st.checkbox(
        _("Ask services again"),
        key="scenes_refresh",
        help=_(
            "Otherwise what a service answered to the same question in the last 24 hours is used "
            "again, and what was measured."
        ),
    )


# values


def _lines(key: str) -> list[str]:
    found = (line.strip() for line in st.session_state[key].splitlines())
    return [line for line in found if line]


def chosen_sources() -> tuple[str, ...]:
    """The sources in the form; what lies on this machine comes first, since it costs least."""
    folders = [_source(line) for line in _lines("scenes_folders")]
    services = [name for name in SERVICES if name in (st.session_state["scenes_services"] or ())]
    return tuple(dict.fromkeys([*folders, *services, *_lines("scenes_others")]))


def _source(line: str) -> str:
    return local_source(Path(line.removeprefix(LOCAL)).expanduser().absolute())


def _parameters(page: Page) -> SearchParameters:
    """The form's values."""
    values, sources = st.session_state, chosen_sources()
    return SearchParameters(
        sources,
        SceneQuery(values["scenes_days"], values["scenes_max_cloud"], values["scenes_level"]),
        chosen_ranking(),
        measure_clouds=values["scenes_measure"] and can_measure(page, sources),
    )


def fill_form(page: Page) -> None:
    """The form's first values: of the address, else those of the last search."""
    again = st.session_state.pop(_AGAIN, None)
    if again is not None:
        _put_in_form(again)
    if "scenes_days" in st.session_state:
        return
    _put_in_form(_from_address(_first_values(page)))


def _first_values(page: Page) -> SearchParameters:
    asked = last_asked(page.store)
    if asked is None:
        demo = page.workspace.demo / "scenes"
        sources = (local_source(demo),) if demo.is_dir() else ()
        return SearchParameters(sources, SceneQuery(), page.settings.ranking, measure_clouds=True)
    # A command measures only when it is told to; whoever uses the page has turned it off there.
    job = latest_job(page.store, KIND)
    by_page = job is not None and job.launched
    return replace(asked, measure_clouds=asked.measure_clouds or not by_page)


def _from_address(parameters: SearchParameters) -> SearchParameters:
    """The parameters with the sources and days that the address names."""
    sources = tuple(st.query_params.get_all("source")) or parameters.sources
    days = st.query_params.get("days", "")
    if not (days.isdecimal() and int(days) <= _MOST_DAYS):
        return replace(parameters, sources=sources)
    query = replace(parameters.query, days=int(days))
    return replace(parameters, sources=sources, query=query)


def _keep_in_address(page: Page) -> None:
    """Sources and days, where they are not those of the last search."""
    usual, days = _first_values(page), st.session_state["scenes_days"]
    # An address with a password in it must not get into that of the page.
    sources = [source for source in chosen_sources() if not holds_secrets(source)]
    _put("source", [] if sources == list(usual.sources) else sources)
    _put("days", [] if days == usual.query.days else [str(days)])


def _put(name: str, values: list[str]) -> None:
    if st.query_params.get_all(name) == values:
        return
    if values:
        st.query_params[name] = values
    else:
        st.query_params.pop(name, None)


def _put_in_form(parameters: SearchParameters) -> None:
    """Show a search in the form."""
    query, sources = parameters.query, parameters.sources
    others = [s for s in sources if s not in SERVICES and not s.startswith(LOCAL)]
    values = {
        "services": [source for source in sources if source in SERVICES],
        "folders": "\n".join(s.removeprefix(LOCAL) for s in sources if s.startswith(LOCAL)),
        "others": "\n".join(others),
        "days": query.days,
        "max_cloud": float(query.max_cloud_percent),
        "level": query.level,
        "measure": parameters.measure_clouds,
    }
    for name, value in values.items():
        st.session_state[f"scenes_{name}"] = value
    put_ranking_in_form(parameters.ranking)


def fill_again(parameters: SearchParameters) -> None:
    """Show a search in the form from the next run on, since it is drawn already in this one."""
    st.session_state[_AGAIN] = parameters
