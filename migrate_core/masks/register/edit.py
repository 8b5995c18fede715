"""What a person says about a registered mask: its date, CRS, class names, meant to be empty."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import MaskError, WrongUseError
from ...model import Acquired, Mask
from ...store.base import Store
from ...text import _
from ..checks import (
    CONTENT,
    DATE,
    FILE,
    GEOREFERENCE,
    IMAGE,
    content_problems,
    date_problems,
    georeferenced,
    with_problems,
)
from ..raster.content import read_content
from ..raster.footprint import footprint
from ..raster.georeference import known_crs
from .describe import ACQUIRED, CLASS_NAMES, EMPTY

CRS_FIELD = "crs"


@dataclass(frozen=True)
class MaskEdit:
    """Changes to a mask; None leaves a thing as it is.

    `class_names` maps values as in the file to names; an empty name takes one away.
    """

    acquired: Acquired | None = None
    crs: str | None = None
    class_names: Mapping[str, str] | None = None
    empty_allowed: bool | None = None


def edited(mask: Mask, change: MaskEdit) -> Mask:
    """The mask with the changes, its problems found again where they may have been mended.

    Raises MaskError when the CRS is unknown, or when the mask brings its own or has no transform.
    """
    problems = dict(mask.problems)
    if change.acquired is not None and change.acquired != mask.acquired:
        mask = replace(_marked(mask, ACQUIRED), acquired=change.acquired)
        problems = _renewed(problems, date_problems(mask), DATE)
    if change.crs is not None and change.crs.strip() != (mask.georeference.crs or ""):
        mask, found = _put_at(mask, change.crs.strip())
        problems = _renewed(problems, found, GEOREFERENCE, IMAGE)
    if change.class_names is not None:
        names = named_classes(mask, change.class_names)
        if names != dict(mask.classes.names or {}):
            classes = replace(mask.classes, names=names or None)
            mask = replace(_marked(mask, CLASS_NAMES), classes=classes)
    if change.empty_allowed is not None and change.empty_allowed != mask.empty_allowed:
        mask = replace(_marked(mask, EMPTY), empty_allowed=change.empty_allowed)
        if FILE not in problems:
            problems = _renewed(problems, content_problems(mask), CONTENT)
    return with_problems(mask, problems)


def _marked(mask: Mask, name: str) -> Mask:
    return replace(mask, user_set=tuple(dict.fromkeys((*mask.user_set, name))))


def _renewed(problems: dict[str, str], found: Mapping[str, str], *topics: str) -> dict[str, str]:
    """The problems with those of `topics` replaced by what was found."""
    return {topic: text for topic, text in problems.items() if topic not in topics} | dict(found)


def _put_at(mask: Mask, crs: str) -> tuple[Mask, dict[str, str]]:
    """The mask with another CRS, and what is wrong with its georeference then."""
    if obstacle := crs_obstacle(mask):
        raise MaskError(f"{mask.name}: {obstacle}")
    try:
        known = known_crs(crs)
    except WrongUseError as err:
        raise MaskError(f"{mask.name}: {err}") from err
    moved = replace(
        _marked(mask, CRS_FIELD),
        georeference=replace(mask.georeference, crs=known),
        extent=None,
        footprint=None,
    )
    moved, problems = georeferenced(moved)
    if moved.extent is not None and moved.classes.stored is not None:
        valid = read_content(moved).valid
        moved = replace(moved, footprint=footprint(valid, moved.grid))
    return moved, problems


def crs_obstacle(mask: Mask) -> str | None:
    """Why a person can't give the mask its CRS, or None: its file has one, or no transform."""
    georeference = mask.georeference
    if georeference.crs is not None and CRS_FIELD not in mask.user_set:
        origin = Path(georeference.origin or mask.path).name
        return _(
            "its CRS, {crs}, comes from {file} and isn't changed here. If it is wrong, mend it "
            "in the file and add that again."
        ).format(crs=georeference.crs, file=origin)
    if mask.version is not None:
        return (
            f"its labels were edited in {georeference.crs}, so that isn't changed here. Take the "
            f"edits back first: `masks relabel {mask.mask_id} --undo`."
        )
    if georeference.transform is None:
        return _(
            "it has no transform, so a CRS alone doesn't georeference it. Add it again together "
            "with the georeferenced image it was drawn on."
        )
    return None


def named_classes(mask: Mask, names: Mapping[str, str]) -> dict[str, str]:
    """The names of the values that the mask has; an empty name is none."""
    known = {**(mask.classes.names or {}), **names}
    # Before its pixels are read, any value may turn out to be there.
    values = known if mask.pending else mask.classes.stored or {}
    return {value: known[value].strip() for value in values if known.get(value, "").strip()}


def parse_names(text: str, texts: Collection[str] = ()) -> dict[str, str]:
    """Names of classes as people type them, `1 = mine, 2 = water`. Raises MaskError.

    What is named is a value as in the file: a number, or one of the `texts` of a vector layer.
    """
    names = {}
    for part in filter(None, (part.strip() for part in text.replace(";", ",").split(","))):
        value, sign, name = (piece.strip() for piece in part.partition("="))
        number = value.lstrip("-").isdecimal()
        if not sign or not (number or value in texts):
            raise MaskError(
                f"{part!r} names no class. Write value = name, with commas between, for "
                "example 1 = mine, 2 = water."
            )
        names[str(int(value)) if number else value] = name
    return names


def format_class_names(mask: Mask) -> str:
    """The names of a mask's classes as `parse_names` reads them."""
    return ", ".join(f"{value} = {name}" for value, name in (mask.classes.names or {}).items())


def with_earlier_edits(old: Mask | None, new: Mask) -> Mask:
    """A mask that is added again, with what a person had set before.

    What is given this time (the `user_set` of `new`) beats what was given then.
    """
    if old is None or old.sha256 != new.sha256 or not old.user_set:
        return new
    change = MaskEdit(
        acquired=old.acquired
        if ACQUIRED in old.user_set and ACQUIRED not in new.user_set
        else None,
        crs=old.georeference.crs
        if CRS_FIELD in old.user_set and new.georeference.crs is None
        else None,
        class_names=old.classes.names
        if CLASS_NAMES in old.user_set and CLASS_NAMES not in new.user_set
        else None,
        empty_allowed=old.empty_allowed or new.empty_allowed if EMPTY in old.user_set else None,
    )
    return edited(new, change)


def store_edits(store: Store, pairs: Iterable[tuple[Mask, Mask]]) -> int:
    """Write (before, after) pairs of masks that differ; returns how many did.

    What was found for a mask that is now of another day or elsewhere is dropped: it has to be
    searched for again.
    """
    changed = [(before, after) for before, after in pairs if before != after]
    stale = [
        after.mask_id
        for before, after in changed
        if (before.acquired, before.extent) != (after.acquired, after.extent)
    ]
    store.put_masks([after for _, after in changed])
    store.forget_candidates(stale)
    return len(changed)
