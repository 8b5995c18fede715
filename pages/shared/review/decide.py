"""Deciding: the bar of buttons and keys, the reasons, and what they write down."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.jobs.background import now_utc
from migrate_core.model import Decision, Pair
from migrate_core.review.proposals import Proposal, proposal_for
from migrate_core.review.queue import last_effective, neighbour
from migrate_core.review.queue_rows import ReviewItem, last_decision
from migrate_core.review.run import decide
from migrate_core.states import PairState, Verdict
from migrate_core.store.base import Store

from ..frame import PAGES, Page
from ..state import choose_pair
from ..text import plain
from .facts import format_proposal
from .filters import Task, view_keys

VERDICT_BUTTONS = (
    (Verdict.ACCEPT, "a", "check"),
    (Verdict.REJECT, "x", "close"),
    (Verdict.UNSURE, "u", "question_mark"),
)
REASONS = ("cloud", "shadow", "change", "misaligned", "wrong date", "other")
# A decision so soon after a picture came up was meant for the one before: a double click, or a
# key held down. Nobody assesses a picture in this time.
LOOK_S = 0.3


# A key held down repeats; each repetition would decide about another pair.
_ONE_PRESS = """<script>
if (!window.reviewKeys) {
  window.reviewKeys = true;
  window.addEventListener("keydown", event => {
    const typing = event.target.closest("input, textarea, [contenteditable]");
    if (event.repeat && !typing && "axuyz".includes(event.key.toLowerCase())) {
      event.stopImmediatePropagation();
    }
  }, true);
}
</script>"""


@dataclass
class ReviewSession:
    """What one tab works with while it reviews: the picture shown, and what was said about it."""

    shown: str | None = None
    shown_at: float = 0.0
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    used: set[str] = field(default_factory=set)
    reason: str | None = None
    notice: str = ""
    error: str = ""


@dataclass(frozen=True)
class DecisionContext:
    """What a press of a button decides about, as it stood when the button was drawn.

    `token` makes a second press of the same button harmless; `following` is shown afterwards.
    """

    store: Store
    pair_id: str
    reviewer: str
    following: str | None
    token: str


def one_press_one_decision() -> None:
    """Let a key that is held down count once, as long as the browser tab is open."""
    with st.sidebar:
        st.html(_ONE_PRESS, unsafe_allow_javascript=True)


def review_session() -> ReviewSession:
    """The desk of this tab."""
    found: ReviewSession = st.session_state.setdefault("review_desk", ReviewSession())
    return found


def decision_bar(page: Page, found: Task, pair: Pair) -> None:
    """Back, accept, reject, unsure, undo, on; by button and by key; and the reasons."""
    pair_id = pair.pair_id
    last = last_decision(page.store, found.reviewer)
    before, after = (neighbour(found.queue, pair_id, step) for step in (-1, 1))
    context = DecisionContext(
        page.store, pair_id, found.reviewer, found.after(pair_id), review_session().token
    )
    # Another picture, other buttons: a press that was meant for the one before finds none.
    key = f"{pair_id}_{context.token}"
    proposal = proposal_for(page.store, pair, found.reviewer)
    if proposal is not None:
        _proposed(proposal, context, key)
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Back", shortcut="left", disabled=before is None,
                  on_click=choose_pair, args=(before,))  # fmt: skip
        for name, letter, icon in VERDICT_BUTTONS:
            st.button(name.capitalize(), shortcut=letter, icon=f":material/{icon}:",
                      key=f"review_{name}_{key}", on_click=_decide,
                      args=(name, context))  # fmt: skip
        st.button("Undo", shortcut="z", disabled=last is None, icon=":material/undo:",
                  key=f"review_undo_{key}", help=_undo_help(last), on_click=_undo,
                  args=(last, context))  # fmt: skip
        st.button("Next", shortcut="right", disabled=after is None,
                  on_click=choose_pair, args=(after,))  # fmt: skip
        view_keys()
    _reasons(pair_id)


def _proposed(proposal: Proposal, context: DecisionContext, key: str) -> None:
    """What was decided about an earlier pair, and the button and key that confirm it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(format_proposal(proposal))
        if proposal.verdict is not None:
            st.button(f"Confirm: {proposal.verdict}", shortcut="y", key=f"review_confirm_{key}",
                      icon=":material/done_all:", on_click=_decide,
                      args=(proposal.verdict, context, proposal.reason))  # fmt: skip


