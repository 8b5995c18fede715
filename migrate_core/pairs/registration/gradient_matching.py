"""The shift at which the gradients of two images agree best, and how sure that is.

Gradients are compared as vectors, their lengths saturated, so that a few strong edges don't
outweigh all others and the light of another day matters little. A search over whole pixels finds
the peak of their correlation; least squares then find the shift at which what remains is smallest
(Lucas and Kanade, 1981). Windows that tile the area say how sure that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from ...grid import BoolArray, FloatArray
from .warp import Images, Step, WarpedImage, gradients
from .windows import Normal, WindowShift, sandwich_covariance

_ITERATIONS = 10
_CONVERGED = 0.003
# The slope of the gradients by the shift is taken over this, in pixels.
_DELTA = 0.1
_TINY = 1e-9
# Another peak is one that is further than this from the best, in pixels.
_PEAK = 2


@dataclass(frozen=True, eq=False)
class Reference:
    """What stays: n images (n, height, width) of Sentinel-2, and where they count.

    `radius` is how far to search, in pixels.
    """

    images: NDArray[np.generic]
    valid: BoolArray
    radius: int


@dataclass(frozen=True, eq=False)
class Match:
    """The shift (row, column) in pixels that is to be added to what was moved.

    `half_width` is the half width of the 95 % confidence interval of either, by the windows alone.
    `correlation` is that of the gradients after the shift, `second` the best of the other peaks.
    """

    shift: tuple[float, float]
    half_width: float
    correlation: float
    second: float
    pixels: int
    windows: tuple[WindowShift, ...]


def match(moved: WarpedImage, reference: Reference) -> Match | None:
    """Find the shift; None where too little is left to compare."""
    usable = _usable(reference)
    here = usable & moved.covered((0.0, 0.0))
    if not here.any():
        return None
    fixed = gradients(reference.images)
    found = _Problem(moved, reference, usable, _saturated(fixed, _lengths(fixed, usable)))
    start = moved.gradients((0.0, 0.0))
    scale = _lengths(start, here)
    peak, second = _search(found, _saturated(start, scale))
    return _refined(found, scale, peak, second)


@dataclass(frozen=True, eq=False)
class _Problem:
    moved: WarpedImage
    reference: Reference
    usable: BoolArray
    fixed: Images


def _usable(reference: Reference) -> BoolArray:
    """Where the reference has gradients, and a search finds something whichever way it goes."""
    usable = scipy.ndimage.binary_erosion(reference.valid, np.ones((3, 3), bool))
    edge = reference.radius + 1
    inner = np.zeros_like(usable)
    inner[edge:-edge, edge:-edge] = True
    found: BoolArray = usable & inner
    return found


def _lengths(found: Images, where: BoolArray) -> Images:
    """The typical length of the gradients of each image, (n, 1, 1, 1)."""
    if not where.any():
        return np.ones((len(found), 1, 1, 1), np.float32)
    lengths = np.sqrt((found**2).sum(axis=1))
    medians = [np.median(length[where]) for length in lengths]
    # Where more than half is flat the typical length is that of what isn't.
    flat = [np.mean(length[where]) for length in lengths]
    typical = np.maximum(medians, np.array(flat) / 4).clip(_TINY)
    return typical.astype(np.float32)[:, None, None, None]


def _saturated(found: Images, scale: Images) -> Images:
    lengths = np.sqrt((found**2).sum(axis=1, keepdims=True))
    result: Images = found / (lengths + scale)
    return result


def _search(problem: _Problem, start: Images) -> tuple[tuple[int, int], float]:
    """The whole-pixel shift with the best correlation, and the best correlation far from it."""
    radius = problem.reference.radius
    covered = problem.moved.covered((0.0, 0.0))
    size = 2 * radius + 1
    surface = np.empty((size, size))
    height, width = covered.shape
    core = (slice(radius, height - radius), slice(radius, width - radius))
    fixed, usable = problem.fixed[(..., *core)], problem.usable[core]
    for row, column in np.ndindex(size, size):
        back = (
            slice(2 * radius - row, height - row),
            slice(2 * radius - column, width - column),
        )
        weight = (usable & covered[back]).astype(np.float32)
        correlations = _correlations(start[(..., *back)], fixed, weight)
        surface[row, column] = correlations.mean()
    best = np.unravel_index(surface.argmax(), surface.shape)
    rows, columns = np.indices(surface.shape)
    far = (abs(rows - best[0]) > _PEAK) | (abs(columns - best[1]) > _PEAK)
    return (int(best[0]) - radius, int(best[1]) - radius), float(surface[far].max())


def _correlations(first: Images, second: Images, weight: Images) -> FloatArray:
    """The correlation of each pair of images over the weighted pixels, (n,)."""
    axes = (1, 2, 3)
    weighted = first * weight
    product = (weighted * second).sum(axis=axes, dtype=np.float64)
    own = (weighted * first).sum(axis=axes, dtype=np.float64)
    other = (second * second * weight).sum(axis=axes, dtype=np.float64)
    found: FloatArray = product / np.sqrt(own * other + _TINY)
    return found


def _refined(
    problem: _Problem, scale: Images, peak: tuple[int, int], second: float
) -> Match | None:
    """Least squares from the peak on."""
    step: Step = np.array(peak, dtype=np.float64)
    for _ in range(_ITERATIONS):
        normal = _normal(problem, scale, step)
        if normal is None:
            return None
        change = np.linalg.solve(normal.curvature.sum(axis=(2, 3)), normal.slope.sum(axis=(1, 2)))
        change = change.clip(-1, 1)
        if abs(change).max() < _CONVERGED:
            return _concluded(normal, step, second)
        step = step + change
        if abs(step).max() > problem.reference.radius + 1:
            break
    return None if normal is None else _concluded(normal, step, second)


def _normal(problem: _Problem, scale: Images, step: Step) -> Normal | None:
    """The normal equations at a shift; None where nothing is left, or nothing depends on it."""
    covered = problem.usable & problem.moved.covered(step)
    weight = covered.astype(np.float32)
    current = _saturated(problem.moved.gradients(step), scale)
    own = (current**2 * weight).sum(axis=(1, 2, 3))
    gain = (current * problem.fixed * weight).sum(axis=(1, 2, 3)) / (own + _TINY)
    gain = gain[:, None, None, None]
    rest = problem.fixed - gain * current
    variance = (rest**2 * weight).sum(axis=(1, 2, 3)) / (2 * weight.sum() + _TINY)
    if not covered.any() or not variance.any():
        variance = np.ones_like(variance)
    variance = variance.clip(_TINY)[:, None, None, None]
    derivative = np.stack([gain * slope for slope in _derivatives(problem.moved, scale, step)])
    curvature = np.einsum("knaij,lnaij->klij", derivative / variance, derivative * weight)
    slope = np.einsum("knaij,naij->kij", derivative * weight, rest / variance)
    total = curvature.sum(axis=(2, 3), dtype=np.float64)
    if not np.isfinite(total).all() or np.linalg.cond(total) > 1 / _TINY or not total.any():
        return None
    correlations = _correlations(current, problem.fixed, weight)
    return Normal(curvature, slope, covered, correlations)


def _derivatives(moved: WarpedImage, scale: Images, step: Step) -> Iterator[Images]:
    """How the saturated gradients change with the shift, by row and by column."""
    for axis in (0, 1):
        aside = np.zeros(2)
        aside[axis] = _DELTA
        after = _saturated(moved.gradients(step + aside), scale)
        before = _saturated(moved.gradients(step - aside), scale)
        yield (after - before) / (2 * _DELTA)


def _concluded(normal: Normal, step: Step, second: float) -> Match | None:
    """The match at a shift; None where there are too few windows to say how sure it is."""
    covariance = sandwich_covariance(normal, step)
    if covariance is None:
        return None
    return Match(
        (float(step[0]), float(step[1])),
        covariance.half_width,
        float(normal.correlations.mean()),
        second,
        int(normal.weight.sum()),
        covariance.windows,
    )
