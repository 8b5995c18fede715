"""When a mask's source image was taken, from all that may say so."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ...errors import MaskError
from ...model import Acquired, Problem
from ..dates.metadata_files import date_in_files
from ..dates.names import date_for, date_from_name, table_keys
from ..dates.patterns import date_by_pattern
from ..options import AddOptions
from ..raster.opening import DRIVERS, SAVED_TAGS, SOFTWARE_TAG, TAKEN_TAGS, read_header
from .sidecars import Sidecars, mapping_row

_TIFF_MOMENT = re.compile(
    r"^(\d{4}):(\d{2}):(\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})?))?"
)
# Programs that write the time of saving where the time of taking should be.
_EDITORS = re.compile(
    r"adobe|photoshop|gimp|imagemagick|paint|affinity|krita|inkscape|labelme", re.I
)
_Look = Callable[[], Acquired | None]


def given_date(sidecars: Sidecars, options: AddOptions) -> Acquired | None:
    """The date that a person gives for a mask: by a table, else the option, else the pattern."""
    path = sidecars.path
    given = mapping_row(path, options).date or date_for(path, options.dates) or options.date
    if given is not None or options.date_pattern is None:
        return given
    pattern = options.date_pattern
    # A pattern with a folder in it is one of paths.
    names = [path.as_posix()] if "/" in pattern.pattern else _names(sidecars)
    return next((found for name in names if (found := date_by_pattern(name, pattern))), None)


def without_unclear_rows(
    options: AddOptions, files: Iterable[Path]
) -> tuple[AddOptions, tuple[Problem, ...]]:
    """The options without rows of tables that fit several files of one name, and those rows."""
    fits: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        for key in table_keys(path):
            if key in options.dates or key in options.mapping:
                fits[key].append(path)
    unclear = {
        key: found for key, found in fits.items() if len({path.name for path in found}) < len(found)
    }
    problems = tuple(
        Problem(
            key,
            f"{key}: a table names it once, but {len(found)} files have this name, such as "
            f"{found[0]} and {found[1]}. Write each with its folder, as in "
            f"{found[0].parent.name}/{found[0].name}; the row is not used.",
        )
        for key, found in unclear.items()
    )
    dates = {key: date for key, date in options.dates.items() if key not in unclear}
    mapping = {key: row for key, row in options.mapping.items() if key not in unclear}
    return replace(options, dates=dates, mapping=mapping), problems


def _names(sidecars: Sidecars) -> list[str]:
    """The names that may have the date: of the file, or of the folder and its first tile."""
    return [sidecars.path.name, *(Path(tile).name for tile in sidecars.tiles[:1])]


def find_date(
    sidecars: Sidecars, options: AddOptions, tags: Mapping[str, str] | None = None
) -> Acquired | None:
    """The date of a mask: what a person says, else what is found in and beside its files.

    `tags` are the `Header.dates` of the mask. What a person says is, in this order, a row of a
    table, the option, and the pattern. Then come the mask's own tags of the time of taking,
    metadata beside it, and its name; then metadata, name and tags of its source image; at last the
    mask's own tag of the time of saving, which rarely is that of taking. A day without time takes
    the time of day from a later finding that agrees on the day.

    Raises MaskError when metadata beside it are made to do harm.
    """
    if (given := given_date(sidecars, options)) is not None:
        return given
    looks = [*_in_mask(sidecars, tags or {}, options.now), *_in_image(sidecars, options)]
    return _best(looks) or _saved(tags or {})


def _best(looks: Iterable[_Look]) -> Acquired | None:
    """The first date that is found, its time of day from a later one of the same day."""
    best: Acquired | None = None
    for found in _found(looks):
        if best is None:
            best = found
        elif found.time_known and found.until is None and found.first_day == best.first_day:
            return found
        if best.time_known or best.until is not None:
            return best
    return best


def _found(looks: Iterable[_Look]) -> Iterator[Acquired]:
    return (acquired for look in looks if (acquired := look()) is not None)


def _in_mask(sidecars: Sidecars, tags: Mapping[str, str], now: datetime | None) -> Iterator[_Look]:
    """Where the files of a mask may have its date, what is most to be trusted first."""
    yield lambda: _taken(tags)
    yield lambda: date_in_files(sidecars.metadata)
    names = _names(sidecars)
    yield lambda: next((day for name in names if (day := date_from_name(name, now))), None)


def _in_image(sidecars: Sidecars, options: AddOptions) -> Iterator[_Look]:
    """Where the source image may have the date."""
    image = sidecars.image
    if image is not None:
        yield lambda: date_in_files(sidecars.image_metadata)
        yield lambda: date_from_name(image.name, options.now)
        yield lambda: _image_date(image)


def _image_date(image: Path) -> Acquired | None:
    if image.suffix.lower() not in DRIVERS or not image.is_file():
        return None
    try:
        tags = read_header(image).dates
    except MaskError:
        return None  # reported where the image itself is read
    return _taken(tags) or _saved(tags)


def _taken(tags: Mapping[str, str]) -> Acquired | None:
    return next(_dates(tags, TAKEN_TAGS), None)


def _saved(tags: Mapping[str, str]) -> Acquired | None:
    """The date of a tag that has the time of saving when an editor has written it."""
    if _EDITORS.search(tags.get(SOFTWARE_TAG, "")):
        return None
    return next(_dates(tags, SAVED_TAGS), None)


def _dates(tags: Mapping[str, str], names: Iterable[str]) -> Iterator[Acquired]:
    return (found for name in names if (found := _tag_date(tags.get(name))) is not None)


def _tag_date(text: str | None) -> Acquired | None:
    """A date as tags have it: ISO 8601, or TIFF's `2020:02:02 10:15:32` (taken to be UTC)."""
    if not text:
        return None
    if match := _TIFF_MOMENT.match(text.strip()):
        text = f"{match[1]}-{match[2]}-{match[3]}" + (f"T{match[4]}" if match[4] else "")
    try:
        return Acquired.parse(text)
    except ValueError:
        return None
