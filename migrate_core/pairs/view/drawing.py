"""Drawing on uint8 RGB pictures (height, width, 3): stretch, outlines, patterns, scale bar.

Pure functions of arrays; a picture is written on in place where the docstring says so.
"""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ...grid import BoolArray
from ...model import Mask

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

# Okabe & Ito (2008), told apart with every common form of colour blindness. The classes begin
# with those that no occlusion has and that stand out from soil, water and vegetation; where there
# are more, some of Tol's palette "muted" follow.
YELLOW, SKY_BLUE, PURPLE = (240, 228, 66), (86, 180, 233), (204, 121, 167)
BLUE, ORANGE, GREEN, VERMILION = (0, 114, 178), (230, 159, 0), (0, 158, 115), (213, 94, 0)
ROSE, WINE, OLIVE = (204, 102, 119), (136, 34, 85), (153, 153, 51)
TEAL, PALE = (68, 170, 153), (221, 221, 221)
CLASS_COLOURS = (
    *(YELLOW, SKY_BLUE, PURPLE, ORANGE, GREEN, VERMILION, BLUE),
    *(PALE, ROSE, OLIVE, WINE, TEAL),
)
NEUTRAL, NEUTRAL_DARK = (150, 150, 150), (110, 110, 110)
DARK: Colour = (20, 20, 20)
# A pattern repeats this often over the width of a picture, and a line is this part of it.
_STRIPES = 60
_LINES = 300
_BAR_SHARE = 0.3


def class_colour(value: int) -> Colour:
    """The colour of a class value, the same in every pair; they repeat after twelve classes."""
    return CLASS_COLOURS[(value - 1) % len(CLASS_COLOURS)]


def class_colours(mask: Mask | None) -> dict[int, Colour]:
    """The colours that a mask brings for its classes, by the value as stored in pairs."""
    if mask is None or not mask.classes.colours:
        return {}
    return {
        stored: _from_hex(mask.classes.colours[source])
        for source, stored in (mask.classes.stored or {}).items()
        if source in mask.classes.colours
    }


def _from_hex(text: str) -> Colour:
    red, green, blue = (int(text[first : first + 2], 16) for first in (1, 3, 5))
    return red, green, blue


def value_range(
    band: NDArray[Any], valid: BoolArray, percentiles: tuple[float, float]
) -> tuple[float, float]:
    """The values of a band (height, width) at two percentiles of its valid pixels.

    (0, 1) when no pixel is valid; a constant band gets a range that isn't empty.
    """
    values = band[valid]
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, percentiles))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def stretched(band: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """A band with `low` at 0 and `high` at 255, clipped, uint8."""
    scaled = (band.astype(np.float32) - low) * (255 / (high - low))
    clipped: NDArray[np.uint8] = scaled.clip(0, 255).round().astype(np.uint8)
    return clipped


def enlarged(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Each pixel of (height, width, …) as a block of `factor` x `factor`: crisp, unsmoothed."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def line_width(picture: Picture) -> int:
    """A line's width in pixels that is seen at any size of a picture."""
    height, width = picture.shape[:2]
    return max(1, round(int(max(height, width)) / _LINES))


def draw_outline(picture: Picture, region: BoolArray, colour: Colour) -> None:
    """Draw the edge of `region` (height, width) on the picture, inside, with a dark casing.

    The casing is seen on bright ground, the colour on dark ground.
    """
    width = line_width(picture)
    casing = max(1, width // 2)
    edge = region & ~_shrunk(region, width)
    inner = region & ~_shrunk(region, width + casing) & ~edge
    picture[inner] = DARK
    picture[edge] = colour


def _shrunk(region: BoolArray, pixels: int) -> BoolArray:
    """The region without a margin of `pixels`; what lies beyond the picture counts as region."""
    found = region.copy()
    for _ in range(pixels):
        padded = np.pad(found, 1, constant_values=True)
        found = found & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return found


def fill(picture: Picture, region: BoolArray, colour: Colour, opacity: float) -> None:
    """Lay a colour over a region of the picture, 0 unseen … 1 opaque."""
    below = picture[region].astype(np.float32)
    mixed = below + opacity * (np.array(colour, dtype=np.float32) - below)
    picture[region] = mixed.round().astype(np.uint8)


def stripes(shape: tuple[int, ...], direction: int) -> BoolArray:
    """Diagonal stripes (height, width): rising for 1, falling for -1, upright for 0, 2 level."""
    period = max(4, round(max(shape[:2]) / _STRIPES))
    row, column = np.indices(shape[:2], sparse=True)
    diagonals = {0: column, 1: row + column, -1: row - column, 2: row}[direction]
    found: BoolArray = np.broadcast_to(diagonals % period < period / 2, shape[:2])
    return found


def nice_length(longest: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50 … (and their tenths …) that is at most `longest`."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9))


def format_length(metres: float) -> str:
    """`500 m`, `2 km`."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def draw_scale_bar(picture: Picture, metres_per_pixel: float) -> Picture:
    """The picture with a scale bar in its lower left corner: a round number of metres."""
    height, width = picture.shape[:2]
    metres = nice_length(_BAR_SHARE * width * metres_per_pixel)
    bar = round(metres / metres_per_pixel)
    size = max(9, round(max(height, width) / 32))
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size)
    text = format_length(metres)
    pad, thick = max(2, size // 2), max(2, size // 5)
    text_width = math.ceil(draw.textlength(text, font=font))
    left, base = pad * 2, height - pad * 2
    top = base - thick - round(size * 1.3)
    box = (left - pad, top - pad // 2, left + max(bar, text_width) + pad, base + pad)
    draw.rectangle(box, fill=DARK)
    draw.rectangle((left, base - thick, left + bar, base), fill=(255, 255, 255))
    draw.text((left, top), text, font=font, fill=(255, 255, 255))
    return np.asarray(image)


def png(picture: Picture) -> bytes:
    """The picture as a PNG file; packed quickly rather than tightly."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return file.getvalue()


def jpeg(picture: Picture) -> bytes:
    """The picture as a JPEG file that keeps thin coloured lines; small for noisy pixels."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=90, subsampling=0)
    return file.getvalue()
