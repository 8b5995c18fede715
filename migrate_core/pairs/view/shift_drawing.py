"""The shift of a mask as an arrow in the corner of its picture, and in words."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...model import Shift
from ..registration.shifts import NOTHING_M, direction, length_m
from .drawing import DARK, ORANGE, SKY_BLUE, Picture

# A pixel of Sentinel-2, whose size as a ring gives the arrow its scale.
_PIXEL_M = 10.0
_SHARE = 0.2
_LEAST = 84
# Drawn so many times larger and reduced, since Pillow's lines are not smooth.
_SMOOTH = 4


def format_shift(shift: Shift) -> str:
    """What became of a shift: `the mask was moved 12.4 m to the north-east, ± 0.8 m`."""
    surely = f"± {shift.ci_m:.1f} m"
    length = length_m(shift)
    if length < NOTHING_M:
        way = f"no shift, {surely}"
    else:
        way = f"{length:.1f} m to the {direction(shift)}, {surely}"
    if not shift.reliable:
        return f"not reliable, so the mask was not moved: {way}"
    return f"the mask was moved {way}" if length >= NOTHING_M else f"{way}: the mask stays"


def draw_shift(picture: Picture, shift: Shift) -> Picture:
    """The picture uint8 (height, width, 3) with the shift as an arrow in its upper right corner.

    A ring of one 10 m pixel around the arrow's beginning is its scale, a circle at its tip the
    95 % confidence interval. A shift that isn't reliable is orange, dotted, and has a question
    mark.
    """
    height, width = picture.shape[:2]
    side = min(max(_LEAST, round(_SHARE * max(height, width))), height, width)
    panel = _panel(side, shift)
    found = picture.copy()
    margin = min(side // 10, (width - side) // 2, (height - side) // 2)
    rows = slice(margin, margin + side)
    columns = slice(width - margin - side, width - margin)
    found[rows, columns] = panel
    return found


def _panel(side: int, shift: Shift) -> Picture:
    """The square with ring, arrow and length."""
    image = Image.new("RGB", (side * _SMOOTH, side * _SMOOTH), DARK)
    draw = ImageDraw.Draw(image)
    text_height = round(side * 0.2) * _SMOOTH
    middle = side * _SMOOTH / 2
    centre = (middle, (side * _SMOOTH - text_height) / 2)
    room = centre[1] * 0.92
    reach = max(_PIXEL_M, length_m(shift) + shift.ci_m)
    per_m = room / reach
    _circle(draw, centre, _PIXEL_M * per_m, (150, 150, 150))
    colour = SKY_BLUE if shift.reliable else ORANGE
    tip = (centre[0] + shift.east_m * per_m, centre[1] - shift.north_m * per_m)
    _circle(draw, tip, shift.ci_m * per_m, colour)
    _arrow(draw, centre, tip, colour, dotted=not shift.reliable)
    font = ImageFont.load_default(max(1, round(text_height * 0.75)))
    text = f"{length_m(shift):.1f} m" + ("" if shift.reliable else " ?")
    place = (middle, side * _SMOOTH - text_height / 2)
    draw.text(place, text, font=font, fill=(255, 255, 255), anchor="mm")
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


Point = tuple[float, float]
Colour = tuple[int, int, int]


def _circle(draw: ImageDraw.ImageDraw, centre: Point, radius: float, colour: Colour) -> None:
    x, y = centre
    box = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(box, outline=colour, width=_SMOOTH)


def _arrow(
    draw: ImageDraw.ImageDraw, start: Point, tip: Point, colour: Colour, *, dotted: bool
) -> None:
    """A line with a head; a dot where there is nothing to show a direction of."""
    along = np.array(tip) - np.array(start)
    length = float(np.hypot(*along))
    thick = 3 * _SMOOTH
    _dot(draw, start, thick, colour)
    if length < thick:
        return
    step = along / length
    head = min(length, 4.0 * thick)
    neck = np.array(tip) - head * step
    parts = max(1, round(length / (3 * thick))) if dotted else 1
    for number in range(parts):
        first = np.array(start) + (neck - np.array(start)) * number / parts
        last = first + (neck - np.array(start)) * (0.6 if dotted else 1.0) / parts
        draw.line((*first, *last), fill=colour, width=thick)
    across = np.array((-step[1], step[0])) * head * 0.45
    draw.polygon([tuple(tip), tuple(neck + across), tuple(neck - across)], fill=colour)


def _dot(draw: ImageDraw.ImageDraw, place: Point, radius: float, colour: Colour) -> None:
    x, y = place
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