def _undo_help(last: Decision | None) -> str:
    if last is None:
        return "You have decided nothing yet."
    pair = plain(last.pair_id)
    return f"Takes back your last decision, {last.verdict} of {pair}; the log keeps both."


def _reasons(pair_id: str) -> None:
    """Why, at the press of a digit, and in one's own words."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption("Reason", width="content")
        for number, reason in enumerate(REASONS, 1):
            chosen = review_session().reason == reason
            st.button(reason.capitalize(), key=f"review_reason_{number}", shortcut=str(number),
                      type="primary" if chosen else "secondary", on_click=_choose_reason,
                      args=(reason,))  # fmt: skip
        st.text_input("In your own words", key=f"review_note_{pair_id}", width=190,
                      placeholder="in your own words", label_visibility="collapsed",
                      max_chars=500)  # fmt: skip


def _choose_reason(reason: str) -> None:
    """Choose a reason for the decision that follows; once more takes it back."""
    review_session().reason = None if review_session().reason == reason else reason


def _reason(pair_id: str) -> str | None:
    note = st.session_state.get(f"review_note_{pair_id}", "").strip()
    return ": ".join(part for part in (review_session().reason, note) if part) or None


def _decide(verdict: Verdict, context: DecisionContext, usual_reason: str | None = None) -> None:
    """Write the decision down, then go on to the next pair.

    `usual_reason` stands where the reviewer gives none.
    """
    if _unmeant(context):
        return
    reason = _reason(context.pair_id) or usual_reason
    decision = Decision(context.pair_id, verdict, context.reviewer, reason, now_utc())
    try:
        if not _decided_already(context.store, decision):
            decide(context.store, decision, context.token)
    except MigrateError as err:
        review_session().error = str(err)
        return
    _turn_to(context.following or context.pair_id, context.token)
    st.rerun()  # the whole page: its frame counts decisions


def _undo(last: Decision, context: DecisionContext) -> None:
    """Take back the reviewer's last decision, and show its pair again."""
    if _unmeant(context):
        return
    undone = Decision(last.pair_id, Verdict.UNDO, last.reviewer, None, now_utc())
    try:
        decide(context.store, undone, context.token)
    except MigrateError as err:
        review_session().error = str(err)
        return
    _turn_to(last.pair_id, context.token)
    review_session().notice = f"Taken back: {last.verdict}."
    st.rerun()  # the whole page: its frame counts decisions


def _unmeant(context: DecisionContext) -> bool:
    """Whether a press was the second of a double click, or of a key held down."""
    here, now = review_session(), time.monotonic()
    if context.token in here.used:
        return True
    if here.shown == context.pair_id and now - here.shown_at >= LOOK_S:
        return False
    here.shown_at = now
    here.notice = "That came before the picture could be seen, so it was not counted."
    return True


def _decided_already(store: Store, decision: Decision) -> bool:
    """Whether this is what the reviewer says of the pair anyway."""
    log = store.decisions(decision.pair_id)
    mine = last_effective(one for one in reversed(log) if one.reviewer == decision.reviewer)
    return mine is not None and replace(mine, decided_at=decision.decided_at) == decision


def _turn_to(pair_id: str, token: str) -> None:
    """Show another pair, with a clean sheet."""
    here = review_session()
    here.used.add(token)
    here.token = uuid.uuid4().hex
    here.shown_at = time.monotonic()
    choose_pair(pair_id)


def begin_review(pair_id: str) -> None:
    """Begin with a pair: what was chosen for the one before isn't for this one."""
    choose_pair(pair_id)  # Also into the address, which a page switch has emptied.
    if review_session().shown != pair_id:
        review_session().reason = None


def mark_shown(pair_id: str) -> None:
    """Note that the pair's picture has just been shown."""
    here = review_session()
    if here.shown != pair_id:
        here.shown, here.shown_at = pair_id, time.monotonic()


def messages(found: Task, item: ReviewItem) -> None:
    """What the last press of a button led to, and what is special about this pair."""
    here = review_session()
    if here.error:
        st.error(plain(here.error))
    if here.notice:
        st.toast(here.notice)
    here.error = here.notice = ""
    if item.pair.state == PairState.SUPERSEDED:
        st.info(
            "This pair is superseded: the mask has a pair of another scene or of other parameters "
            "since, or its file was changed or taken out. It is not exported; what was decided "
            "about it is proposed for the mask's new pair."
        )
    if all(row.decision for row in found.rows):
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.success("All pairs are decided.")
        right.page_link(PAGES["export"][0], label="Export", icon=PAGES["export"][2])
