"""`masks …` and `demo`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..codec import to_json
from ..demo import make_demo
from ..masks.dates import date_for, parse_date, read_dates
from ..masks.edit import carried_over
from ..masks.options import AddOptions
from ..masks.queries import mask_at
from ..masks.register import inspect, mask_files
from ..model import Acquired, Mask, Problem
from ..workspace import Workspace
from .console import emit, json_option, print_table, report, say
from .session import Session

# So many masks are written at once: what a kill may lose.
_BATCH = 25


@click.group()
def masks() -> None:
    """Masks: the labels to migrate."""


@masks.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--image",
    type=click.Path(exists=True, path_type=Path),
    help="Source image, or a folder of source images matched by stem. Masks without georeference "
    "(PNG, JPEG) take it from there.",
)
@click.option("--date", "day", help="Date of all these masks (ISO 8601); beats their file names.")
@click.option(
    "--dates",
    "table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV table of dates with the columns mask and date; beats --date.",
)
@click.option("--allow-empty", is_flag=True, help="Take masks of background only, too.")
@json_option
@click.pass_obj
def add(
    session: Session,
    paths: tuple[Path, ...],
    image: Path | None,
    day: str | None,
    table: Path | None,
    allow_empty: bool,
    as_json: bool,
) -> None:
    """Register mask files, or all masks below folders."""
    options = AddOptions(
        image=image,
        date=parse_date(day) if day else None,
        dates=read_dates(table) if table else {},
        allow_empty=allow_empty,
    )
    found = _register(session, mask_files(paths), options)
    emit(
        [mask_row(mask) for mask in found],
        as_json,
        lambda: _show(found),
    )
    report(_problems(found) + _unused_dates(options.dates, found))


def _register(session: Session, files: Sequence[Path], options: AddOptions) -> list[Mask]:
    """Inspect files one by one and write them to the store in batches."""
    found: list[Mask] = []
    with session.tracked("masks") as progress:
        for first in range(0, len(files), _BATCH):
            batch = []
            try:
                for file in files[first : first + _BATCH]:
                    batch.append(_inspected(session, file, options))
                    progress(len(found) + len(batch), len(files))
            finally:
                session.store.put_masks(batch)
            found += batch
    return found


def _inspected(session: Session, file: Path, options: AddOptions) -> Mask:
    """A mask file with what a person has said about it before; options of the command beat it."""
    before = mask_at(session.store, file)
    if options.image is None and before is not None and before.image is not None:
        image = Path(before.image)
        options = replace(options, image=image if image.is_file() else None)
    return carried_over(before, inspect(file, options))


def _problems(found: Sequence[Mask]) -> list[Problem]:
    return [Problem(mask.name, mask.problem) for mask in found if mask.problem]


def _unused_dates(dates: Mapping[str, Acquired], found: Sequence[Mask]) -> list[Problem]:
    """Rows of the table of dates that fit no mask: most likely a misspelt name."""
    used = {
        key
        for mask in found
        for key in (mask.path, mask.name, Path(mask.path).stem)
        if date_for(Path(mask.path), {key: dates[key]} if key in dates else {})
    }
    return [
        Problem(key, "the table of dates names it, but no mask that was added has this name.")
        for key in dates
        if key not in used
    ]


@masks.command("list")
@json_option
@click.pass_obj
def list_masks(session: Session, as_json: bool) -> None:
    """All masks, one row each."""
    found = session.store.masks()
    emit([mask_row(mask) for mask in found], as_json, lambda: _show(found))


def mask_row(mask: Mask) -> dict[str, Any]:
    """One row of `masks list --json`."""
    names = ("mask_id", "name", "crs", "width", "height", "extent", "acquired", "classes")
    more = ("state", "problem", "image")
    # A period stands as `start/end` in `acquired`.
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
    found = _register(session, mask_files([case.masks]), AddOptions(image=case.images))
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
