"""What came of adding masks: how many, what can't be read, and which source image each mask got."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from migrate_core.jobs.background import answer, messages
from migrate_core.masks.register.outcome import ImagePairs
from migrate_core.states import Level
from migrate_core.store.serialize import from_json
from migrate_core.text import _
from pages.shared.background import close_button, unread_job
from pages.shared.frame import Page
from pages.shared.table import PagedList, titled
from pages.shared.text import counted, message_of

# So many notes on how polygons became masks are shown.
_NOTES = 3
_OTHERS = PagedList("masks_report", 5, "problem")


def adding_report(page: Page, kind: str) -> None:
    """How the last adding ended, until it is closed: result, problems, source images, notes."""
    job = unread_job(page, kind)
    if job is None:
        return
    results = messages(page.store, kind, Level.RESULT)
    problems = messages(page.store, kind, Level.PROBLEM)
    notes = messages(page.store, kind, Level.NOTE)[:_NOTES]
    if not (results or problems or notes):
        return
    left, right = st.columns([9, 1], vertical_alignment="center")
    with left:
        if results or problems:
            _result(" ".join(results), problems)
    with right:
        close_button(job, _("Masks with a problem stay in the list below, under “With a problem”."))
    if (images := answer(page.store, kind)) is not None:
        _images(from_json(ImagePairs, images))
    for note in notes:
        st.info(message_of(note), icon=":material/info:")


def _result(result: str, problems: tuple[str, ...]) -> None:
    """How many were added, with the first problem in full, and the others by pages."""
    if not problems:
        st.success(message_of(result))
        return
    st.warning(f"**{message_of(result)}**\n\n{message_of(problems[0])}")
    others = problems[1:]
    if not others:
        return
    with st.expander(counted(len(others), "other problem"), icon=":material/list:"):
        _OTHERS.turn_within(len(others))
        shown = others[_OTHERS.first : _OTHERS.first + _OTHERS.size]
        st.warning("\n".join(f"- {message_of(problem)}" for problem in shown))
        _OTHERS.show(len(others))


def _images(found: ImagePairs) -> None:
    """Masks and their source images, folded under how many there are."""
    with st.expander(_("Source images: {found}").format(found=found), icon=":material/image:"):
        image_table(found, "masks_report_images")


def image_table(found: ImagePairs, key: str) -> None:
    """Masks and their source images in a table, what is left on either side first."""
    rows = [
        *({"mask": name, "note": _("no image fits it")} for name in found.without_image),
        *({"source image": name, "note": _("fits no mask")} for name in found.without_mask),
        *({"mask": mask, "source image": image} for mask, image in found.paired),
    ]
    table = pd.DataFrame(rows, columns=["mask", "source image", "note"])
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        height=min(35 * (len(rows) + 1) + 3, 250),
        column_config=titled(table.columns, {}),
        key=key,
    )
    count = found.paired_count + found.without_image_count + found.without_mask_count
    if count > len(rows):
        st.caption(
            _("{shown:,} of {count:,} rows, those of each kind that come first by name.").format(
                shown=len(rows), count=count
            )
        )
    if found.without_image_count + found.without_mask_count:
        st.caption(
            _(
                "A mask finds its image when both have the same name but for the suffix or an "
                "ending such as _mask, or the same PlanetScope scene id. Rename the file and add "
                "the masks again, or give masks their image under “Edit many masks”."
            )
        )
