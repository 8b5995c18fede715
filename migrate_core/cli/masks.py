"""`masks …` and `demo`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from ..background.masks import add_masks, edit_masks, redate_masks, refuse_to_set_aside
from ..job_requests import AddMasks, EditMasks, RedateMasks
from ..masks import run
from ..masks.given import add_options, batch_edit
from ..masks.raster.value_notes import value_notes
from ..masks.register.outcome import ImagePairs, pair_lines, result_of_adding
from ..masks.relabel import versions
from ..masks.relabel.geopackage import LABELS
from ..model import Mask
from ..review.run import default_reviewer
from ..review.set_aside import (
    SetAside,
    consequence_of_edit,
    notes_on_set_aside,
    present_decisions,
)
from ..scenes.sources import local_source
from ..session import Session
from ..store.lists.masks import light_masks, mask_row_texts
from ..store.masks import (
    ALL,
    SHOWN,
    MaskFilter,
    masks_of,
    name_apart,
    shared_names,
    unknown_mask,
)
from .add_options import with_add_options
from .console import emit, emit_rows, json_option, print_table, report, say

# So many masks with a source image are listed after adding, and as many without.
_PAIRS = 20


@click.group()
def masks() -> None:
    """Masks: the labels to migrate."""


@masks.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@with_add_options
@json_option
@click.pass_obj
def add(session: Session, /, paths: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Register mask files, or all masks below folders.

    One file that can't be read, or feature that can't be used, is named; the others are added.
    """
    added = add_masks(session, AddMasks(paths, add_options(given)))
    _say_notes(added.notes)
    _emit_added(session, added.masks, [run.mask_row(mask) for mask in added.masks], as_json)
    _say_images(added.images)
    say(f"Result: {result_of_adding(added.masks, added.refused)}")
    report([*added.refused, *added.problems])


def _say_images(found: ImagePairs | None) -> None:
    """Which source image each mask got, and what is left on either side."""
    if found is not None:
        say(f"Source images: {found}.")
        for line in pair_lines(found, _PAIRS):
            say(f"  {line}")


def _say_notes(notes: Iterable[str]) -> None:
    for note in notes:
        say(f"Note: {note}")


@masks.command("list")
@json_option
@click.pass_obj
def list_masks(session: Session, as_json: bool) -> None:
    """All masks, one row each."""
    store = session.store
    rows = mask_row_texts(store)
    emit_rows(rows, as_json, lambda: _show(light_masks(store), shared_names(store)))


@masks.command("geocode")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--mask", "mask_ids", multiple=True, metavar="MASK_ID", help="Only these masks.")
@json_option
@click.pass_obj
def geocode_masks(session: Session, folder: Path, mask_ids: tuple[str, ...], as_json: bool) -> None:
    """Save raster masks as geocoded GeoTIFFs: band 1 the label, band 2 where it is valid."""
    written = run.geocode(session, folder, mask_ids)
    rows = [{"mask_id": mask.mask_id, "file": str(path)} for mask, path in written.files]
    emit(rows, as_json, lambda: say(f"{len(rows)} masks are in {folder}."))
    report(written.problems)


@masks.command("redate")
@click.argument("pattern")
@click.option("--show", type=click.Choice(SHOWN), default=ALL, help="Only masks of this kind.")
@click.option("--name", default="", help="Only masks whose name contains this.")
@click.option("--undated", is_flag=True, help="Only masks without a date.")
@json_option
@click.pass_obj
def redate(
    session: Session, /, pattern: str, show: str, name: str, undated: bool, as_json: bool
) -> None:
    """Set the dates of registered masks by a pattern of their names, such as *_YYYYMMDD_*."""
    count = redate_masks(session, RedateMasks(pattern, MaskFilter(show, name), undated))
    emit({"changed": count}, as_json, lambda: say(f"Note: {count} masks have another date now."))


