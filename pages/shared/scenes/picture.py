"""What lies on the map with the outlines: the viewed scene around the mask, and the mask's label.

Both are read in the background, wherever they lie: a service may take a minute, or never answer.
The page waits a moment only, and shows them when they have come.
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

import shapely
import streamlit as st
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import MigrateError
from migrate_core.masks.label_outline import label_outline
from migrate_core.model import Scene
from migrate_core.products.pixels.quicklook import quicklook
from migrate_core.scenes.access.opening import open_scene
from migrate_core.scenes.access.picture import is_here, readable
from migrate_core.settings import ServiceSettings
from migrate_core.store.candidates import scenes_named
from migrate_core.text import _
from pages.shared.frame import Page
from pages.shared.language.messages import message_text
from pages.shared.maps import Picture
from pages.shared.polling import rerun_page
from pages.shared.readers import Readers
from pages.shared.scenes.candidates import View

# Pixels of the longer side: what is read from a service is a third of the bytes of one from disk.
_LOCAL_PIXELS, _REMOTE_PIXELS = 600, 320
# The map is drawn late, and waits so long for what lies on it; what takes longer comes later.
_WAIT_S = 0.4
_POLL_S = 0.5


@dataclass(frozen=True)
class Ground:
    """The viewed scene around the mask, the label of the mask, and why one of them isn't there.

    `notes` are plain text.
    """

    picture: Picture | None = None
    label: BaseGeometry | None = None
    notes: tuple[str, ...] = ()


def begin_ground(page: Page, view: View) -> tuple[Future[Picture], Future[BaseGeometry]]:
    """The picture and the label, being read from the first call on."""
    labels: Future[BaseGeometry] = _readers().ask(
        ("label", view.mask.mask_id), lambda: label_outline(view.mask)
    )
    try:
        return _ask_picture(page, view), labels
    except MigrateError as err:
        pictures: Future[Picture] = Future()
        pictures.set_exception(err)
        return pictures, labels


def ground_of(page: Page, view: View) -> Ground:
    """As much as was read by now; the page is made again when the rest has come."""
    pictures, labels = begin_ground(page, view)
    wait([labels, pictures], _WAIT_S)
    source = view.viewed.ranked.scene.source
    notes = (
        _note(
            pictures,
            _("There is no quicklook"),
            _("The picture is being read from {source} …").format(source=source),
        ),
        _note(labels, _("The label can't be drawn"), _("The label is being read …")),
    )
    reading = [future for future in (labels, pictures) if not future.done()]
    if reading:
        _poll(reading)
    found = tuple(note for note in notes if note)
    return Ground(_result(pictures), _result(labels), found)


def _ask_picture(page: Page, view: View) -> Future[Picture]:
    """The picture, being read. Raises NotDownloadedError where there can't be one."""
    ranked = view.viewed.ranked
    found = scenes_named(view.store, ranked.scene_ids, ranked.scene.source)
    scenes = [readable(scene, page.workspace.products) for scene in found]
    area = view.mask.extent
    key = (*(f"{scene.source} {scene.href}" for scene in scenes), shapely.to_wkb(area, hex=True))
    return _readers().ask(key, lambda: _read(scenes, page.settings.services, area))


def _read(scenes: list[Scene], services: ServiceSettings, area: BaseGeometry) -> Picture:
    pixels = _LOCAL_PIXELS if all(map(is_here, scenes)) else _REMOTE_PIXELS
    found = quicklook([open_scene(scene, services) for scene in scenes], area, pixels)
    return Picture(found.image, found.bounds, photo=True)


def _note(future: Future[Any], without: str, reading: str) -> str | None:
    """Why there is nothing to be shown, or not yet. Raises what isn't ours."""
    if not future.done():
        return reading
    err = future.exception() if not future.cancelled() else None
    if err is not None and not isinstance(err, MigrateError):
        raise err
    return f"{without}: {message_text(err)}" if err else None


def _result(future: Future[Any]) -> Any:
    done = future.done() and not future.cancelled() and future.exception() is None
    return future.result() if done else None


@st.fragment(run_every=_POLL_S)
def _poll(reading: list[Future[Any]]) -> None:
    """Makes the page again once what is being read has come."""
    if any(future.done() for future in reading):
        rerun_page()


@st.cache_resource(show_spinner=False)
def _readers() -> Readers[Any]:
    return Readers()
