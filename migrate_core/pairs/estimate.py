"""What the pixels of pairs that are still to be made will cost, before they are fetched."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry import shape

from ..scenes.costs import Cost, Wanted, costs
from ..scenes.sources.cdse import CDSE_LIMITS
from ..scenes.sources.cdse import SPEC as CDSE
from ..scenes.sources.local import SCHEME as LOCAL
from ..settings import ServiceSettings
from ..store.base import Store
from ..store.selected import OpenMatch, open_matches
from ..transfer.product_store import quota_state
from ..transfer.quota import QuotaState
from ..workspace import Workspace

_METRES_PER_DEGREE = 111_320.0
_WINDOW, _BANDS, _PRODUCT = "window", "bands", "product"


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
    store: Store, workspace: Workspace, services: ServiceSettings
) -> list[SourceCosts]:
    """The costs of every service whose scenes are selected for pairs that are not finished."""
    found: dict[str, dict[str, list[OpenMatch]]] = defaultdict(lambda: defaultdict(list))
    numbers: dict[str, int] = defaultdict(int)
    for row in open_matches(store, other_than=f"{LOCAL}:"):
        numbers[row.source] += 1
        for scene_id in (row.scene_id, *row.completed_by):
            found[row.source][scene_id].append(row)
    return [
        _source_costs(source, numbers[source], _wanted(by_scene, workspace), workspace, services)
        for source, by_scene in sorted(found.items())
    ]


def _wanted(by_scene: Mapping[str, list[OpenMatch]], workspace: Workspace) -> list[Wanted]:
    """Each scene once, with the windows of all its pairs."""
    return [
        Wanted(
            rows[0].level,
            tuple(_size_m(row.outline) for row in rows),
            here=_is_here(workspace, scene_id),
        )
        for scene_id, rows in by_scene.items()
    ]


def _is_here(workspace: Workspace, scene_id: str) -> bool:
    """Whether a product was downloaded before, whole or in single bands."""
    return any((workspace.products / f"{scene_id}{end}").exists() for end in (".zip", ".SAFE"))


def _size_m(outline: Mapping[str, Any]) -> tuple[float, float]:
    """Width and height in metres of a mask's outline, as near as an estimate needs it."""
    west, south, east, north = shape(outline).bounds
    shrink = math.cos(math.radians((south + north) / 2))
    return (east - west) * _METRES_PER_DEGREE * shrink, (north - south) * _METRES_PER_DEGREE


def _source_costs(
    source: str,
    number: int,
    wanted: list[Wanted],
    workspace: Workspace,
    services: ServiceSettings,
) -> SourceCosts:
    here = sum(item.here for item in wanted)
    by_access = costs(wanted)
    level = wanted[0].level
    quota = quota_state(workspace, CDSE_LIMITS) if source == CDSE else None
    ways = _ways(source, by_access, level, services)
    return SourceCosts(source, number, len(wanted), here, ways, quota)


def _ways(
    source: str, by_access: Mapping[str, Cost], level: str, services: ServiceSettings
) -> tuple[Way, ...]:
    """The ways that a source has: mirrors give whole products, STAC services windows."""
    key = bool(services.cdse_s3_access_key and services.cdse_s3_secret_key)
    keys = ("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY")
    if source.startswith("dhus:"):
        account = bool(services.dhus_user and services.dhus_password)
        return (Way(by_access[_PRODUCT], ("DHUS_USER", "DHUS_PASSWORD"), account, automatic=True),)
    if source == "cdse-stac":
        return (Way(by_access[_WINDOW], keys, key, automatic=True),)
    if source != CDSE:
        return (Way(by_access[_WINDOW], automatic=True),)
    account = bool(services.cdse_username and services.cdse_password)
    names = ("CDSE_USERNAME", "CDSE_PASSWORD")
    # As CdseFetcher chooses: the zip of an L1C product holds little that no pair needs.
    chosen = _WINDOW if key else _BANDS if level == "L2A" else _PRODUCT
    return (
        Way(by_access[_WINDOW], keys, key, automatic=chosen == _WINDOW),
        Way(by_access[_BANDS], names, account, automatic=chosen == _BANDS),
        Way(by_access[_PRODUCT], names, account, automatic=chosen == _PRODUCT),
    )
