"""`masks …` and `demo`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from ..demo import make_demo
from ..errors import MaskError, WrongUseError
from ..files.disk import writing
from ..jobs.background import now_utc
from ..masks.dates.names import table_keys
from ..masks.dates.patterns import compile_pattern
from ..masks.options import AddOptions
from ..masks.raster.geocode import geocode
from ..masks.raster.opening import DRIVERS
from ..masks.raster.value_notes import notes_on, value_notes
from ..masks.register.dating import without_unclear_rows
from ..masks.register.discovery import FoundFiles, mask_files, mosaics
from ..masks.register.outcome import result_of_adding
from ..masks.register.rasters import register_headers
from ..masks.register.redating import redate, redatings
from ..masks.register.uploads import read_left_out, unpack
from ..masks.register.vectors import register_vectors
from ..masks.vectors.formats.reading import VECTOR_SUFFIXES, is_vector
from ..model import Mask, Problem
from ..review.set_aside import SetAside, present_decisions, set_aside_since
from ..store.masks import ALL, SHOWN, MaskFilter, masks_of, name_apart, shared_names
from ..store.serialize import to_json
from ..workspace import Workspace, remove_leftovers, unfinished_folder
from .add_options import add_options, with_add_options
from .console import emit, json_option, print_table, report, say
from .session import Session


@click.group()
def masks() -> None:
    """Masks: the labels to migrate."""


@masks.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@with_add_options
@click.option("--left-out", type=click.Path(exists=True, path_type=Path), hidden=True)
@json_option
@click.pass_obj
def add(
    session: Session, /, paths: tuple[Path, ...], left_out: Path | None, as_json: bool, **given: Any
) -> None:
    """Register mask files, or all masks below folders.

    One file that can't be read, or feature that can't be used, is named; the others are added.
    """
    options = replace(add_options(given), max_pair_pixels=session.settings.max_pair_pixels)
    # What the page left out of an upload is told with the rest.
    before = read_left_out(left_out) if left_out else []
    places, options, unpacking = _unpacked(session, paths, options)
    files = mask_files(places, follow_links=options.follow_links, takes=_is_label_file)
    options, unclear = without_unclear_rows(options, files.files)
    added = _register(session, files, options)
    emit([mask_row(mask) for mask in added.masks], as_json, lambda: _show(session, added.masks))
    refused = [*before, *unpacking, *files.refused, *unclear, *added.refused]
    say(f"Result: {result_of_adding(added.masks, refused)}")
    report([*refused, *added.problems, *_problems(added.masks), *_unused(options, added)])


def _is_label_file(path: Path) -> bool:
    """Whether a file in a folder is a mask: by its suffix, and JSON and the like by content."""
    suffix = path.suffix.lower()
    return suffix in DRIVERS or (suffix in VECTOR_SUFFIXES and is_vector(path))


def _unpacked(
    session: Session, paths: Sequence[Path], options: AddOptions
) -> tuple[list[Path], AddOptions, list[Problem]]:
    """The paths with zips of masks unpacked into the workspace, and the images in them."""
    found, problems = [], []
    for path in paths:
        if path.suffix.lower() != ".zip" or not path.is_file():
            found.append(path)
            continue
        try:
            batch = unpack(session.workspace, path, now_utc())
        except MaskError as err:
            problems.append(Problem(path.name, str(err)))
            continue
        found.append(batch.masks if batch else path)
        problems += batch.left_out if batch else ()
        if batch and batch.images and options.image is None:
            options = replace(options, image=batch.images)
    return found, options, problems


@dataclass(frozen=True)
class _Added:
    """The masks that a command registered, features that can't be used, and refused files."""

    masks: tuple[Mask, ...]
    problems: tuple[Problem, ...] = ()
    refused: tuple[Problem, ...] = ()


def _register(session: Session, found: FoundFiles, options: AddOptions) -> _Added:
    """Register files; says so where that sets decisions aside, since a file has other content."""
    before = present_decisions(session.store)
    added = _registered(session, found, options)
    gone = set_aside_since(session.store, before) if before else SetAside()
    if gone.total:
        say(
            f"Note: files have other content than before, so {gone} are superseded. The decisions "
            "stay in the log, and are proposed for the pairs of the new masks."
        )
    return added


