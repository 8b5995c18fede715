"""Who reviews: a name that is typed or, where logins are configured, the person who logged in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from migrate_core.review.run import default_reviewer
from migrate_core.text import _

_SECTION = "auth"


def login_is_on() -> bool:
    """Whether reviewers have to log in: `secrets.toml` has a section `auth`, or can't be read."""
    try:
        return _SECTION in st.secrets
    except StreamlitSecretNotFoundError:
        return any(Path(path).exists() for path in st.get_option("secrets.files"))


def reviewer_field() -> str:
    """The name that stands in the log. Where it isn't known who that is, the page ends here."""
    if login_is_on():
        return _logged_in(st.user.to_dict())
    name = st.sidebar.text_input(
        _("Reviewer"),
        default_reviewer(),
        key="review_reviewer",
        persist_state="session",
        max_chars=80,
        help=_("Stands in the log with each of your decisions."),
    )
    return name.strip() or default_reviewer()


def name_of(user: Mapping[str, Any]) -> str | None:
    """The name of somebody who is logged in: an e-mail that isn't in doubt, else who it is.

    None where nobody is, or the provider says nothing of them.
    """
    if not user.get("is_logged_in"):
        return None
    email = user.get("email") if user.get("email_verified") is not False else None
    found = str(email or user.get("name") or user.get("sub") or "").strip()
    return found or None


def _logged_in(user: Mapping[str, Any]) -> str:
    name = name_of(user)
    if name is None:
        st.info(_("Log in to review: your name stands in the log with each of your decisions."))
        _login_buttons()
        st.stop()
    st.sidebar.text_input(_("Reviewer"), name, disabled=True, help=_("You are logged in under it."))
    st.sidebar.button(_("Log out"), on_click=st.logout, icon=":material/logout:")
    return name


def _login_buttons() -> None:
    """One for each provider of `secrets.toml`."""
    if find_spec("authlib") is None:
        st.error(_('Logging in needs a package more: `pip install "streamlit[auth]"`.'))
        return
    try:
        section = dict(st.secrets[_SECTION])
    except StreamlitSecretNotFoundError:
        st.error(_("secrets.toml can't be read, so nobody can log in. Mend it, and start again."))
        return
    named = [name for name, value in section.items() if isinstance(value, Mapping)]
    for provider in named or [None]:
        label = _("Log in")
        if provider:
            label = _("Log in with {provider}").format(provider=provider)
        st.button(label, on_click=st.login, args=(provider,), icon=":material/login:")
