"""Which pairs are made one after the other by one worker: neighbours in one scene.

What a worker has opened, read and decoded for one pair is then there for the next.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from ...grid import PixelGrid, reproject_points
from ...model import LONLAT
from ...products.tiles import tile_grid
from ..task import PairTask, Sharing
from .prefetch import FetchedTask

# The tiles of the 10 m bands of products are 1024 pixels wide.
_BLOCK_M = 10_240
# So that a worker that is late keeps the others waiting for a few pairs only.
_LARGEST = 16

Block = tuple[int, int]


def in_block_order(tasks: Iterable[PairTask], run: str) -> list[PairTask]:
    """The tasks of a run by their scenes, then row by row of the blocks that images come in.

    Each says what it shares with the others. The order of tasks in one block stays.
    """
    keyed = [(_scenes_of(task), _block_of(task), task) for task in tasks]
    together = Counter((scenes, block) for scenes, block, _ in keyed)
    keyed.sort(key=lambda one: one[:2])
    return [
        replace(task, sharing=Sharing(run, together[scenes, block]))
        for scenes, block, task in keyed
    ]


def batch_size(remaining: int, width: int) -> int:
    """How many tasks a worker gets at once: fewer towards the end, so that all end together."""
    return max(1, min(_LARGEST, math.ceil(remaining / (2 * width))))


def by_scene(found: Iterable[FetchedTask]) -> list[list[FetchedTask]]:
    """The tasks in batches of one scene each, in their order."""
    return [list(group) for _, group in groupby(found, key=lambda one: _scenes_of(one.task))]


def _scenes_of(task: PairTask) -> Sequence[str]:
    return tuple(scene.scene_id for scene in task.scenes)


def _block_of(task: PairTask) -> Block:
    """Row and column of the block of 10 km that the middle of a mask lies in."""
    grid = tile_grid(task.scenes[0].tile or "")
    if grid is None or task.mask.extent is None:
        return (0, 0)
    return _block_at(grid, task.mask.extent.centroid.x, task.mask.extent.centroid.y)


def _block_at(grid: PixelGrid, longitude: float, latitude: float) -> Block:
    x, y = reproject_points(LONLAT, grid.crs, np.array([longitude]), np.array([latitude]))
    west, _, _, north = grid.bounds
    row, column = (north - float(y[0])) / _BLOCK_M, (float(x[0]) - west) / _BLOCK_M
    return (math.floor(row), math.floor(column)) if math.isfinite(row + column) else (0, 0)
