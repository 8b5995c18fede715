"""Where the work stands, as a picture: how many items each stage has, and what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from migrate_core.review.overview import Matches, Overview
from migrate_core.states import DecisionState, MaskState, PairState
from migrate_core.text import _
from pages.shared.frame import PAGES
from pages.shared.text import counted

# Okabe & Ito, light enough for dark text on them; each part has its word beside it, too.
_DONE, _WAITING, _TROUBLE, _OUT = "#56B4E9", "#BBBBBB", "#E69F00", "#CC79A7"
# As the review colours its decisions, but for what is accepted, which is done.
_REJECTED, _UNSURE = "#D55E00", "#CC79A7"
_STYLE = """<style>
.standing { display: flex; width: 100%; height: 1.1rem; border-radius: 0.25rem;
  overflow: hidden; background: rgba(128, 128, 128, 0.15); }
.standing i { display: block; height: 100%; border-right: 1px solid rgba(255, 255, 255, 0.7); }
.standing-legend { font-size: 0.875rem; margin-top: 0.15rem; }
.standing-legend i { display: inline-block; width: 0.7rem; height: 0.7rem;
  border-radius: 0.15rem; margin: 0 0.3rem 0 0; }
.standing-legend span { margin-right: 1rem; white-space: nowrap; }
</style>"""


@dataclass(frozen=True)
class Part:
    """So many items of a stage are in one state, called `words`; `color` is that of its bar."""

    count: int
    words: str
    color: str


@dataclass(frozen=True)
class Stage:
    """A stage with its parts, and what it waits for, in a sentence; empty where for nothing."""

    name: str
    parts: Sequence[Part]
    waits: str = ""


def stages(found: Overview, matched: Matches) -> list[Stage]:
    """The five stages as they stand."""
    masks, pairs, review = found.masks, found.pairs, found.review
    made, failed = pairs.get(PairState.DONE, 0), pairs.get(PairState.FAILED, 0)
    to_make = max(found.scenes["selected"] - made - failed, 0)
    accepted, undecided = review[DecisionState.ACCEPTED], review[DecisionState.UNDECIDED]
    return [
        Stage(
            "masks",
            [
                Part(masks[MaskState.READY], "ready", _DONE),
                Part(masks[MaskState.PROBLEM], "with a problem", _TROUBLE),
            ],
            _wait(masks[MaskState.PROBLEM], "mask", "to be mended by you"),
        ),
        Stage(
            "scenes",
            [
                Part(matched.matched, "matched", _DONE),
                Part(matched.by_hand, "with an unusable scene chosen by hand", _OUT),
                Part(matched.only_unusable, "only with an unusable scene", _TROUBLE),
                Part(matched.without, "without a scene", _WAITING),
            ],
            _wait(matched.without + matched.only_unusable, "mask", "for a usable scene"),
        ),
        Stage(
            "pairs",
            [
                Part(made, "made", _DONE),
                Part(failed, "failed", _TROUBLE),
                Part(to_make, "to make", _WAITING),
            ],
            _wait(to_make + failed, "pair", "to be made"),
        ),
        Stage(
            "review",
            [
                Part(accepted, "accepted", _DONE),
                Part(review[DecisionState.REJECTED], "rejected", _REJECTED),
                Part(review[DecisionState.UNSURE], "unsure", _UNSURE),
                Part(review[DecisionState.CONFLICT], "in conflict", _TROUBLE),
                Part(undecided, "undecided", _WAITING),
            ],
            _wait(undecided, "pair", "for a reviewer"),
        ),
        Stage("export", [Part(accepted, "to go out", _DONE)]),
    ]


def _wait(count: int, noun: str, whom: str) -> str:
    """What waits, such as `6 pairs wait for a reviewer`; empty where nothing does."""
    if not count:
        return ""
    sentence = _("{items} waits {whom}") if count == 1 else _("{items} wait {whom}")
    return sentence.format(items=counted(count, noun), whom=_(whom))


def show_standing(found: Overview, matched: Matches) -> None:
    """A row a stage: link, bar with its parts in words, and what waits for whom."""
    st.html(_STYLE)
    rows = stages(found, matched)
    most = max(1, *(sum(part.count for part in row.parts) for row in rows))
    for row in rows:
        path, name, icon = PAGES[row.name]
        link, bar, waits = st.columns([1, 4, 2], vertical_alignment="center")
        link.page_link(path, label=f"**{_(name)}**", icon=icon)
        bar.html(bar_html(row, most))
        waits.caption(row.waits)


def bar_html(row: Stage, most: int) -> str:
    """The bar of a stage, as long as its share of `most`, above its legend."""
    parts = [part for part in row.parts if part.count]
    bars = "".join(
        f'<i style="width:{100 * part.count / most:.2f}%;background:{part.color}"></i>'
        for part in parts
    )
    legend = "".join(
        f'<span><i style="background:{part.color}"></i>'
        f"{part.count:,} {escape(_(part.words))}</span>"
        for part in parts
    )
    return (
        f'<div class="standing" aria-hidden="true">{bars}</div>'
        f'<div class="standing-legend">{legend or _("nothing yet")}</div>'
    )
