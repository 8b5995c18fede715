"""What the pixels of pairs that are still to be made will cost, before they are fetched."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry import shape

from ..scenes.costs import Cost, Wanted, costs
from ..scenes.sources import LOCAL, source_of
from ..scenes.sources.adapter import AccessWay
from ..settings import ServiceSettings
from ..store.base import Store
from ..store.derived.revisions import kept
from ..store.selected import open_matches
from ..transfer.product_store import quota_state
from ..transfer.quota import QuotaState
from ..workspace import Workspace

_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Way:
    """One way to the pixels of a source: what it costs, and the variables that it needs.

    `open` is whether these are set; `automatic` whether `--access auto` takes it.
    """

    cost: Cost
    variables: tuple[str, ...] = ()
    open: bool = True
    automatic: bool = False


@dataclass(frozen=True)
class SourceCosts:
    """What the pairs that are to be made of a source's scenes cost, by each way that it has.

    `scenes` are different ones, `here` those of them that were downloaded before.
    """

    source: str
    pairs: int
    scenes: int
    here: int
    ways: tuple[Way, ...]
    quota: QuotaState | None = None


def remote_costs(
    store: Store,
    workspace: Workspace,
    services: ServiceSettings,
    *,
    leave_out_unusable: bool = False,
) -> list[SourceCosts]:
    """The costs of every service whose scenes are selected for pairs that are not finished.

    `leave_out_unusable` counts no pair that a run with this option leaves out.
    """
    found = kept(
        store,
        f"windows to fetch {leave_out_unusable}",
        lambda: _windows_to_fetch(store, leave_out_unusable=leave_out_unusable),
    )
    return [
        _source_costs(source, windows.pairs, _wanted(windows, workspace), store, services)
        for source, windows in sorted(found.items())
    ]


@dataclass
class _Windows:
    """What is to be fetched from a service: pairs, and by scene its level and their windows."""

    pairs: int = 0
    scenes: dict[str, tuple[str, list[tuple[float, float]]]] = field(default_factory=dict)


def _windows_to_fetch(store: Store, *, leave_out_unusable: bool) -> dict[str, _Windows]:
    """By source, each scene once, with the windows of all its pairs."""
    found: dict[str, _Windows] = defaultdict(_Windows)
    for row in open_matches(store, LOCAL, leave_out_unusable=leave_out_unusable):
        found[row.source].pairs += 1
        for scene_id in (row.scene_id, *row.completed_by):
            _, sizes = found[row.source].scenes.setdefault(scene_id, (row.level, []))
            sizes.append(_size_m(row.outline))
    return found


def _wanted(windows: _Windows, workspace: Workspace) -> list[Wanted]:
    return [
        Wanted(level, tuple(sizes), here=_is_here(workspace, scene_id))
        for scene_id, (level, sizes) in windows.scenes.items()
    ]


def _is_here(workspace: Workspace, scene_id: str) -> bool:
    """Whether a product was downloaded before, whole or in single bands."""
    return any((workspace.products / f"{scene_id}{end}").exists() for end in (".zip", ".SAFE"))


def _size_m(polygon: Mapping[str, Any]) -> tuple[float, float]:
    """Width and height in metres of a mask's outline, as near as an estimate needs it."""
    west, south, east, north = shape(polygon).bounds
    shrink = math.cos(math.radians((south + north) / 2))
    return (east - west) * _METRES_PER_DEGREE * shrink, (north - south) * _METRES_PER_DEGREE


def _source_costs(
    source: str,
    number: int,
    wanted: list[Wanted],
    store: Store,
    services: ServiceSettings,
) -> SourceCosts:
    here = sum(item.here for item in wanted)
    by_access = costs(wanted)
    level = wanted[0].level
    described = source_of(source, services)
    quota = quota_state(store, described.limits) if described.limits else None
    ways = tuple(_way(way, by_access[way.access]) for way in described.ways(level))
    return SourceCosts(source, number, len(wanted), here, ways, quota)


def _way(way: AccessWay, cost: Cost) -> Way:
    if way.credential is None:
        return Way(cost, automatic=way.automatic)
    return Way(cost, way.credential.variables, way.credential.found, way.automatic)
