"""The shift at which the edges of labels fit those of the image, where there is no source image.

Labels follow edges that Sentinel-2 shows, but not only those, and not all of them: this can warn,
and never moves a mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ...grid import BoolArray, FloatArray
from ...model import BACKGROUND
from ..grid_labels import GridLabels
from .matching import Match, Reference, match
from .moving import FINE, fine_grid, moving
from .shifts import Registration, described, length_m, shift_of
from .source import Seen, places, richest

_SEARCH_M = 30.0
_RADIUS = round(_SEARCH_M / 10)
_BANDS = ("B04", "B03", "B08")
# Classes that are compared, the largest first.
_CLASSES = 4
# Only what is near an edge of the label counts: the search, and what a gradient needs.
_NEAR = _RADIUS + 2
_FULL = 1 - 1e-6
# When to warn: so far, so well, and so surely.
_WARN_M, _CORRELATION, _PIXELS = 10.0, 0.3, 200
_METHOD = "label edges"


def by_label_edges(
    labels: GridLabels, classes: Sequence[int], seen: Seen, why: str
) -> Registration:
    """Compare the edges of labels with those of Sentinel-2; `why` there is no better way."""
    seen = seen.part(richest(_mixed(labels.shares(seen.grid, classes))))
    fine = fine_grid(seen.grid)
    shares = labels.shares(fine, classes)
    known = shares.sum(axis=0) >= _FULL
    drawn = [share for value, share in zip(classes, shares, strict=True) if value != BACKGROUND]
    drawn = sorted(drawn, key=lambda share: -float(share.sum()))[:_CLASSES]
    drawn = [share for share in drawn if share[known].any() and not share[known].all()]
    bands = [seen.bands[name] for name in _BANDS if name in seen.bands]
    found = None
    if drawn and bands:
        found = match(
            moving(np.repeat(np.stack(drawn), len(bands), axis=0), known),
            Reference(
                np.stack(bands * len(drawn)),
                seen.usable & _near_edges(drawn),
                _RADIUS,
                signed=False,
            ),
        )
    if found is None:
        return Registration(
            _METHOD, None, applied=False, reason=f"{why} And the label has no clear edges."
        )
    return _said(found, seen, why)


def _mixed(shares: FloatArray) -> FloatArray:
    """How much of each pixel (height, width) belongs to other classes than the largest."""
    mixed: FloatArray = shares.sum(axis=0) - shares.max(axis=0)
    return mixed


def _near_edges(drawn: Sequence[FloatArray]) -> BoolArray:
    """Where (height, width) an edge of a label is near."""
    height, width = drawn[0].shape
    edges = np.zeros((height, width), dtype=bool)
    for share in drawn:
        edges |= ndimage.morphological_gradient(share, size=3) > 0
    here = edges.reshape(height // FINE, FINE, width // FINE, FINE).any(axis=(1, 3))
    near: BoolArray = ndimage.binary_dilation(here, np.ones((3, 3), bool), iterations=_NEAR)
    return near


def _said(found: Match, seen: Seen, why: str) -> Registration:
    shift = shift_of(found)
    inside = max(abs(shift.east_m), abs(shift.north_m)) < _SEARCH_M
    sure = found.pixels >= _PIXELS and found.correlation >= _CORRELATION and inside
    place = described(shift) if length_m(shift) >= 1 else "where they are"
    doubts: tuple[str, ...] = ()
    if sure and length_m(shift) > max(_WARN_M, 2 * shift.ci_m):
        doubts = (
            f"The label's edges fit the image's best {described(shift)}: look at the overlay.",
        )
    reason = (
        f"{why} The label's edges fit the image's best {place} (within {shift.ci_m:.1f} m, 95 %, "
        "if they are the same edges); that alone moves no mask."
    )
    return Registration(
        _METHOD,
        shift,
        applied=False,
        reason=reason,
        correlation=round(found.correlation, 3),
        pixels=found.pixels,
        windows=places(found, seen.grid),
        doubts=doubts,
    )
