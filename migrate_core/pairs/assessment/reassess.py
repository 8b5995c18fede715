"""From the rasters of a pair to what was found out about it; and assessing a made pair again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...grid import PixelGrid, moved
from ...model import Mask, PairEdit
from ...products.scene_classes import Flag
from ...settings import AssessmentSettings
from ...store.serialize import from_json, to_json
from ..edits.effective import label_shift
from ..files import IMAGE, LABEL, QUALITY, Document, PairRaster, open_raster
from ..flags import OCCLUSION_KINDS, occluded, occlusion, occlusion_by_sensor
from .change import PairLook, change_of
from .suggestion import doubtful, offset_warnings, suggest

_NAMES = {str(flag.name).lower(): flag for flag in OCCLUSION_KINDS}


def thresholds_of(document: Document) -> AssessmentSettings:
    """The thresholds behind the suggestion in a pair.json; old ones were always the defaults."""
    found = document.get("judged_by")
    return AssessmentSettings() if found is None else from_json(AssessmentSettings, found)


def reassess(
    document: Document,
    folder: Path,
    thresholds: AssessmentSettings,
    *,
    empty_allowed: bool,
) -> dict[str, Any]:
    """pair.json with the suggestion by other thresholds, and the share of it that is occluded.

    Both come from the rasters of the pair's folder.

    Raises PairError when they can't be read.
    """
    flags, label = (_pixels(folder, raster) for raster in (QUALITY, LABEL))
    known = _known(document)
    suggestion = suggest(flags, label, known, thresholds, empty_allowed=empty_allowed)
    found = doubtful(
        suggestion, _warnings(document), document.get("notes", document.get("remarks", ()))
    )
    return {
        **document,
        "suggestion": to_json(found),
        "judged_by": to_json(thresholds),
        "occluded": to_json(occluded(flags, label, known, empty_allowed=empty_allowed)),
    }


def refresh_change(document: Document, folder: Path, mask: Mask) -> dict[str, Any]:
    """pair.json with the change by the source image that the mask has now, from the pair's rasters.

    Raises PairError when they can't be read.
    """
    with open_raster(folder, IMAGE) as dataset:
        grid = PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)
        bands = dict(zip(dataset.descriptions, dataset.read(), strict=True))
    flags, label = (_pixels(folder, raster) for raster in (QUALITY, LABEL))
    looks = change_of(mask, PairLook(grid, grid_for_source(document, grid), bands, label, flags))
    return {
        **document,
        "mask": {**document["mask"], "image": mask.source.path},
        "compared_with": mask.source.path,
        **to_json(looks.sections),
    }


def findings_again(
    document: Document, folder: Path, mask: Mask, edits: Sequence[PairEdit]
) -> dict[str, Any]:
    """pair.json with the numbers that follow from label and flags, after `edits` changed these.

    Raises PairError when the rasters in the pair's folder can't be read.
    """
    flags, label = (_pixels(folder, raster) for raster in (QUALITY, LABEL))
    known, before = _known(document), document.get("one_sided")
    source_known = before is not None and before["all"]["source_only"] is not None
    found = {
        **document,
        "occlusion": to_json(occlusion(flags, label, known)),
        "one_sided": to_json(occlusion_by_sensor(flags, label, known, source_known=source_known)),
        **({"edits": to_json(edits)} if edits else {}),
    }
    found = refresh_change(found, folder, mask)
    return reassess(found, folder, thresholds_of(document), empty_allowed=mask.empty_allowed)


def grid_for_source(document: Document, grid: PixelGrid) -> PixelGrid:
    """The pair's grid as it lies for the source image, where the label was moved."""
    east_m, north_m = label_shift(document)
    return moved(grid, -east_m, -north_m)


def _pixels(folder: Path, raster: PairRaster) -> NDArray[np.uint8]:
    with open_raster(folder, raster) as dataset:
        pixels: NDArray[np.uint8] = dataset.read(1)
    return pixels


def _known(document: Document) -> Flag:
    """The kinds that were looked for: those whose share over the footprint is a number."""
    shares = document["occlusion"]["all"]
    known = Flag(0)
    for name, flag in _NAMES.items():
        if shares[name] is not None:
            known |= flag
    return known


def _warnings(document: Document) -> Sequence[str]:
    """The warnings that a pair was made with, by the names that its version gave them.

    Before they were written down there were only those of its offset.
    """
    found = document.get("warnings", document.get("doubts"))
    check = document["offset_check"]
    return offset_warnings(check.get("warnings", check.get("doubts"))) if found is None else found
