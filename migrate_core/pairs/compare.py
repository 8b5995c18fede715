"""What two pairs of one mask differ in, in numbers and as a layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..grid import PixelGrid, in_crs, is_block_of, window_of
from ..model import IGNORE, Shift
from ..text import LABEL_OCCLUDED, format_share
from .edits.effective import label_shift
from .files import LABEL, Document, open_raster, read_document
from .flags import occluded_shares
from .registration.shifts import NOTHING_M, direction, length_m
from .task import outcome_of

PIXEL_HA = 0.01


@dataclass(frozen=True)
class PairDifference:
    """How a pair differs from an earlier one of its mask.

    `label_pixels` of it, `label_ha` hectares, have another label; None where the two grids have no
    pixels in common to be compared. `east_m` and `north_m` are how much further east and north the
    label lies now. `occluded_before` and `occluded_now` are the shares 0…1 of the labelled pixels
    that anything occludes, None where that isn't known.
    """

    label_pixels: int | None
    label_ha: float | None
    east_m: float
    north_m: float
    occluded_before: float | None
    occluded_now: float | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same in words."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if self.label_pixels is None:
            yield "The labels lie on different grids, so their pixels can't be compared."
        elif self.label_pixels == 0:
            yield "No pixel of the label differs."
        else:
            one = self.label_pixels == 1
            yield (
                f"{self.label_pixels:,} {'pixel' if one else 'pixels'} of the label "
                f"{'differs' if one else 'differ'} ({self.label_ha:.2f} ha)."
            )
        moved = Shift(self.east_m, self.north_m, 0.0, reliable=True)
        if length_m(moved) >= NOTHING_M:
            yield f"The label lies {length_m(moved):.1f} m further to the {direction(moved)}."
        before, now = map(format_share, (self.occluded_before, self.occluded_now))
        yield f"{LABEL_OCCLUDED.capitalize()}: {now}, was {before}."


def compare(earlier: Path, present: Path) -> tuple[PairDifference, NDArray[np.uint8] | None]:
    """How the pair in a folder differs from an earlier one, and where its label does.

    The latter is (height, width), 1 where the label is another one, on the grid of the present
    pair; None where the grids can't be compared. Raises PairError when files can't be read.
    """
    before, now = read_document(earlier), read_document(present)
    where = label_difference(*_label(earlier), *_label(present))
    pixels = None if where is None else int(np.count_nonzero(where))
    moves = (b - a for a, b in zip(label_shift(before), label_shift(now), strict=True))
    east_m, north_m = (round(move, 3) + 0.0 for move in moves)
    difference = PairDifference(
        pixels,
        None if pixels is None else round(pixels * PIXEL_HA, 2),
        east_m,
        north_m,
        _occluded(before),
        _occluded(now),
    )
    return difference, where


def label_difference(
    earlier: NDArray[np.uint8],
    earlier_grid: PixelGrid,
    present: NDArray[np.uint8],
    present_grid: PixelGrid,
) -> NDArray[np.uint8] | None:
    """Where the labels (height, width) of two pairs differ, 1 or 0 on the grid of the present one.

    Beyond its own grid the earlier one is unknown (255). None where the pixels of the one grid are
    none of the other, as in another UTM zone.
    """
    grid = in_crs(earlier_grid, present_grid.crs)
    if grid is None or not is_block_of(grid, present_grid):
        return None
    before = np.full(present.shape, IGNORE, dtype=np.uint8)
    window = window_of(grid, present_grid)
    row, column = max(window.row, 0), max(window.column, 0)
    there = earlier[row - window.row :, column - window.column :]
    there = there[: max(present.shape[0] - row, 0), : max(present.shape[1] - column, 0)]
    before[row : row + there.shape[0], column : column + there.shape[1]] = there
    differs: NDArray[np.uint8] = (before != present).astype(np.uint8)
    return differs


def _label(folder: Path) -> tuple[NDArray[np.uint8], PixelGrid]:
    with open_raster(folder, LABEL) as dataset:
        grid = PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)
        return dataset.read(1), grid


def _occluded(document: Document) -> float | None:
    found = outcome_of(document)
    return occluded_shares(found.occluded, found.occlusion_by_sensor).labelled
