"""The pairs document: one row a pair, as commands and pages show it."""

from __future__ import annotations

from typing import Any

from ..model import Pair
from ..store.serialize import to_json
from ..workspace import Workspace
from .rasters import RASTERS


def pair_row(pair: Pair, decision: str | None, workspace: Workspace) -> dict[str, Any]:
    """One row of `pairs list`; paths are relative to the workspace, null until they exist."""
    folder = workspace.pair(pair.pair_id)
    made = pair.occlusion is not None
    files = {
        raster.name: workspace.relative(folder / raster.file) if made else None
        for raster in RASTERS
    }
    return {
        "pair_id": pair.pair_id,
        "mask_id": pair.mask_id,
        "mask_name": pair.mask_name,
        "scene_ids": list(pair.scene_ids),
        "state": pair.state,
        **files,
        "occlusion": to_json(pair.occlusion),
        "days_offset": pair.days_offset,
        "suggestion": to_json(pair.suggestion),
        "shift": to_json(pair.shift),
        "change": pair.change,
        "decision": decision,
        "error": pair.error,
    }
