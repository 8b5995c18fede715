"""Pages of the app as a person opens them by their addresses, run by AppTest."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"


def open_page(path: str, **query: str) -> AppTest:
    """The page of this file; it must not have failed."""
    app = AppTest.from_file(APP, default_timeout=60)
    # Otherwise known after a run of another page, which would cost each test as much again.
    app._registered_pages = _addresses()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(path).run()
    assert not app.exception
    return app


def all_text(app: AppTest) -> str:
    """What the page says, apart from its fields."""
    elements = (*app.markdown, *app.caption, *app.info, *app.warning, *app.success, *app.error)
    return "\n".join(element.value for element in elements)


@functools.cache
def _addresses() -> Any:
    """The pages that the app registers, which are the same in each workspace."""
    return AppTest.from_file(APP, default_timeout=60).run()._registered_pages
