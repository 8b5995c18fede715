"""One edit for many masks: what it would change is found first, from what is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import MaskError, WrongUseError
from ...model import Mask, Problem
from ...store.base import Store
from ...store.masks import masks_of, used_images
from ...text import _
from ..checks import FILE, IMAGE, image_problems, with_problems
from ..options import AddOptions
from ..raster.georeference import known_crs
from .edit import MaskEdit, crs_obstacle, named_classes
from .outcome import ImagePairs, image_pairs
from .sidecars import Finder

# What a mask may be given, as reports name it.
DATE_CHANGE, CRS_CHANGE, NAMES_CHANGE = "date", "CRS", "class names"
EMPTY_CHANGE, NODATA_CHANGE, IMAGE_CHANGE = "may be empty", "no data", "source image"
_CHANGES = (DATE_CHANGE, CRS_CHANGE, NAMES_CHANGE, EMPTY_CHANGE, NODATA_CHANGE, IMAGE_CHANGE)
# What leaves pairs as they are.
_HARMLESS = frozenset({NAMES_CHANGE, EMPTY_CHANGE})


@dataclass(frozen=True)
class BatchEdit:
    """What is set for many masks; None leaves a thing as it is.

    `nodata` are the values that stand for no data, empty when none does. `image` is the source
    image of all, or a folder in which each finds its own by name. Both read the masks again.
    """

    change: MaskEdit = field(default_factory=MaskEdit)
    nodata: tuple[float, ...] | None = None
    image: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be set."""
        return self == BatchEdit()


@dataclass(frozen=True)
class EditEffect:
    """What an edit would change: the ids of masks by what they are given.

    `problems` are the masks that can't take a part of it; `images` which source image each gets.
    """

    changed: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...]
    images: ImagePairs | None

    @property
    def mask_ids(self) -> frozenset[str]:
        """The masks that would change."""
        return frozenset(mask_id for ids in self.changed.values() for mask_id in ids)

    @property
    def with_other_pixels(self) -> frozenset[str]:
        """The masks whose pairs may be made again: they are of another day, or read otherwise."""
        touched = (ids for what, ids in self.changed.items() if what not in _HARMLESS)
        return frozenset(mask_id for ids in touched for mask_id in ids)

    def __str__(self) -> str:
        """`2 masks changed: date of 2, source image of 1`."""
        count = len(self.mask_ids)
        parts = ", ".join(f"{what} of {len(ids):,}" for what, ids in self.changed.items())
        changed = f"{count:,} {'mask' if count == 1 else 'masks'} changed"
        return changed + f": {parts}" * bool(parts)


def effect_of(store: Store, mask_ids: Iterable[str], edit: BatchEdit) -> EditEffect:
    """What the edit would change; no mask file is opened.

    Raises WrongUseError for an unknown CRS, or an image that isn't there.
    """
    _check(edit)
    finder = None if edit.image is None else Finder(AddOptions(image=edit.image))
    changed: dict[str, list[str]] = defaultdict(list)
    problems: list[Problem] = []
    seen: list[Mask] = []
    for mask in masks_of(store, mask_ids):
        given, obstacles = _changes(mask, edit)
        if finder is not None:
            new, more = _with_image(mask, finder)
            obstacles += more
            if new.source.path not in (None, mask.source.path):
                given.append(IMAGE_CHANGE)
            seen.append(new)
        for what in given:
            changed[what].append(mask.mask_id)
        problems += [Problem(mask.name, why) for why in obstacles]
    images = None
    if finder is not None:
        given_now = {Path(mask.source.path) for mask in seen if mask.source.path}
        images = image_pairs(seen, edit.image, used_images(store) | given_now)
    return EditEffect(_in_order(changed), tuple(problems), images)


def effect_of_each(edits: Iterable[tuple[Mask, MaskEdit]]) -> EditEffect:
    """What masks would be given of which each has an edit of its own.

    Raises WrongUseError for an unknown CRS.
    """
    changed: dict[str, list[str]] = defaultdict(list)
    problems: list[Problem] = []
    for mask, change in edits:
        given, obstacles = _changes(mask, BatchEdit(change))
        for what in given:
            changed[what].append(mask.mask_id)
        problems += [Problem(mask.name, why) for why in obstacles]
    return EditEffect(_in_order(changed), tuple(problems), None)


def _in_order(changed: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    return {what: tuple(changed[what]) for what in _CHANGES if what in changed}


def _check(edit: BatchEdit) -> None:
    if edit.is_empty:
        raise WrongUseError("Nothing is to be changed: fill in a field.")
    if edit.change.crs is not None:
        known_crs(edit.change.crs)
    if edit.image is not None and not edit.image.exists():
        raise WrongUseError(f"{edit.image}: there is no such image or folder. Check the path.")


def _changes(mask: Mask, edit: BatchEdit) -> tuple[list[str], list[str]]:
    """What the mask would be given beside its image, and why it can't take the rest."""
    change, given, obstacles = edit.change, list[str](), list[str]()
    if change.acquired is not None and change.acquired != mask.acquired:
        given.append(DATE_CHANGE)
    if change.crs is not None and known_crs(change.crs) != mask.georeference.crs:
        if obstacle := crs_obstacle(mask):
            obstacles.append(obstacle)
        else:
            given.append(CRS_CHANGE)
    if change.class_names is not None:
        names = named_classes(mask, change.class_names)
        if names != dict(mask.classes.names or {}):
            given.append(NAMES_CHANGE)
    if change.empty_allowed is not None and change.empty_allowed != mask.empty_allowed:
        given.append(EMPTY_CHANGE)
    if edit.nodata is not None:
        if mask.vector is not None:
            obstacles.append(_("it consists of polygons, which have no no-data values."))
        elif mask.raster.nodata != edit.nodata:
            given.append(NODATA_CHANGE)
    return given, obstacles


def _with_image(mask: Mask, finder: Finder) -> tuple[Mask, list[str]]:
    """The mask with the image it would get, None where none fits; and why it isn't clear which."""
    try:
        image = finder.image(Path(mask.path))
    except MaskError as err:
        return replace(mask, source=replace(mask.source, path=None)), [str(err)]
    path = None if image is None else str(image.absolute())
    return replace(mask, source=replace(mask.source, path=path)), []


def with_source_image(mask: Mask, image: Path) -> Mask:
    """A mask of polygons with another source image, which is looked at."""
    moved = replace(mask, source=replace(mask.source, path=str(image.absolute())))
    problems = {topic: text for topic, text in mask.problems.items() if topic != IMAGE}
    if FILE not in problems:
        problems |= image_problems(moved)
    return with_problems(moved, problems)


def groups_to_read(masks: Iterable[Mask]) -> Iterator[tuple[list[Path], AddOptions]]:
    """The files of masks that are read again: together what is added with the same options."""
    groups: dict[tuple[bool, str | None], dict[Path, None]] = defaultdict(dict)
    for mask in masks:
        groups[bool(mask.tiles), mask.source.sensor][Path(mask.path)] = None
    for (mosaic, sensor), paths in groups.items():
        links = any(path.is_symlink() for path in paths)
        yield list(paths), AddOptions(sensor=sensor, mosaic=mosaic, follow_links=links)
