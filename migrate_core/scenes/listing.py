"""The scenes document: every mask with its candidates, as commands and pages show it."""

from __future__ import annotations

from typing import Any

from ..model import iso
from ..states import MaskState
from ..store.base import Candidate, Store
from ..store.serialize import to_json


def scenes_document(store: Store) -> list[dict[str, Any]]:
    """`[{mask_id, scenes: […]}]` for all masks without a problem, candidates best first."""
    candidates = store.candidates()
    return [
        {
            "mask_id": mask.mask_id,
            "scenes": [candidate_row(candidate) for candidate in candidates.get(mask.mask_id, [])],
        }
        for mask in store.masks()
        if mask.state == MaskState.READY
    ]


def candidate_row(candidate: Candidate) -> dict[str, Any]:
    """One candidate of a mask."""
    ranked = candidate.ranked
    scene = ranked.scene
    return {
        "scene_id": scene.scene_id,
        "source": scene.source,
        "sensed_at": iso(scene.sensed_at),
        "level": scene.level,
        "tile": scene.tile,
        "baseline": scene.baseline,
        "cloud_percent": scene.cloud_percent,
        "cloud_over_mask_percent": ranked.cloud_over_mask_percent,
        "coverage": ranked.coverage,
        "days_offset": ranked.days_offset,
        "score": ranked.score,
        "terms": to_json(ranked.terms),
        "selected": candidate.selected,
    }
