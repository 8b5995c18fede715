"""What the card and the plots say about a dataset, counted once."""

from __future__ import annotations

from collections import Counter
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
    """

    rows: Sequence[Row]
    class_ha: Mapping[int, float]
    pairs_with_class: Mapping[int, int]
    ignored_share: float
    class_names: Mapping[int, str] = field(default_factory=dict)
    label_notes: Sequence[str] = ()

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


def statistics(rows: Sequence[Row], labels: Iterable[NDArray[np.uint8]]) -> Statistics:
    """Count over the rows of the manifest and the labels (height, width) of their pairs."""
    pixels: Counter[int] = Counter()
    present: Counter[int] = Counter()
    for label in labels:
        values, counts = np.unique(label, return_counts=True)
        found = {int(v): int(n) for v, n in zip(values, counts, strict=True)}
        pixels.update(found)
        present.update(value for value in found if value != IGNORE)
    total = sum(pixels.values())
    classes = sorted(value for value in pixels if value != IGNORE)
    return Statistics(
        rows,
        {value: pixels[value] * PIXEL_HA for value in classes},
        {value: present[value] for value in classes},
        pixels[IGNORE] / total if total else 0.0,
    )
