"""The match table of a dataset: which scene each mask was matched to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..scenes.match_table import write_match_table
from ..store.base import Store
from .selection.entries import Entry


def write_matches(store: Store, destination: Path, chosen: Sequence[Entry]) -> None:
    """The match of every pair that went out, by its own provenance."""
    scores = {
        (mask_id, candidate.ranked.scene.scene_id): candidate.ranked.score
        for mask_id, candidates in store.candidates().items()
        for candidate in candidates
    }
    rows = []
    for entry in chosen:
        pair, scene = entry.pair, entry.scene
        row = {
            "mask_name": pair.mask_name,
            "S2_name": scene["scene_id"],
            "S2_uuid": scene["scene_id"],
            "cloudcover": scene["cloud_percent"],
            "mask_id": pair.mask_id,
            "source": scene["source"],
            "sensed_at": scene["sensed_at"],
            "days_offset": pair.days_offset,
            "coverage": pair.coverage,
            "score": scores.get((pair.mask_id, scene["scene_id"])),
            "selected": "true",
        }
        rows.append(row)
    write_match_table(destination / "mask_S2_match.csv", rows)
