"""How pixels at services are fetched, on the page Pairs: what each way costs, quota, archives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from migrate_core.jobs.background import now_utc
from migrate_core.pairs.estimate import SourceCosts, Way, remote_costs
from migrate_core.scenes.sources import SERVICES
from migrate_core.settings import ACCESSES
from migrate_core.states import PairState
from migrate_core.store.pair_list import ON_ORDER
from migrate_core.store.transfers.orders import Order, orders
from migrate_core.text import _, format_time
from migrate_core.transfer.limits import Quota
from migrate_core.transfer.quota import QuotaState
from pages.shared.frame import Page
from pages.shared.pairs.start import CODE, start_pairs
from pages.shared.pairs.state import RunStatus, leaves_out_unusable
from pages.shared.secrets import code_field, needs_code
from pages.shared.table import titled
from pages.shared.text import COUNT_COLUMN, plain

_WAYS = {
    "auto": "What costs least",
    "window": "Windows: only the pixels of the masks",
    "bands": "Single band files",
    "product": "Whole products",
}
_SHOWN_ORDERS = 20


def access_form(page: Page, now: RunStatus) -> None:
    """The choice of a way, with the costs of each before the start; nothing without services."""
    found = costs_now(page, now)
    if not found:
        return
    with st.container(border=True):
        st.markdown(_("**What fetching pixels from services takes**"))
        access = _choose_access(page, found)
        costs_table(found, access, key="pairs_costs")


def costs_now(page: Page, now: RunStatus) -> list[SourceCosts]:
    """What the pairs cost that a run would make now of scenes at services."""
    key = (str(page.workspace.root), hash(page.settings.services), *now.counts.items())
    return _costs(page, (*key, now.left_out), leave_out_unusable=leaves_out_unusable())


def costs_table(found: Sequence[SourceCosts], access: str, *, key: str) -> None:
    """Each source and way with bytes, minutes and credentials, and what was used of quotas."""
    columns = _columns()
    st.dataframe(
        [_cells(item, way, access) for item in found for way in item.ways],
        key=key,
        hide_index=True,
        height="content",
        column_config=titled(columns, columns),
    )
    st.caption(
        _(
            "Estimates before the start, from sizes of typical products, at 10 MB/s over 4 "
            "connections. What was downloaded before costs nothing."
        )
    )
    for item in found:
        if item.quota is not None and item.quota.quota is not None:
            st.caption(plain(format_quota(item.quota, item.quota.quota)))


def _choose_access(page: Page, found: Sequence[SourceCosts]) -> str:
    """The way that is chosen, where a source leaves a choice; and the field for a code."""
    if all(len(item.ways) == 1 for item in found):
        return ACCESSES[0]
    chosen, code = st.columns([3, 1])
    access: str = chosen.selectbox(
        _("Way of access"),
        ACCESSES,
        format_func={name: _(text) for name, text in _WAYS.items()}.__getitem__,
        key="pairs_access",
        persist_state="session",
        help=_("A source that doesn't have the chosen way gives its pixels by the one it has."),
    )
    if needs_code(page.settings.services, SERVICES):
        with code:
            code_field(CODE)
    return access


@st.cache_data(ttl=15, max_entries=16, show_spinner=False)
def _costs(
    _page: Page,
    key: tuple[object, ...],  # noqa: ARG001
    *,
    leave_out_unusable: bool,
) -> list[SourceCosts]:
    """The costs, looked up again when the counts of pairs change, and now and then."""
    return remote_costs(
        _page.store,
        _page.workspace,
        _page.settings.services,
        leave_out_unusable=leave_out_unusable,
    )


def _cells(item: SourceCosts, way: Way, access: str) -> dict[str, Any]:
    """One line: a source and a way."""
    cost = way.cost
    only = len(item.ways) == 1
    taken = only or (way.automatic if access == "auto" else cost.access == access)
    return {
        "Taken": "✓" if taken else "",
        "Source": item.source,
        "Way": _(cost.access),
        "Pairs": item.pairs,
        "Scenes": item.scenes,
        "Here": item.here,
        "Download": format_bytes(cost.bytes),
        "Time": format_minutes(cost.minutes),
        "Requests": cost.requests,
        "Credentials": _credentials(way),
    }


def _credentials(way: Way) -> str:
    if not way.variables:
        return _("none needed")
    if way.open:
        return _("found")
    by_key = any("S3" in name for name in way.variables)
    return _("no S3 key set") if by_key else _("no account set")


def _columns() -> Mapping[str, Any]:
    column = st.column_config
    return {
        "Taken": column.TextColumn(width=55, help=_("The way by which these would be fetched now")),
        "Source": column.TextColumn(width=120),
        "Way": column.TextColumn(width=75),
        "Pairs": column.NumberColumn(
            width=55, format=COUNT_COLUMN, help=_("Pairs that are still to be made")
        ),
        "Scenes": column.NumberColumn(
            width=65, format=COUNT_COLUMN, help=_("Different scenes that they need")
        ),
        "Here": column.NumberColumn(
            width=50, format=COUNT_COLUMN, help=_("Scenes that were downloaded before")
        ),
        "Download": column.TextColumn(width=90, help=_("About what will be received")),
        "Time": column.TextColumn(width=90),
        "Requests": column.NumberColumn(width=80, format=COUNT_COLUMN),
        "Credentials": column.TextColumn(
            width=120,
            help=_("The Scenes page names the variables, and tests the connection"),
        ),
    }


def format_bytes(size: int) -> str:
    """A size in megabytes, gigabytes or terabytes."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1e6:.0f} MB" if size >= 1e7 or not size else f"{size / 1e6:.1f} MB"


