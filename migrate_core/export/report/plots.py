"""All plots, as Figure objects for card, pages and reports; never pyplot, it isn't thread-safe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...text import CLOUD_IN_SCENE, LABEL_OCCLUDED
from ...workspace import written_then_renamed
from .pictures.axes import (
    BLUE,
    GREEN,
    GREY,
    MOST_CLASSES,
    ORANGE,
    PALE,
    PURPLE,
    VERMILION,
    axes_of_figure,
)
from .pictures.captions import PLOT_CAPTIONS
from .pictures.histograms import class_shares_by_split, histograms
from .statistics import Statistics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Bars of more pairs are thinner than what is drawn, and each takes a millisecond.
_MOST_BARS = 400
# Colour and mark of each cause of occlusion, by the columns of the manifest.
_CAUSES = {
    "cloud": (BLUE, "o"),
    "shadow": (GREY, "s"),
    "cirrus": (ORANGE, "^"),
    "snow": (GREEN, "D"),
    "nodata": (VERMILION, "v"),
    "source": (PURPLE, "P"),
}
_NAMES = {
    "shadow": "cloud shadow",
    "cirrus": "thin cloud",
    "nodata": "no data",
    "source": "source image",
}


def all_plots(statistics: Statistics) -> dict[str, Figure]:
    """Every plot of a dataset by the name of its file; of what wasn't measured there is none."""
    return {
        "days_and_clouds": days_and_clouds(statistics),
        "occlusion_of_labels": occlusion_of_labels(statistics),
        "class_areas": class_areas(statistics.class_ha),
        "pairs_by_month": pairs_by_month(statistics),
        "class_shares_by_split": class_shares_by_split(statistics),
        **histograms(statistics),
    }


def days_and_clouds(statistics: Statistics) -> Figure:
    """How far in time the chosen scenes are, and the cloud in them."""
    figure, axes = axes_of_figure(
        f"Chosen scenes: time from the mask, and {CLOUD_IN_SCENE}",
        "days from the mask's date to the scene's",
        f"{CLOUD_IN_SCENE}, %",
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
    """The occluded share of the labels as bars, the worst first, and its causes as points.

    The causes overlap, so they stand beside each other and aren't stacked.
    """
    figure, axes = axes_of_figure(
        f"{LABEL_OCCLUDED.capitalize()}, pair by pair",
        "pairs, the most occluded first",
        "share of labelled pixels, %",
    )
    rows = sorted(statistics.rows, key=lambda row: -(row["occluded_labelled"] or 0.0))
    ranks = np.arange(1, len(rows) + 1)
    occluded = [100 * (row["occluded_labelled"] or 0.0) for row in rows]
    if len(rows) > _MOST_BARS:
        axes.fill_between(ranks, occluded, step="mid", color=PALE, label=LABEL_OCCLUDED)
    else:
        axes.bar(ranks, occluded, color=PALE, label=LABEL_OCCLUDED, width=0.9)
    for name, (color, marker) in _CAUSES.items():
        shares = [100 * (row[f"{name}_labelled"] or 0.0) for row in rows]
        there = [number for number, share in enumerate(shares) if share > 0]
        if there:
            axes.scatter(
                ranks[there],
                [shares[number] for number in there],
                color=color,
                marker=marker,
                s=24,
                label=_NAMES.get(name, name),
            )
    axes.set_ylim(0, max(5.0, 1.2 * max(occluded, default=0.0)))
    axes.set_yticks([tick for tick in axes.get_yticks() if tick <= 100])
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8, ncols=4, loc="upper right")
    return figure


def class_areas(class_ha: Mapping[int, float]) -> Figure:
    """The area of each class over the dataset; numbers at the bars, since classes differ a lot."""
    figure, axes = axes_of_figure("Area of each class", "area, ha", "class")
    shown = dict(sorted(class_ha.items(), key=lambda item: -item[1])[:MOST_CLASSES])
    figure.set_figheight(1.4 + 0.4 * len(shown))
    names = [f"{value}" + (" (background)" if value == 0 else "") for value in sorted(shown)]
    bars = axes.barh(names, [shown[value] for value in sorted(shown)], color=BLUE, height=0.7)
    axes.bar_label(bars, fmt="{:,.1f} ha", padding=4, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    return figure


def pairs_by_month(statistics: Statistics) -> Figure:
    """How the pairs are spread over the year, by the sensing time of the scene."""
    figure, axes = axes_of_figure("Pairs by month of sensing", "month", "pairs")
    months = [int(row["sensed_at"][5:7]) for row in statistics.rows]
    counts = np.bincount(months, minlength=13)[1:]
    axes.bar(np.arange(1, 13), counts, color=BLUE, width=0.8)
    axes.set_xticks(np.arange(1, 13))
    axes.yaxis.get_major_locator().set_params(integer=True)
    return figure


def write_plots(folder: Path, figures: Mapping[str, Figure]) -> list[Path]:
    """Save figures as PNG files named after their keys; plots of before that there are no more go.

    Raises DiskError.
    """
    for name in PLOT_CAPTIONS:
        if name not in figures:
            (folder / f"{name}.png").unlink(missing_ok=True)
    paths = []
    for name, figure in figures.items():
        path = folder / f"{name}.png"
        with written_then_renamed(path) as temporary:
            figure.savefig(temporary, format="png", dpi=150)
        paths.append(path)
    return paths
