"""All masks against all scenes: by the search of this program, and by an index of shapely."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from benchmarks.speed.contestants.answers import main, work
from benchmarks.speed.data import world

DAYS = 10


def _answer(matches: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found = sorted(matches)
    text = "\n".join(" ".join(match) for match in found)
    return {"candidates": len(found), "digest": hashlib.sha256(text.encode()).hexdigest()}


def ours(masks: int, scenes: int) -> Any:
    """`search` over a source that holds the scenes in memory."""
    from shapely import box

    from migrate_core.model import Acquired, Mask, Scene, SceneQuery, SearchResult, iso
    from migrate_core.scenes.search.search import search
    from migrate_core.scenes.sources.protocol import SceneRequest
    from migrate_core.settings import RankingSettings

    known = [
        Scene(one.name, "memory", one.time, "L2A", one.tile, "04.00", 5.0, box(*one.bounds), "")
        for one in world.scenes(scenes)
    ]

    class Memory:
        spec = "memory"
        is_local = True

        def search(self, request: SceneRequest) -> SearchResult:  # noqa: ARG002
            return SearchResult(tuple(known), ())

    wanted = [
        Mask(one.name, one.name, one.name, sha256="0" * 64, width=700, height=700,
             extent=box(*one.bounds), footprint=box(*one.bounds),
             acquired=Acquired.parse(iso(one.time)))
        for one in world.masks(masks, scenes)
    ]  # fmt: skip

    def run() -> dict[str, Any]:
        ranked = search(wanted, [Memory()], SceneQuery(DAYS), RankingSettings()).ranked
        return _answer((m, one.scene.scene_id) for m, found in ranked.items() for one in found)

    return work(run)


def by_hand(masks: int, scenes: int) -> Any:
    """A tree of the scenes' outlines, and the days of what it finds; nothing is ranked."""
    from shapely import STRtree, box

    known, wanted = list(world.scenes(scenes)), list(world.masks(masks, scenes))

    def run() -> dict[str, Any]:
        tree = STRtree([box(*one.bounds) for one in known])
        asked, found = tree.query([box(*one.bounds) for one in wanted], predicate="intersects")
        window = timedelta(days=DAYS)
        return _answer(
            (wanted[m].name, known[s].name)
            for m, s in zip(asked.tolist(), found.tolist(), strict=True)
            if abs(known[s].time.date() - wanted[m].time.date()) <= window
        )

    return work(run)


if __name__ == "__main__":
    main({"ours": ours, "by_hand": by_hand})
