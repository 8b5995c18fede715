"""The masks on a map: outlines where they can be told apart, else how many there are where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
import streamlit as st
from shapely.affinity import scale
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import MigrateError
from migrate_core.grid import Bounds
from migrate_core.model import Mask
from migrate_core.pairs.view.mask_on_map import BOTH, IMAGE, LABEL, mask_on_map
from migrate_core.states import MaskState
from migrate_core.store.masks import (
    MaskCluster,
    MaskFilter,
    MaskLocation,
    index_of,
    mask_clusters,
    mask_locations,
)
from migrate_core.text import _
from pages.shared.frame import Page
from pages.shared.maps import Focus, MapHeight, Outline, Picture, map_click, show_map
from pages.shared.masks.classes import css_of_class, swatches
from pages.shared.masks.list import show_in_list
from pages.shared.masks.marks import clear_name, wanted_masks
from pages.shared.masks.view import View, largest_region, look_at, united, view
from pages.shared.state import choose_mask, selection
from pages.shared.text import counted, message_of

# So many outlines are drawn at once; more are neither told apart nor quick.
MOST = 500
READY_COLOR, PROBLEM_COLOR, OTHER_COLOR = "#0072B2", "#D55E00", "#8c8c8c"
_MAP, _FILTER = "masks_map", "masks_map_filter"
# The first rows of the list below it are seen without scrolling.
_HEIGHT = MapHeight(rest=300, share=0.7)
# What is said of the reading of a mask stands beside the switch, which is as high before it is
# there: neither moves what is below.
_ROW_STYLE = """<style>
.st-key-masks_map_row { flex-wrap: nowrap; min-height: 2.5rem; }
.st-key-masks_map_row [data-testid="stSpinner"] * { white-space: nowrap; font-size: 0.85rem; }
</style>"""
_NOTHING = "nothing"
_SHOWN = {
    BOTH: "Label on source image",
    LABEL: "Label",
    IMAGE: "Source image",
    _NOTHING: "Footprints only",
}
_BY_CLASS = "masks_map_by_class"
# The view is this much wider than the mask or the area that is looked at.
_ZOOM_OUT = 1.6
# An area of masks reaches at least this far, in degrees: their middles may be one point.
_LEAST_DEGREES = 0.02
_CELL = "cell:"


@dataclass(frozen=True)
class _Drawn:
    """What is on the map: outlines of masks, circles with the number of others, and what else.

    `others` are masks that the part of a name doesn't fit, for orientation.
    """

    outlines: Sequence[MaskLocation]
    clusters: Sequence[MaskCluster] = ()
    others: Sequence[MaskLocation] = ()


def heed_click(page: Page) -> None:
    """Select the mask that was clicked on the map; comes before anything that shows the choice.

    A click on a number of masks shows these. A tab that is opened by the address of a mask looks
    at that mask first, before another one is chosen.
    """
    view()
    clicked = map_click(_MAP)
    if clicked is None:
        return
    if clicked.startswith(_CELL):
        west, south, east, north = map(float, clicked.removeprefix(_CELL).split())
        look_at(area=(west, south, east, north))
        return
    if index_of(page.store, wanted_masks(), clicked) is None:
        clear_name()
    choose_mask(clicked)
    show_in_list(page, clicked)


def masks_on_map(page: Page, wanted: MaskFilter, selected: Mask | None) -> None:
    """Footprints of the masks that the list shows; a click selects one.

    Of more than can be told apart, the number in each cell is shown; a click on one zooms in.
    """
    clusters = mask_clusters(page.store, wanted)
    if not clusters:
        st.info(_("None of these masks can be drawn on the map yet: they have no georeference."))
        return
    if st.session_state.setdefault(_FILTER, wanted) != wanted:
        # Other masks are listed: the map opens where they are.
        st.session_state[_FILTER] = wanted
        look_at()
    looking = view()
    drawn = _drawn(page, wanted, clusters, selected)
    picture = _pictured(selected)
    by_class = bool(st.session_state.get(_BY_CLASS))
    show_map(
        [
            *map(_other, drawn.others),
            *map(_badge, drawn.clusters),
            *(_outline(one, by_class=by_class) for one in drawn.outlines),
        ],
        key=_MAP,
        focus=Focus(_focus(looking, wanted, clusters, selected), looking.turn),
        picture=picture,
        height=_HEIGHT,
    )
    _legend(drawn, by_class=by_class)


def _drawn(
    page: Page, wanted: MaskFilter, clusters: Sequence[MaskCluster], selected: Mask | None
) -> _Drawn:
    """What to draw of the masks that fit."""
    count = sum(cluster.count for cluster in clusters)
    if count <= MOST:
        found = mask_locations(page.store, wanted, MOST)
        return _Drawn(found, others=_not_named(page, wanted, found))
    area = _area(clusters, selected)
    if area is None:
        return _Drawn((), clusters)
    inside = [cluster for cluster in clusters if _within(cluster.bounds, area)]
    rest = [cluster for cluster in clusters if not _within(cluster.bounds, area)]
    if sum(cluster.count for cluster in inside) > MOST or not inside:
        finer = mask_clusters(page.store, wanted, area)
        # Masks of one position, as of many days, can't be counted by finer cells.
        if len(finer) > 1:
            return _Drawn((), [*rest, *finer])
    return _Drawn(mask_locations(page.store, wanted, MOST, area), rest)


def _not_named(page: Page, wanted: MaskFilter, found: Sequence[MaskLocation]) -> list[MaskLocation]:
    """The masks that only the part of a name leaves out, unless they are many."""
    if not wanted.name:
        return []
    everything = MaskFilter(wanted.show)
    if sum(cluster.count for cluster in mask_clusters(page.store, everything)) > MOST:
        return []
    named = {one.mask_id for one in found}
    return [one for one in mask_locations(page.store, everything, MOST) if one.mask_id not in named]


def _area(clusters: Sequence[MaskCluster], selected: Mask | None) -> Bounds | None:
    """The area whose masks are drawn one by one: what is looked at, or where the mask lies."""
    looking = view()
    if looking.area is not None:
        return looking.area
    if looking.mask_id is None or selected is None or selected.extent is None:
        return None
    middle = shapely.box(*selected.extent.bounds).centroid
    near = min(clusters, key=lambda cluster: shapely.box(*cluster.bounds).distance(middle))
    return near.bounds


def _within(inner: Bounds, outer: Bounds) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


def _focus(
    looking: View, wanted: MaskFilter, clusters: Sequence[MaskCluster], selected: Mask | None
) -> BaseGeometry | None:
    """The part of the world that the map shows; None for all that is drawn."""
    if looking.everything:
        return _wide(united(cluster.bounds for cluster in clusters))
    if looking.area is not None:
        return _wide(looking.area)
    if looking.mask_id is not None and selected is not None and selected.extent is not None:
        return scale(shapely.box(*selected.extent.bounds), _ZOOM_OUT, _ZOOM_OUT)
    if wanted.name:
        return _wide(united(cluster.bounds for cluster in clusters))
    region = largest_region(clusters)
    return None if region is None else _wide(region)


def _wide(area: Bounds) -> BaseGeometry:
    """An area of middles of masks, with room for the masks themselves."""
    west, south, east, north = area
    room = max(0.1 * max(east - west, north - south), _LEAST_DEGREES)
    return shapely.box(west - room, south - room, east + room, north + room)


def _pictured(mask: Mask | None) -> Picture | None:
    """Label and source image of the selected mask, as the switch above the map says."""
    if mask is None or mask.extent is None:
        return None
    offered = [BOTH, LABEL, IMAGE] if mask.source.path else [LABEL]
    st.html(_ROW_STYLE)
    row = st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="masks_map_row"
    )
    shown = row.segmented_control(
        _("Shown of the selected mask"),
        [*offered, _NOTHING],
        format_func={name: _(text) for name, text in _SHOWN.items()}.__getitem__,
        default=offered[0],
        required=True,
        key=f"masks_map_shown_{len(offered)}",
        persist_state="session",
        label_visibility="collapsed",
    )
    if shown == _NOTHING:
        return None
    try:
        content = f"{mask.mask_id} {mask.form} {mask.source.path} {mask.version}"
        with row, st.spinner(_("Reading …")):
            return _picture(content, shown, mask)
    except MigrateError as err:
        row.markdown(_(":small[:material/warning: not shown]"), help=message_of(err))
        return None


@st.cache_data(max_entries=100, show_spinner=False)
def _picture(content: str, shown: str, _mask: Mask) -> Picture:  # noqa: ARG001
    """The picture of a mask; `content`, what it depends on, is the key of the cache."""
    found = mask_on_map(_mask, shown)
    return Picture(found.image, found.bounds)


def _badge(cluster: MaskCluster) -> Outline:
    """The number of masks near each other, at their mean position."""
    if cluster.count == 1:
        what = cluster.name
    else:
        what = _("{masks}, such as {name}").format(
            masks=counted(cluster.count, "mask"), name=cluster.name
        )
    problems = f"\n{cluster.problems:,} {_('with a problem')}" if cluster.problems else ""
    bounds = " ".join(map(repr, cluster.bounds))
    return Outline(
        f"{_CELL}{bounds}",
        Point(*cluster.centre),
        # Most of them decide; how many have a problem is under the mouse.
        PROBLEM_COLOR if 2 * cluster.problems > cluster.count else READY_COLOR,
        f"{what}{problems}\n{_('A click zooms in')}",
        sign=f"{cluster.count:,}",
    )


def _outline(location: MaskLocation, *, by_class: bool) -> Outline:
    chosen = location.mask_id == selection().mask_id
    ready = location.state == MaskState.READY
    color = READY_COLOR if ready else PROBLEM_COLOR
    if by_class:
        color = css_of_class(location.label[0]) if location.label else OTHER_COLOR
    return Outline(
        location.mask_id,
        location.outline,
        color,
        _hover(location),
        chosen=chosen,
        dashed=not ready,
        # The picture of the selected mask isn't coloured over.
        filled=by_class and not chosen,
    )


def _other(location: MaskLocation) -> Outline:
    return Outline(location.mask_id, location.outline, OTHER_COLOR, _hover(location), weight=1)


def _hover(location: MaskLocation) -> str:
    label = "\n" + _("mostly {name}").format(name=location.label[1]) if location.label else ""
    day = location.acquired[:10] if location.acquired else _("no date")
    return f"{location.name}\n{day}, {_(location.state)}{label}"


def _legend(drawn: _Drawn, *, by_class: bool) -> None:
    """What the colours of outlines mean; those of the label stand beside the map.

    Two lines are as high as the button, so that the list below stays where it is.
    """
    text, switch, button = st.columns([5, 3, 2], vertical_alignment="top")
    parts = [_classes_of(drawn) if by_class else _states(), _("thick: selected")]
    if drawn.others:
        parts.append(swatches([(OTHER_COLOR, _("other names"))]))
    if drawn.clusters:
        parts.append(_("number: masks near each other, a click zooms in"))
    joined = " &ensp;|&ensp; ".join(parts)
    text.html(f"<div style='font-size:0.85rem;line-height:1.4'>{joined}</div>")
    switch.toggle(
        _("Classes"),
        key=_BY_CLASS,
        persist_state="session",
        help=_(
            "Colour each outline by the class that most of its labelled pixels have, instead of "
            "by whether the mask is ready"
        ),
    )
    button.button(
        _("All"), key="masks_map_all", icon=":material/zoom_out_map:", width="stretch",
        on_click=look_at, kwargs={"everything": True}, help=_("Show all masks on the map"),
    )  # fmt: skip


def _states() -> str:
    """What the colours of the outlines mean that aren't coloured by their classes."""
    return swatches([(READY_COLOR, _("ready")), (PROBLEM_COLOR, _("with a problem (dashed)"))])


def _classes_of(drawn: _Drawn) -> str:
    """The classes that the outlines are coloured by: the one with most pixels of each mask."""
    names: dict[str, dict[str, None]] = {}
    for stored, name in sorted({one.label for one in drawn.outlines if one.label}):
        names.setdefault(css_of_class(stored), {})[name] = None
    if any(not one.label for one in drawn.outlines):
        names[OTHER_COLOR] = {_("no class"): None}
    found = swatches((colour, ", ".join(those)) for colour, those in names.items())
    return found or _("classes are seen further in")
