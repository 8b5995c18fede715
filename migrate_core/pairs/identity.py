"""The id of a pair: the same mask, scenes and parameters always give the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ..model import Mask, PairParameters, RankedScene, RasterForm
from ..store.serialize import to_json

# Count up when the same inputs would give other pixels, so that old pairs are made again. The
# second ones: clouds are found in L1C, and several products are put together before their coarse
# bands come up to 10 m. Pairs of one L2A product stay what they are, with what was decided on them.
_PIXEL_RULES, _FIRST_PIXEL_RULES = 2, 1


def _unusual(value: RasterForm | PairParameters) -> dict[str, Any]:
    """The fields that differ from their defaults.

    What is as it always was is left out, so that ids don't change when a field is added.
    """
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if getattr(value, field.name) != field.default
    }


def _of_files(mask: Mask, *, register: bool) -> dict[str, Any]:
    """How the mask's files are read; by names, since paths differ between machines.

    The source image counts where the mask's position is measured by it.
    """
    found = {
        "raster": {} if mask.vector else _unusual(replace(mask.raster, tiles=())),
        "udm": Path(mask.source.udm).name if mask.source.udm else None,
        "valid_from": Path(mask.source.valid_from).name if mask.source.valid_from else None,
        "image": Path(mask.source.path).name if register and mask.source.path else None,
    }
    return {name: value for name, value in found.items() if value}


def _rules(ranked: RankedScene) -> int:
    """The number of the rules by which the pixels of these scenes are made."""
    changed = ranked.scene.level == "L1C" or len(ranked.scene_ids) > 1
    return _PIXEL_RULES if changed else _FIRST_PIXEL_RULES


def pair_id(mask: Mask, ranked: RankedScene, parameters: PairParameters) -> str:
    """`<mask_id>_<sensing day>_<8 hexadecimal digits>`, a name that is safe for files."""
    ingredients: dict[str, Any] = {
        "mask": mask.sha256,
        "mask_id": mask.mask_id,
        "crs": mask.georeference.crs,
        "transform": mask.georeference.transform,
        "classes": mask.classes.stored,
        "scenes": ranked.scene_ids,
        "parameters": given_parameters(parameters),
        "rules": _rules(ranked),
        **_of_files(mask, register=parameters.register),
    }
    if mask.vector is not None:
        # Only then, so that the ids of raster masks stay what they are.
        ingredients["features"] = Path(mask.vector.features).name
        ingredients["area"] = mask.vector.area.wkb_hex
        ingredients["dates"] = mask.vector.dates
    text = json.dumps(to_json(ingredients), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{mask.mask_id}_{ranked.scene.sensed_at:%Y%m%d}_{digest[:8]}"


def given_parameters(parameters: PairParameters) -> dict[str, Any]:
    """The parameters without those left to the program, so that a new one keeps old ids."""
    return {"resampling": parameters.resampling, **_unusual(parameters)}
