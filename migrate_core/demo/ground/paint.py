"""Painting the whole landscape."""

import numpy as np

from ..grids import ground_axis
from .countryside import paint_fields, paint_roads, paint_stream, paint_village, paint_woods
from .landscape import Landscape
from .mine_surfaces import paint_heaps, paint_mine
from .mines import Mine
from .noise import fractal_noise, grain


def make_landscape(rng: np.random.Generator, mines: tuple[Mine, ...]) -> Landscape:
    """Paint the ground, from the fields up to the mines, each over what was there before."""
    axis = ground_axis()
    shape = (len(axis), len(axis))
    ground = Landscape(
        cover=np.zeros(shape, np.uint8),
        mix=np.zeros(shape, np.float32),
        shade=np.ones(shape, np.float32),
    )
    relief = fractal_noise(rng, axis, axis, (1400, 500, 180))
    fine = grain(rng, *shape)
    paint_fields(rng, ground, relief)
    paint_woods(rng, ground, fine)
    paint_stream(rng, ground, fine)
    paint_roads(ground, mines)
    paint_village(rng, ground)
    paint_heaps(rng, ground)
    for mine in mines:
        paint_mine(rng, ground, mine)
    ground.shade[...] *= 1 + 0.025 * relief.clip(-2, 2) + 0.02 * fine.clip(-3, 3)
    np.clip(ground.mix, 0, 1, out=ground.mix)
    return ground