def _registered(session: Session, found: FoundFiles, options: AddOptions) -> _Added:
    """Register files by their headers, then read their pixels."""
    vectors = [file for file in found.files if file.suffix.lower() not in DRIVERS]
    store, problems, refused = session.store, tuple[Problem, ...](), tuple[Problem, ...]()
    ids: list[str] = []
    notes: list[str] = []
    apart = set(vectors)
    if vectors:
        with session.tracked("masks") as progress:
            added = register_vectors(store, session.workspace, vectors, options, progress)
        ids, problems, refused = list(added.mask_ids), added.problems, added.refused
        # The images that annotations were drawn on lie beside them and are no masks.
        apart |= {Path(mask.image) for mask in masks_of(store, ids) if mask.image}
        notes += added.notes
    rasters = [file for file in found.files if file not in apart]
    if rasters:
        groups = mosaics(rasters) if options.mosaic else [(file,) for file in rasters]
        with session.tracked("masks") as progress:
            rasters_added = register_headers(store, groups, options, progress)
        ids += rasters_added.mask_ids
        notes += rasters_added.notes
        session.finish_masks()
    elif options.nodata is not None:
        notes.append("polygons have no no-data values, so --nodata does nothing here.")
    known = {mask.mask_id: mask for mask in masks_of(store, ids)}
    masks = [known[mask_id] for mask_id in dict.fromkeys(ids) if mask_id in known]
    for note in (*notes, *notes_on(masks)):
        say(f"Note: {note}")
    return _Added(tuple(masks), problems, refused)


def _problems(found: Sequence[Mask]) -> list[Problem]:
    return [Problem(mask.name, mask.problem) for mask in found if mask.problem]


def _unused(options: AddOptions, added: _Added) -> list[Problem]:
    """Rows of the tables of dates that fit no mask: most likely a misspelt name."""
    tables: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("table of dates", options.dates),
        ("mapping", options.mapping),
    )
    names = {key for mask in added.masks for key in table_keys(Path(mask.path))}
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
    emit([mask_row(mask) for mask in found], as_json, lambda: _show(session, found))


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
    written = geocode(wanted, folder, [mask for mask in every if mask.vector is None])
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
def redate_masks(
    session: Session, /, pattern: str, show: str, name: str, undated: bool, as_json: bool
) -> None:
    """Set the dates of registered masks by a pattern of their names, such as *_YYYYMMDD_*."""
    compiled = compile_pattern(pattern)
    with session.tracked("masks") as progress:
        found = redatings(session.store, MaskFilter(show, name), compiled, undated_only=undated)
        count = redate(session.store, found, progress)
    emit({"changed": count}, as_json, lambda: say(f"Note: {count} masks have another date now."))


def mask_row(mask: Mask) -> dict[str, Any]:
    """One row of `masks list --json`; a period stands as `start/end` in `acquired`."""
    names = ("mask_id", "name", "crs", "width", "height", "extent", "acquired", "classes")
    more = ("state", "problem", "image")
    return {name: to_json(getattr(mask, name)) for name in names + more}


def _show(session: Session, found: Sequence[Mask]) -> None:
    shared = shared_names(session.store, [mask.name for mask in found])
    print_table(
        ("mask_id", "name", "acquired", "size, px", "CRS", "classes", "state"),
        (
            (
                mask.mask_id,
                name_apart(mask, shared),
                mask.acquired,
                f"{mask.width} x {mask.height}" if mask.width else None,
                mask.crs,
                ", ".join(mask.classes) if mask.classes else None,
                _state_text(mask),
            )
            for mask in found
        ),
    )


def _state_text(mask: Mask) -> str:
    """The state of a mask, or what is wrong with it, and what may be."""
    return " ".join([mask.problem or mask.state, *(f"({n.text})" for n in value_notes(mask))])


@click.command()
@json_option
@click.pass_obj
def demo(session: Session, as_json: bool) -> None:
    """Fill the workspace with a small synthetic example of known truth."""
    workspace: Workspace = session.workspace
    say("Making a landscape, six masks and ten Sentinel-2 products …")
    remove_leftovers(workspace.root)
    with writing(workspace.demo), unfinished_folder(workspace.root) as scratch:
        case = make_demo(workspace.demo, scratch=scratch)
    found = _register(session, mask_files([case.masks]), AddOptions(image=case.images)).masks
    source = f"local:{case.scenes}"
    document = {
        "masks": [mask.mask_id for mask in found],
        "images": str(case.images),
        "source": source,
        "truth": str(case.truth),
    }
    emit(document, as_json, lambda: _show(session, found))
    say(f"Next: scenes search --source {source}")
    report(_problems(found))
