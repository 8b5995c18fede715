"""The quicklook of a scene, read where the scene lies: at once from disk, else in the background.

A service may take a minute, or never answer; the page waits a moment only, and shows the picture
when it has come.
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from pathlib import Path

import numpy as np
import shapely
import streamlit as st
from numpy.typing import NDArray

from migrate_core.errors import MigrateError
from migrate_core.grid import Bounds
from migrate_core.model import Scene
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.quicklook import quicklook
from migrate_core.scenes.access.opening import open_scene
from migrate_core.scenes.sources import source_of
from migrate_core.settings import ServiceSettings
from migrate_core.store.candidates import scenes_named
from pages.shared.frame import Page
from pages.shared.maps import Picture
from pages.shared.readers import Readers
from pages.shared.scenes.candidates import View
from pages.shared.text import plain

Look = tuple[NDArray[np.uint8], Bounds]
# Pixels of the longer side of what is read from a service: a third of the bytes of one from disk.
_REMOTE_PIXELS = 320
_WAIT_S = 2.0
_POLL_S = 1.0
_KEPT = 64


def picture_of(page: Page, view: View) -> Picture | None:
    """The viewed scene's quicklook around the mask; a sentence where there is none (yet)."""
    ranked = view.viewed.ranked
    scenes = scenes_named(view.store, ranked.scene_ids, ranked.scene.source)
    area_wkb = shapely.to_wkb(view.mask.extent)
    try:
        if all(source_of(scene.source).is_local for scene in scenes):
            look: Look | None = _from_disk(tuple(scene.href for scene in scenes), area_wkb)
        elif source_of(ranked.scene.source).needs_fetching:
            look = _downloaded(page, scenes, area_wkb)
        else:
            look = _from_service(scenes, page.settings.services, area_wkb)
    except MigrateError as err:
        st.warning(f"There is no quicklook: {plain(str(err))}")
        return None
    return Picture(*look) if look else None


@st.cache_data(show_spinner="Reading the scene around the mask …", max_entries=_KEPT)
def _from_disk(hrefs: tuple[str, ...], area_wkb: bytes) -> Look:
    found = quicklook([open_product(href) for href in hrefs], shapely.from_wkb(area_wkb))
    return found.image, found.bounds


def _downloaded(page: Page, scenes: list[Scene], area_wkb: bytes) -> Look | None:
    """From products that making pairs has brought here already."""
    hrefs = [_in_cache(page.workspace.products, scene) for scene in scenes]
    if None in hrefs:
        st.caption(
            f"{plain(scenes[0].source)} shows no pixels before a product is downloaded; making its "
            "pair does that."
        )
        return None
    return _from_disk(tuple(href for href in hrefs if href), area_wkb)


def _in_cache(products: Path, scene: Scene) -> str | None:
    found = (products / f"{scene.scene_id}{end}" for end in (".SAFE", ".zip"))
    return next((str(path) for path in found if path.exists()), None)


def _from_service(scenes: list[Scene], services: ServiceSettings, area_wkb: bytes) -> Look | None:
    """What a thread has read, or None while it reads. Raises MigrateError when it failed."""

    def read() -> Look:
        products = [open_scene(scene, services) for scene in scenes]
        found = quicklook(products, shapely.from_wkb(area_wkb), _REMOTE_PIXELS)
        return found.image, found.bounds

    key = (*(f"{scene.source} {scene.href}" for scene in scenes), area_wkb.hex())
    future = _readers().ask(key, read)
    wait([future], _WAIT_S)
    if not future.done():
        st.caption(f"The picture is being read from {plain(scenes[0].source)} …")
        _poll(future)
        return None
    return future.result()


@st.fragment(run_every=_POLL_S)
def _poll(future: Future[Look]) -> None:
    """Makes the page again once the picture has come."""
    if future.done():
        st.rerun(scope="app")


@st.cache_resource(show_spinner=False)
def _readers() -> Readers[Look]:
    return Readers()
