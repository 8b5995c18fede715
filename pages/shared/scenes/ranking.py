"""Ranking on the Scenes page: limits and weights, and their effect while one moves them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from migrate_core.advice import Remedy
from migrate_core.job_requests import RankScenes
from migrate_core.jobs.background import messages
from migrate_core.model import RankedScene, SceneQuery
from migrate_core.scenes.rank import ranking_effect
from migrate_core.scenes.search.ranking import ranked_again
from migrate_core.settings import RankingSettings
from migrate_core.states import Level
from migrate_core.store.base import Candidate
from migrate_core.store.candidates import candidates_of, count_candidates
from migrate_core.store.last_search import SearchParameters, last_found
from migrate_core.store.masks import find_mask
from migrate_core.store.ranking import own_limits_of
from migrate_core.text import (
    CLOUD_OVER_MASK,
    FOOTPRINT_COVERAGE_HELP,
    _,
    format_date,
    format_percent,
    format_share,
    format_short_offset,
)
from pages.shared.background import POLL_S, is_busy, start
from pages.shared.frame import Page
from pages.shared.polling import polled
from pages.shared.scenes.candidates import cloud_of
from pages.shared.scenes.form import KIND
from pages.shared.scenes.weights import chosen_ranking, put_ranking_in_form, ranking_fields
from pages.shared.text import counted, message_of, plain

# So many masks are counted whenever a weight is moved; of more, reading takes half a second, and
# they are counted when somebody asks for it.
_COUNTED_AT_ONCE = 3_000
_SHOWN = 8
_COUNTED = "scenes_counted"
_DONE = ":material/check_circle:"


@polled(lambda page: is_busy(page, KIND), POLL_S)
def ranking_panel(page: Page, mask_id: str | None) -> None:
    """The limits and weights, folded up, with what they change; drawn again by itself."""
    if is_busy(page, KIND):
        return
    found = last_found(page.store)
    label = _("Ranking")
    if found:
        label = f"{label}: {_format_limits(found.ranking)}"
    panel = st.expander(
        label, key="scenes_ranking", icon=":material/leaderboard:", on_change="rerun"
    )
    # Below the panel, which is folded up again once a ranking is used.
    _done(page)
    with panel:
        if found is None:
            ranking_fields()
            return
        fields, effect = st.columns([3, 5], gap="medium")
        with fields:
            ranking_fields()
        if panel.open:
            with effect:
                _effect(page, found, mask_id)


def _format_limits(ranking: RankingSettings) -> str:
    return _("usable up to {cloud:g} % cloud and from {coverage:g} % coverage").format(
        cloud=ranking.usable_cloud_percent, coverage=100 * ranking.usable_coverage
    )


def _done(page: Page) -> None:
    """What the last ranking did."""
    for message in messages(page.store, KIND, Level.RESULT):
        st.caption(f"{_DONE} {message_of(message)}")


def _effect(page: Page, found: SearchParameters, mask_id: str | None) -> None:
    """What the chosen ranking changes: the order of one mask, the scenes of all; and using it."""
    ranking = chosen_ranking()
    changed = ranking != found.ranking
    if mask_id is not None:
        _order_of(page, mask_id, ranking)
    if changed:
        _counts(page, ranking)
    else:
        st.caption(
            _("This is the ranking in use. Move a weight or a limit to see what it changes.")
        )
    with st.container(horizontal=True):
        st.button(
            _("Use this ranking"),
            key="scenes_rank",
            type="primary" if changed else "secondary",
            icon=":material/check:",
            disabled=not changed,
            help=_(
                "Puts the candidates of all masks in this order and selects the best of each. No "
                "source is asked; scenes chosen by hand stay."
            ),
            on_click=lambda: start(page, KIND, lambda: RankScenes(ranking)),
        )
        st.button(
            _("Back to the ranking in use"),
            key="scenes_rank_back",
            icon=":material/undo:",
            disabled=not changed,
            on_click=put_ranking_in_form,
            args=(found.ranking,),
        )


def _counts(page: Page, ranking: RankingSettings) -> None:
    """How many masks would get another scene, and have a usable one."""
    masks = count_candidates(page.store).masks
    if masks > _COUNTED_AT_ONCE and st.session_state.get(_COUNTED) != ranking:
        st.button(
            _("Count for all {masks}").format(masks=counted(masks, "mask")),
            key="scenes_count",
            icon=":material/functions:",
            on_click=_note_counted,
            args=(ranking,),
        )
        return
    st.markdown(f"**{ranking_effect(page.store, ranking).planned}**")


def _note_counted(ranking: RankingSettings) -> None:
    st.session_state[_COUNTED] = ranking


def _order_of(page: Page, mask_id: str, ranking: RankingSettings) -> None:
    """The candidates of a mask in their new order, each with the rank that it has now."""
    candidates = candidates_of(page.store, mask_id)
    mask = find_mask(page.store, mask_id)
    if not candidates or mask is None:
        return
    limits = own_limits_of(page.store).get(mask_id, Remedy(0))
    _query, own = limits.applied(SceneQuery(), ranking)
    now = {one.ranked.scene.scene_id: (n, one) for n, one in enumerate(candidates, 1)}
    after = ranked_again((one.ranked for one in candidates), own)
    rows = [
        _cells(number, *now[one.scene.scene_id], ranked=one)
        for number, one in enumerate(after[:_SHOWN], 1)
    ]
    st.caption(_("The candidates of {name} in this order:").format(name=plain(mask.name)))
    st.dataframe(
        pd.DataFrame(rows),
        key="scenes_order",
        hide_index=True,
        height="content",
        column_config=_columns(),
    )
    if len(after) > _SHOWN:
        st.caption(
            _("And {candidates}.").format(candidates=counted(len(after) - _SHOWN, "more candidate"))
        )


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "rank": config.TextColumn(_("Rank"), width=70),
        "scene": config.TextColumn(_("Scene"), width=180, help=_("✓ is the one in use")),
        "cloud": config.TextColumn(
            _("Cloud"), width=110, help=_("Over the mask where it was measured, else in the scene")
        ),
        "coverage": config.TextColumn(_("Coverage"), width=82, help=_(FOOTPRINT_COVERAGE_HELP)),
        "usable": config.TextColumn(_("Usable"), width=75),
        "score": config.ProgressColumn(
            _("Score"), min_value=0, max_value=1, format="%.2f", width=68
        ),
    }


def _cells(
    number: int, before: int, candidate: Candidate, ranked: RankedScene
) -> dict[str, str | float]:
    """One candidate: its rank then, and the one it has now where that is another."""
    name, percent = cloud_of(ranked)
    where = _("over mask") if name == CLOUD_OVER_MASK else _("in scene")
    was = _("was {rank}").format(rank=before)
    moved = "" if number == before else f" {'▲' if number < before else '▼'} {was}"
    taken = f"{format_date(ranked.scene.sensed_at)}, {format_short_offset(ranked.days_offset)}"
    return {
        "rank": f"{number}{moved}",
        "scene": f"{taken} ✓" if candidate.selected else taken,
        "cloud": f"{format_percent(percent)} {where}",
        "coverage": format_share(ranked.coverage),
        "usable": _("yes") if ranked.usable else _("no"),
        "score": ranked.score,
    }
