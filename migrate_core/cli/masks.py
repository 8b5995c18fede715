"""`masks …` and `demo`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ..codec import to_json
from ..demo import make_demo
from ..errors import WrongUseError
from ..masks.adding import read_pending, register_headers
from ..masks.class_tables import parse_classes
from ..masks.dates import parse_date, read_dates, read_mapping
from ..masks.files import FoundFiles, mask_files, mosaics
from ..masks.geocode import geocode
from ..masks.georeference import known_crs
from ..masks.options import AddOptions, VectorOptions
from ..masks.patterns import compile_pattern
from ..masks.queries import masks_of
from ..masks.sensors import SENSORS
from ..model import Mask, Problem
from ..workspace import Workspace
from .console import emit, json_option, print_table, report, say
from .session import Session

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FILE_OR_FOLDER = click.Path(exists=True, path_type=Path)
_F = TypeVar("_F", bound=Callable[..., Any])
_V = TypeVar("_V")


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


@click.group()
def masks() -> None:
    """Masks: the labels to migrate."""


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
        "day, doy, hour, minute, second, date or time; or signs as in *_YYYYMMDD_*.",
    ),
    click.option(
        "--udm",
        type=_FILE_OR_FOLDER,
        help="What was hidden in the source images: a PlanetScope UDM2 or UDM, or a raster that "
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
    click.option("--crs", metavar="CRS", help="CRS of files that have none: EPSG:32631."),
    click.option(
        "--sensor",
        type=click.Choice([s.name for s in SENSORS]),
        help="What the labels were drawn on; found out from names where it isn't given.",
    ),
    click.option(
        "--mosaic",
        is_flag=True,
        help="Files of a folder that share a lattice are tiles of one mask.",
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


def _with_options(command: _F) -> _F:
    for option in reversed(_ADD_OPTIONS):
        command = option(command)
    return command


@masks.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_with_options
@json_option
@click.pass_obj
def add(session: Session, /, paths: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Register mask files, or all masks below folders."""
    options = _options(given)
    files = mask_files(paths, follow_links=options.follow_links)
    added = _register(session, files, options)
    emit([mask_row(mask) for mask in added.masks], as_json, lambda: _show(added.masks))
    report([*files.refused, *added.problems, *_problems(added.masks), *_unused(options, added)])


def _options(given: Mapping[str, Any]) -> AddOptions:
    """The options of the command line as one value. Raises WrongUseError."""
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
        mosaic=given["mosaic"],
        allow_empty=given["allow_empty"],
        follow_links=given["follow_links"],
    )


def _parsed(parse: Callable[[Any], _V], given: Any, default: _V) -> _V:
    """What an option says; an empty text was given, too, and is told."""
    return default if given is None else parse(given)


@dataclass(frozen=True)
class _Added:
    """The masks that a command registered, and what couldn't be."""

    masks: tuple[Mask, ...]
    problems: tuple[Problem, ...] = ()


def _register(session: Session, found: FoundFiles, options: AddOptions) -> _Added:
    """Register files by their headers, then read their pixels."""
    groups = mosaics(found.files) if options.mosaic else [(file,) for file in found.files]
    with session.tracked("masks") as progress:
        ids = register_headers(session.store, groups, options, progress)
        read_pending(session.store, progress)
    known = {mask.mask_id: mask for mask in masks_of(session.store, ids)}
    return _Added(tuple(known[mask_id] for mask_id in dict.fromkeys(ids) if mask_id in known))


def _problems(found: Sequence[Mask]) -> list[Problem]:
    return [Problem(mask.name, mask.problem) for mask in found if mask.problem]


def _unused(options: AddOptions, added: _Added) -> list[Problem]:
    """Rows of the tables of dates that fit no mask: most likely a misspelt name."""
    tables: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("table of dates", options.dates),
        ("mapping", options.mapping),
    )
    names = {key for m in added.masks for key in (m.path, Path(m.path).name, Path(m.path).stem)}
    return [
        Problem(key, f"the {title} names it, but no mask that was added has this name.")
        for title, table in tables
        for key in table
        if key not in names
    ]


@masks.command("list")
@json_option
@click.pass_obj
def list_masks(session: Session, as_json: bool) -> None:
    """All masks, one row each."""
    found = session.store.masks()
    emit([mask_row(mask) for mask in found], as_json, lambda: _show(found))


@masks.command("geocode")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--mask", "mask_ids", multiple=True, metavar="MASK_ID", help="Only these masks.")
@json_option
@click.pass_obj
def geocode_masks(session: Session, folder: Path, mask_ids: tuple[str, ...], as_json: bool) -> None:
    """Save raster masks as geocoded GeoTIFFs: band 1 the label, band 2 where it is valid."""
    session.finish_masks()
    every = session.store.masks()
    unknown = set(mask_ids) - {mask.mask_id for mask in every}
    if unknown:
        raise WrongUseError(f"{min(unknown)!r} is no mask; `masks list` shows their ids.")
    wanted = [m for m in every if m.mask_id in mask_ids or (not mask_ids and m.vector is None)]
    if not wanted:
        raise WrongUseError("There is no raster mask. Add some first: `masks add PATH`.")
    written = geocode(wanted, folder)
    rows = [{"mask_id": mask.mask_id, "file": str(path)} for mask, path in written.files]
    emit(rows, as_json, lambda: say(f"{len(rows)} masks are in {folder}."))
    report(written.problems)


def mask_row(mask: Mask) -> dict[str, Any]:
    """One row of `masks list --json`; a period stands as `start/end` in `acquired`."""
    names = ("mask_id", "name", "crs", "width", "height", "extent", "acquired", "classes")
    more = ("state", "problem", "image")
    return {name: to_json(getattr(mask, name)) for name in names + more}


def _show(found: Sequence[Mask]) -> None:
    print_table(
        ("mask_id", "name", "acquired", "size, px", "CRS", "classes", "state"),
        (
            (
                mask.mask_id,
                mask.name,
                mask.acquired,
                f"{mask.width} x {mask.height}" if mask.width else None,
                mask.crs,
                ", ".join(mask.classes) if mask.classes else None,
                mask.problem or mask.state,
            )
            for mask in found
        ),
    )


@click.command()
@json_option
@click.pass_obj
def demo(session: Session, as_json: bool) -> None:
    """Fill the workspace with a small synthetic example of known truth."""
    workspace: Workspace = session.workspace
    say("Making a landscape, six masks and ten Sentinel-2 products …")
    case = make_demo(workspace.demo)
    found = _register(session, mask_files([case.masks]), AddOptions(image=case.images)).masks
    source = f"local:{case.scenes}"
    document = {
        "masks": [mask.mask_id for mask in found],
        "images": str(case.images),
        "source": source,
        "truth": str(case.truth),
    }
    emit(document, as_json, lambda: _show(found))
    say(f"Next: scenes search --source {source}")
    report(_problems(found))
