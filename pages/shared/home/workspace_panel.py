"""Which workspace this tab works in, on Home: others to open, a new one, and its title."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.settings import load_settings
from migrate_core.text import _
from pages.shared.frame import Page
from pages.shared.home.workspaces import create, offered, set_title, title_of
from pages.shared.state import WORKSPACE
from pages.shared.text import code, counted, message_of, plain

_MOST_SHOWN = 30
_RESULT = "workspaces_result"
_NEW, _TITLE = "workspaces_new", "workspaces_title"


@dataclass(frozen=True)
class _Result:
    """What came of the last press: a new workspace by name, or why there is none."""

    created: str | None = None
    problem: str | None = None


def workspace_panel(page: Page) -> None:
    """The workspace of the tab, and what can be done about it."""
    root = page.workspace.root
    with st.expander(
        _("Workspace: {title}").format(title=plain(title_of(root))),
        icon=":material/folder_special:",
        key="workspaces",
    ):
        st.caption(
            _("All work of this tab is kept in the folder {root}.").format(root=code(str(root)))
        )
        if page.settings.workspaces is None:
            st.caption(_("This server has this workspace only: who runs it has set that."))
            return
        left, right = st.columns(2)
        with left:
            _others(page)
        with right:
            _new()
            _rename(page)
        _say()


def _others(page: Page) -> None:
    """Links to the other workspaces; each opens in this tab, or in another one."""
    others = [one for one in offered(load_settings()) if one.name != page.workspace.root.name]
    st.markdown(
        _("**Open another one** :small[{workspaces}]").format(
            workspaces=counted(len(others), "workspace")
        )
    )
    for one in others[:_MOST_SHOWN]:
        name = "" if one.title == one.name else f" :small[{plain(one.name)}]"
        _link(f"{plain(one.title)}{name}", one.name)
    if len(others) > _MOST_SHOWN:
        st.caption(
            _("… and {count:,} more; write the name into the address.").format(
                count=len(others) - _MOST_SHOWN
            )
        )


def _link(label: str, name: str) -> None:
    st.page_link(
        "app.py", label=label, icon=":material/folder_open:", query_params={WORKSPACE: name}
    )


def _new() -> None:
    field, button = st.columns([3, 1], vertical_alignment="bottom")
    field.text_input(_("Name of a new workspace"), key=_NEW, placeholder=_("quarries-2024"))
    button.button(_("Create"), key="workspaces_create", width="stretch", on_click=_create)


def _create() -> None:
    name = str(st.session_state[_NEW]).strip()
    try:
        create(load_settings(), name)
    except MigrateError as err:
        st.session_state[_RESULT] = _Result(problem=str(err))
    else:
        st.session_state[_RESULT] = _Result(created=name)
        st.session_state[_NEW] = ""


def _rename(page: Page) -> None:
    root = page.workspace.root
    st.session_state.setdefault(_TITLE, title_of(root))
    field, button = st.columns([3, 1], vertical_alignment="bottom")
    field.text_input(
        _("Title of this workspace"),
        key=_TITLE,
        help=_(
            "Shown to everybody who opens it. The folder keeps its name, since files and running "
            "work refer to it."
        ),
    )
    button.button(
        _("Rename"), key="workspaces_rename", width="stretch", on_click=_set_title, args=(page,)
    )


def _set_title(page: Page) -> None:
    try:
        set_title(page.workspace.root, str(st.session_state[_TITLE]))
    except MigrateError as err:
        st.session_state[_RESULT] = _Result(problem=str(err))
    else:
        st.session_state.pop(_RESULT, None)


def _say() -> None:
    result: _Result | None = st.session_state.get(_RESULT)
    if result is not None and result.problem:
        st.error(message_of(result.problem))
    if result is not None and result.created:
        st.success(_("The workspace {created} is there.").format(created=plain(result.created)))
        _link(_("Open {name}").format(name=plain(result.created)), result.created)
