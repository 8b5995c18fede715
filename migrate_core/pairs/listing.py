"""The pairs document: one row a pair, as commands and pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..model import Pair
from ..store.serialize import to_json
from ..workspace import Workspace
from .rasters import RASTERS


def pair_row(pair: Pair, decision: str | None, workspace: Workspace) -> dict[str, Any]:
    """One row of `pairs list`; paths are relative to the workspace, null until they exist."""
    return row_of_document(to_json(pair), decision, workspace)


def row_of_document(
    pair: Mapping[str, Any], decision: str | None, workspace: Workspace
) -> dict[str, Any]:
    """As `pair_row`, of a pair as the store has it; what an earlier version didn't know is null."""
    found = pair.get
    folder = _folder(workspace)
    made = found("occlusion") is not None
    files = {
        raster.name: f"{folder}/{pair['pair_id']}/{raster.file}" if made else None
        for raster in RASTERS
    }
    return {
        "pair_id": pair["pair_id"],
        "mask_id": pair["mask_id"],
        "mask_name": pair["mask_name"],
        "scene_ids": pair["scene_ids"],
        "state": pair["state"],
        **files,
        "occlusion": found("occlusion"),
        "days_offset": found("days_offset"),
        "suggestion": found("suggestion"),
        "shift": found("shift"),
        "change": found("change"),
        "decision": decision,
        "error": found("error"),
    }


@lru_cache(maxsize=4)
def _folder(workspace: Workspace) -> str:
    """Where pairs lie in the workspace; working with paths takes longer than all else of a row."""
    return workspace.relative(workspace.pairs)
