"""What a person writes about the masks being added, as the value that adding takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import WrongUseError
from .dates.names import parse_date, read_dates, read_mapping
from .dates.patterns import compile_pattern
from .options import AddOptions, VectorOptions
from .raster.class_tables import parse_classes
from .raster.georeference import known_crs
from .raster.no_data import parse_no_data
from .register.batch_edit import BatchEdit
from .register.edit import MaskEdit, parse_names

_V = TypeVar("_V")


def add_options(given: Mapping[str, Any]) -> AddOptions:
    """The options as one value; `given` has those of the command by name, as a person wrote them.

    Tables of dates and of classes are read. What isn't given may be left out, or None. Raises
    WrongUseError, and MaskError for a table that can't be read.
    """
    given = defaultdict(lambda: None, given)
    if given["end_date_field"] and not given["date_field"]:
        raise WrongUseError("--end-date-field needs --date-field, where the period begins.")
    return AddOptions(
        image=given["image"],
        date=_parsed(parse_date, given["date"], None),
        dates=_parsed(read_dates, given["dates"], {}),
        mapping=_parsed(read_mapping, given["mapping"], {}),
        date_pattern=_parsed(compile_pattern, given["date_pattern"], None),
        udm=given["udm"],
        classes=_parsed(parse_classes, given["classes"], ()),
        threshold=given["threshold"],
        nodata=_parsed(parse_no_data, given["nodata"] or None, None),
        crs=_parsed(known_crs, given["crs"], None),
        vector=VectorOptions(
            given["layer"],
            given["class_field"],
            given["date_field"],
            given["end_date_field"],
            given["aoi"],
            given["chip_size"],
            given["margin"],
        ),
        sensor=given["sensor"],
        mosaic=bool(given["mosaic"]),
        allow_empty=bool(given["allow_empty"]),
        follow_links=bool(given["follow_links"]),
    )


def batch_edit(given: Mapping[str, Any]) -> BatchEdit:
    """An edit of many masks; `given` has the options of `masks edit`, as a person wrote them.

    What isn't given, or only spaces, leaves a thing as it is. Raises MigrateError.
    """
    given = defaultdict(lambda: None, given)
    change = MaskEdit(
        acquired=_parsed(parse_date, _written(given["date"]), None),
        crs=_written(given["crs"]),
        class_names=_parsed(parse_names, _written(given["class_names"]), None),
        empty_allowed=given["empty_allowed"],
    )
    nodata = _parsed(parse_no_data, given["nodata"] or None, None)
    return BatchEdit(change, nodata, given["image"])


def _written(text: str | None) -> str | None:
    return text.strip() or None if text else None


def _parsed(parse: Callable[[Any], _V], given: Any, default: _V) -> _V:
    """What an option says; an empty text was given, too, and is reported."""
    return default if given is None else parse(given)
