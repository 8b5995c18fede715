"""The parts of the page Export: what goes in, where to, the progress, and the datasets made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.export.archive import archive_of
from migrate_core.export.card import CARD
from migrate_core.export.dataset import (
    FORMATS,
    ExportRequest,
    check_destination,
    is_dataset,
)
from migrate_core.export.preview import Preview, preview
from migrate_core.export.selection import ACCEPTED, ALL, INCLUDES, UNDECIDED
from migrate_core.jobs import answer_of, now_utc
from pages.shared.frame import PAGES, Page
from pages.shared.work import (
    POLL_S,
    how_it_ended,
    is_busy,
    path_of,
    size_in_words,
    start,
    trouble,
    watch,
)

KIND = "export"
_INCLUDE_WORDS = {
    ACCEPTED: "Accepted",
    UNDECIDED: "Accepted and undecided",
    ALL: "All but rejected",
}
_INCLUDE_HELP = {
    ACCEPTED: "Only what a reviewer accepted.",
    UNDECIDED: "Also what nobody has decided about yet.",
    ALL: "Also unsure ones, and those that reviewers disagree about.",
}
# What a browser is handed at once lies in the server's memory meanwhile.
LARGEST_DOWNLOAD_BYTES = 1_000_000_000
_IMAGE = re.compile(r"!\[[^\]]*\]\((plots/[^)/]+\.png)\)")


def choose_pairs(page: Page) -> tuple[str, Preview]:
    """Which pairs go in, with numbers that follow the choice."""
    found = {include: preview(page.store, include) for include in INCLUDES}
    include = st.radio(
        "Which pairs go in",
        INCLUDES,
        format_func=lambda name: f"{_INCLUDE_WORDS[name]}: {_pairs(found[name].pairs)}",
        captions=[_INCLUDE_HELP[name] for name in INCLUDES],
        key="export_include",
        persist_state="session",
        help="Rejected and superseded pairs never go out.",
    )
    return include, found[include]


def show_counts(chosen: Preview) -> None:
    """What goes out by decision and split, and why the others stay."""
    decision, split, left_out = st.columns(3)
    with decision.container(border=True, height="stretch"):
        _counts("Go in, by decision", chosen.decisions, "Nothing.")
    with split.container(border=True, height="stretch"):
        _counts("Go in, by split", chosen.splits if chosen.pairs else {}, "Nothing.")
        st.caption("Pairs whose footprints overlap share a split: no ground is in two of them.")
    with left_out.container(border=True, height="stretch"):
        _counts("Stay out, by reason", chosen.left_out, "Every pair goes in.")


def _counts(title: str, counts: Mapping[str, int], nothing: str) -> None:
    st.markdown(f"**{title}**")
    lines = [f"| {name} | {number:,} |" for name, number in counts.items()]
    if lines:
        st.markdown("\n".join(["| | pairs |", "| :-- | --: |", *lines]))
    else:
        st.caption(nothing)


def explain_empty(page: Page, chosen: Preview) -> None:
    """Why nothing would go out, and where to go."""
    if not page.store.pair_states().get("done"):
        st.info("There is no finished pair yet, so there is nothing to export. Make pairs first.")
        st.page_link(PAGES["pairs"][0], label="Make pairs", icon=PAGES["pairs"][2])
        return
    waiting = chosen.left_out.get("undecided", 0)
    st.info(
        "No pair would go out with this choice. "
        + (f"{_pairs(waiting)} wait for a decision: " if waiting else "")
        + "accept some in Review, or take more along above."
    )
    st.page_link(PAGES["review"][0], label="Review pairs", icon=PAGES["review"][2])


def _pairs(number: int) -> str:
    return "1 pair" if number == 1 else f"{number:,} pairs"


@st.fragment(run_every=POLL_S)
def export_form(page: Page, include: str, chosen: Preview) -> None:
    """Where to, in which form, the button, and how far it is."""
    busy = is_busy(page, KIND)
    default = str(page.workspace.exports / f"{now_utc():%Y-%m-%d}")
    folder = st.text_input(
        "Folder for the dataset",
        placeholder=default,
        key="export_folder",
        persist_state="session",
        help="On the machine where the app runs; a relative path lies in the workspace. A dataset "
        "that is there is brought up to date; folders with other files are refused.",
    )
    formats = st.multiselect(
        "Formats", FORMATS, default=FORMATS[:1], key="export_formats", persist_state="session"
    )
    zipped = st.checkbox(
        "Also as one zip file to download",
        value=True,
        key="export_zip",
        persist_state="session",
        help="Lies beside the folder and needs as much space again.",
    )
    request = ExportRequest(_folder(page, folder.strip() or default), include, zipped)
    _say_where(request)
    st.button(
        f"Export {_pairs(chosen.pairs)}",
        key="export_start",
        type="primary",
        icon=":material/inventory_2:",
        disabled=busy or not chosen.pairs or not formats,
        on_click=lambda: start(page, KIND, lambda: _arguments(request, formats)),
    )
    trouble(KIND)
    if busy:
        watch(page, KIND, "Exporting")
    else:
        how_it_ended(page, KIND)
        _datasets(page)


def _folder(page: Page, text: str) -> Path:
    try:
        return path_of(text, page.workspace.root)
    except MigrateError:
        return Path(text)


def _say_where(request: ExportRequest) -> None:
    """What would happen to the folder."""
    try:
        check_destination(request)
    except MigrateError as err:
        st.error(str(err))
        return
    there = is_dataset(request.destination)
    st.caption(
        f"{'An earlier export is brought up to date' if there else 'A new dataset is written'}: "
        f"`{request.destination}`"
    )


def _arguments(request: ExportRequest, formats: list[str]) -> list[str]:
    """The command. Raises MigrateError for a folder that is refused."""
    check_destination(request)
    return [
        *("export", str(request.destination), "--include", request.include),
        *(word for name in formats for word in ("--format", name)),
        *(["--zip"] if request.archive else []),
        "--json",
    ]


# what was made


def _datasets(page: Page) -> None:
    """The datasets that are there, the newest first; one of them with card and zip."""
    folders = _known(page)
    if not folders:
        return
    st.divider()
    st.subheader("Datasets", anchor=False)
    folder = st.selectbox(
        "Datasets made before",
        folders,
        format_func=str,
        key=f"export_shown_{folders[0]}",
        label_visibility="collapsed",
    )
    _offer_zip(folder)
    with st.container(border=True):
        show_card(folder)


def _known(page: Page) -> list[Path]:
    """The folder of the last export, and those in the workspace; the newest card first."""
    answer = answer_of(page.workspace, KIND)
    last = [Path(answer["path"])] if isinstance(answer, dict) and "path" in answer else []
    found = {card.parent for card in page.workspace.exports.glob(f"*/{CARD}")} | set(last)
    ours = [folder for folder in found if is_dataset(folder)]
    return sorted(ours, key=lambda folder: -(folder / CARD).stat().st_mtime)


def _offer_zip(folder: Path) -> None:
    """The zip as a download, or where it lies when it is too large for that."""
    archive = archive_of(folder)
    if archive is None:
        st.caption("It has no zip file, or an older one: export again with the box above ticked.")
        return
    size = size_in_words(archive)
    if archive.stat().st_size > LARGEST_DOWNLOAD_BYTES:
        st.info(f"The zip file ({size}) is too large for the browser; copy it from the server:")
        st.code(str(archive), language=None)
        return
    # A function is called when the button is pressed: a page that is only shown reads nothing.
    st.download_button(
        f"Download {archive.name} ({size})",
        data=lambda: archive.open("rb"),
        file_name=archive.name,
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key="export_download",
    )


def show_card(folder: Path) -> None:
    """The dataset card with its plots."""
    text = (folder / CARD).read_text(encoding="utf-8")
    parts = _IMAGE.split(text)
    # Plots stand side by side at the end; the text between them is their captions.
    st.markdown(_smaller(parts[0]))
    columns = st.columns(2)
    for number, (plot, caption) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
        if (folder / plot).is_file():
            columns[number % 2].image(str(folder / plot), caption=caption.strip())


def _smaller(text: str) -> str:
    """Headings two levels lower, so that the card stays below the page's own."""
    return re.sub(r"^(#+) ", r"##\1 ", text, flags=re.MULTILINE)
