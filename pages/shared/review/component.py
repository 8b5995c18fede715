"""Streamlit components whose code comes from the routes: the light table and the gallery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ..language.translation import language
from ..state import LANGUAGE, WORKSPACE, chosen_workspace
from .routes import PREFIX, base_path

# Streamlit loads this text from an address of its own, so that the import has to name all of its.
# Modules hold texts: the language comes before them, and in another all are loaded again.
_LOADER = """
export default async function (component) {
  const load = (path) =>
    import(new URL(`${component.data.api}/assets/${path}`, window.location.origin).href);
  const { speak } = await load("review/lighttable/language.js");
  if (!(await speak(component.data))) return window.location.reload();
  const { default: mount } = await load("ENTRY");
  return mount(component);
}
"""
_STYLE = ":host, .component-host {display: block; height: 100%}"
_HOST = '<div class="component-host"></div>'


def component(name: str, entry: str) -> Callable[..., Any]:
    """A component that mounts the default export of `entry`, a path below `pages/shared`."""
    js = _LOADER.replace("ENTRY", entry)
    return st.components.v2.component(name, html=_HOST, css=_STYLE, js=js)


_light_table = component("pair_viewer", "review/lighttable/lighttable.js")
_gallery = component("pair_gallery", "review/gallery/gallery.js")


def light_table(data: dict[str, Any]) -> None:
    """Show the light table; `data` has to be JSON without NaN, the path of the routes is added.

    Some seconds after something was decided it triggers `counts`, so that the page, whose frame
    counts decisions, is drawn again.
    """
    _light_table(
        data=with_routes(data), key="pair_viewer", height="stretch", on_counts_change=_counted
    )


def pair_gallery(data: dict[str, Any], asked: Callable[[dict[str, Any]], None]) -> None:
    """Show the gallery; `data` and `counts` are as of the light table.

    `asked` is called with what the page is to do: `{"open": pair_id}` or `{"audit": batch_id}`.
    """

    def ask() -> None:
        if found := st.session_state["pair_gallery"].get("asked"):
            asked(found)

    _gallery(
        data=with_routes(data),
        key="pair_gallery",
        height="stretch",
        on_counts_change=_counted,
        on_asked_change=ask,
    )


def with_routes(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a component with the path of the routes, the open workspace and the language."""
    return {
        "api": f"{base_path()}{PREFIX}",
        WORKSPACE: chosen_workspace() or "",
        LANGUAGE: language(),
        **data,
    }


def _counted() -> None:
    """Nothing more to do: the page is drawn again by itself."""
