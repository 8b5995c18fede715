"""The parts of the page Export: what goes in, where to, the progress, and the datasets made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.export.dataset import check_destination, is_dataset
from migrate_core.export.formats.registry import FORMATS
from migrate_core.export.request import ExportRequest
from migrate_core.export.selection.choice import ACCEPTED, ALL, INCLUDES, UNDECIDED, Choice
from migrate_core.export.selection.preview import Preview, numbers_of_pairs, preview
from migrate_core.jobs.background import now_utc
from migrate_core.states import DecisionState, PairState
from pages.shared.background import POLL_S, how_it_ended, is_busy, path_of, start, trouble, watch
from pages.shared.export.datasets import Made, known_datasets
from pages.shared.frame import PAGES, Page
from pages.shared.polling import polled
from pages.shared.text import code, plain

KIND = "export"
_LOOKED_AT = "export_looked_at"
_INCLUDE_TEXTS: Mapping[str, str] = {
    ACCEPTED: "Accepted",
    UNDECIDED: "Accepted and undecided",
    ALL: "All but rejected",
}
_INCLUDE_HELP = {
    ACCEPTED: "Only what a reviewer accepted.",
    UNDECIDED: "Also what nobody has decided about yet.",
    ALL: "Also unsure ones, and those that reviewers disagree about.",
}
_COUNT_TEXTS: Mapping[str, str] = {
    DecisionState.UNDECIDED: "not decided about yet",
    DecisionState.CONFLICT: "on which reviewers disagree",
    PairState.SUPERSEDED: "superseded by another scene or resampling",
}


def choose_pairs(page: Page) -> tuple[Choice, Preview]:
    """Which pairs go in, with numbers that follow the choice."""
    looked_at_only = bool(st.session_state.get(_LOOKED_AT))
    pair_counts = numbers_of_pairs(page.store, looked_at_only=looked_at_only)
    include = st.radio(
        "Which pairs go in",
        INCLUDES,
        format_func=lambda name: f"{_INCLUDE_TEXTS[name]}: {_pairs(pair_counts[name])}",
        captions=[_INCLUDE_HELP[name] for name in INCLUDES],
        key="export_include",
        persist_state="session",
        horizontal=True,
        help="Rejected and superseded pairs never go out.",
    )
    looked_at_only = st.checkbox(
        "Only pairs that a person looked at",
        key=_LOOKED_AT,
        persist_state="session",
        help="Leaves out what a rule or the triage's model alone has accepted. Pairs that nobody "
        "has decided about go in or not by the choice above.",
    )
    choice = Choice(include, looked_at_only)
    return choice, preview(page.store, choice)


def show_counts(chosen: Preview) -> None:
    """What goes out by decision and split, and why the others stay."""
    decision, basis, split, left_out = st.columns(4)
    with decision.container(border=True, height="stretch"):
        _counts("Go in, by decision", chosen.decisions)
    with basis.container(border=True, height="stretch"):
        _counts("Go in, decided by", chosen.basis)
    with split.container(border=True, height="stretch"):
        _counts("Go in, by split", chosen.splits if chosen.pairs else {})
        st.caption("Pairs whose footprints overlap share a split: no ground is in two of them.")
    with left_out.container(border=True, height="stretch"):
        _counts("Stay out, by reason", chosen.left_out)


def _counts(title: str, counts: Mapping[str, int]) -> None:
    st.markdown(f"**{title}**")
    lines = [f"- {number:,} {_COUNT_TEXTS.get(name, name)}" for name, number in counts.items()]
    if lines:
        st.markdown("\n".join(lines))
    else:
        st.caption("Nothing.")


def explain_empty(page: Page, chosen: Preview) -> None:
    """Why nothing would go out, and where to go."""
    if not page.store.pair_states().get(PairState.DONE):
        st.info("There is no finished pair yet, so there is nothing to export. Make pairs first.")
        st.page_link(PAGES["pairs"][0], label="Make pairs", icon=PAGES["pairs"][2])
        return
    waiting = chosen.left_out.get(DecisionState.UNDECIDED, 0)
    st.info(
        "No pair would go out with this choice. "
        + (f"{_pairs(waiting)} wait for a decision: " if waiting else "")
        + "accept some in Review, or take more along above."
    )
    st.page_link(PAGES["review"][0], label="Review pairs", icon=PAGES["review"][2])


def _pairs(number: int) -> str:
    return "1 pair" if number == 1 else f"{number:,} pairs"


@polled(lambda page: is_busy(page, KIND), POLL_S)
def export_form(page: Page, choice: Choice, chosen: Preview, shown: Sequence[Made]) -> None:
    """Where to, in which form, the button, and how far it is.

    `shown` are the datasets that the page shows below; when others are there, it is drawn again.
    """
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

    def request() -> ExportRequest:
        return ExportRequest(
            path_of(folder.strip() or default, page.workspace.root),
            choice.include,
            zipped,
            tuple(formats),
            choice.looked_at_only,
        )

    _say_where(request)
    st.button(
        f"Export {_pairs(chosen.pairs)}",
        key="export_start",
        type="primary",
        icon=":material/inventory_2:",
        disabled=busy or not chosen.pairs or not formats,
        on_click=lambda: start(page, KIND, lambda: _checked(request())),
    )
    trouble(KIND)
    if busy:
        watch(page, KIND, "Exporting")
    else:
        how_it_ended(page, KIND)
        if known_datasets(page) != shown:
            st.rerun()


def _say_where(request: Callable[[], ExportRequest]) -> None:
    """What would happen to the folder."""
    try:
        asked_for = request()
        check_destination(asked_for)
    except MigrateError as err:
        st.error(plain(str(err)))
        return
    there = is_dataset(asked_for.destination)
    st.caption(
        f"{'An earlier export is brought up to date' if there else 'A new dataset is written'}: "
        f"{code(str(asked_for.destination))}"
    )


def _checked(request: ExportRequest) -> ExportRequest:
    """The request. Raises MigrateError for a folder that is refused."""
    check_destination(request)
    return request
