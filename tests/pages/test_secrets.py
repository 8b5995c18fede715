"""Credentials from `secrets.toml`: into the environment of commands, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.secrets import Secrets

from migrate_core.settings import ServiceSettings, load_settings
from pages.shared import secrets
from pages.shared.secrets import VARIABLES, load_secrets, take_code


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the app looks for secrets; the environment is put back afterwards."""
    path = tmp_path / "secrets.toml"
    before, places = dict(os.environ), st.get_option("secrets.files")
    st.config.set_option("secrets.files", [str(path)])
    monkeypatch.setattr(st, "secrets", Secrets())
    yield path
    os.environ.clear()
    os.environ.update(before)
    st.config.set_option("secrets.files", places)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(secrets.st, "warning", found.append)
    return found


def test_every_setting_of_a_service_can_be_given(file: Path, warnings: list[str]) -> None:
    sizes = ("MIGRATE_CACHE_GB", "MIGRATE_MAX_DOWNLOAD_GB")
    texts = {name: f"http://{name.lower()}" for name in VARIABLES if name not in sizes}
    lines = [f'{name} = "{text}"' for name, text in texts.items()]
    file.write_text("\n".join([*lines, *(f"{name} = 5" for name in sizes), "[other]", "a = 1"]))
    load_secrets()
    expected = {name.lower(): text for name, text in texts.items()}
    assert load_settings().services == ServiceSettings(
        cache_bytes=5_000_000_000, max_download_bytes=5_000_000_000, **expected
    )
    assert warnings == []


def test_without_a_file_the_environment_is_as_it_was(file: Path, warnings: list[str]) -> None:
    before = dict(os.environ)
    load_secrets()
    assert dict(os.environ) == before
    assert warnings == []


def test_a_broken_file_is_told_without_what_stands_in_it(file: Path, warnings: list[str]) -> None:
    file.write_text('CDSE_PASSWORD = "very secret\nCDSE_USERNAME = me')
    load_secrets()
    (words,) = warnings
    assert str(file) in words
    assert "not proper TOML" in words
    assert "very secret" not in words
    assert load_settings().services.cdse_password is None


@pytest.mark.parametrize(
    ("given", "environ"),
    [("123 456", {"CDSE_TOTP": "123456"}), ("", {}), (None, {})],
)
def test_a_code_is_taken_once(
    monkeypatch: pytest.MonkeyPatch, given: str | None, environ: dict[str, str]
) -> None:
    state = {} if given is None else {"code": given}
    monkeypatch.setattr(secrets, "st", SimpleNamespace(session_state=state))
    assert take_code("code") == environ
    assert take_code("code") == {}
    assert "123 456" not in state.values()
