"""What all plots share: colours, and figures with axes; never pyplot, it isn't thread-safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart with every common form of colour blindness.
BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#767676"
PURPLE, PALE = "#CC79A7", "#D9D9D9"
# A plot has so many classes at most, the largest; tables have all.
MOST_CLASSES = 30


def axes_of_figure(title: str, x: str, y: str) -> tuple[Figure, Any]:
    """A figure with one pair of axes: title, and names with units."""
    # Imported here: commands that draw nothing start without it.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
