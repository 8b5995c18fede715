"""The id of a pair: the same mask, scenes and parameters always give the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, Field, fields
from typing import Any

from ..codec import to_json
from ..model import Mask, PairParameters, RankedScene

# Counts up when the same inputs would give other pixels, so that old pairs are made again.
PIXEL_RULES = 1


def _unusual(value: Mask | PairParameters, *names: str) -> dict[str, Any]:
    """The fields (all, or those of these names) that differ from their defaults.

    What is as it always was is left out, so that ids don't change when a field is added.
    """
    chosen = (field for field in fields(value) if not names or field.name in names)
    return {
        field.name: getattr(value, field.name)
        for field in chosen
        if getattr(value, field.name) != _default(field)
    }


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def pair_id(mask: Mask, ranked: RankedScene, parameters: PairParameters) -> str:
    """`<mask_id>_<sensing day>_<8 hexadecimal digits>`, a name that is safe for files."""
    ingredients = {
        "mask": mask.sha256,
        "mask_id": mask.mask_id,
        "crs": mask.crs,
        "transform": mask.transform,
        "classes": mask.classes,
        "scenes": ranked.scene_ids,
        "parameters": {"resampling": parameters.resampling, **_unusual(parameters)},
        "rules": PIXEL_RULES,
        **_unusual(mask, "raster", "udm", "valid_from"),
    }
    text = json.dumps(to_json(ingredients), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{mask.mask_id}_{ranked.scene.sensed_at:%Y%m%d}_{digest[:8]}"
