"""Adding vector files: each becomes as many masks as it has areas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...errors import MaskError
from ...model import Acquired, Mask, Problem
from ...states import MaskState
from ...store.base import Store
from ...store.masks import known_classes, masks_of
from ...workspace import Workspace
from ..checks import IMAGE, UDM, image_problems, with_problems
from ..files.isolation import read_isolated
from ..files.safety import check_bytes, check_file
from ..options import AddOptions
from ..raster.opening import file_sha256
from ..raster.udm import occlusion_problem
from ..vectors.register import VectorContext, VectorResult, vector_masks
from .dating import find_date, given_date
from .describe import ACQUIRED, unreadable
from .edit import with_earlier_edits
from .edited_labels import with_edited_labels
from .registered import Registered, summed_up
from .sidecars import Finder, Sidecars

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class AddedVectors:
    """The ids of the masks, features that couldn't be used, and how areas were made.

    `refused` are files that couldn't be used this time, and whose masks of before stay.
    """

    mask_ids: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    refused: tuple[Problem, ...] = ()


def register_vectors(
    store: Store,
    workspace: Workspace,
    files: Sequence[Path],
    options: AddOptions,
    progress: Progress,
) -> AddedVectors:
    """Register the masks of vector files; a file that can't be used is a mask with a problem.

    What an earlier adding made of a file and this one doesn't is taken off the list; what a person
    said of a mask is kept. `progress(finished, total)` may raise to end it between files.
    """
    finder = Finder(options)
    registered = Registered(store, files)
    known = known_classes(store)
    mask_ids: list[str] = []
    problems: list[Problem] = []
    notes: list[str] = []
    refused: list[Problem] = []
    for number, path in enumerate(files):
        going_on = partial(progress, number, len(files))
        try:
            item = finder.sidecars(path)
            result = read_isolated(
                path.name, going_on, _read, item, options, workspace.features, known
            )
        except MaskError as err:
            kept, found = _refused(store, path, str(err))
            refused += kept
        else:
            found = tuple(_settled(mask, registered) for mask in result.masks)
            problems += result.problems
            notes += filter(None, (result.note, _unusable(path, result.problems)))
            known |= {
                text: value for mask in found for text, value in (mask.classes.stored or {}).items()
            }
        if found:
            _replace(store, path, found, registered)
        mask_ids += [mask.mask_id for mask in found]
        progress(number + 1, len(files))
    notes += summed_up(registered.notes)
    return AddedVectors(tuple(mask_ids), tuple(problems), tuple(notes), tuple(refused))


def _settled(mask: Mask, registered: Registered) -> Mask:
    """The mask under its id, with what a person said of it before."""
    known = registered.known_as(mask)
    mask = with_edited_labels(known, with_earlier_edits(known, mask), registered)
    return registered.settled(mask, known)


def _refused(store: Store, path: Path, why: str) -> tuple[tuple[Problem, ...], tuple[Mask, ...]]:
    """A file that can't be used: a mask with that problem, or, where it was used before, nothing.

    A misspelt column must not cost the masks, matches and pairs of an earlier adding.
    """
    before = masks_of(store, store.masks_of_file(str(path)))
    if any(mask.state == MaskState.READY for mask in before):
        return (Problem(path.name, f"{why} Its masks of before stay as they are."),), ()
    return (), (unreadable(path, why),)


def _unusable(path: Path, problems: Sequence[Problem]) -> str | None:
    """In a sentence that some features of a file couldn't be used."""
    if not problems:
        return None
    first = f"{path.name}: {len(problems)} of its features couldn't be used as they are."
    return f"{first} The first: {problems[0].message}"


def _read(
    sidecars: Sidecars, options: AddOptions, features: Path, known: Mapping[str, int]
) -> VectorResult:
    """The masks of one file, as a worker reads it: nothing of the store. Raises MaskError.

    `features` is the folder for polygons, `known` the stored values of classes by name.
    """
    path = sidecars.path
    check_file(path, follow_links=options.follow_links)
    try:
        check_bytes(path)
        digest = file_sha256(path)
    except OSError as err:
        raise MaskError(
            f"{path.name}: it can't be read ({err.strerror}). Check that it exists and its rights."
        ) from err
    location = VectorContext(features, known, find_date(sidecars, options))
    result = vector_masks(path, digest, options, location)
    masks = (_with_udm(_with_image(mask, sidecars), sidecars) for mask in result.masks)
    given = given_date(sidecars, options)
    return replace(result, masks=tuple(_with_given_date(mask, given) for mask in masks))


def _with_image(mask: Mask, sidecars: Sidecars) -> Mask:
    """The mask with its source image where that was found by name, and what is wrong with it.

    Polygons drawn on the pixels of an image, and all masks where there is one image, have theirs.
    """
    if mask.source.path is not None:
        return mask
    obstacle = sidecars.obstacles.get(IMAGE)
    if sidecars.image is not None:
        mask = replace(mask, source=replace(mask.source, path=str(sidecars.image)))
    problems = {IMAGE: obstacle} if obstacle else image_problems(mask)
    return with_problems(mask, {**mask.problems, **problems}) if problems else mask


def _with_given_date(mask: Mask, given: Acquired | None) -> Mask:
    """The mask; a date that a person gave for its file is kept when that is added again."""
    by_person = given is not None and mask.acquired == given
    return replace(mask, user_set=(*mask.user_set, ACQUIRED)) if by_person else mask


def _with_udm(mask: Mask, sidecars: Sidecars) -> Mask:
    """The mask with the record of what was occluded in its image, and what is wrong with that."""
    if sidecars.udm is None:
        return mask
    mask = replace(mask, source=replace(mask.source, udm=str(sidecars.udm)))
    problem = occlusion_problem(sidecars.udm, mask)
    return with_problems(mask, {**mask.problems, UDM: problem}) if problem else mask


def _replace(store: Store, path: Path, masks: Sequence[Mask], registered: Registered) -> None:
    """Write the masks of a file, and take off the list what it doesn't give any more."""
    locations = {str(path), *registered.left}
    listed = {mask_id for location in locations for mask_id in store.masks_of_file(location)}
    store.remove_masks(listed - {mask.mask_id for mask in masks})
    registered.put(masks)
