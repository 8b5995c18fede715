"""Windows that tile an area: the shift that each alone would give, and how they scatter.

Their scatter about the common shift gives its confidence interval: the sandwich estimator over
windows (Liang and Zeger, 1986), which holds whatever errors within a window have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy

from ...grid import BoolArray, FloatArray
from .warp import Step

_SINGULAR = 1e9
# Windows are about this wide, in pixels, but there are at least and at most so many on a side.
_WINDOW, _FEWEST, _MOST = 16, 3, 8
# A window counts when so much of it does.
_WINDOW_VALID = 0.25

Part = tuple[slice, slice]


@dataclass(frozen=True)
class WindowShift:
    """What one window says: its first pixel, size, and the shift it alone would give, in pixels."""

    row: int
    column: int
    height: int
    width: int
    shift: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Normal:
    """The normal equations by pixel: `curvature` (2, 2, height, width), `slope` (2, height, width).

    `weight` (height, width) is where pixels count, `correlations` (n,) those at this shift.
    """

    curvature: FloatArray
    slope: FloatArray
    weight: BoolArray
    correlations: FloatArray


@dataclass(frozen=True)
class SandwichCovariance:
    """`half_width` of the 95 % confidence interval of row or column, in pixels; the windows."""

    half_width: float
    windows: tuple[WindowShift, ...]


def sandwich_covariance(normal: Normal, step: Step) -> SandwichCovariance | None:
    """How sure the shift `step` is; None with fewer than two windows."""
    parts = list(_windows(normal.weight))
    if len(parts) < 2:
        return None
    curvatures = np.stack([normal.curvature[(..., *part)].sum(axis=(2, 3)) for part in parts])
    slopes = np.stack([normal.slope[(..., *part)].sum(axis=(1, 2)) for part in parts])
    covariance = _sandwich(curvatures, slopes)
    informed = np.trace(curvatures, axis1=1, axis2=2)
    # Where few windows say almost everything, it is those that count.
    effective = informed.sum() ** 2 / (informed**2).sum()
    quantile = float(scipy.special.stdtrit(max(effective - 1, 1), 0.975))
    half_width = quantile * float(np.sqrt(covariance.diagonal().max()))
    return SandwichCovariance(half_width, tuple(_window_shifts(parts, curvatures, slopes, step)))


def _sandwich(curvatures: FloatArray, slopes: FloatArray) -> FloatArray:
    """The covariance of the shift (2, 2), with errors that windows have of their own."""
    count = len(slopes)
    inverse = np.linalg.inv(curvatures.sum(axis=0))
    covariance = np.einsum("wk,wl->kl", slopes, slopes) * count / (count - 1)
    found: FloatArray = inverse @ covariance @ inverse
    return found


def _windows(weight: BoolArray) -> Iterator[Part]:
    """Windows that tile the box around what counts, those of which enough does."""
    rows, columns = np.flatnonzero(weight.any(axis=1)), np.flatnonzero(weight.any(axis=0))
    if not rows.size:
        return
    count = int(np.clip(round(np.sqrt(weight.sum()) / _WINDOW), _FEWEST, _MOST))
    for top, bottom in _cuts(rows[0], rows[-1] + 1, count):
        for left, right in _cuts(columns[0], columns[-1] + 1, count):
            part = (slice(top, bottom), slice(left, right))
            if weight[part].sum() >= max(_WINDOW_VALID * weight[part].size, 1):
                yield part


def _cuts(first: int, end: int, count: int) -> Iterator[tuple[int, int]]:
    edges = np.linspace(first, end, count + 1).round().astype(int).tolist()
    yield from pairwise(edges)


def _window_shifts(
    parts: Sequence[Part], curvatures: FloatArray, slopes: FloatArray, step: Step
) -> Iterator[WindowShift]:
    """What each window alone would give; those in which nothing depends on the shift left out."""
    for (rows, columns), curvature, slope in zip(parts, curvatures, slopes, strict=True):
        if np.linalg.cond(curvature) > _SINGULAR or not curvature.any():
            continue
        row, column = step + np.linalg.solve(curvature, slope)
        yield WindowShift(
            rows.start,
            columns.start,
            rows.stop - rows.start,
            columns.stop - columns.start,
            (float(row), float(column)),
        )
