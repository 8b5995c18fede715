"""Plots of how numbers of pairs are spread, and of how classes are spread over the splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from ....text import CLOUD_IN_SCENE, FOOTPRINT_COVERAGE, LABEL_OCCLUDED, capital, counted
from ...formats.base import SPLITS
from ..statistics import Statistics
from .axes import BLUE, MOST_CLASSES, ORANGE, PURPLE, VERMILION, axes_of_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 20
# Colour and hatch of each split, the same in every plot and on the map: told apart without colour.
SPLIT_STYLES = {"train": (BLUE, ""), "val": (ORANGE, "///"), "test": (PURPLE, "...")}


@dataclass(frozen=True)
class Histogram:
    """A number of pairs: `title`, the name of its axis with the unit, and the values.

    `limits` are the ends of its scale; None for those of the values. `unit` follows a value.
    """

    name: str
    title: str
    axis: str
    values_of: Callable[[Statistics], Sequence[float]]
    limits: tuple[float, float] | None = None
    unit: str = ""

    def written(self, value: float) -> str:
        """A value with its unit: `28.07 %`."""
        return f"{value:.2f} {self.unit}".rstrip()

    def summary(self, found: Statistics) -> str:
        """What it shows in words, for who can't see it; empty without any value."""
        values = self.values_of(found)
        if not values:
            return ""
        pairs = counted(len(values), "pair")
        return (
            f"Histogram of {self.title} over {pairs}: {self.axis}; from "
            f"{self.written(min(values))} to {self.written(max(values))}, "
            f"median {self.written(median(values))}."
        )


def _percents(column: str) -> Callable[[Statistics], Sequence[float]]:
    return lambda found: [100 * share for share in found.numbers(column)]


HISTOGRAMS = (
    Histogram(
        "days_offset",
        "days between mask and scene",
        "scene minus mask, days",
        lambda found: found.numbers("days_offset"),
        unit="days",
    ),
    Histogram(
        "cloud_percent",
        CLOUD_IN_SCENE,
        f"{CLOUD_IN_SCENE}, %",
        lambda found: found.numbers("cloud_percent"),
        (0, 100),
        "%",
    ),
    Histogram(
        "occluded_labelled",
        LABEL_OCCLUDED,
        "share of labelled pixels, %",
        _percents("occluded_labelled"),
        (0, 100),
        "%",
    ),
    Histogram(
        "coverage",
        FOOTPRINT_COVERAGE,
        "share of the mask's footprint with data, %",
        _percents("coverage"),
        (0, 100),
        "%",
    ),
    Histogram(
        "change",
        "change inside the labels",
        "change, 0 (alike) to 1 (altogether different)",
        lambda found: found.numbers("change"),
        (0, 1),
    ),
    Histogram(
        "shift",
        "shift of masks against Sentinel-2",
        "length of the shift, m",
        lambda found: found.shifts_m,
        unit="m",
    ),
)


def histograms(found: Statistics) -> dict[str, Figure]:
    """A histogram of each number that is known of any pair, by the name of its file."""
    return {
        f"histogram_{one.name}": _figure(one, values)
        for one in HISTOGRAMS
        if (values := one.values_of(found)) or one.name == "days_offset"
    }


def _figure(one: Histogram, values: Sequence[float]) -> Figure:
    middle = f", median {one.written(median(values))}" if values else ""
    title = f"{capital(one.title)}: {counted(len(values), 'pair')}{middle}"
    figure, axes = axes_of_figure(title, one.axis, "pairs")
    low, high = one.limits or (min(values, default=0.0), max(values, default=0.0))
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(np.clip(values, low, high), _BINS, (low, high))
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=BLUE, edgecolor="white")
    if values:
        axes.axvline(median(values), color=VERMILION, linestyle="--")
    axes.yaxis.get_major_locator().set_params(integer=True)
    return figure


def class_shares_by_split(found: Statistics) -> Figure:
    """The share of each class among the known pixels of each split, as bars beside each other."""
    figure, axes = axes_of_figure(
        "Class shares by split", "share of the split's known pixels, %", "class"
    )
    areas = found.class_ha
    classes = sorted(sorted(areas, key=lambda value: -areas[value])[:MOST_CLASSES])
    splits = [split for split in SPLITS if split in found.split_pixels]
    figure.set_figheight(1.6 + 0.25 * len(classes) * max(1, len(splits)))
    height = 0.8 / max(1, len(splits))
    for number, split in enumerate(splits):
        shares = [100 * (found.share_in_split(split, value) or 0.0) for value in classes]
        color, hatch = SPLIT_STYLES[split]
        where = np.arange(len(classes)) + (number - (len(splits) - 1) / 2) * height
        bars = axes.barh(
            where, shares, height, color=color, hatch=hatch, edgecolor="white", label=split
        )
        axes.bar_label(bars, fmt="{:.1f}", padding=3, fontsize=7)
    axes.set_yticks(np.arange(len(classes)), [str(value) for value in classes])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    if splits:
        figure.legend(loc="outside lower center", ncols=len(splits), frameon=False, fontsize=8)
    return figure
