"""Open pits with benches, ponds and inner dumps, and the overgrown heaps beside them."""

import numpy as np

from ..grids import GROUND_M, MARGIN_M, FloatArray, ground_axis
from .countryside import covered_by
from .landscape import Landscape
from .materials import Cover
from .mines import Boundary, Mine
from .noise import fractal_noise

# Where the light comes from in the pictures of June: south-south-east.
SUN_AZIMUTH_DEG = 155

# Old heaps: centre, semi-axes, rotation. Bright ground outside any label, as there is in reality.
_HEAPS = (
    ((610, 1750), (250, 110), 25),
    ((3540, 1720), (210, 120), -15),
    ((3180, 5560), (330, 120), -8),
    ((5350, 4560), (230, 130), 35),
)


def _window(boundary: Boundary) -> tuple[slice, slice]:
    """Rows and columns of the ground around an outline, with room for its waves."""
    reach = 1.35 * max(boundary.semi_axes_m)
    last = len(ground_axis())

    def span(centre: float) -> slice:
        first = int((centre - reach + MARGIN_M) / GROUND_M)
        return slice(max(0, first), min(last, first + int(2 * reach / GROUND_M) + 1))

    return span(boundary.y), span(boundary.x)


def _facing_sun(boundary: Boundary, x: FloatArray, y: FloatArray) -> FloatArray:
    """Cosine between the sun's azimuth and the downhill side of a wall that faces the centre."""
    east, north = boundary.x - x, y - boundary.y
    length = np.hypot(east, north) + 1e-6
    sun = np.radians(SUN_AZIMUTH_DEG)
    return np.asarray((east * np.sin(sun) + north * np.cos(sun)) / length, np.float32)


def paint_mine(rng: np.random.Generator, ground: Landscape, mine: Mine) -> None:
    """A pit: benches step down to a floor of waste rock, perhaps with a pond.

    The outline is the label's polygon, by pixel centres; only what is inside depends on noise.
    """
    rows, columns = _window(mine.pit)
    axis = ground_axis()
    y, x = axis[rows], axis[columns]
    inside = covered_by([mine.pit.polygon()])[rows, columns]
    share, _ = mine.pit.polar(x[None, :], y[:, None])
    rough = fractal_noise(rng, y, x, (120, 45, 15))

    depth = (1 - share) / 0.72 + 0.035 * rough
    steps = (depth * mine.benches).clip(0, mine.benches)
    within = steps - np.floor(steps)
    on_floor = steps >= mine.benches
    face = ~on_floor & (within < 0.32)
    light = _facing_sun(mine.pit, x[None, :], y[:, None])

    strata = rng.uniform(0.15, 0.95, mine.benches + 1)[np.floor(steps).astype(int)]
    mix = np.where(on_floor, 0.1 + 0.25 * rough, strata + 0.15 * rough)
    shade = np.where(face, 0.82 + 0.3 * light, 1 + 0.06 * rough)
    # One side is already filled with waste rock again, in furrows where it was tipped.
    tipping = rng.uniform(0, 2 * np.pi)
    toward = (
        np.cos(tipping) * (x[None, :] - mine.pit.x) + np.sin(tipping) * (y[:, None] - mine.pit.y)
    ) / min(mine.pit.semi_axes_m)
    dumped = (toward + 0.12 * rough > 0.38) & (share < 0.93)
    mix[dumped] = (0.05 + 0.12 * rough)[dumped]
    shade[dumped] = (0.93 + 0.07 * np.cos(toward * 55) + 0.05 * rough)[dumped]
    ground.cover[rows, columns][inside] = Cover.PIT
    ground.mix[rows, columns][inside] = mix[inside]
    ground.shade[rows, columns][inside] = shade[inside]

    if mine.pond is not None:
        wet = covered_by([mine.pond.polygon()])[rows, columns]
        share, _ = mine.pond.polar(x[None, :], y[:, None])
        ground.cover[rows, columns][wet] = Cover.POND
        ground.mix[rows, columns][wet] = (4 * (1 - share))[wet].clip(0, 1)
        ground.shade[rows, columns][wet] = 1


def paint_heaps(rng: np.random.Generator, ground: Landscape) -> None:
    """Terraced heaps of waste rock, half overgrown."""
    for centre, semi_axes_m, rotation_deg in _HEAPS:
        heap = Boundary(
            *centre, semi_axes_m, rotation_deg, (0.06, 0.05, 0.04, 0.03, 0.02), (0,) * 5
        )
        rows, columns = _window(heap)
        axis = ground_axis()
        y, x = axis[rows], axis[columns]
        share, _ = heap.polar(x[None, :], y[:, None])
        inside = share < 1
        rough = fractal_noise(rng, y, x, (90, 30, 12))
        slope = ((1 - share) * 3) % 1 < 0.5
        light = -_facing_sun(heap, x[None, :], y[:, None])
        ground.cover[rows, columns][inside] = Cover.HEAP
        ground.mix[rows, columns][inside] = (0.68 + 0.25 * rough)[inside]
        ground.shade[rows, columns][inside] = np.where(slope, 0.95 + 0.2 * light, 1.0)[inside]
