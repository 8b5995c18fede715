"""What pairs that are still to be made will cost, by source and way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shapely.geometry import box

from migrate_core.model import Acquired, Mask, Pair, RankedScene, Scene
from migrate_core.pairs.estimate import SourceCosts, remote_costs
from migrate_core.scenes.costs import Wanted, costs
from migrate_core.scenes.sources.cdse.fetch import CDSE_LIMITS
from migrate_core.settings import ServiceSettings
from migrate_core.store.base import open_store
from migrate_core.transfer.http.retry import Runtime
from migrate_core.transfer.quota import QuotaUsage
from migrate_core.workspace import Workspace
from tests.support.pairs import Case

DAY = datetime(2020, 2, 2, tzinfo=UTC)
ACCOUNT = {"cdse_username": "me", "cdse_password": "secret"}
KEYS = {"cdse_s3_access_key": "a", "cdse_s3_secret_key": "b"}
# 0.01 degrees square at the equator.
SIDE_M = 1113.2


@pytest.fixture
def case(tmp_path: Path) -> Case:
    workspace = Workspace(tmp_path / "workspace")
    return Case(workspace, open_store(workspace))


def add(case: Case, name: str, scene_id: str, source: str, *, level: str = "L2A") -> None:
    """A mask whose best candidate is the scene."""
    area = box(0, -0.005, 0.01, 0.005)
    date = Acquired(DAY, False)
    case.store.put_masks([Mask(name, f"{name}.tif", f"/{name}.tif", acquired=date, extent=area)])
    scene = Scene(scene_id, source, DAY, level, "31NAA", "05.00", 0.0, area, f"{source}:1")
    case.store.put_scenes([scene])
    case.store.put_candidates({name: [RankedScene(scene, 1.0, 0, 1.0, {}, usable=True)]})


def found(case: Case, **services: str) -> list[SourceCosts]:
    return remote_costs(case.store, case.workspace, ServiceSettings(**services))


def taken(costs: SourceCosts) -> list[str]:
    return [way.cost.access for way in costs.ways if way.automatic]


def test_pairs_of_one_scene_share_its_download(case: Case) -> None:
    for name in "abc":
        add(case, name, "S1", "cdse")
    add(case, "d", "S2", "cdse")
    (cdse,) = found(case, **ACCOUNT)
    assert (cdse.source, cdse.pairs, cdse.scenes, cdse.here) == ("cdse", 4, 2, 0)
    size = (SIDE_M, SIDE_M)
    expected = costs([Wanted("L2A", (size,) * 3), Wanted("L2A", (size,))])
    for way in cdse.ways:
        assert way.cost.requests == expected[way.cost.access].requests
        assert way.cost.bytes == pytest.approx(expected[way.cost.access].bytes, rel=0.001)


@pytest.mark.parametrize(
    ("credentials", "level", "way", "open_ways"),
    [
        (ACCOUNT, "L2A", "bands", ["bands", "product"]),
        (ACCOUNT, "L1C", "product", ["bands", "product"]),
        (ACCOUNT | KEYS, "L2A", "window", ["window", "bands", "product"]),
        (KEYS, "L1C", "window", ["window"]),
        ({}, "L2A", "bands", []),
    ],
)
def test_the_way_of_auto_and_those_that_are_open_depend_on_credentials(
    case: Case, credentials: dict[str, str], level: str, way: str, open_ways: list[str]
) -> None:
    add(case, "a", "S1", "cdse", level=level)
    (cdse,) = found(case, **credentials)
    assert taken(cdse) == [way]
    assert [one.cost.access for one in cdse.ways if one.open] == open_ways


def test_each_source_has_its_ways(case: Case) -> None:
    sources = ("cdse", "cdse-stac", "dhus:http://mirror", "earth-search", "stac:http://x#y")
    for number, source in enumerate(sources):
        add(case, f"m{number}", f"S{number}", source)
    add(case, "here", "S9", "local:/data")
    ways = {one.source: [way.cost.access for way in one.ways] for one in found(case)}
    assert ways == {
        "cdse": ["window", "bands", "product"],
        "cdse-stac": ["window"],
        "dhus:http://mirror": ["product"],
        "earth-search": ["window"],
        "stac:http://x#y": ["window"],
    }


def test_what_is_made_or_downloaded_costs_nothing(case: Case) -> None:
    for number in range(3):
        add(case, f"m{number}", f"S{number}", "cdse")
    case.store.put_pairs([Pair("p", "m0", "m0.tif", ("S0",), "done")])
    case.workspace.products.mkdir()
    (case.workspace.products / "S1.zip").write_bytes(b"")
    (cdse,) = found(case)
    assert (cdse.pairs, cdse.scenes, cdse.here) == (2, 2, 1)
    only = costs([Wanted("L2A", ((SIDE_M, SIDE_M),))])
    assert cdse.ways[2].cost.bytes == only["product"].bytes
    # A pair of another scene is no reason to leave the selected one out.
    case.store.put_pairs([Pair("p", "m0", "m0.tif", ("other",), "done")])
    assert found(case)[0].pairs == 3


def test_what_is_left_out_as_unusable_is_not_counted(case: Case) -> None:
    for name in "abc":
        add(case, name, "S1", "cdse")
    ((ranked, *_), *_) = case.store.candidates().values()
    for name in "ab":
        unusable = replace(ranked.ranked, usable=False)
        case.store.put_candidates({name: [unusable]})
    case.store.select("b", "S1")
    services = ServiceSettings(**ACCOUNT)
    (all_of_it,) = remote_costs(case.store, case.workspace, services)
    (made,) = remote_costs(case.store, case.workspace, services, leave_out_unusable=True)
    # The scene of b is a person's choice.
    assert (all_of_it.pairs, made.pairs) == (3, 2)
    assert made.ways[0].cost.bytes <= all_of_it.ways[0].cost.bytes


def test_halves_that_complete_a_scene_are_fetched_as_well(case: Case) -> None:
    add(case, "a", "S1", "earth-search")
    (candidate,) = case.store.candidates()["a"]
    case.store.put_candidates({"a": [replace(candidate.ranked, completed_by=("S2",))]})
    (one,) = found(case)
    assert (one.pairs, one.scenes) == (1, 2)


def test_the_quota_says_what_this_workspace_has_downloaded(case: Case) -> None:
    add(case, "a", "S1", "cdse")
    add(case, "b", "S2", "earth-search")
    usage = QuotaUsage(case.store, CDSE_LIMITS.service, CDSE_LIMITS.quota, Runtime())
    usage.add(5_000_000, 3, "S0")
    cdse, earth = found(case)
    assert cdse.quota is not None
    assert (cdse.quota.bytes, cdse.quota.left) == (5_000_000, 12_000_000_000_000 - 5_000_000)
    assert earth.quota is None
