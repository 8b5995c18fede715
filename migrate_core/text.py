"""Numbers, dates and counts as people read them: on pages, in tables, plots, cards and sentences.

Each kind of number has one form, so that it looks the same wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

NOT_KNOWN = "not known"
# What the methods of `settings.CLOUDS` are called.
CLOUDS_TEXTS = {
    "auto": "The best that the product allows",
    "scl": "Scene classification of L2A",
    "s2cloudless": "s2cloudless (L1C)",
    "product": "The product's own cloud mask",
}
# What numbers of a scene or a pair are called, wherever they are shown.
CLOUD_IN_SCENE = "cloud in scene"
CLOUD_OVER_MASK = "cloud over mask"
LABEL_OCCLUDED = "label occluded"
FOOTPRINT_COVERAGE = "footprint coverage"
DAYS_OFFSET = "days offset"
# What each is, for tooltips and captions.
CLOUD_IN_SCENE_HELP = "Cloud cover of the whole scene, as the product's metadata say"
CLOUD_OVER_MASK_HELP = (
    "Cloud and thin cloud over the mask's footprint, as far as there are data; measured before "
    "anything is fetched"
)
LABEL_OCCLUDED_HELP = (
    "Of the labelled pixels: under cloud, thin cloud or snow, in cloud shadow, or without data; of "
    "a pair also what was occluded in the source image. A pixel counts once"
)
FOOTPRINT_COVERAGE_HELP = "Share of the mask's footprint that the scene has data for"
DAYS_OFFSET_HELP = (
    "Days from the mask's image to the scene: +1.0 is a day after it, -1.0 a day before"
)

_translate: Callable[[str], str] = str


def _(text: str) -> str:
    """A text in the language of whoever looks at it; English, where nobody set another.

    What is filled in follows it: `_("{count} of {total}").format(count=3, total=6)`.
    """
    return _translate(text)


def set_translation(translate: Callable[[str], str]) -> None:
    """Set what gives an English text in the language of whoever looks at it just now."""
    global _translate
    _translate = translate


def capital(text: str) -> str:
    """The text begun with a capital; the rest stays, unlike with `str.capitalize`."""
    return text[:1].upper() + text[1:]


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 mask`, `2 masks`."""
    return f"{number:,} {_(noun if number == 1 else f'{noun}s')}"


def format_percent(percent: float | None) -> str:
    """A percentage 0…100 with one decimal: `8.8 %`, or `not known`.

    What isn't quite 0 or 100 is never shown as that: `under 0.1 %`, `over 99.9 %`.
    """
    if percent is None:
        return _(NOT_KNOWN)
    if 0 < percent < 0.05:
        return _("under 0.1 %")
    if 99.95 <= percent < 100:
        return _("over 99.9 %")
    return f"{percent:.1f} %"


def format_share(share: float | None) -> str:
    """A share 0…1 as a percentage: `8.8 %`."""
    return format_percent(None if share is None else 100 * share)


def format_date(day: date) -> str:
    """`2021-06-12`."""
    return f"{day:%Y-%m-%d}"


def format_time(moment: datetime) -> str:
    """A moment in UTC to the minute: `2021-06-12 10:10 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def format_days(days: float | None) -> str | None:
    """Scene minus mask in days, for a table whose heading has the unit: `+9.2`, `-3.0`."""
    return None if days is None else f"{days:+.1f}"


def format_offset(days: float | None) -> str:
    """How far a scene is from the mask's image in time: `9.2 days after the mask's image`.

    Whole numbers are whole days between two dates; less than a day is reported in minutes or hours.
    """
    if days is None:
        return _("from an unknown time before or after the mask's image")
    if days == 0:
        return _("from the same day as the mask's image")
    form = _("{time} after the mask's image") if days > 0 else _("{time} before the mask's image")
    return form.format(time=_length_of(abs(days)))


def format_short_offset(days: float | None) -> str:
    """The same where it is clear what from: `9.2 days after`, `1 day before`, `same day`."""
    if days is None:
        return _(NOT_KNOWN)
    if days == 0:
        return _("same day")
    return (_("{time} after") if days > 0 else _("{time} before")).format(
        time=_length_of(abs(days))
    )


def _length_of(days: float) -> str:
    minutes, hours = round(days * 1440), round(days * 24)
    if minutes < 90:
        return counted(minutes, "minute")
    # What is a day with one decimal is no longer so many hours.
    if round(days, 1) < 1:
        return counted(hours, "hour")
    number = f"{days:.1f}".removesuffix(".0")
    return f"{number} {_('day' if number == '1' else 'days')}"
