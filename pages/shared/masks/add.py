"""Adding masks: files from the browser, or a folder on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError, WrongUseError
from migrate_core.job_requests import AddMasks
from migrate_core.jobs.background import now_utc
from migrate_core.masks.given import add_options
from migrate_core.masks.register.uploads import (
    ACCEPTED,
    LABELS,
    Batch,
    Uploaded,
    Uploads,
    label_names,
    save_uploads,
)
from migrate_core.states import Level
from migrate_core.text import _
from pages.shared.background import (
    POLL_S,
    how_it_ended,
    is_busy,
    note_press,
    path_of,
    start,
    trouble,
    was_pressed,
    watch,
)
from pages.shared.frame import Page
from pages.shared.masks.columns import columns_of_uploads, columns_on_server
from pages.shared.masks.options import Chosen, mask_options
from pages.shared.masks.report import adding_report
from pages.shared.polling import polled, rerun_page
from pages.shared.text import counted, message_of

KIND = "masks"
# The folder of source images that was named last, to tell which of its images fit no mask.
IMAGE_FOLDER = "masks_image_folder"
_ROUND = "masks_upload_round"
# The button for files; the other one is that for folders.
_FILES = "files"
# So many names of a folder are looked at, to show a date pattern at work.
_NAMES = 2_000
_IMAGES_HELP = (
    "A source image and its mask belong together when their names are equal without suffix, or "
    "equal but for an ending such as _mask, or have the same PlanetScope scene id. Masks without "
    "georeference (PNG, JPEG) take it from their image."
)


def add_masks(page: Page, empty: bool) -> None:
    """How far the adding is; without work both ways in, folded away once there are masks."""
    _progress(page)
    if is_busy(page, KIND):
        return
    with st.expander(_("Add masks"), icon=":material/add:", expanded=empty):
        files, folder = st.tabs([_("Files or a zip"), _("A file or folder on the server")])
        with files:
            _upload(page)
        with folder:
            _folder(page)


@polled(lambda page: is_busy(page, KIND), POLL_S)
def _progress(page: Page) -> None:
    """How far the adding is, or how the last one ended."""
    trouble(KIND)
    if is_busy(page, KIND):
        watch(page, KIND, "Adding masks")
        return
    how_it_ended(page, KIND, (Level.ERROR,))
    adding_report(page, KIND)


@st.fragment
def _upload(page: Page) -> None:
    """The files, checked and saved when the button is pressed.

    Each file that has arrived draws this part alone: drawing the page would end what a press of the
    button has just begun, and lose the press.
    """
    number = st.session_state.setdefault(_ROUND, 0)
    masks = _uploader(
        number,
        "masks",
        "Masks or polygons",
        _(
            "{suffixes}, with world files, .aux.xml, .prj, metadata and the parts of a "
            "Shapefile beside them; or a zip. In a zip, what lies in a folder named images is "
            "taken for source images."
        ).format(suffixes=", ".join(LABELS)),
    )
    left, right = st.columns(2)
    with left:
        images = _uploader(number, "images", "Source images, if you have them", _IMAGES_HELP)
    with right:
        udms = _uploader(
            number,
            "udm",
            "Cloud masks of the source images (UDM), if you have them",
            "PlanetScope UDM2 or UDM, or rasters that are not 0 where clouds hid the ground.",
        )
    chosen = mask_options("upload", label_names(masks), columns_of_uploads(masks))
    st.button(
        _("Add {files}").format(files=counted(len(masks), "file")) if masks else _("Add"),
        key="masks_add_files",
        icon=":material/upload:",
        type="primary",
        disabled=not masks,
        on_click=note_press,
        args=(KIND, _FILES),
    )
    if not (was_pressed(KIND, _FILES) and masks):
        return
    try:
        batch = _saved(page, Uploads(masks, images, udms), chosen)
    except MigrateError as err:
        st.error(message_of(err))
        return
    st.session_state[_ROUND] = number + 1
    start(page, KIND, lambda: _uploaded(batch, chosen))
    rerun_page()


def _uploader(number: int, kind: str, label: str, help_text: str) -> Sequence[Uploaded]:
    """A place for files that is empty again after they were added."""
    found: Sequence[Uploaded] = st.file_uploader(
        _(label),
        [suffix.removeprefix(".") for suffix in (*ACCEPTED[kind], ".zip")],
        accept_multiple_files=True,
        key=f"masks_upload_{kind}_{number}",
        help=_(help_text),
    )
    return found


def _saved(page: Page, uploads: Uploads, chosen: Chosen) -> Batch:
    tables = [file for _name, file in chosen.files]
    with_tables = Uploads(uploads.masks, uploads.images, uploads.udms, tables)
    return save_uploads(page.workspace, with_tables, now_utc())


def _folder(page: Page) -> None:
    """The files or folders, read where they are."""
    left, right = st.columns(2)
    left.text_input(
        _("File or folder of masks"),
        key="masks_folder",
        placeholder=_("/data/masks"),
        help=_(
            "A folder with all folders in it: name one that holds masks only, since images that "
            "lie in it would be taken for masks. Or one file, such as a GeoPackage."
        ),
        persist_state="session",
    )
    right.text_input(
        _("Folder of source images, if you have them"),
        key=IMAGE_FOLDER,
        placeholder=_("/data/images"),
        help=_(_IMAGES_HELP),
        persist_state="session",
    )
    named = st.session_state.get("masks_folder", "").strip()
    chosen = mask_options("folder", _names_in(named), columns_on_server(named))
    st.button(
        _("Add from the server"),
        key="masks_add_folder",
        icon=":material/folder_open:",
        type="primary",
        on_click=note_press,
        args=(KIND,),
    )
    if was_pressed(KIND):
        start(page, KIND, lambda: _on_server(page, chosen))
        # What was wrong with it is said on top.
        rerun_page()


def _names_in(named: str) -> list[str]:
    """Names of files in a folder, to show a date pattern at work."""
    if not named:
        return []
    try:
        path = path_of(named, Path.cwd())
        found = islice(path.rglob("*"), _NAMES) if path.is_dir() else [path]
        return [path.name for path in found if path.suffix.lower() in LABELS]
    except (MigrateError, OSError):
        return []


def _on_server(page: Page, chosen: Chosen) -> AddMasks:
    """What is to be added of the paths that were named. Raises WrongUseError."""
    masks, images = (_named(st.session_state.get(key)) for key in ("masks_folder", IMAGE_FOLDER))
    if masks is None:
        raise WrongUseError(_("Name the file or folder of the masks first."))
    tables = None
    if chosen.files:
        sent = Uploads(tables=[file for _name, file in chosen.files])
        tables = save_uploads(page.workspace, sent, now_utc()).tables
    return _request(masks, images, None, tables, chosen)


def _named(text: str | None) -> Path | None:
    """The path on the server that was written, None for no text. Raises WrongUseError."""
    if not text or not text.strip():
        return None
    path = path_of(text, Path.cwd())
    if not path.exists():
        raise WrongUseError(
            _(
                "{text}: there is no such file or folder on the server. Check the "
                "spelling; it is a place on the machine this app runs on, not on yours."
            ).format(text=text.strip())
        )
    return path


def _uploaded(batch: Batch, chosen: Chosen) -> AddMasks:
    """What is to be added of the files that were sent."""
    request = _request(batch.masks, batch.images, batch.udms, batch.tables, chosen)
    return replace(request, left_out=batch.reported)


def _request(
    masks: Path, images: Path | None, udms: Path | None, tables: Path | None, chosen: Chosen
) -> AddMasks:
    """Masks to be added as the page says. Raises MigrateError for options that can't be used."""
    sent = {name: tables / file.name for name, file in chosen.files if tables is not None}
    udm = _named(chosen.given.get("udm")) or udms
    options = add_options({**chosen.given, **sent, "image": images, "udm": udm})
    return AddMasks((masks.absolute(),), options)
