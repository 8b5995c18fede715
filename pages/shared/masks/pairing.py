"""Which masks have no source image, and which images fit no mask."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from migrate_core.masks.register.sidecars import unmatched_images
from migrate_core.store.masks import (
    WITHOUT_IMAGE,
    MaskFilter,
    count_masks,
    image_folders,
    used_images,
)
from migrate_core.text import _
from pages.shared.frame import Page
from pages.shared.masks.add import IMAGE_FOLDER
from pages.shared.text import counted

_MOST = 20


def pairing(page: Page) -> None:
    """A line on the source images, with the names of those that fit no mask."""
    used = used_images(page.store)
    folders = image_folders(page.store) | set(page.workspace.uploads.glob("*/images"))
    if named := st.session_state.get(IMAGE_FOLDER, "").strip():
        folders |= {Path(named).expanduser()}
    if not folders:
        return
    left = unmatched_images(folders, used)
    without = count_masks(page.store, MaskFilter(WITHOUT_IMAGE))
    st.caption(
        _(
            "{paired} paired with masks by name; {masks} without a source image; "
            "{left} without a mask."
        ).format(
            paired=counted(len(used), "source image"),
            masks=counted(without, "mask"),
            left=counted(len(left), "image"),
        )
    )
    if left:
        with st.expander(
            _("{images} without a mask").format(images=counted(len(left), "image")),
            icon=":material/link_off:",
        ):
            st.write(
                _(
                    "A mask finds its image when both have the same name but for the suffix or an "
                    "ending such as _mask. Rename the file, and add the masks again."
                )
            )
            lines = [str(image) for image in left[:_MOST]]
            if len(left) > _MOST:
                lines.append(_("… and {count:,} more").format(count=len(left) - _MOST))
            st.code("\n".join(lines), language=None)
