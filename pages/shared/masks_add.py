"""Adding masks: files from the browser, or a folder on the server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError, WrongUseError
from migrate_core.jobs import now_utc
from migrate_core.masks.raster import DRIVERS
from migrate_core.masks.uploads import SUFFIXES, save_uploads
from pages.shared.frame import Page
from pages.shared.work import POLL_S, how_it_ended, is_busy, path_of, start, trouble, watch

KIND = "masks"
# The folder of source images that was named last, to tell which of its images fit no mask.
IMAGE_FOLDER = "masks_image_folder"
_ROUND, _LEFT_OUT, _WRONG = "masks_upload_round", "masks_left_out", "masks_add_wrong"
_TYPES = [suffix.removeprefix(".") for suffix in (*SUFFIXES, ".zip")]
_IMAGES_HELP = (
    "A source image and its mask belong together when their names are equal without suffix, or "
    "equal but for an ending such as _mask, or have the same PlanetScope scene id. Masks without "
    "georeference (PNG, JPEG) take it from their image."
)


def add_masks(page: Page, empty: bool) -> None:
    """Both ways in, folded away once there are masks; and how far the adding is."""
    with st.expander("Add masks", icon=":material/add:", expanded=empty):
        files, folder = st.tabs(["Files or a zip", "A folder on the server"])
        with files:
            _upload(page)
        with folder:
            _folder(page)
    if is_busy(page, KIND):
        _progress(page)
    else:
        trouble(KIND)
        how_it_ended(page, KIND, ("Error: ",))
    for text in st.session_state.get(_LEFT_OUT, ()):
        st.warning(text)


@st.fragment(run_every=POLL_S)
def _progress(page: Page) -> None:
    if is_busy(page, KIND):
        watch(page, KIND, "Reading masks")
    else:
        st.rerun()


def _upload(page: Page) -> None:
    """The files, checked and saved when the button is pressed."""
    number = st.session_state.setdefault(_ROUND, 0)
    left, right = st.columns(2)
    masks = left.file_uploader(
        "Masks",
        _TYPES,
        accept_multiple_files=True,
        key=f"masks_upload_{number}",
        help=f"{', '.join(DRIVERS)}, world files beside them, or a zip. In a zip, what lies in a "
        "folder named images is taken for source images.",
    )
    images = right.file_uploader(
        "Source images, if you have them",
        _TYPES,
        accept_multiple_files=True,
        key=f"masks_upload_images_{number}",
        help=_IMAGES_HELP,
    )
    negative = _negative("upload")
    clicked = st.button(
        f"Add {len(masks)} file{'s' * (len(masks) != 1)}" if masks else "Add",
        key="masks_add_files",
        icon=":material/upload:",
        type="primary",
        disabled=not masks or is_busy(page, KIND),
    )
    if not clicked:
        return
    try:
        batch = save_uploads(page.workspace, masks, images, now_utc())
    except MigrateError as err:
        st.error(str(err))
        return
    st.session_state[_LEFT_OUT] = tuple(f"{p.item}: {p.message}" for p in batch.left_out[:5])
    st.session_state[_ROUND] = number + 1
    start(page, KIND, lambda: _command(batch.masks, batch.images, negative))
    st.rerun()


def _folder(page: Page) -> None:
    """The folders, read where they are."""
    left, right = st.columns(2)
    left.text_input(
        "Folder of masks",
        key="masks_folder",
        placeholder="/data/masks",
        help="With all folders in it. Name one that holds masks only: images that lie in it would "
        "be taken for masks.",
        persist_state="session",
    )
    right.text_input(
        "Folder of source images, if you have them",
        key=IMAGE_FOLDER,
        placeholder="/data/images",
        help=_IMAGES_HELP,
        persist_state="session",
    )
    negative = _negative("folder")
    st.button(
        "Add folder",
        key="masks_add_folder",
        icon=":material/folder_open:",
        type="primary",
        disabled=is_busy(page, KIND),
        on_click=lambda: start(page, KIND, lambda: _folder_command(negative)),
    )


def _negative(where: str) -> bool:
    return st.checkbox(
        "Take masks without any labelled pixel, as negative examples",
        key=f"masks_negative_{where}",
        persist_state="session",
    )


def _folder_command(negative: bool) -> list[str]:
    """The command for the folders that were named. Raises WrongUseError."""
    named = [st.session_state.get(key, "").strip() for key in ("masks_folder", IMAGE_FOLDER)]
    if not named[0]:
        raise WrongUseError("Name the folder of the masks first.")
    found = [path_of(text, Path.cwd()) if text else None for text in named]
    for text, path in zip(named, found, strict=True):
        if path is not None and not path.exists():
            raise WrongUseError(
                f"{text}: there is no such folder on the server. Check the spelling; it is a "
                "folder of the machine this app runs on, not of yours."
            )
    return _command(found[0] or Path.cwd(), found[1], negative)


def _command(masks: Path, images: Path | None, negative: bool) -> list[str]:
    image = ["--image", str(images)] if images else []
    return ["masks", "add", str(masks.absolute()), *image, *(["--allow-empty"] * negative)]
