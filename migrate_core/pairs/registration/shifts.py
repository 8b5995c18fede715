"""What registration says: the shift, whether it can be trusted, and why, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ...model import Shift
from ...text import format_share
from .gradient_matching import Match

_PIXEL_M = 10.0
SEARCH_M = 60.0
# What it takes to trust a shift. Images of one place, clear and of any season, correlate with 0.25
# to 0.95; those of two places, or of a cloud, with less than 0.06, where they are large.
_PIXELS, _WINDOWS, _CORRELATION = 500, 6, 0.2
# Another peak must stay this far below the best, or fields in rows are taken for one another.
_SECOND_BEST = 0.6
# Where most is clouded, so is the label, and what is left may be haze and the edges of clouds.
_CLEAR = 0.5
_CI_M = 3.0
# Closer to the border of the search than this, the true shift may lie beyond.
_BORDER_M = 5.0
# What looks different in both images moves edges in all windows alike: shadows by another sun,
# meadows for ploughed fields. Between winter and summer (correlation 0.4 to 0.65) sums of shifts
# around three dates were seen to miss zero by 1.3 to 2.3 m.
_UNLIKE_M = 2.5
_COMPASS = (
    "east",
    "north-east",
    "north",
    "north-west",
    "west",
    "south-west",
    "south",
    "south-east",
)


@dataclass(frozen=True)
class WindowShift:
    """One of the windows: the place of its middle on the grid's axes, and its own shift, metres."""

    x: float
    y: float
    east_m: float
    north_m: float


@dataclass(frozen=True)
class Registration:
    """What was measured: `method` is `source image` or `label edges`.

    `applied` says whether the mask was moved by `shift`, `reason` in words why or why not.
    `correlation` is that of the gradients after the shift, over `pixels` pixels.
    """

    method: str
    shift: Shift | None
    applied: bool
    reason: str
    correlation: float | None = None
    pixels: int = 0
    windows: tuple[WindowShift, ...] = ()
    warnings: tuple[str, ...] = ()


def in_metres(step: tuple[float, float], ci_m: float) -> Shift:
    """A shift (row, column) in pixels of Sentinel-2 as metres east and north, not relied on yet."""
    row, column = step
    # Adding zero makes 0.0 of -0.0.
    east_m, north_m = round(_PIXEL_M * column, 2) + 0.0, round(-_PIXEL_M * row, 2) + 0.0
    return Shift(east_m, north_m, round(ci_m, 2), reliable=False)


def shift_of(match: Match) -> Shift:
    """A match in metres; its interval also allows for what the images don't have in common."""
    unlike = _UNLIKE_M * (1 - max(match.correlation, 0.0))
    ci_m = math.hypot(_PIXEL_M * match.half_width, unlike)
    # More than was searched would say no more.
    return in_metres(match.shift, min(ci_m, SEARCH_M))


def objection(match: Match, shift: Shift, clear_share: float) -> str | None:
    """Why the shift between two images can't be trusted, or None.

    `clear_share` is how much of what both have data for is clear.
    """
    furthest = max(abs(shift.east_m), abs(shift.north_m))
    if match.pixels < _PIXELS or len(match.windows) < _WINDOWS:
        return (
            f"only {match.pixels} pixels in {len(match.windows)} windows are clear and have data "
            f"in both images; {_PIXELS} in {_WINDOWS} are needed"
        )
    if clear_share < _CLEAR:
        return (
            f"only {format_share(clear_share)} of the area is clear of cloud, shadow and snow, and "
            f"{format_share(_CLEAR)} are needed"
        )
    if match.correlation < _CORRELATION:
        return (
            f"the images don't agree anywhere within {SEARCH_M:.0f} m: their edges correlate with "
            f"{match.correlation:.2f}, needed is {_CORRELATION}. Is it the image of this place, "
            "and is the scene clear"
        )
    if match.second > _SECOND_BEST * match.correlation:
        return (
            f"another shift fits almost as well (correlation {match.second:.2f} and "
            f"{match.correlation:.2f}): the ground repeats itself"
        )
    if furthest > SEARCH_M - _BORDER_M:
        return f"the best shift found lies at the border of the search of {SEARCH_M:.0f} m"
    if shift.ci_m > _CI_M:
        return (
            f"parts of the image say different things: the shift is known to {shift.ci_m:.1f} m "
            f"only (95 %), needed is {_CI_M:.0f} m"
        )
    return None


# What is less than this is reported as nothing, since it would be written as 0.0.
NOTHING_M = 0.05


def by_image(match: Match, clear_share: float, windows: tuple[WindowShift, ...]) -> Registration:
    """What two images say, of which `clear_share` is clear."""
    shift = shift_of(match)
    wrong = objection(match, shift, clear_share)
    if wrong is None:
        shift = replace(shift, reliable=True)
        surely = f"(± {shift.ci_m:.1f} m, 95 %)"
        reason = (
            f"The mask was moved {length_m(shift):.1f} m to the {direction(shift)} {surely}, where "
            "its source image fits Sentinel-2."
            if length_m(shift) >= NOTHING_M
            else f"The mask stays where it is {surely}: its source image fits Sentinel-2 there."
        )
    else:
        reason = f"The mask was not moved: {wrong}."
    correlation = round(match.correlation, 3)
    return Registration(
        "source image", shift, shift.reliable, reason, correlation, match.pixels, windows
    )


def length_m(shift: Shift) -> float:
    """How far a shift moves, in metres."""
    return math.hypot(shift.east_m, shift.north_m)


def direction(shift: Shift) -> str:
    """Where to, of eight directions: `north-east`."""
    turn = math.degrees(math.atan2(shift.north_m, shift.east_m))
    return _COMPASS[round(turn / 45) % 8]


def described(shift: Shift) -> str:
    """`12 m to the north-east`."""
    return f"{length_m(shift):.0f} m to the {direction(shift)}"


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
