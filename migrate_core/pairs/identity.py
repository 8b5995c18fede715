"""The id of a pair: the same mask, scenes and parameters always give the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..codec import to_json
from ..model import Mask, PairParameters, RankedScene

# Counts up when the same inputs would give other pixels, so that old pairs are made again.
PIXEL_RULES = 1


def pair_id(mask: Mask, ranked: RankedScene, parameters: PairParameters) -> str:
    """`<mask_id>_<sensing day>_<8 hexadecimal digits>`, a name that is safe for files."""
    ingredients = {
        "mask": mask.sha256,
        "mask_id": mask.mask_id,
        "crs": mask.crs,
        "transform": mask.transform,
        "classes": mask.classes,
        "scenes": ranked.scene_ids,
        "parameters": stated(parameters),
        "rules": PIXEL_RULES,
    }
    text = json.dumps(to_json(ingredients), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{mask.mask_id}_{ranked.scene.sensed_at:%Y%m%d}_{digest[:8]}"


def stated(parameters: PairParameters) -> dict[str, Any]:
    """The parameters without those left to the program, so that a new one keeps old ids."""
    return {name: value for name, value in to_json(parameters).items() if value is not None}
