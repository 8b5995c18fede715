"""Which samples a dataset has, and the bands and classes that all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...errors import ExportError
from ...model import BACKGROUND, IGNORE
from ..manifest import Row
from ..request import ChipOptions, PixelOptions
from ..selection.entries import Entry
from .pixels import PixelReader
from .sample import Sample, chips_of, uncut_pair


def common_bands(chosen: Sequence[Entry], options: PixelOptions) -> tuple[str, ...]:
    """The bands that go out: those asked for, or all that every pair has, in the first's order.

    Raises ExportError when a pair lacks one that is asked for.
    """
    for entry in chosen:
        there = entry.provenance["bands"]
        missing = [band for band in options.bands if band not in there]
        if missing:
            raise ExportError(
                f"{entry.pair.pair_id}: its image has no {', '.join(missing)}; it has "
                f"{', '.join(there)}. Choose other bands, or only pairs of one product level."
            )
    if options.bands:
        return options.bands
    first, *others = (entry.provenance["bands"] for entry in chosen)
    return tuple(band for band in first if all(band in other for other in others))


def common_classes(chosen: Sequence[Entry]) -> tuple[int, ...]:
    """The class values of all labels, ascending."""
    values = {value for entry in chosen for value in entry.provenance["mask"]["classes"].values()}
    return tuple(sorted({BACKGROUND, *values} - {IGNORE}))


def uncut_pairs(chosen: Sequence[Entry], rows: Mapping[str, Row]) -> list[Sample]:
    """All pairs, each as one sample."""
    return [uncut_pair(entry, rows[entry.pair.pair_id]) for entry in chosen]


def chips(pairs: Iterable[Sample], options: ChipOptions, reader: PixelReader) -> Iterator[Sample]:
    """The chips of whole pairs with enough label; one without any labelled pixel never goes out.

    Raises ExportError when a label can't be read.
    """
    for pair in pairs:
        for chip in chips_of(pair, options):
            labelled = float((reader.label(chip) != IGNORE).mean())
            if labelled > 0 and labelled >= options.least_labelled:
                yield chip
