"""The datasets that exports have made: their cards, plots and zip files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from migrate_core.export.destination.archive import archive_of
from migrate_core.export.report.card import CARD
from migrate_core.export.report.html import REPORT
from migrate_core.text import _
from pages.shared.background import format_size
from pages.shared.export.made import Made
from pages.shared.export.routes import download_address
from pages.shared.text import code, plain

# A card may come from elsewhere: an image that is no plot would be fetched by all who look at it.
_NO_IMAGE = re.compile(r"!\[")
_IMAGE = re.compile(r"!\[[^\]]*\]\((plots/[^)/]+\.png)\)")


def show_datasets(made: Sequence[Made]) -> None:
    """One of the datasets, the newest unless another is chosen, with zip and card."""
    if not made:
        return
    st.divider()
    st.subheader(_("Datasets"), anchor=False)
    folder = st.selectbox(
        _("Datasets made before"),
        [one.folder for one in made],
        format_func=str,
        # The newest is shown again after each export.
        key=f"export_shown_{made[0].written_at}",
        label_visibility="collapsed",
    )
    st.caption(_("In {folder}").format(folder=code(str(folder))))
    with st.container(horizontal=True):
        _offer_zip(folder)
        _offer_report(folder)
    with st.container(border=True):
        _card(folder)


def _offer_zip(folder: Path) -> None:
    """The dataset as a zip, sent while it is read; and where the zip file lies, if any."""
    st.link_button(
        _("Download the dataset as {name}.zip").format(name=plain(folder.name)),
        download_address(folder),
        icon=":material/download:",
        help=_("Sent while it is read: needs no room on the server, whatever its size."),
    )
    archive = archive_of(folder)
    if archive is not None:
        st.caption(
            _("Its zip file ({size}): {archive}").format(
                size=format_size(archive), archive=code(str(archive))
            )
        )


def _offer_report(folder: Path) -> None:
    """The report as a download; datasets of earlier versions have none."""
    report = folder / REPORT
    if report.is_file():
        st.download_button(
            _("Download the report ({size})").format(size=format_size(report)),
            data=lambda: report.open("rb"),
            file_name=f"{folder.name}-{REPORT}",
            mime="text/html",
            icon=":material/summarize:",
            on_click="ignore",
            key="export_report",
            help=_(
                "The card with pictures, map and histograms, in one file that opens in any "
                "browser without internet."
            ),
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
            title = caption.strip()
            columns[number % 2].image(str(folder / plot), caption=plain(title), alt=title)
