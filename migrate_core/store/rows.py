"""Masks, candidates and pairs as rows of their tables, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from ..model import Mask, Pair, PairParameters, RankedScene, Scene
from ..states import PairState
from .mask_documents import mask_document
from .serialize import to_json

# What is ranked of a scene; the scene itself has a table of its own.
_NAMES = tuple(field.name for field in fields(RankedScene) if field.name != "scene")


@dataclass(frozen=True)
class Candidate:
    """A ranked scene of a mask as it stands in the store: whether it is chosen, and by whom."""

    mask_id: str
    ranked: RankedScene
    selected: bool
    chosen_by_person: bool


def candidate_of(row: sa.Row[Any], scene: Scene) -> Candidate:
    """The candidate of a row of its table, which names the scene and holds the rest."""
    document = {**row.document, "completed_by": tuple(row.document.get("completed_by", ()))}
    ranked = RankedScene(scene=scene, **document)
    return Candidate(row.mask_id, ranked, row.selected, row.chosen_by_person)


def candidate_rows(
    mask_id: str, ranked: Sequence[RankedScene], choice: str | None
) -> list[dict[str, Any]]:
    """Rows for the candidates of a mask; `choice` is the scene a person selected before."""
    kept = choice in {item.scene.scene_id for item in ranked}
    rows = []
    for rank, item in enumerate(ranked):
        document = {name: getattr(item, name) for name in _NAMES}
        by_person = kept and item.scene.scene_id == choice
        row = {
            "mask_id": mask_id,
            "scene_id": item.scene.scene_id,
            "source": item.scene.source,
            "rank": rank,
            "selected": by_person if kept else rank == 0,
            "usable": item.usable,
            "chosen_by_person": by_person,
            "document": document,
        }
        rows.append(row)
    return rows


def row_of_mask(mask: Mask) -> dict[str, Any]:
    """The row of a mask: what lists ask for as columns, everything as a document."""
    shape = mask.footprint or mask.extent
    outline = None if shape is None else _outline(shape)
    lon, lat = (None, None) if outline is None else outline["middle"]
    return {
        "mask_id": mask.mask_id,
        "path": mask.key,
        "name": mask.name,
        "state": mask.state,
        "acquired": str(mask.acquired) if mask.acquired else None,
        "image": mask.source.path,
        "outline": outline,
        "lon": lon,
        "lat": lat,
        "pending": mask.pending,
        "has_footprint": mask.footprint is not None,
        "document": mask_document(mask),
    }


def row_of_pair(pair: Pair, changed: int) -> dict[str, Any]:
    """The row of a pair, but for its standing; `changed` is the revision it has then."""
    return {
        "pair_id": pair.pair_id,
        "mask_id": pair.mask_id,
        "state": pair.state,
        "document": to_json(pair),
        "mask_name": pair.mask_name,
        "scene_id": next(iter(pair.scene_ids), ""),
        # A queued pair with a message is one that a run left waiting, with the archive's answer.
        "on_order": pair.state == PairState.QUEUED and pair.error is not None,
        "way": None if pair.parameters is None else way_of(pair.parameters),
        "changed": changed,
    }


def way_of(parameters: PairParameters) -> str:
    """Parameters as text, by which pairs that are made alike are found; without the offset."""
    return json.dumps(to_json(replace(parameters, offset=None)), sort_keys=True)


def _outline(shape: BaseGeometry) -> dict[str, Any]:
    """A shape for a small map, to a hundredth of its size, and its middle to count by location."""
    west, south, east, north = shape.bounds
    plain = shape.simplify(max(east - west, north - south) / 100)
    return {**to_json(plain), "middle": [(west + east) / 2, (south + north) / 2]}
