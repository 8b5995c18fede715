"""The columns of a vector layer that a person is about to add, to choose class and dates from."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.files.disk import writing
from migrate_core.masks.register.uploads import Uploaded
from migrate_core.masks.vectors.column_names import column_names
from migrate_core.masks.vectors.formats.reading import VECTOR_SUFFIXES
from migrate_core.text import _
from pages.shared.background import path_of

# Larger files are not copied only to look at their columns; the names can be typed then.
_MOST_BYTES = 200_000_000
_LOOKED_AT = 2_000


def _looking() -> AbstractContextManager[None]:
    """Says what takes so long, where it does; what the cache would say can't be translated."""
    return st.spinner(_("Looking at the columns …"))


def columns_of_uploads(uploads: Sequence[Uploaded]) -> tuple[str, ...]:
    """The columns of the first vector file that was sent; none when there is none."""
    for upload in uploads:
        suffix = Path(upload.name).suffix.lower()
        if suffix in VECTOR_SUFFIXES and upload.size <= _MOST_BYTES:
            key = str(getattr(upload, "file_id", id(upload)))
            with _looking():
                columns = _of_upload(key, upload, suffix)
            if columns:
                return columns
    return ()


@st.cache_data(max_entries=20, show_spinner=False)
def _of_upload(file_id: str, _upload: Uploaded, suffix: str) -> tuple[str, ...]:  # noqa: ARG001
    with writing(Path(f"layer{suffix}")), tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"layer{suffix}")
        _upload.seek(0)
        path.write_bytes(_upload.read())
        return column_names(path)


def columns_on_server(named: str) -> tuple[str, ...]:
    """The columns of a vector file on the server, or of the first one in a folder."""
    if not named:
        return ()
    try:
        location = path_of(named, Path.cwd())
        found = islice(location.rglob("*"), _LOOKED_AT) if location.is_dir() else iter([location])
        path = next((p for p in found if p.suffix.lower() in VECTOR_SUFFIXES), None)
        if path is None:
            return ()
        with _looking():
            return _on_server(str(path), path.stat().st_mtime)
    except (MigrateError, OSError):
        return ()


@st.cache_data(max_entries=20, show_spinner=False)
def _on_server(path: str, changed: float) -> tuple[str, ...]:  # noqa: ARG001
    return column_names(Path(path))