def format_minutes(minutes: float) -> str:
    """A time in minutes or hours."""
    if minutes < 1:
        return _("under 1 min") if minutes else "0 min"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def format_quota(used: QuotaState, quota: Quota) -> str:
    """What was used of a quota by this workspace, which knows only its own downloads."""
    return _(
        "Quota of {service}: {used} of {quota} were downloaded into this workspace in the last "
        "{days} days."
    ).format(
        service=used.service,
        used=format_bytes(used.bytes),
        quota=format_bytes(quota.bytes),
        days=quota.days,
    )


# long-term archives


def format_waiting(products: int, pairs: int) -> str:
    """How much is on order from long-term archives."""
    return _(
        "{products} on order from long-term archives; {pairs}. "
        "An archive takes up to a day; ask again later, also after a restart."
    ).format(products=_products(products), pairs=_pairs(pairs))


def archive(page: Page, now: RunStatus) -> None:
    """What is waited for, since when, with a button that asks the archives again."""
    found = orders(page.store)
    number = now.counts.get(ON_ORDER, 0)
    if not found and not number:
        return
    words, button = st.columns([4, 1], vertical_alignment="center")
    words.info(format_waiting(len(found), number), icon=":material/hourglass_top:")
    button.button(
        _("Ask again"),
        key="pairs_ask_again",
        icon=":material/refresh:",
        disabled=now.busy or not number,
        width="stretch",
        on_click=lambda: start_pairs(page, states=(PairState.QUEUED.value,)),
    )
    if found:
        with st.expander(
            _("What is on order ({count})").format(count=len(found)), icon=":material/inventory:"
        ):
            rows = [_order(order) for order in found[:_SHOWN_ORDERS]]
            st.dataframe(
                rows,
                key="pairs_orders",
                hide_index=True,
                height="content",
                column_config=titled(rows[0], {}),
            )
            if len(found) > _SHOWN_ORDERS:
                st.caption(
                    _("… and {more} more, the oldest first.").format(
                        more=len(found) - _SHOWN_ORDERS
                    )
                )


def _pairs(number: int) -> str:
    form = _("{number} pair waits") if number == 1 else _("{number} pairs wait")
    return form.format(number=number)


def _products(number: int) -> str:
    form = _("{number} product is") if number == 1 else _("{number} products are")
    return form.format(number=number)


def _order(order: Order) -> dict[str, str]:
    since = datetime.fromisoformat(order.since)
    hours = (now_utc() - since).total_seconds() / 3600
    return {
        "Scene": order.scene_id,
        "Archive": order.source,
        "State": _(order.state),
        "Since": f"{format_time(since)} ({hours:.0f} h)",
        "The archive says": " ".join(order.words.split()),
    }
