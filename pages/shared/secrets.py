"""Credentials of services: from the environment or `.streamlit/secrets.toml`, kept nowhere else.

What is set goes into the environment of this process, where settings are read from and which the
commands that pages start inherit. It never reaches the workspace, a log or the screen.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from migrate_core.scenes.sources import source_of
from migrate_core.settings import IN_GIGABYTES, ServiceSettings
from migrate_core.text import _
from pages.shared.text import plain

# The variables of the services; limits of size are set in gigabytes.
VARIABLES = tuple(
    IN_GIGABYTES.get(field.name, field.name.upper()) for field in fields(ServiceSettings)
)
_CODE = "CDSE_TOTP"


def load_secrets() -> None:
    """Put what `secrets.toml` holds for services into the environment; there may be no such file.

    Streamlit does so when its server starts, and when the file changes; here it holds for any way
    of running pages, and a file that can't be read is reported.
    """
    try:
        found = st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        broken = [path for path in st.get_option("secrets.files") if Path(path).exists()]
        if broken:
            st.warning(
                _(
                    "{broken} is not proper TOML, so no credentials are read from it. Needed "
                    'are lines such as CDSE_USERNAME = "name".'
                ).format(broken=plain(str(broken[0])))
            )
        return
    for name in VARIABLES:
        value = found.get(name)
        if isinstance(value, (str, int, float)):
            os.environ[name] = str(value)


def needs_code(services: ServiceSettings, specs: Iterable[str]) -> bool:
    """Whether one of the sources takes an account that is set and may have two factors."""
    needs = (need for spec in specs for need in source_of(spec, services).credentials)
    return any(need.two_factors and need.found for need in needs)


def code_field(key: str) -> None:
    """Ask for the code of the moment, which accounts with two factors need beside the password."""
    st.text_input(
        _("Two-factor code"),
        key=key,
        placeholder=_("if the account has one"),
        autocomplete="one-time-code",
        help=_(
            "Of an account of the Copernicus Data Space with two factors: the code that the "
            "authenticator shows now. It is used for one login and not kept."
        ),
    )


def take_code(key: str) -> Mapping[str, str]:
    """The environment with the code that was given, which the field forgets; for callbacks."""
    code = str(st.session_state.get(key) or "").replace(" ", "")
    if key in st.session_state:
        st.session_state[key] = ""
    return {_CODE: code} if code else {}
