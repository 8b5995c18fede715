"""What pages import: nothing that they don't need, and the rest beside the start of the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
IMPORT_ALL = """
import pkgutil, sys
import app, pages.shared
for found in pkgutil.walk_packages(pages.shared.__path__, "pages.shared."):
    __import__(found.name)
print(*[name for name in ("matplotlib", "geopandas", "dask", "lightgbm", "sklearn")
        if name in sys.modules])
"""
WARM_UP = """
import gc, inspect, sys, threading
from pages.shared.warm_up import warm_up
before = set(sys.modules)
warm_up()
for thread in threading.enumerate():
    if thread.name == "warm-up":
        thread.join(60)
names = ("pandas", "pandas.io.formats.style", "folium.plugins", "streamlit_folium")
print(*[name in sys.modules for name in names], "pandas" in before, gc.get_freeze_count() > 10_000,
      sys.modules["pandas"].__file__ in inspect.modulesbyfile)
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_pages_import_no_plots_no_cluster_and_no_models() -> None:
    assert run(IMPORT_ALL) == ""


def test_warming_up_imports_what_pages_need_but_no_component() -> None:
    """Streamlit would never show a component that is imported outside of a page.

    What is imported then is no longer looked through for garbage, and `inspect` knows its files.
    """
    assert run(WARM_UP) == "True True True False False True True"
