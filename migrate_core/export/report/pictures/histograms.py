"""Plots of how numbers of pairs are spread, and of how classes are spread over the splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from ....text import CLOUD_IN_SCENE, LABEL_OCCLUDED, capital
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

    `limits` are the ends of its scale; None for those of the values.
    """

    name: str
    title: str
    axis: str
    values_of: Callable[[Statistics], Sequence[float]]
    limits: tuple[float, float] | None = None

    def summary(self, counted: Statistics) -> str:
        """What it shows in words, for who can't see it; empty without any value."""
        values = self.values_of(counted)
        if not values:
            return ""
        return (
            f"Histogram of {self.title} over {len(values):,} pairs: {self.axis}; from "
            f"{min(values):.2f} to {max(values):.2f}, median {median(values):.2f}."
        )


def _percents(column: str) -> Callable[[Statistics], Sequence[float]]:
    return lambda counted: [100 * share for share in counted.numbers(column)]


HISTOGRAMS = (
    Histogram(
        "days_offset",
        "days between mask and scene",
        "scene minus mask, days",
        lambda counted: counted.numbers("days_offset"),
    ),
    Histogram(
        "cloud_percent",
        CLOUD_IN_SCENE,
        f"{CLOUD_IN_SCENE}, %",
        lambda counted: counted.numbers("cloud_percent"),
        (0, 100),
    ),
    Histogram(
        "occluded_labelled",
        LABEL_OCCLUDED,
        "share of labelled pixels, %",
        _percents("occluded_labelled"),
        (0, 100),
    ),
    Histogram(
        "coverage",
        "coverage",
        "share of the mask's footprint with data, %",
        _percents("coverage"),
        (0, 100),
    ),
    Histogram(
        "change",
        "change inside the labels",
        "change, 0 (alike) to 1 (altogether different)",
        lambda counted: counted.numbers("change"),
        (0, 1),
    ),
    Histogram(
        "shift",
        "shift of masks against Sentinel-2",
        "length of the shift, m",
        lambda counted: counted.shifts_m,
    ),
)


def histograms(counted: Statistics) -> dict[str, Figure]:
    """A histogram of each number that is known of any pair, by the name of its file."""
    return {
        f"histogram_{one.name}": _figure(one, values)
        for one in HISTOGRAMS
        if (values := one.values_of(counted)) or one.name == "days_offset"
    }


def _figure(one: Histogram, values: Sequence[float]) -> Figure:
    middle = f", median {median(values):.2f}" if values else ""
    title = f"{capital(one.title)}: {len(values):,} pairs{middle}"
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


def class_shares_by_split(counted: Statistics) -> Figure:
    """The share of each class among the known pixels of each split, as bars beside each other."""
    figure, axes = axes_of_figure(
        "Class shares by split", "share of the split's known pixels, %", "class"
    )
    areas = counted.class_ha
    classes = sorted(sorted(areas, key=lambda value: -areas[value])[:MOST_CLASSES])
    splits = [split for split in SPLITS if split in counted.split_pixels]
    figure.set_figheight(1.6 + 0.25 * len(classes) * max(1, len(splits)))
    height = 0.8 / max(1, len(splits))
    for number, split in enumerate(splits):
        shares = [100 * (counted.share_in_split(split, value) or 0.0) for value in classes]
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
