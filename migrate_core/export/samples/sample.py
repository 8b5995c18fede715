"""A sample of a dataset: a whole pair, or a chip of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...grid import PixelGrid, Window, block
from ...pairs.files import grid_in
from ..manifest import Row
from ..request import PAD, SHIFT, ChipOptions
from ..selection.entries import Entry


@dataclass(frozen=True)
class Sample:
    """What is one item for whoever trains: `window` of a pair, and the pair's row of the manifest.

    `sample_id` is the pair's id, for a chip with its row and column; it is a safe file name.
    """

    sample_id: str
    entry: Entry
    window: Window
    split: str
    row: Row = field(repr=False)

    @property
    def pair_id(self) -> str:
        """The pair it is from."""
        return self.entry.pair.pair_id

    @property
    def grid(self) -> PixelGrid:
        """Where its pixels lie."""
        return block(grid_in(self.entry.provenance), self.window)


def uncut_pair(entry: Entry, row: Row) -> Sample:
    """A pair as one sample."""
    grid = grid_in(entry.provenance)
    window = Window(0, 0, grid.width, grid.height)
    return Sample(entry.pair.pair_id, entry, window, row["split"], row)


def chips_of(pair: Sample, options: ChipOptions) -> list[Sample]:
    """All chips of a whole pair, row by row, also those with little label."""
    size = options.size
    return [
        replace(
            pair,
            sample_id=f"{pair.sample_id}_r{top:05}_c{left:05}",
            window=Window(left, top, size, size),
        )
        for top in chip_starts(pair.window.height, options)
        for left in chip_starts(pair.window.width, options)
    ]


def chip_starts(length: int, options: ChipOptions) -> Sequence[int]:
    """Where chips begin along a side of `length` pixels, by the rule of `options.padding`.

    A side that is shorter than a chip has one chip with `pad` and `shift`, and none with `drop`.
    """
    size, stride = options.size, options.stride
    starts = list(range(0, length - size + 1, stride))
    covered = starts[-1] + size if starts else 0
    if covered >= length or options.padding not in (PAD, SHIFT):
        return starts
    if options.padding == SHIFT:
        return [*starts, max(length - size, 0)]
    return [*starts, starts[-1] + stride if starts else 0]
