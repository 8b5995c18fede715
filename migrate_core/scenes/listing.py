"""The scenes document: every mask with its candidates, as commands and pages show it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..store.base import Store
from ..store.lists.candidates import CandidateLine, candidate_lists


def scene_rows(store: Store) -> Iterator[dict[str, Any]]:
    """`{mask_id, scenes: […]}` for each mask without a problem, candidates best first."""
    for mask_id, _, candidates in candidate_lists(store):
        yield {"mask_id": mask_id, "scenes": [candidate_row(one) for one in candidates]}


def candidate_row(candidate: CandidateLine) -> dict[str, Any]:
    """One candidate of a mask."""
    scene = candidate.scene
    return {
        "scene_id": scene.scene_id,
        "source": scene.source,
        "sensed_at": scene.sensed_at,
        "level": scene.level,
        "tile": scene.tile,
        "baseline": scene.baseline,
        "cloud_percent": scene.cloud_percent,
        "cloud_over_mask_percent": candidate.cloud_over_mask_percent,
        "coverage": candidate.coverage,
        "days_offset": candidate.days_offset,
        "score": candidate.score,
        "terms": candidate.terms,
        "selected": candidate.selected,
    }
