"""The datasets that exports have made: their cards, plots and zip files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from migrate_core.export.dataset import is_dataset
from migrate_core.export.destination.archive import archive_of
from migrate_core.export.report.card import CARD, is_unfinished
from migrate_core.export.report.html import REPORT
from migrate_core.jobs.background import answer
from pages.shared.background import format_size
from pages.shared.frame import Page
from pages.shared.text import plain

# The server holds in memory what a browser fetches; beyond this the file is named instead.
LARGEST_DOWNLOAD_BYTES = 1_000_000_000
# A card may come from elsewhere: an image that is no plot would be fetched by all who look at it.
_NO_IMAGE = re.compile(r"!\[")
_IMAGE = re.compile(r"!\[[^\]]*\]\((plots/[^)/]+\.png)\)")


@dataclass(frozen=True)
class Made:
    """A dataset, and when its card was written (seconds since 1970)."""

    folder: Path
    written_at: float


def known_datasets(page: Page) -> list[Made]:
    """The dataset of the last export and those in the workspace, the newest first."""
    document = answer(page.store, "export")
    last = [Path(document["path"])] if document else []
    folders = {card.parent for card in page.workspace.exports.glob(f"*/{CARD}")} | set(last)
    made = [
        Made(folder, (folder / CARD).stat().st_mtime) for folder in folders if _is_complete(folder)
    ]
    return sorted(made, key=lambda one: (-one.written_at, one.folder))


def _is_complete(folder: Path) -> bool:
    """Whether a folder is a dataset whose export came to its end."""
    return is_dataset(folder) and not is_unfinished((folder / CARD).read_text(encoding="utf-8"))


def show_datasets(made: Sequence[Made]) -> None:
    """One of the datasets, the newest unless another is chosen, with zip and card."""
    if not made:
        return
    st.divider()
    st.subheader("Datasets", anchor=False)
    folder = st.selectbox(
        "Datasets made before",
        [one.folder for one in made],
        format_func=str,
        # The newest is shown again after each export.
        key=f"export_shown_{made[0].written_at}",
        label_visibility="collapsed",
    )
    _offer_zip(folder)
    _offer_report(folder)
    with st.container(border=True):
        _card(folder)


def _offer_zip(folder: Path) -> None:
    """The zip as a download, or where it lies when it is too large for that."""
    archive = archive_of(folder)
    if archive is None:
        st.caption("It has no zip file, or an older one: export again with the box above ticked.")
        return
    size = format_size(archive)
    if archive.stat().st_size > LARGEST_DOWNLOAD_BYTES:
        st.info(f"The zip file ({size}) is too large for the browser; copy it from the server:")
        st.code(str(archive), language=None)
        return
    # A function is called when the button is pressed: a page that is only shown reads nothing.
    st.download_button(
        f"Download {plain(archive.name)} ({size})",
        data=lambda: archive.open("rb"),
        file_name=archive.name,
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key="export_download",
    )


def _offer_report(folder: Path) -> None:
    """The report as a download; datasets of earlier versions have none."""
    report = folder / REPORT
    if report.is_file():
        st.download_button(
            f"Download the report ({format_size(report)})",
            data=lambda: report.open("rb"),
            file_name=f"{folder.name}-{REPORT}",
            mime="text/html",
            icon=":material/summarize:",
            on_click="ignore",
            key="export_report",
            help="The card with pictures, map and histograms, in one file that opens in any "
            "browser without internet.",
        )


def _card(folder: Path) -> None:
    """The dataset card; its plots, which come last, two in a row."""
    text = (folder / CARD).read_text(encoding="utf-8")
    # Headings two levels lower, so that they stay below the page's own.
    text, *plots = _IMAGE.split(re.sub(r"^(#+) ", r"##\1 ", text, flags=re.MULTILINE))
    st.markdown(_NO_IMAGE.sub(r"\![", text))
    columns = st.columns(2)
    for number, (plot, caption) in enumerate(zip(plots[::2], plots[1::2], strict=True)):
        if (folder / plot).is_file():
            columns[number % 2].image(str(folder / plot), caption=plain(caption.strip()))
