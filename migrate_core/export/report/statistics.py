"""What the card and the plots say about a dataset, counted once."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...model import IGNORE
from ...states import DecisionState
from ..manifest import Row

PIXEL_HA = 0.01


@dataclass(frozen=True)
class Statistics:
    """Counts over a dataset; areas in hectares of 10 m pixels whose hard label is the class.

    `class_names` are what masks call the class values; several names of one value with slashes.
    `label_notes` are sentences on the labels: objects that are too small, and boundary buffers.
    `split_pixels` are the numbers of pixels by split and class value, 255 = ignored included.
    """

    rows: Sequence[Row]
    class_ha: Mapping[int, float]
    pairs_with_class: Mapping[int, int]
    ignored_share: float
    class_names: Mapping[int, str] = field(default_factory=dict)
    label_notes: Sequence[str] = ()
    split_pixels: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def counts(self, column: str) -> dict[str, int]:
        """How often each value of a column of the manifest occurs."""
        counted = Counter(str(row[column] or DecisionState.UNDECIDED) for row in self.rows)
        return dict(sorted(counted.items()))

    def numbers(self, column: str) -> list[float]:
        """The values of a column of the manifest that are known."""
        return [float(row[column]) for row in self.rows if row[column] is not None]

    def period(self, column: str) -> str:
        """The days from the first to the last time in a column of the manifest."""
        days = sorted(row[column][:10] for row in self.rows)
        return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"

    @property
    def sensing_years(self) -> list[str]:
        """The years in which the Sentinel-2 images were taken."""
        return sorted({row["sensed_at"][:4] for row in self.rows})

    @property
    def shifts_m(self) -> list[float]:
        """How far masks were moved by registration, in metres, where it was reliable."""
        return [
            math.hypot(row["shift_east_m"], row["shift_north_m"])
            for row in self.rows
            if row["shift_reliable"]
        ]

    def share_in_split(self, split: str, value: int) -> float | None:
        """The share 0…1 of a class among the known pixels of a split; None where it has none."""
        pixels = self.split_pixels.get(split, {})
        known = sum(count for found, count in pixels.items() if found != IGNORE)
        return pixels.get(value, 0) / known if known else None


def statistics(rows: Sequence[Row], labels: Iterable[NDArray[np.uint8]]) -> Statistics:
    """Count over the rows of the manifest and the labels (height, width) of their pairs.

    Labels come in the order of the rows, and each is looked at once.
    """
    by_split: dict[str, Counter[int]] = defaultdict(Counter)
    present: Counter[int] = Counter()
    for row, label in zip(rows, labels, strict=True):
        counts = np.bincount(label.ravel(), minlength=IGNORE + 1)
        found = {int(value): int(counts[value]) for value in np.flatnonzero(counts)}
        by_split[row["split"]].update(found)
        present.update(value for value in found if value != IGNORE)
    pixels = sum(by_split.values(), Counter[int]())
    total = sum(pixels.values())
    classes = sorted(value for value in pixels if value != IGNORE)
    return Statistics(
        rows,
        {value: pixels[value] * PIXEL_HA for value in classes},
        {value: present[value] for value in classes},
        pixels[IGNORE] / total if total else 0.0,
        split_pixels={split: dict(sorted(found.items())) for split, found in by_split.items()},
    )
