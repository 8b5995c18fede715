"""The map of decisions: where pairs lie, and how they stand."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import shapely
import streamlit as st
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from migrate_core.review.queue_row import QueueRow
from migrate_core.states import DecisionState, decision_state
from migrate_core.store.base import Store
from migrate_core.store.finished_pairs import pair_centres, pair_footprints
from migrate_core.text import LABEL_OCCLUDED, _, counted, format_share

from ..frame import Page
from ..maps import MapHeight, Outline, map_click, show_map
from .filters import open_pair

# Colour and sign of each decision; the sign tells them apart without colour.
SIGNS = {
    DecisionState.ACCEPTED: ("#0072B2", "✓"),
    DecisionState.REJECTED: ("#B34E00", "✕"),
    DecisionState.UNSURE: ("#8A4A74", "?"),
    DecisionState.CONFLICT: ("#7A6F00", "≠"),
    DecisionState.UNDECIDED: ("#6A6F75", "○"),
}
# So many pairs are drawn at once; of more, those near each other are one badge with their number.
MOST = 1_000
_CELLS = 24
_MAP, _AREA = "review_map", "review_map_area"
_HEIGHT = MapHeight(rest=150, least=320)
_CLUSTER = "area:"

Box = tuple[float, float, float, float]


def heed_click(known: Iterable[str]) -> None:
    """Open the pair that was clicked on the light table, or look at the area of a number."""
    clicked = map_click(_MAP)
    if clicked is None:
        return
    if clicked.startswith(_CLUSTER):
        st.session_state[_AREA] = tuple(map(float, clicked.removeprefix(_CLUSTER).split(",")))
    elif clicked in known:
        open_pair(clicked)


def decision_map(page: Page, rows: Sequence[QueueRow]) -> None:
    """The footprints of these pairs by decision; a click opens one on the light table."""
    centres = pair_centres(page.store)
    area: Box | None = st.session_state.get(_AREA)
    here = {row.pair_id: row for row in rows if row.pair_id in centres}
    seen = [row for row in here.values() if area is None or _in(centres[row.pair_id], area)]
    drawn = _pairs(page.store, seen) if len(seen) <= MOST else _clusters(seen, centres)
    show_map(drawn, key=_MAP, focus=shapely.box(*area) if area else None, height=_HEIGHT)
    _legend(rows, len(rows) - len(here), grouped=len(seen) > MOST)


def _in(centre: tuple[float, float], area: Box) -> bool:
    west, south, east, north = area
    x, y = centre
    return west <= x <= east and south <= y <= north


def _pairs(store: Store, rows: Sequence[QueueRow]) -> list[Outline]:
    """The pairs, not many, by their footprints."""
    footprints = {
        pair.pair_id: shape(pair.footprint)
        for pair in pair_footprints(store, [row.pair_id for row in rows])
        if pair.footprint
    }
    there = (row for row in rows if row.pair_id in footprints)
    return [mark for row in there for mark in _pair(row, footprints[row.pair_id])]


def _centre(footprint: BaseGeometry) -> tuple[float, float]:
    west, south, east, north = footprint.bounds
    return (west + east) / 2, (south + north) / 2


def _pair(row: QueueRow, footprint: BaseGeometry) -> tuple[Outline, Outline]:
    """A footprint, and its decision as a badge that is seen from far as well."""
    decision = decision_state(row.decision)
    colour, sign = SIGNS[decision]
    label = (
        f"{row.mask_name}\n{_(decision)}, {row.day}, "
        f"{_(LABEL_OCCLUDED)} {format_share(row.occluded)}"
    )
    dashed = decision == DecisionState.UNDECIDED
    centre = shapely.Point(_centre(footprint))
    return (
        Outline(row.pair_id, footprint, colour, label, dashed=dashed),
        Outline(row.pair_id, centre, colour, label, sign=sign),
    )


def _clusters(
    rows: Sequence[QueueRow], centres: Mapping[str, tuple[float, float]]
) -> list[Outline]:
    """Pairs near each other as one badge, in the colour of the decision that most have."""
    west, south, east, north = shapely.MultiPoint([centres[row.pair_id] for row in rows]).bounds
    size = max(east - west, north - south) / _CELLS or 1.0
    cells: dict[tuple[int, int], list[QueueRow]] = defaultdict(list)
    for row in rows:
        x, y = centres[row.pair_id]
        cells[math.floor((x - west) / size), math.floor((y - south) / size)].append(row)
    return [_cluster(found, centres) for found in cells.values()]


def _cluster(rows: Sequence[QueueRow], centres: Mapping[str, tuple[float, float]]) -> Outline:
    points = shapely.MultiPoint([centres[row.pair_id] for row in rows])
    counts = Counter(decision_state(row.decision) for row in rows)
    colour, sign = SIGNS[counts.most_common(1)[0][0]]
    text = ", ".join(f"{counts[one]:,} {_(one)}" for one in SIGNS if counts[one])
    west, south, east, north = points.bounds
    # A little wider than the pairs, so that those at its edge lie in it.
    margin = max(east - west, north - south, 1e-6) / 20
    area = (west - margin, south - margin, east + margin, north + margin)
    key = _CLUSTER + ",".join(map(repr, area))
    label = _("{pairs}: {decisions}\nA click shows them.").format(
        pairs=counted(len(rows), "pair"), decisions=text
    )
    return Outline(key, points.centroid, colour, label, sign=f"{sign} {len(rows):,}")


def _legend(rows: Sequence[QueueRow], missing: int, *, grouped: bool) -> None:
    """What colours and signs mean, how many pairs have each, and which aren't on the map."""
    counts = Counter(decision_state(row.decision) for row in rows)
    marks = " &ensp;".join(
        f"<b style='color:{colour}'>{sign}</b> {counts[decision]:,} {_(decision)}"
        for decision, (colour, sign) in SIGNS.items()
    )
    groups = _(" A number: so many pairs near each other, by what most are.") if grouped else ""
    without = ""
    if missing:
        without = _(" {missing:,} without a footprint can't be drawn.").format(missing=missing)
    text, button = st.columns([5, 1], vertical_alignment="center")
    text.html(f"<small>{marks}.{groups}{without}</small>")
    button.button(
        _("All"), key="review_map_all", icon=":material/zoom_out_map:", width="stretch",
        on_click=_look_at_all, help=_("Show all pairs on the map"),
    )  # fmt: skip


def _look_at_all() -> None:
    st.session_state[_AREA] = None
