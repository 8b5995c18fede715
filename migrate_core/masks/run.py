"""The use cases of the first stage: files become masks, get dates, and are saved geocoded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..demo import DemoCase, Progress, make_demo
from ..errors import MaskError, WrongUseError
from ..files.disk import writing
from ..files.regular import is_regular
from ..jobs.background import now_utc, working
from ..jobs.many_objects import many_new_objects
from ..model import Mask, Problem
from ..session import Session
from ..store.base import Store
from ..store.lists.masks import mask_row_texts
from ..store.masks import MaskFilter, masks_of, unknown_mask, used_images
from ..store.serialize import to_json
from ..text import counted
from ..workspace import remove_leftovers, unfinished_folder
from .checks import FILE
from .dates.names import table_keys
from .dates.patterns import compile_pattern
from .finish import finish as finish
from .options import AddOptions
from .raster import geocode as geotiffs
from .raster.opening import DRIVERS
from .raster.value_notes import notes_on
from .register import redating
from .register.batch_edit import (
    IMAGE_CHANGE,
    NODATA_CHANGE,
    BatchEdit,
    EditEffect,
    groups_to_read,
    with_source_image,
)
from .register.dating import without_unclear_rows
from .register.discovery import FoundFiles, mask_files, mosaics
from .register.edit import MaskEdit, crs_obstacle, edited, store_edits
from .register.outcome import ImagePairs, image_pairs
from .register.rasters import register_headers
from .register.sidecars import Finder
from .register.uploads import labels_in_zip, unpack
from .register.vectors import register_vectors
from .vectors.formats.reading import VECTOR_SUFFIXES, is_vector

# So many edited masks are written at once: what a kill may lose.
_BATCH = 200


@dataclass(frozen=True)
class Added:
    """What came of adding files.

    `masks` were registered, in the order of their files; some may have a problem. `notes` are what
    a person should know. `refused` are files, and rows of tables, that became no mask; `problems`
    are those of features, of masks, and of table rows that fit no mask. `images` are the source
    images that the masks got, None where none was given.
    """

    masks: tuple[Mask, ...]
    notes: tuple[str, ...] = ()
    refused: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    images: ImagePairs | None = None


def add(session: Session, paths: Sequence[Path], options: AddOptions) -> Added:
    """Register mask files, or all masks below folders and in zips.

    Headers are read first, then pixels. A file that can't be read, or a feature that can't be
    used, is named in the result; the others are added. Raises WrongUseError, JobRunningError
    when another process adds masks, and JobCancelledError.
    """
    options = replace(options, max_pair_pixels=session.settings.max_pair_pixels)
    inputs, options, unpacking = _unpacked(session, paths, options)
    files = mask_files(inputs, follow_links=options.follow_links, takes=_is_label_file)
    files = _without_zips(files)
    options, unclear = without_unclear_rows(options, files.files)
    added = _register(session, files, options)
    return replace(
        added,
        refused=(*unpacking, *files.refused, *unclear, *added.refused),
        problems=(*_problems(added.masks), *added.problems, *_unused(options, added.masks)),
        images=image_pairs(added.masks, options.image, used_images(session.store)),
    )


def demo_case(session: Session, progress: Progress | None = None) -> DemoCase:
    """Make a small synthetic example of known truth in the workspace, or find it there.

    `progress` is told how many parts of it are made, of how many.
    """
    workspace = session.workspace
    remove_leftovers(workspace.root)
    with writing(workspace.demo), unfinished_folder(workspace.root) as scratch:
        return make_demo(workspace.demo, scratch=scratch, progress=progress)


def add_demo(session: Session, case: DemoCase) -> Added:
    """Register the masks of the example with their source images."""
    return add(session, [case.masks], AddOptions(image=case.images))


def geocode(session: Session, folder: Path, mask_ids: Sequence[str] = ()) -> geotiffs.Geocoded:
    """Save raster masks, or only those of `mask_ids`, as geocoded GeoTIFFs in a folder.

    Raises WrongUseError for an unknown id, and when there is no raster mask.
    """
    finish(session)
    masks = session.store.masks()
    unknown = set(mask_ids) - {mask.mask_id for mask in masks}
    if unknown:
        raise unknown_mask(min(unknown))
    wanted = [m for m in masks if m.mask_id in mask_ids or (not mask_ids and m.vector is None)]
    if not wanted:
        raise WrongUseError("There is no raster mask. Add some first: `masks add PATH`.")
    return geotiffs.geocode(wanted, folder, [mask for mask in masks if mask.vector is None])


def redate(
    session: Session, pattern: str, wanted: MaskFilter, *, undated_only: bool = False
) -> int:
    """Set the dates of registered masks by a pattern of their names, such as `*_YYYYMMDD_*`.

    Returns how many have another date now. Raises WrongUseError for what is no pattern.
    """
    compiled = compile_pattern(pattern)
    with session.tracked("masks") as progress:
        found = redating.redatings(session.store, wanted, compiled, undated_only=undated_only)
        return redating.redate(session.store, found, progress)


def mask_rows(store: Store) -> Iterator[dict[str, Any]]:
    """The rows of `masks list --json` of all masks, as `mask_row` has them, one after the other."""
    return map(json.loads, mask_row_texts(store))


def edit_many(session: Session, effect: EditEffect, edit: BatchEdit) -> Added:
    """Make the edit in the masks that it changes; what is `effect` was found by `effect_of`.

    What is read again is read first, each mask then under the id it has now. Returns the masks as
    they are now. A kill leaves each mask as it was or as it is to be. Raises JobRunningError and
    JobCancelledError.
    """
    with working(session.store, "masks"):
        finish(session)
        read = [*effect.changed.get(NODATA_CHANGE, ()), *effect.changed.get(IMAGE_CHANGE, ())]
        again = list(masks_of(session.store, dict.fromkeys(read)))
        rasters = [mask for mask in again if mask.vector is None or mask.version is not None]
        found = [_read_again(session, *group, edit) for group in groups_to_read(rasters)]
        now_at = {mask.key: mask.mask_id for added in found for mask in added.masks}
        keys = {mask.mask_id: mask.key for mask in again}
        ids = [now_at.get(keys.get(i, ""), i) for i in sorted(effect.mask_ids)]
        masks, wrong = _edit_each(session, ids, edit)
    notes = tuple(note for added in found for note in added.notes)
    problems = [*effect.problems, *wrong, *_problems(masks)]
    return Added(tuple(masks), notes, problems=tuple(problems), images=effect.images)


def _read_again(
    session: Session, paths: Sequence[Path], options: AddOptions, edit: BatchEdit
) -> Added:
    """Masks read again with the no-data values and the images of an edit."""
    # With another image it is found out again what that image is of.
    sensor = options.sensor if edit.image is None else None
    return add(
        session, paths, replace(options, image=edit.image, nodata=edit.nodata, sensor=sensor)
    )


def _edit_each(
    session: Session, mask_ids: Sequence[str], edit: BatchEdit
) -> tuple[list[Mask], list[Problem]]:
    """The masks with what needs no reading again, written in portions; and what can't be set."""
    finder = None if edit.image is None else Finder(AddOptions(image=edit.image))
    done, problems = list[Mask](), list[Problem]()
    with session.tracked("masks") as progress:
        for first in range(0, len(mask_ids), _BATCH):
            pairs = []
            for mask in masks_of(session.store, mask_ids[first : first + _BATCH]):
                new = mask
                try:
                    if finder is not None and mask.vector is not None:
                        image = finder.image(Path(mask.path))
                        new = with_source_image(mask, image) if image else mask
                    new = edited(new, _possible(new, edit.change))
                except MaskError as err:
                    problems.append(Problem(mask.name, str(err)))
                pairs.append((mask, new))
            store_edits(session.store, pairs)
            done += [after for _, after in pairs]
            progress(first + len(pairs), len(mask_ids))
    return done, problems


