"""Smooth random fields, for land cover, texture and clouds."""

from collections.abc import Sequence

import numpy as np

from ..grids import FloatArray


def _spline_weights(positions: FloatArray, cell: float) -> FloatArray:
    """Weights of the uniform cubic B-spline, (positions, knots), with knots `cell` apart."""
    scaled = (positions - positions.min()) / cell
    first = np.floor(scaled).astype(int)
    t = scaled - first
    weights = np.zeros((len(positions), int(first.max()) + 4), np.float32)
    rows = np.arange(len(positions))
    weights[rows, first] = (1 - t) ** 3 / 6
    weights[rows, first + 1] = 2 / 3 - t**2 + t**3 / 2
    weights[rows, first + 2] = 2 / 3 - (1 - t) ** 2 + (1 - t) ** 3 / 2
    weights[rows, first + 3] = t**3 / 6
    return weights


def smooth_noise(
    rng: np.random.Generator, y: FloatArray, x: FloatArray, cell: float | tuple[float, float]
) -> FloatArray:
    """A random field of mean 0 and standard deviation 1 at the positions `y` and `x`.

    Args:
        rng: where the values at the knots come from.
        y: positions of the rows, in any unit.
        x: positions of the columns, in the same unit.
        cell: distance of the knots, as one number or for rows and columns.
    """
    cell_y, cell_x = cell if isinstance(cell, tuple) else (cell, cell)
    rows, columns = _spline_weights(y, cell_y), _spline_weights(x, cell_x)
    knots = rng.standard_normal((rows.shape[1], columns.shape[1]), np.float32)
    field = rows @ knots @ columns.T
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def fractal_noise(
    rng: np.random.Generator, y: FloatArray, x: FloatArray, cells: Sequence[float]
) -> FloatArray:
    """Smooth noise at several cell sizes, each weighted by the root of its size; mean 0, std 1."""
    field = np.zeros((len(y), len(x)), np.float32)
    for cell in cells:
        field += np.sqrt(cell) * smooth_noise(rng, y, x, cell)
    return np.asarray(field / field.std(), np.float32)


def grain(rng: np.random.Generator, height: int, width: int) -> FloatArray:
    """The finest texture: white noise, averaged over 2 x 2 pixels; mean 0, std 1."""
    white = rng.standard_normal((height + 1, width + 1), np.float32)
    pairs = white[1:] + white[:-1]
    # The sum of four independent values has twice the standard deviation of one.
    return np.asarray((pairs[:, 1:] + pairs[:, :-1]) / 2, np.float32)
