"""What colours mean on the page Scenes: on its map, its plot, its pictures and its table.

Taken from Okabe & Ito, told apart with every common form of colour blindness. Text always stands
beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

from migrate_core.scenes.access.picture import FOOTPRINT_COLOUR, LABEL_COLOUR
from migrate_core.store.last_search import SearchParameters
from migrate_core.text import _, format_short_offset
from pages.shared.text import counted

USABLE_COLOR, CHOSEN_COLOR = "#009E73", "#0072B2"
MASK_COLOR, LABEL_COLOR = FOOTPRINT_COLOUR, LABEL_COLOUR
# The least score of each colour, best first: from green to grey, since other hues are days.
SCORE_COLORS = {0.75: "#009E73", 0.5: "#6DC0A4", 0.25: "#ABABAB", 0.0: "#7A7A7A"}
# From near the mask's day to the end of the window, and further.
_BEFORE, _AFTER = ("#8CCBF0", "#0072B2"), ("#F0C05A", "#D55E00")
_SAME_DAY = "#A6A6A6"
_DARK_INK, _LIGHT_INK = "#101010", "#FFFFFF"


def score_color(score: float) -> str:
    """The colour of an outline with this best score."""
    return next(color for least, color in SCORE_COLORS.items() if score >= least)


@dataclass(frozen=True)
class DaysScale:
    """The colours of days from the mask's image to a scene, over a window of so many days."""

    days: int

    @classmethod
    def of(cls, found: SearchParameters) -> DaysScale:
        """The scale of a search."""
        return cls(found.query.days)

    def color(self, days: float | None) -> str:
        """Blue for scenes before the mask's image, orange for those after: darker further off.

        Grey where both are of one time, or one isn't known.
        """
        if not days:
            return _SAME_DAY
        near, far = _BEFORE if days < 0 else _AFTER
        share = min(abs(days) / max(self.days, 1), 1.0)
        mixed = (round(a + share * (b - a)) for a, b in zip(_rgb(near), _rgb(far), strict=True))
        return "#" + "".join(f"{value:02X}" for value in mixed)

    def ink(self, days: float | None) -> str:
        """The colour of text on `color`, black or white: whichever stands out more."""
        luminance = _luminance(self.color(days))
        on_dark, on_light = 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05
        return _LIGHT_INK if on_dark > on_light else _DARK_INK

    def legend(self) -> list[tuple[str, str]]:
        """Colours with their meaning, from before to after."""
        window = counted(max(self.days, 1), "day")
        return [
            (self.color(-self.days or -1), _("{time} before").format(time=window)),
            (self.color(-self.days / 4), _("before")),
            (_SAME_DAY, format_short_offset(0)),
            (self.color(self.days / 4), _("after")),
            (self.color(self.days or 1), _("{time} after").format(time=window)),
        ]


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    """The relative luminance 0…1 of WCAG 2.1."""
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (value / 255 for value in _rgb(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
