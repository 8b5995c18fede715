"""What the map of masks looks at: one mask, an area, or all; and where most masks lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from migrate_core.grid import Bounds
from migrate_core.store.masks import MaskCluster

_VIEW = "masks_view"
# Masks no further apart than this are one region, however many cells lie between them.
_ONE_REGION_DEGREES = 20.0


@dataclass(frozen=True)
class View:
    """The mask, or the area (west, south, east, north), that is looked at; or `everything`.

    Without any of them the map opens where most masks are. Another `turn` moves the map again.
    """

    mask_id: str | None = None
    area: Bounds | None = None
    everything: bool = False
    turn: int = 0


def view() -> View:
    """What the map looks at; at first the mask that the address names."""
    if _VIEW not in st.session_state:
        st.session_state[_VIEW] = View(st.query_params.get("mask"))
    found: View = st.session_state[_VIEW]
    return found


def look_at(
    *, mask_id: str | None = None, area: Bounds | None = None, everything: bool = False
) -> None:
    """Have the map look at something."""
    st.session_state[_VIEW] = View(mask_id, area, everything, view().turn + 1)


def largest_region(clusters: Sequence[MaskCluster]) -> Bounds | None:
    """The bounds of the most masks that lie near each other; None when all do.

    Cells that touch are one region, so a view of it never is one of the ocean between two.
    """
    west, south, east, north = united(cluster.bounds for cluster in clusters)
    if max(east - west, north - south) < _ONE_REGION_DEGREES:
        return None
    regions = _regions(clusters)
    if len(regions) == 1:
        return None
    largest = max(regions, key=lambda region: sum(cluster.count for cluster in region))
    return united(cluster.bounds for cluster in largest)


def united(bounds: Iterable[Bounds]) -> Bounds:
    """The bounds that hold all of these, of which there is one at least."""
    west, south, east, north = zip(*bounds, strict=True)
    return min(west), min(south), max(east), max(north)


def _regions(clusters: Sequence[MaskCluster]) -> list[list[MaskCluster]]:
    """The clusters by cells that touch, also at corners."""
    left = {cluster.cell: cluster for cluster in clusters}
    regions = []
    while left:
        waiting, region = [next(iter(left))], []
        while waiting:
            cell = waiting.pop()
            if (cluster := left.pop(cell, None)) is None:
                continue
            region.append(cluster)
            waiting += [(cell[0] + x, cell[1] + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        regions.append(region)
    return regions
