"""All plots, as Figure objects for card, pages and reports; never pyplot, it isn't thread-safe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..workspace import written_then_renamed
from .statistics import Statistics

# Okabe & Ito (2008): told apart with every common form of colour blindness.
BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#767676"
_OCCLUSIONS = {
    "cloud": BLUE,
    "shadow": GREY,
    "cirrus": ORANGE,
    "snow": GREEN,
    "nodata": VERMILION,
}
_NAMES = {"nodata": "no data"}


def all_plots(statistics: Statistics) -> dict[str, Figure]:
    """Every plot of a dataset by the name of its file."""
    return {
        "days_and_clouds": days_and_clouds(statistics),
        "occlusion_of_labels": occlusion_of_labels(statistics),
        "class_areas": class_areas(statistics.class_ha),
        "pairs_by_month": pairs_by_month(statistics),
    }


def _axes(title: str, x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def days_and_clouds(statistics: Statistics) -> Figure:
    """How far in time, and under how much cloud, the chosen scenes are."""
    figure, axes = _axes(
        "Chosen scenes: time from the mask, and cloud of the whole scene",
        "days from the mask's date to the scene's",
        "cloud cover of the scene, %",
    )
    known = [row for row in statistics.rows if row["cloud_percent"] is not None]
    axes.scatter(
        [row["days_offset"] for row in known],
        [row["cloud_percent"] for row in known],
        color=BLUE,
        edgecolor="white",
        linewidth=0.5,
        alpha=0.85,
    )
    axes.axvline(0, color=GREY, linewidth=0.8)
    # Points at exactly 0 % are whole, and a handful of clear scenes doesn't fill the plot.
    axes.set_ylim(-1, max(10.0, axes.get_ylim()[1]))
    furthest = max((abs(row["days_offset"]) for row in known), default=0)
    axes.set_xlim(-1.1 * max(furthest, 1), 1.1 * max(furthest, 1))
    return figure


def occlusion_of_labels(statistics: Statistics) -> Figure:
    """What hides the labelled pixels, pair by pair, the worst first."""
    figure, axes = _axes(
        "What hides the labelled pixels, pair by pair",
        "pairs, the most hidden first",
        "share of labelled pixels, %",
    )
    columns = {name: f"{name}_labelled" for name in _OCCLUSIONS}
    shares = np.array(
        [[row[column] or 0.0 for column in columns.values()] for row in statistics.rows]
    )
    shares = 100 * shares[np.argsort(-shares.sum(axis=1), kind="stable")]
    bottom = np.zeros(len(shares))
    for number, (name, color) in enumerate(_OCCLUSIONS.items()):
        label = _NAMES.get(name, name)
        places = np.arange(1, len(shares) + 1)
        axes.bar(places, shares[:, number], bottom=bottom, color=color, label=label, width=0.9)
        bottom += shares[:, number]
    axes.set_ylim(0, max(5.0, float(bottom.max()) * 1.1))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8, ncols=len(columns), loc="upper right")
    return figure


def class_areas(class_ha: Mapping[int, float]) -> Figure:
    """The area of each class over the dataset; numbers at the bars, since classes differ a lot."""
    figure, axes = _axes("Area of each class", "area, ha", "class")
    figure.set_figheight(1.4 + 0.4 * len(class_ha))
    names = [f"{value}" + (" (background)" if value == 0 else "") for value in class_ha]
    bars = axes.barh(names, list(class_ha.values()), color=BLUE, height=0.7)
    axes.bar_label(bars, fmt="{:,.1f} ha", padding=4, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    return figure


def pairs_by_month(statistics: Statistics) -> Figure:
    """How the pairs are spread over the year, by the sensing time of the scene."""
    figure, axes = _axes("Pairs by month of sensing", "month", "pairs")
    months = [int(row["sensed_at"][5:7]) for row in statistics.rows]
    counts = np.bincount(months, minlength=13)[1:]
    axes.bar(np.arange(1, 13), counts, color=BLUE, width=0.8)
    axes.set_xticks(np.arange(1, 13))
    axes.yaxis.get_major_locator().set_params(integer=True)
    return figure


def write_plots(folder: Path, figures: Mapping[str, Figure]) -> list[Path]:
    """Save figures as PNG files named after their keys."""
    paths = []
    for name, figure in figures.items():
        path = folder / f"{name}.png"
        with written_then_renamed(path) as temporary:
            figure.savefig(temporary, format="png", dpi=150)
        paths.append(path)
    return paths