def _possible(mask: Mask, change: MaskEdit) -> MaskEdit:
    """The change without a CRS that the mask can't be given, which is reported."""
    return change if crs_obstacle(mask) is None else replace(change, crs=None)


def mask_row(mask: Mask) -> dict[str, Any]:
    """One row of `masks list --json`; a period stands as `start/end` in `acquired`."""
    return {
        "mask_id": mask.mask_id,
        "name": mask.name,
        "crs": mask.georeference.crs,
        "width": mask.width,
        "height": mask.height,
        "extent": to_json(mask.extent),
        "acquired": to_json(mask.acquired),
        "classes": to_json(mask.classes.stored),
        "state": mask.state.value,
        "problem": mask.problem,
        "image": mask.source.path,
    }


def _is_label_file(path: Path) -> bool:
    """Whether a file in a folder is a mask: by its suffix, and JSON and the like by content.

    So is a zip that holds masks, to be reported where it is no zipped Shapefile.
    """
    suffix = path.suffix.lower()
    if suffix == ".zip" and is_regular(path) and labels_in_zip(path):
        return True
    return suffix in DRIVERS or (suffix in VECTOR_SUFFIXES and is_vector(path))


def _without_zips(found: FoundFiles) -> FoundFiles:
    """The files without zips of masks, which are unpacked only where they are named themselves.

    Such as lie in a folder may be products of many gigabytes, so they are refused by name.
    """
    zips = [file for file in found.files if file.suffix.lower() == ".zip" and not is_vector(file)]
    refused = [
        Problem(
            path.name,
            f"this zip in a folder isn't unpacked; it holds "
            f"{counted(len(labels_in_zip(path)), 'file')} that may be masks. Unzip it there, or "
            "add the zip by itself.",
        )
        for path in zips
    ]
    files = tuple(file for file in found.files if file not in zips)
    return FoundFiles(files, (*found.refused, *refused))


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