@masks.command("edit")
@click.option("--mask", "mask_ids", multiple=True, metavar="MASK_ID", help="Only these masks.")
@click.option("--show", type=click.Choice(SHOWN), default=ALL, help="Only masks of this kind.")
@click.option("--name", default="", help="Only masks whose name contains this.")
@click.option("--date", help="Their date (ISO 8601), or a period START/END.")
@click.option("--crs", metavar="CRS", help="The CRS of those whose file has none: EPSG:32631.")
@click.option(
    "--class-names",
    metavar="TEXT",
    help="Names of values, such as '1 = mine, 2 = water'; '1 =' takes a name away.",
)
@click.option(
    "--nodata",
    multiple=True,
    metavar="VALUE|none",
    help="The value that stands for no data, whatever the file declares; the masks are read again.",
)
@click.option(
    "--image",
    type=click.Path(exists=True, path_type=Path),
    help="Their source image, or a folder in which each finds its own by name.",
)
@click.option(
    "--empty/--not-empty",
    "empty_allowed",
    default=None,
    help="Whether masks of background only are meant so, as negative examples.",
)
@click.option("--yes", is_flag=True, help="Set decisions aside without asking.")
@json_option
@click.pass_obj
def edit(
    session: Session, /, mask_ids: tuple[str, ...], show: str, name: str, yes: bool, as_json: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Set date, CRS, class names, no data or source image of many masks; the rest stays."""
    if unknown := set(mask_ids) - {mask.mask_id for mask in masks_of(session.store, mask_ids)}:
        raise unknown_mask(min(unknown))
    request = EditMasks(batch_edit(given), MaskFilter(show, name), mask_ids or None, yes)
    silent = as_json or not sys.stdin.isatty()
    edited = edit_masks(session, request, refuse_to_set_aside if silent else _ask)
    _say_notes(edited.notes)
    _say_images(edited.images)
    count = len(edited.masks)
    emit({"changed": count}, as_json, lambda: say(f"Result: {count} masks changed."))
    report(edited.problems)


def _ask(found: SetAside) -> None:
    click.confirm(f"{consequence_of_edit(found)} Go on?", abort=True, err=True)


@masks.command("labels")
@click.argument("mask_id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def labels(session: Session, mask_id: str, file: Path, as_json: bool) -> None:
    """Save the labels of a mask as polygons in a GeoPackage, to edit them in QGIS."""
    mask = versions.save_labels(session, mask_id, file)
    row = {"mask_id": mask.mask_id, "file": str(file)}
    emit(row, as_json, lambda: say(f"{mask.name}: its labels are in {file}, its area as well."))


@masks.command("relabel")
@click.argument("mask_id")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--undo", is_flag=True, help="Bring the labels of before the newest edit back.")
@click.option("--layer", default=LABELS, show_default=True, help="The layer that has the labels.")
@click.option("--allow-empty", is_flag=True, help="Nothing is drawn: all is background.")
@click.option("--reviewer", help="Who edited them; default the user's name.")
@json_option
@click.pass_obj
def relabel(
    session: Session, /, mask_id: str, file: Path | None, undo: bool, as_json: bool, **given: Any
) -> None:
    """Take an edited GeoPackage back as a new version of the mask."""
    if undo == (file is not None):
        raise click.UsageError("Name the edited GeoPackage, or else say --undo.")
    given["reviewer"] = given["reviewer"] or default_reviewer()
    decided = present_decisions(session.store)
    if file is None:
        found = versions.undo(session, mask_id, given["reviewer"])
    else:
        found = versions.relabel(session, versions.RelabelRequest(mask_id, file, **given))
    _say_notes([*found.notes, *notes_on_set_aside(session.store, decided, versions.SET_ASIDE)])
    document = {
        "mask_id": found.mask.mask_id,
        "was": found.before.mask_id,
        "version": found.mask.version.number if found.mask.version else 1,
        "notes": list(found.notes),
    }
    emit(document, as_json, lambda: say(_in_force(found.mask)))


def _in_force(mask: Mask) -> str:
    number = mask.version.number if mask.version else 1
    return f"{mask.name}: version {number} is in force, {mask.mask_id}. Next: pairs make"


def _emit_added(session: Session, added: Sequence[Mask], document: Any, as_json: bool) -> None:
    """The document, or a table of the masks that were added."""
    shared = shared_names(session.store, [mask.name for mask in added])
    emit(document, as_json, lambda: _show(added, shared))


def _show(found: Iterable[Mask], shared: Collection[str]) -> None:
    """The table of masks; of the `shared` names it shows the folders, too."""
    print_table(
        ("mask_id", "name", "acquired", "size, px", "CRS", "classes", "state"),
        (
            (
                mask.mask_id,
                name_apart(mask, shared),
                mask.acquired,
                f"{mask.width} x {mask.height}" if mask.width else None,
                mask.georeference.crs,
                ", ".join(mask.classes.stored or ()) or None,
                _state_text(mask),
            )
            for mask in found
        ),
    )


def _state_text(mask: Mask) -> str:
    """The state of a mask, or what is wrong with it, and what may be."""
    edited = [f"(label version {mask.version.number})"] if mask.version else []
    notes = [f"({note.text})" for note in value_notes(mask)]
    return " ".join([mask.problem or mask.state, *edited, *notes])


@click.command()
@json_option
@click.pass_obj
def demo(session: Session, as_json: bool) -> None:
    """Fill the workspace with a small synthetic example of known truth."""
    say("Making a landscape, six masks and ten Sentinel-2 products …")
    # Before the database is opened: where the example doesn't fit, nothing else is begun.
    case = run.demo_case(session)
    decided = present_decisions(session.store)
    added = run.add_demo(session, case)
    _say_notes([*added.notes, *notes_on_set_aside(session.store, decided)])
    source = local_source(case.scenes)
    document = {
        "masks": [mask.mask_id for mask in added.masks],
        "images": str(case.images),
        "source": source,
        "truth": str(case.truth),
    }
    _emit_added(session, added.masks, document, as_json)
    say(f"Next: scenes search --source {source}")
    report(added.problems)
