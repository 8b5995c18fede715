"""The light table as a Streamlit component; its code comes from the routes beside the page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from .routes import PREFIX, base_path

# Streamlit loads this text from an address of its own, so that the import has to name all of its.
_LOADER = """
export default async function (component) {
  const entry = new URL(`${component.data.api}/assets/lighttable.js`, window.location.origin);
  const { default: mount } = await import(entry.href);
  return mount(component);
}
"""
_STYLE = ":host, .lighttable-host {display: block; height: 100%}"

_light_table = st.components.v2.component(
    "pair_viewer", html='<div class="lighttable-host"></div>', css=_STYLE, js=_LOADER
)


def light_table(data: dict[str, Any]) -> None:
    """Show the light table; `data` has to be JSON without NaN, the path of the routes is added.

    Some seconds after something was decided it triggers `counts`, so that the page, whose frame
    counts decisions, is drawn again.
    """
    _light_table(
        data={"api": f"{base_path()}{PREFIX}", **data},
        key="pair_viewer",
        height="stretch",
        on_counts_change=_counted,
    )


def _counted() -> None:
    """Nothing more to do: the page is drawn again by itself."""
