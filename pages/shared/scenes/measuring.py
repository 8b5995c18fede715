"""The switch that measures clouds over each mask, and what it takes, on the Scenes page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from migrate_core.scenes.costs import candidates_within, clouds_cost
from migrate_core.scenes.sources import SERVICES, source_of
from migrate_core.states import MaskState
from migrate_core.store.candidates import count_candidates
from migrate_core.store.last_search import last_found
from migrate_core.text import _
from migrate_core.transfer.http.address import gives_away, shown
from pages.shared.frame import Page
from pages.shared.pairs.access import format_bytes, format_minutes
from pages.shared.text import counted, plain


def measuring_switch(page: Page, sources: Sequence[str], days: int) -> None:
    """Whether clouds are measured, what that takes of the network, and where it can't be done."""
    st.toggle(
        _("Measure clouds over each mask"),
        key="scenes_measure",
        help=_(
            "Looks at the clouds over each mask and its label in every candidate before anything "
            "is fetched, and ranks by that: what is said of a whole scene misleads. What was "
            "measured before is used again."
        ),
        persist_state="session",
    )
    if st.session_state["scenes_measure"]:
        st.caption(_format_cost(page, sources, days))


def name_of(spec: str) -> str:
    """What a source is called, as Markdown; an address without what lets in."""
    if spec in SERVICES:
        return SERVICES[spec]
    return plain(shown(spec) if holds_secrets(spec) else spec)


def holds_secrets(spec: str) -> bool:
    """Whether a source is an address with a user, a password or a query in it."""
    return not source_of(spec).is_local and gives_away(spec.partition(":")[2])


def can_measure(page: Page, sources: Sequence[str]) -> bool:
    """Whether clouds can be measured at any of the sources."""
    services = page.settings.services
    return any(source_of(spec, services).cloud_cost is not None for spec in sources)


def _format_cost(page: Page, sources: Sequence[str], days: int) -> str:
    """What measuring takes at most, in words."""
    known = [source_of(spec, page.settings.services) for spec in sources]
    without = [one for one in known if one.cloud_cost is None]
    costs = [one.cloud_cost for one in known if one.cloud_cost is not None]
    if not known:
        return _("What it takes is said once a source is chosen.")
    sentences = []
    if costs:
        masks = page.store.mask_states().get(MaskState.READY, 0)
        each = _candidates_each(page, days)
        windows = masks * each
        sentences.append(
            _("{masks} with about {scenes} each: up to {windows}.").format(
                masks=counted(masks, "mask"),
                scenes=counted(each, "scene"),
                windows=counted(windows, "window"),
            )
        )
        # The dearest of them, since nobody knows yet which source has the scenes.
        dearest = max(costs, key=lambda cost: cost.bytes)
        cost = clouds_cost(windows, dearest)
        sentences.append(
            _("At most {size} in {requests}, {time}; nothing is measured twice.").format(
                size=format_bytes(cost.bytes),
                requests=counted(cost.requests, "request"),
                time=format_minutes(cost.minutes),
            )
            if cost.bytes
            else _("They are read from the disk, in a fraction of a second each.")
        )
    if without:
        names = _(" and ").join(f"**{name_of(one.spec)}**" for one in without)
        sentences.append(
            _(
                "At {names} clouds can't be measured with the credentials that are set; scenes "
                "that another source has as well are measured there."
            ).format(names=names)
        )
    return " ".join(sentences)


def _candidates_each(page: Page, days: int) -> int:
    """About how many candidates a mask will have: by the last search, else by the satellites."""
    found, count = last_found(page.store), count_candidates(page.store)
    if found is None or not count.masks or found.query.days != days:
        return candidates_within(days)
    return max(1, round(count.candidates / count.masks))