def _register(session: Session, found: FoundFiles, options: AddOptions) -> Added:
    """Register files by their headers, then read their pixels."""
    vectors = [file for file in found.files if file.suffix.lower() not in DRIVERS]
    store, problems, refused = session.store, tuple[Problem, ...](), tuple[Problem, ...]()
    ids: list[str] = []
    notes: list[str] = []
    known: dict[str, Mask] = {}
    apart = set(vectors)
    if vectors:
        with session.tracked("masks") as progress:
            added = register_vectors(store, session.workspace, vectors, options, progress)
        ids, problems, refused = list(added.mask_ids), added.problems, added.refused
        # The images that annotations were drawn on lie beside them and are no masks.
        apart |= {Path(mask.source.path) for mask in masks_of(store, ids) if mask.source.path}
        notes += added.notes
    rasters = [file for file in found.files if file not in apart]
    if rasters:
        groups = mosaics(rasters) if options.mosaic else [(file,) for file in rasters]
        with session.tracked("masks") as progress, many_new_objects():
            rasters_added = register_headers(store, groups, options, progress)
        ids += rasters_added.mask_ids
        notes += rasters_added.notes
        known |= rasters_added.read
        finish(session)
    elif options.nodata is not None:
        notes.append("polygons have no no-data values, so --nodata does nothing here.")
    known |= {mask.mask_id: mask for mask in masks_of(store, [i for i in ids if i not in known])}
    masks = [known[mask_id] for mask_id in dict.fromkeys(ids) if mask_id in known]
    return Added(tuple(masks), (*notes, *notes_on(masks)), refused, problems)


def _problems(masks: Sequence[Mask]) -> list[Problem]:
    """What is wrong with masks, those first of which the file can't be read."""
    ordered = sorted(masks, key=lambda mask: FILE not in mask.problems)
    return [Problem(mask.name, mask.problem) for mask in ordered if mask.problem]


def _unused(options: AddOptions, masks: Sequence[Mask]) -> list[Problem]:
    """Rows of the tables of dates that fit no mask: most likely a misspelt name."""
    tables: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("table of dates", options.dates),
        ("mapping", options.mapping),
    )
    names = {key for mask in masks for key in table_keys(Path(mask.path))}
    return [
        Problem(key, f"the {title} names it, but no mask that was added has this name.")
        for title, table in tables
        for key in table
        if key not in names
    ]
