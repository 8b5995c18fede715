"""The options of `masks add`."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..masks.dates.sensors import SENSORS

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FILE_OR_FOLDER = click.Path(exists=True, path_type=Path)
_F = TypeVar("_F", bound=Callable[..., Any])


class _Number(click.FloatRange):
    """A number, which infinity and not-a-number are not."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; anything else is wrong use."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number that can be compared with.", param, ctx)
        return number


_ADD_OPTIONS = (
    click.option(
        "--image",
        type=_FILE_OR_FOLDER,
        help="Source image, or a folder of source images matched by stem. Masks without "
        "georeference (PNG, JPEG) take it from there.",
    ),
    click.option(
        "--date", help="Date of all these masks (ISO 8601), or a period START/END; beats names."
    ),
    click.option(
        "--dates",
        type=_FILE,
        help="CSV table of dates with the columns mask and date; beats --date.",
    ),
    click.option(
        "--mapping",
        type=_FILE,
        help="CSV table with the columns mask, image, date: which image and date each mask has.",
    ),
    click.option(
        "--date-pattern",
        metavar="REGEX",
        help="Where file names have the date: a regular expression with groups named year, month, "
        "day, doy, hour, minute, second, date or time; or signs as in *_YYYYMMDD_*. With a / in "
        "it, it is looked for in the whole path.",
    ),
    click.option(
        "--udm",
        type=_FILE_OR_FOLDER,
        help="What was occluded in the source images: a PlanetScope UDM2 or UDM, or a raster that "
        "isn't 0 there; or a folder of them matched by stem.",
    ),
    click.option(
        "--classes",
        metavar="JSON",
        help="Values, names and colours of classes: a .json, .csv, .qml or colour-table file, or "
        "JSON written out.",
    ),
    click.option(
        "--threshold",
        type=_Number(),
        metavar="VALUE",
        help="Make class 1 of what reaches this value: for probabilities, and JPEG masks.",
    ),
    click.option(
        "--nodata",
        multiple=True,
        metavar="VALUE|none",
        help="The value that stands for no data, whatever the file declares; none when none does. "
        "May be given several times.",
    ),
    click.option("--crs", metavar="CRS", help="CRS of files that have none: EPSG:32631."),
    click.option(
        "--sensor",
        type=click.Choice([s.name for s in SENSORS]),
        help="What the labels were drawn on; found out from names where it isn't given.",
    ),
    click.option(
        "--mosaic",
        is_flag=True,
        help="Files of a folder that share a grid are tiles of one mask.",
    ),
    click.option("--class-field", metavar="FIELD", help="Vectors: the column with the class."),
    click.option(
        "--date-field",
        metavar="FIELD",
        help="Vectors: the column with the date; each feature becomes a mask.",
    ),
    click.option(
        "--end-date-field",
        metavar="FIELD",
        help="Vectors: the end of a period that begins with --date-field.",
    ),
    click.option("--layer", metavar="NAME", help="Vectors: the layer of a file that has several."),
    click.option(
        "--aoi",
        type=_FILE,
        help="Vectors: polygons of the areas that were labelled, one mask each.",
    ),
    click.option(
        "--chip-size",
        type=_Number(min=0, min_open=True),
        metavar="METRES",
        help="Vectors: cut the labelled area into square chips of this size.",
    ),
    click.option(
        "--margin",
        type=_Number(min=0),
        metavar="METRES",
        help="Vectors: one mask for each feature, its extent and so much around it.",
    ),
    click.option("--allow-empty", is_flag=True, help="Take masks of background only, too."),
    click.option("--follow-links", is_flag=True, help="Take files that are symbolic links."),
)


def with_add_options(command: _F) -> _F:
    """Gives a command all options of `masks add`, in the order in which help lists them."""
    for option in reversed(_ADD_OPTIONS):
        command = option(command)
    return command
