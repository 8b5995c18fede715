"""When a mask's source image was taken, from all that may say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from ..errors import MaskError
from ..model import Acquired
from .companions import Companions, mapping_row
from .dates import date_for, date_from_name
from .metadata_files import date_in_files
from .options import AddOptions
from .patterns import date_by_pattern
from .raster import DRIVERS, opened

# Where images say when they were taken: (domain, tag). GDAL's metadata domain IMAGERY has it for
# satellite images; DateTimeOriginal is EXIF, of cameras; DateTime is TIFF 6.0's, which Planet's and
# other providers' images use for it.
_TAGS = (
    ("IMAGERY", "ACQUISITIONDATETIME"),
    (None, "ACQUISITIONDATETIME"),
    (None, "ACQUISITION_DATE"),
    (None, "EXIF_DateTimeOriginal"),
    (None, "TIFFTAG_DATETIME"),
)
_TIFF_MOMENT = re.compile(r"^(\d{4}):(\d{2}):(\d{2})(?:[ T](\d{2}:\d{2}:\d{2}))?")
# Programs that write the time of saving where the time of taking should be.
_EDITORS = re.compile(
    r"adobe|photoshop|gimp|imagemagick|paint|affinity|krita|inkscape|labelme|tifffile", re.I
)


def said_date(path: Path, options: AddOptions) -> Acquired | None:
    """The date that a person has given for a mask file: a table beats the option."""
    return mapping_row(path, options).date or date_for(path, options.dates) or options.date


def find_date(companions: Companions, options: AddOptions) -> Acquired | None:
    """The date of a mask: what a person says, else what is found in and beside its files.

    A day without time takes the time of day from a later finding that agrees on the day.
    Raises MaskError when metadata beside it are made to do harm.
    """
    said = said_date(companions.path, options)
    if said is None and options.date_pattern is not None:
        said = date_by_pattern(companions.path.name, options.date_pattern)
    if said is not None:
        return said
    best: Acquired | None = None
    for found in _findings(companions, options.now):
        if best is None:
            best = found
        elif found.time_known and found.until is None and found.first_day == best.first_day:
            return found
        if best.time_known or best.until is not None:
            return best
    # A mask's own tags tell when it was saved as often as when its image was taken: last of all.
    return best or _date_in_tags(companions.path)


def _findings(companions: Companions, now: datetime | None) -> Iterator[Acquired]:
    """All that may be the date, what is most to be trusted first."""
    image = companions.image
    looks: list[Callable[[], Acquired | None]] = [
        lambda: date_in_files(companions.metadata),
        lambda: date_from_name(companions.path.name, now),
    ]
    if image is not None:
        looks += [
            lambda: date_in_files(companions.image_metadata),
            lambda: date_from_name(image.name, now),
            lambda: _date_in_tags(image),
        ]
    for look in looks:
        if (acquired := look()) is not None:
            yield acquired


def _date_in_tags(path: Path) -> Acquired | None:
    if path.suffix.lower() not in DRIVERS or not path.is_file():
        return None
    try:
        with opened(path) as dataset:
            tags = {domain: dataset.tags(ns=domain) for domain, _ in _TAGS}
    except MaskError:
        return None  # told where the file itself is read
    if _EDITORS.search(tags[None].get("TIFFTAG_SOFTWARE", "")):
        return None
    for domain, tag in _TAGS:
        if (found := _tag_date(tags[domain].get(tag))) is not None:
            return found
    return None


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
