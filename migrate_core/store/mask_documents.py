"""Masks as documents, and back: flat, as they have been since the first version.

The parts of a mask are parts of the program's; in the document their fields stand beside each
other, so that workspaces of every version are read alike and questions in SQL stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ..model import Mask, RasterForm, VectorForm
from .serialize import from_json, stored_name, to_json

# By part: the names of its fields in the document.
_PARTS = {
    "georeference": {"crs": "crs", "transform": "transform", "origin": "georeference"},
    "classes": {
        "stored": "classes",
        "pixels": "class_pixels",
        "names": "class_names",
        "colours": "class_colours",
        "no_data": "no_data",
        "doubtful": "doubtful",
    },
    "source": {"path": "image", "sensor": "sensor", "udm": "udm", "valid_from": "valid_from"},
}
# In documents, beside what `_PARTS` has.
_OUTLINES = ("extent", "footprint")
_OTHERS = tuple(
    stored_name(field) for field in fields(Mask) if field.name not in (*_PARTS, *_OUTLINES, "form")
)
_OF_PARTS = tuple(name for names in _PARTS.values() for name in names.values())
# Where a document has what `light_mask_from` takes, in this order.
LIGHT_FIELDS = (*_OTHERS, *_OF_PARTS, "raster", "problem", "vector.features")
_NO_AREA = {"type": "Polygon", "coordinates": []}


def mask_document(mask: Mask) -> dict[str, Any]:
    """A mask as plain JSON values, its parts flat."""
    document: dict[str, Any] = to_json(mask)
    for values, names in [(document.pop(part), names) for part, names in _PARTS.items()]:
        document |= {name: values[field] for field, name in names.items()}
    form = document.pop("form")
    is_vector = mask.vector is not None
    document |= {
        "raster": to_json(RasterForm()) if is_vector else form,
        "vector": form if is_vector else None,
        "problem": mask.problem,
    }
    return document


def mask_from(document: Mapping[str, Any]) -> Mask:
    """The mask of a document; what an earlier version didn't know has its default."""
    flat = dict(document)
    problem, raster, vector = (flat.pop(name, None) for name in ("problem", "raster", "vector"))
    parts = {
        part: {field: flat.pop(name, None) for field, name in names.items()}
        for part, names in _PARTS.items()
    }
    flat["problems"] = problems_of(flat.get("problems"), problem)
    mask = from_json(Mask, {**flat, **parts})
    form = from_json(VectorForm, vector) if vector else from_json(RasterForm, raster or {})
    return replace(mask, form=form)


def light_mask_from(values: Sequence[Any]) -> Mask:
    """The mask of the `LIGHT_FIELDS` of a document: without outlines, its polygons without area."""
    named = zip(LIGHT_FIELDS, values, strict=True)
    # What an earlier version didn't know is null here, too, and has its default.
    document = {name: value for name, value in named if value is not None}
    features = document.pop("vector.features", None)
    vector = {"features": features, "area": _NO_AREA} if features is not None else None
    return mask_from({**document, "vector": vector})


def problems_of(problems: Mapping[str, str] | None, problem: str | None) -> Mapping[str, str]:
    """The problems of a document, which has one `problem` from before they were told apart."""
    return problems or ({"file": problem} if problem else {})
