"""The masks on a map, coloured by state."""

from __future__ import annotations

import math

import shapely
import streamlit as st
from shapely.affinity import scale
from shapely.geometry import Point

from migrate_core.errors import MigrateError
from migrate_core.model import Mask
from migrate_core.pairs.view.mask_on_map import BOTH, IMAGE, LABEL, mask_on_map
from migrate_core.states import MaskState
from migrate_core.store.masks import (
    MaskCluster,
    MaskFilter,
    MaskLocation,
    count_masks,
    mask_clusters,
    mask_locations,
)
from pages.shared.frame import Page
from pages.shared.maps import Outline, Picture, map_click, show_map
from pages.shared.masks.list import show_in_list
from pages.shared.masks.marks import MASK_LIST
from pages.shared.state import choose_mask, selection
from pages.shared.text import counted, plain

# So many outlines are drawn at once; more are neither told apart nor quick.
MOST = 1_000
READY_COLOR, PROBLEM_COLOR = "#0072B2", "#D55E00"
_MAP, _FOCUS = "masks_map", "masks_focus"
_NOTHING = "nothing"
_SHOWN = {
    BOTH: "Label on source image",
    LABEL: "Label",
    IMAGE: "Source image",
    _NOTHING: "Footprints only",
}
# The view is this much wider than the mask that is looked for.
_ZOOM_OUT = 1.6


def look_for(mask_id: str | None) -> None:
    """Have the map show a mask with what lies around it; None for all."""
    st.session_state[_FOCUS] = mask_id


def heed_click(page: Page) -> None:
    """Select the mask that was clicked on the map; comes before anything that shows the choice.

    A tab that is opened by the address of a mask looks at that mask first, others at all.
    """
    if _FOCUS not in st.session_state:
        look_for(st.query_params.get("mask"))
    clicked = map_click(_MAP)
    if clicked is not None:
        choose_mask(clicked)
        show_in_list(page, clicked)


def masks_on_map(page: Page, wanted: MaskFilter, selected: Mask | None) -> None:
    """Footprints of the masks that the list shows; a click selects one.

    Of more than can be told apart, the page of the list that is open is drawn, and where the
    others lie as circles.
    """
    count = count_masks(page.store, wanted)
    if not count:
        st.info("The list below is empty: no mask fits its filters.")
        return
    few = count <= MOST
    locations = mask_locations(
        page.store, wanted, 0 if few else MASK_LIST.first, MOST if few else MASK_LIST.size
    )
    clusters = [] if few else mask_clusters(page.store, wanted)
    if not locations and not clusters:
        st.info("None of these masks can be drawn on the map yet: they have no georeference.")
        return
    known = {location.mask_id: location.outline for location in locations}
    focused = known.get(st.session_state[_FOCUS] or "")
    picture = _picture(selected)
    show_map(
        [*map(_circle, clusters), *map(_outline, locations)],
        key=_MAP,
        focus=scale(shapely.box(*focused.bounds), _ZOOM_OUT, _ZOOM_OUT) if focused else None,
        picture=picture,
        height=440,
    )
    drawn = len(locations) if few else sum(cluster.count for cluster in clusters)
    _legend(count, drawn, clustered=not few)


def _picture(mask: Mask | None) -> Picture | None:
    """Label and source image of the selected mask, as the switch above the map says."""
    if mask is None or mask.extent is None:
        return None
    offered = [BOTH, LABEL, IMAGE] if mask.source.path else [LABEL]
    shown = st.segmented_control(
        "Shown of the selected mask",
        [*offered, _NOTHING],
        format_func=_SHOWN.__getitem__,
        default=offered[0],
        required=True,
        key=f"masks_map_shown_{len(offered)}",
        persist_state="session",
        label_visibility="collapsed",
    )
    if shown == _NOTHING:
        return None
    try:
        return _drawn(f"{mask.mask_id} {mask.form} {mask.source.path} {mask.version}", shown, mask)
    except MigrateError as err:
        st.caption(plain(str(err)))
        return None


@st.cache_data(max_entries=100, show_spinner="Reading the mask …")
def _drawn(content: str, shown: str, _mask: Mask) -> Picture:  # noqa: ARG001
    """The picture of a mask; `content`, what it depends on, is the key of the cache."""
    found = mask_on_map(_mask, shown)
    return Picture(found.image, found.bounds)


def _circle(cluster: MaskCluster) -> Outline:
    """Masks near each other as a circle whose area grows with their number."""
    longitude, latitude = cluster.centre
    radius = cluster.spread * min(0.48, 0.25 + 0.08 * math.log10(cluster.count))
    shape = Point(longitude, latitude).buffer(radius, quad_segs=12)
    flat = scale(shape, 1.0, max(math.cos(math.radians(latitude)), 0.01))
    with_problem = f"\n{cluster.problems:,} with a problem" if cluster.problems else ""
    return Outline(
        cluster.mask_id,
        flat,
        READY_COLOR if not cluster.problems else PROBLEM_COLOR,
        f"{counted(cluster.count, 'mask')} near here{with_problem}",
        dashed=bool(cluster.problems),
        filled=True,
    )


def _outline(location: MaskLocation) -> Outline:
    chosen = location.mask_id == selection().mask_id
    ready = location.state == MaskState.READY
    return Outline(
        location.mask_id,
        location.outline,
        READY_COLOR if ready else PROBLEM_COLOR,
        f"{location.name}\n{(location.acquired or 'no date')[:10]}, {location.state}",
        weight=5 if chosen else 2,
        dashed=not ready,
    )


def _legend(count: int, drawn: int, *, clustered: bool) -> None:
    """What the colours mean, and which masks aren't on the map."""
    text, button = st.columns([4, 1], vertical_alignment="center")
    missing = count - drawn
    part = (
        " Circles: masks near each other, a click goes to them in the list, whose open page is "
        "drawn as outlines."
        if clustered
        else ""
    )
    without = f" {missing:,} without a georeference can't be drawn." if missing > 0 else ""
    text.html(
        f"<small><span style='color:{READY_COLOR}'>&#9632;</span> ready &ensp;"
        f"<span style='color:{PROBLEM_COLOR}'>&#9633;</span> with a problem (dashed) &ensp;"
        f"thick: selected.{part}{without}</small>"
    )
    button.button(
        "All", key="masks_map_all", icon=":material/zoom_out_map:", width="stretch",
        on_click=look_for, args=(None,), help="Show all masks on the map",
    )  # fmt: skip
