"""The classes of a mask in their colours: a table with areas, and a line below the map."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from migrate_core.masks.summary import ClassArea, class_areas
from migrate_core.model import BACKGROUND, Mask
from migrate_core.pairs.view.drawing import Colour, class_colour, class_colours
from migrate_core.text import _, format_share

# Background, seen on a light and on a dark page, with how much of it is seen.
BACKGROUND_COLOUR = (150, 150, 150, 90)


def class_table(mask: Mask) -> str:
    """A table of the classes: colour, value, name, hectares, share."""
    own = class_colours(mask)
    rows = "".join(
        f"<tr><td><span style='color:{_css(item.stored, own)}'>&#9632;</span></td>"
        f"<td>{escape(_name(item))}</td>"
        f"<td style='text-align:right'>{_hectares(item.hectares)}</td>"
        f"<td style='text-align:right;white-space:nowrap'>{format_share(item.share)}</td></tr>"
        for item in class_areas(mask)
    )
    head = (
        f"<tr><th></th><th align=left>{escape(_('class'))}</th><th align=right>ha</th>"
        f"<th align=right>{escape(_('share'))}</th>"
    )
    return f"<table style='width:100%;font-size:0.85rem'>{head}</tr>{rows}</table>"


def swatches(colours: Iterable[tuple[str, str]]) -> str:
    """Colours (as CSS has them) and what they mean, in a line."""
    return " &ensp;".join(
        f"<span style='white-space:nowrap'><span style='color:{colour}'>&#9632;</span> "
        f"{escape(text)}</span>"
        for colour, text in colours
    )


def css_of_class(stored: int) -> str:
    """The colour of a class as `#rrggbb`, the same in every mask that brings none of its own."""
    return "#{:02x}{:02x}{:02x}".format(*class_colour(stored))


def _css(stored: int, own: dict[int, Colour]) -> str:
    plain = BACKGROUND_COLOUR[:3] if stored == BACKGROUND else class_colour(stored)
    red, green, blue = own.get(stored, plain) if stored != BACKGROUND else plain
    return f"rgb({red},{green},{blue})"


def _name(item: ClassArea) -> str:
    name = item.name or (_("background") if item.stored == BACKGROUND else "")
    other = str(item.stored) != item.value
    stored = _(", stored as {value}").format(value=item.stored) if other else ""
    return f"{item.value} {name}".strip() + stored


def _hectares(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
