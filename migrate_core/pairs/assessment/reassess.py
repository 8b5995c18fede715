"""From the rasters of a pair to what was found out about it; and assessing a made pair again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ...errors import PairError
from ...grid import PixelGrid, moved
from ...model import Mask
from ...products.scene_classes import Flag
from ...settings import AssessmentSettings
from ...store.serialize import from_json, to_json
from ..flags import OCCLUSION_KINDS, occluded
from .change import PairLook, change_of
from .suggestion import doubtful, offset_warnings, suggest

_NAMES = {str(flag.name).lower(): flag for flag in OCCLUSION_KINDS}


def judged_by(document: Mapping[str, Any]) -> AssessmentSettings:
    """The thresholds behind the suggestion in a pair.json; old ones were always the defaults."""
    found = document.get("judged_by")
    return AssessmentSettings() if found is None else from_json(AssessmentSettings, found)


def reassess(
    document: Mapping[str, Any],
    folder: Path,
    thresholds: AssessmentSettings,
    *,
    empty_allowed: bool,
) -> dict[str, Any]:
    """pair.json with the suggestion by other thresholds, and the share of it that is occluded.

    Both come from the rasters of the pair's folder.

    Raises PairError when they can't be read.
    """
    flags, label = (_pixels(folder / name) for name in ("quality.tif", "label.tif"))
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


def refresh_change(document: Mapping[str, Any], folder: Path, mask: Mask) -> dict[str, Any]:
    """pair.json with the change by the source image that the mask has now, from the pair's rasters.

    Raises PairError when they can't be read.
    """
    try:
        with rasterio.open(folder / "image.tif", driver="GTiff") as dataset:
            names = dataset.descriptions
            grid = PixelGrid(
                dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height
            )
            bands = dict(zip(names, dataset.read(), strict=True))
    except RasterioError as err:
        raise _unreadable(folder / "image.tif", err) from err
    flags, label = (_pixels(folder / name) for name in ("quality.tif", "label.tif"))
    looks = change_of(mask, PairLook(grid, _source_grid(document, grid), bands, label, flags))
    return {
        **document,
        "mask": {**document["mask"], "image": mask.source.path},
        "compared_with": mask.source.path,
        "change": looks.value,
        "change_note": looks.note,
        "change_rules": looks.rules,
        "change_found": to_json(looks),
    }


def _source_grid(document: Mapping[str, Any], grid: PixelGrid) -> PixelGrid:
    """The pair's grid as it lies for the source image, where the mask was moved."""
    registration = document.get("registration") or {}
    if not registration.get("applied"):
        return grid
    shift = registration["shift"]
    return moved(grid, -shift["east_m"], -shift["north_m"])


def _unreadable(path: Path, err: Exception) -> PairError:
    return PairError(
        f"{path}: the file of a pair can't be read ({err}). Delete the pair's folder and make it "
        "again."
    )


def _pixels(path: Path) -> NDArray[np.uint8]:
    try:
        with rasterio.open(path, driver="GTiff") as dataset:
            pixels: NDArray[np.uint8] = dataset.read(1)
    except RasterioError as err:
        raise _unreadable(path, err) from err
    return pixels


def _known(document: Mapping[str, Any]) -> Flag:
    """The kinds that were looked for: those whose share over the footprint is a number."""
    shares = document["occlusion"]["all"]
    known = Flag(0)
    for name, flag in _NAMES.items():
        if shares[name] is not None:
            known |= flag
    return known


def _warnings(document: Mapping[str, Any]) -> Sequence[str]:
    """The warnings that a pair was made with, by the names that its version gave them.

    Before they were written down there were only those of its offset.
    """
    found = document.get("warnings", document.get("doubts"))
    check = document["offset_check"]
    return offset_warnings(check.get("warnings", check.get("doubts"))) if found is None else found
