"""The shift at which the edges of labels fit those of the image, where there is no source image.

Labels follow edges that Sentinel-2 shows, but not only those, and not all of them: this can warn,
and never moves a mask. Edges count without direction, since the edge of an object may be lit on one
side and dark on the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from ...grid import BoolArray, FloatArray
from ...model import Shift
from ..label.grid_labels import GridLabels
from .shifts import Registration, described, in_metres, length_m
from .source import ReferenceImage

_SEARCH_M = 30.0
# A pixel more on each side, so that a peak at the border of the search is seen to be one.
_RADIUS = round(_SEARCH_M / 10) + 1
_SIZE = 2 * _RADIUS + 1
_BANDS = ("B04", "B03", "B08")
_FULL = 1 - 1e-6
# Windows on a side, and how many of them must say something.
_ACROSS, _WINDOWS = 5, 4
# When to warn: so far, so well, better by so much than where the labels are, and so surely.
_WARN_M, _CORRELATION, _BETTER, _PIXELS = 10.0, 0.25, 0.03, 200
_TINY = 1e-12
_METHOD = "label edges"

# Count, sums, squares and product of two images, by shift (…, 6).
_Sums = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Edges:
    """How strong the edges of the label and of the image are, and where to compare them."""

    label: FloatArray
    image: FloatArray
    where: BoolArray


def by_label_edges(
    labels: GridLabels, classes: Sequence[int], reference: ReferenceImage, why: str
) -> Registration:
    """Compare the edges of labels with those of Sentinel-2; `why` there is no better way."""
    edges = _edges(labels.shares(reference.grid, classes), reference)
    sums = np.stack(list(_window_sums(edges)))
    sums = sums[sums[:, _RADIUS, _RADIUS, 0] > 0]
    surface = _surface(sums.sum(axis=0))
    peak = _peak(surface)
    if len(sums) < _WINDOWS or peak is None:
        reason = f"{why} The edges of the label and of the image say nothing either."
        return Registration(_METHOD, None, applied=False, reason=reason)
    half_width = _half_width([_peak(_surface(sums.sum(axis=0) - one)) for one in sums])
    return _registration(
        in_metres(peak, 10 * half_width), surface, int(sums[:, _RADIUS, _RADIUS, 0].sum()), why
    )


def _edges(shares: FloatArray, reference: ReferenceImage) -> _Edges:
    label: FloatArray = np.sqrt(sum(_steepness(share) ** 2 for share in shares))
    image = np.zeros(reference.grid.shape)
    for name in _BANDS:
        if name in reference.bands and reference.usable.any():
            found = _steepness(reference.bands[name].astype(np.float64))
            # Saturated, so that the strongest edges of the image don't decide alone.
            image += found / (found + np.median(found[reference.usable]) + _TINY)
    known = scipy.ndimage.binary_erosion(shares.sum(axis=0) >= _FULL, np.ones((3, 3)))
    # Wherever the label goes, it must be known, and an edge of it must be near.
    inner = scipy.ndimage.minimum_filter(known, size=_SIZE, mode="constant", cval=0)
    near = scipy.ndimage.maximum_filter((label > 0) & known, size=_SIZE)
    usable = scipy.ndimage.binary_erosion(reference.usable, np.ones((3, 3)), iterations=2)
    return _Edges(label, image, inner & near & usable)


def _steepness(image: FloatArray) -> FloatArray:
    found: FloatArray = np.hypot(scipy.ndimage.sobel(image, 0), scipy.ndimage.sobel(image, 1))
    return found


def _window_sums(edges: _Edges) -> Iterator[_Sums]:
    """The sums of each window, by rows and columns that the label is moved, (_SIZE, _SIZE, 6)."""
    rows, columns = (
        np.array_split(np.arange(_RADIUS, size - _RADIUS), _ACROSS) for size in edges.where.shape
    )
    for row in rows:
        for column in columns:
            if row.size and column.size:
                yield _sums(edges, slice(row[0], row[-1] + 1), slice(column[0], column[-1] + 1))


def _sums(edges: _Edges, rows: slice, columns: slice) -> _Sums:
    where = edges.where[rows, columns]
    image = edges.image[rows, columns][where]
    sums = np.zeros((_SIZE, _SIZE, 6))
    for row, column in np.ndindex(_SIZE, _SIZE):
        down, right = row - _RADIUS, column - _RADIUS
        part = edges.label[
            rows.start - down : rows.stop - down, columns.start - right : columns.stop - right
        ]
        label = part[where]
        sums[row, column] = (
            image.size,
            label.sum(),
            image.sum(),
            label @ label,
            image @ image,
            label @ image,
        )
    return sums


def _surface(sums: _Sums) -> FloatArray:
    """The correlation by shift, (_SIZE, _SIZE)."""
    count, first, second, squares, others, products = np.moveaxis(sums, -1, 0)
    count = np.maximum(count, 1)
    spread = (squares - first**2 / count) * (others - second**2 / count)
    found: FloatArray = (products - first * second / count) / np.sqrt(spread.clip(_TINY))
    return found


def _peak(surface: FloatArray) -> tuple[float, float] | None:
    """Row and column, in pixels from no shift, of the top; None at the border of the search."""
    row, column = (int(index) for index in np.unravel_index(surface.argmax(), surface.shape))
    if not (0 < row < _SIZE - 1 and 0 < column < _SIZE - 1):
        return None
    down = _vertex(*surface[row - 1 : row + 2, column].tolist())
    right = _vertex(*surface[row, column - 1 : column + 2].tolist())
    return row - _RADIUS + down, column - _RADIUS + right


def _vertex(before: float, top: float, after: float) -> float:
    """Where the parabola through three points has its top, from the middle one."""
    bend = before - 2 * top + after
    return 0.0 if abs(bend) < _TINY else 0.5 * (before - after) / bend


def _half_width(peaks: Sequence[tuple[float, float] | None]) -> float:
    """Of the 95 % interval, in pixels: a jackknife over windows, of which each was left out once.

    As wide as the search where without one of them there is no peak.
    """
    found = np.array([peak for peak in peaks if peak is not None])
    if len(found) < len(peaks):
        return float(_RADIUS)
    count = len(found)
    variance = (count - 1) / count * ((found - found.mean(axis=0)) ** 2).sum(axis=0)
    return float(scipy.special.stdtrit(count - 1, 0.975) * math.sqrt(variance.max()))


def _registration(shift: Shift, surface: FloatArray, pixels: int, why: str) -> Registration:
    top, here = float(surface.max()), float(surface[_RADIUS, _RADIUS])
    sure = pixels >= _PIXELS and top >= _CORRELATION and top - here >= _BETTER
    warnings: tuple[str, ...] = ()
    if sure and length_m(shift) > max(_WARN_M, 2 * shift.ci_m):
        warnings = (
            f"The label's edges fit the image's best {described(shift)}: look at the overlay.",
        )
    offset = described(shift) if length_m(shift) >= 1 else "where they are"
    reason = (
        f"{why} The label's edges fit the image's best {offset} (within {shift.ci_m:.1f} m, 95 %, "
        "if they are the same edges); that alone moves no mask."
    )
    return Registration(
        _METHOD,
        shift,
        applied=False,
        reason=reason,
        correlation=round(top, 3),
        pixels=pixels,
        warnings=warnings,
    )
