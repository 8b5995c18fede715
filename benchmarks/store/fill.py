"""A store of many masks with candidates, pairs and decisions, as years of work would leave it.

There are no files behind them: rows are written by the store's own functions, some thousands at a
time. Of a hundred masks two have a problem, three have no scene, and five only unusable ones; nine
of ten pairs are done, and about half of those persons or a rule have decided.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shapely.geometry import box

from migrate_core.model import (
    Acquired,
    ClassTable,
    Georeference,
    Mask,
    Occluded,
    Occlusion,
    Pair,
    PairParameters,
    RankedScene,
    Scene,
    SceneQuery,
    Shares,
    Shift,
    SourceImage,
    Suggestion,
)
from migrate_core.review.batches import BatchRequest, decide_batch, selected
from migrate_core.settings import AssessmentSettings, RankingSettings
from migrate_core.states import BatchKind, PairState, Verdict
from migrate_core.store.base import Store
from migrate_core.store.last_search import SearchParameters, remember_asked, remember_found

_AT_ONCE = 5_000
_TILES = 200
_CANDIDATES = 3
_START = datetime(2020, 1, 1, 10, 43, 51, tzinfo=UTC)


def fill(store: Store, masks: int) -> None:
    """Put so many masks into an empty store, and what belongs to them."""
    chance = random.Random(masks)
    scenes = [_scene(number) for number in range(_TILES * _CANDIDATES)]
    store.put_scenes(scenes)
    done = list[str]()
    for first in range(0, masks, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, masks))
        store.put_masks([_mask(number, chance) for number in numbers])
        ranked = {
            mask_id(number): list(_ranked(number, scenes)) for number in numbers if _found(number)
        }
        store.put_candidates(ranked)
        pairs = [pair for number in numbers if (pair := _pair(number, scenes, chance))]
        store.put_pairs(pairs)
        done += [pair.pair_id for pair in pairs if pair.state == PairState.DONE]
    _searched(store)
    _decide(store, done)


def mask_id(number: int) -> str:
    """The id of a mask by its number."""
    return f"site-{number:06}-20200202"


def pair_id(number: int) -> str:
    """The id of the pair of a mask, by the mask's number."""
    return f"{mask_id(number)}_20200203_0a1b2c3d"


def _found(number: int) -> bool:
    return number % 100 >= 5


def _mask(number: int, chance: random.Random) -> Mask:
    west, south = chance.uniform(-10, 30), chance.uniform(36, 60)
    extent = box(west, south, west + 0.02, south + 0.015)
    name = f"site_{number:06}_20200202_mask.tif"
    return Mask(
        mask_id(number),
        name,
        f"/data/masks/{number // 1000:03}/{name}",
        sha256=f"{number:064x}",
        width=500,
        height=500,
        georeference=Georeference("EPSG:32631", (3.0, 0.0, 500000.0, 0.0, -3.0, 4700000.0)),
        extent=extent,
        footprint=extent,
        acquired=Acquired.parse("2020-02-02T10:15:32Z"),
        classes=ClassTable({"0": 0, "1": 1}, pixels={"0": 200_000, "1": 50_000}),
        source=SourceImage(f"/data/images/{number // 1000:03}/{name}" if number % 2 else None),
        problems={"date": "It has no date."} if number % 100 < 2 else {},
    )


def _scene(number: int) -> Scene:
    tile, turn = number % _TILES, number // _TILES
    name = f"{10 + tile // 40}T{tile % 40:02}A"
    west, south = -10 + 2 * (tile % 20), 36 + 2.4 * (tile // 20)
    sensed_at = _START + timedelta(days=30 + 5 * turn)
    return Scene(
        f"S2A_MSIL2A_{sensed_at:%Y%m%dT%H%M%S}_N0214_R008_{name}_{sensed_at:%Y%m%d}T134500",
        "earth-search",
        sensed_at,
        "L2A",
        name,
        "02.14",
        12.5 * turn,
        box(west, south, west + 2.2, south + 2.6),
        f"https://example.org/{name}/{turn}",
    )


def _ranked(number: int, scenes: list[Scene]) -> Iterator[RankedScene]:
    usable = number % 100 >= 10
    for turn in range(_CANDIDATES):
        scene = scenes[number % _TILES + turn * _TILES]
        terms = {"clear sky": 0.9, "closeness": 0.8 - 0.2 * turn, "coverage": 1.0}
        score = 0.9 - 0.2 * turn
        yield RankedScene(scene, 1.0, 1.0 + 5 * turn, score, terms, usable and turn < 2)


def _pair(number: int, scenes: list[Scene], chance: random.Random) -> Pair | None:
    """The pair of a mask; None for every fiftieth that has a scene, and for those without."""
    if not _found(number) or number % 50 == 49:
        return None
    occluded = chance.choice((0.0, 0.0, chance.random()))
    shares = Shares(occluded, 0.0, 0.0, 0.0, 0.0, 0.0)
    pair = Pair(
        pair_id(number),
        mask_id(number),
        f"site_{number:06}_20200202_mask.tif",
        (scenes[number % _TILES].scene_id,),
        days_offset=chance.uniform(-10, 10),
        coverage=chance.uniform(0.8, 1),
        parameters=PairParameters("bilinear"),
    )
    if number % 50 == 48:
        return replace(pair, state=PairState.FAILED, error="The product can't be opened.")
    return replace(
        pair,
        state=PairState.SUPERSEDED if number % 50 == 47 else PairState.DONE,
        occlusion=Occlusion(shares, shares),
        occluded=Occluded(occluded, occluded),
        suggestion=Suggestion(
            Verdict.ACCEPT if occluded < 0.1 else Verdict.REJECT, "by its occlusion"
        ),
        shift=Shift(chance.gauss(0, 3), chance.gauss(0, 3), 1.0, True),
        change=chance.random(),
        thresholds=AssessmentSettings(),
        change_rules=1,
    )


def _searched(store: Store) -> None:
    """What the last search was asked for."""
    parameters = SearchParameters(("earth-search",), SceneQuery(), RankingSettings())
    remember_asked(store, parameters)
    remember_found(store, parameters)


def _decide(store: Store, pair_ids: list[str]) -> None:
    """Two persons decide about a fifth each, of which few in common, and a rule about a tenth."""
    decide_batch(store, selected(Verdict.ACCEPT, "ann", None), pair_ids[::5])
    decide_batch(
        store, selected(Verdict.REJECT, "bob", "cloud"), [*pair_ids[1::5], *pair_ids[::50]]
    )
    rule = BatchRequest(
        BatchKind.RULE, Verdict.ACCEPT, "ann", document={"text": "a rule", "verdict": "accept"}
    )
    decide_batch(store, rule, pair_ids[2::10])
