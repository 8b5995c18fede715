"""Imports that pages need, done beside the server as it starts, so that the first page is quick."""

from __future__ import annotations

import gc
import inspect
import threading
from importlib import import_module

from PIL import Image

# What takes long to import. Not streamlit_folium: Streamlit learns of a component only when a page
# imports it, and else never shows it.
_LIBRARIES = ("pandas", "pandas.io.formats.style", "folium.plugins")


def warm_up() -> None:
    """Begin to import; returns at once. A page that comes first waits for what it needs only."""
    threading.Thread(target=_import_all, name="warm-up", daemon=True).start()


def _import_all() -> None:
    for name in _LIBRARIES:
        import_module(name)
    # A component asks which module declares it, and `inspect` then looks up the files of all
    # modules. It remembers them.
    inspect.getmodule(_import_all.__code__)
    # Pillow imports all its formats when the first picture is saved.
    Image.init()
    # Streamlit looks for garbage in all of memory whenever a page was drawn. What is imported
    # stays, and need not be looked through each time.
    gc.collect()
    gc.freeze()
