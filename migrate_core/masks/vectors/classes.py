"""Which class each feature is of, and the value that is stored for it in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import MaskError
from ...model import BACKGROUND, IGNORE
from ..options import ClassEntry
from ..raster.classes import MAX_CLASSES

ONLY_CLASS = "1"


@dataclass(frozen=True)
class FeatureClasses:
    """`keys` are the class of each feature as text, None where it isn't known.

    `stored` maps each of them to the value in pairs; `names` and `colours` what is said of them.
    """

    keys: tuple[str | None, ...]
    stored: Mapping[str, int]
    names: Mapping[str, str]
    colours: Mapping[str, str]

    @property
    def values(self) -> tuple[int, ...]:
        """The stored value of each feature, 255 where its class isn't known."""
        return tuple(IGNORE if key is None else self.stored[key] for key in self.keys)


def single_class(count: int, entries: Sequence[ClassEntry]) -> FeatureClasses:
    """All features are of class 1, as nothing tells them apart."""
    return _described((ONLY_CLASS,) * count, {ONLY_CLASS: 1}, entries)


def feature_classes(
    values: Sequence[Any],
    entries: Sequence[ClassEntry],
    known: Mapping[str, int],
    what: str,
) -> FeatureClasses:
    """The classes that a column of attributes (None: not known) tells.

    Whole numbers from 0 (background) to 254 are stored as they are. Others, and text, get the
    value that `entries` give them by name, or else that of `known` (text -> stored, from files
    added before), or else, in sorted order, the lowest values that are free. `what` names the
    column in errors. A few values that can't be classes are not known; raises MaskError when most
    can't.
    """
    values = _that_can_be_classes(values, what)
    codes = _integer_codes(values)
    if codes is not None:
        keys = tuple(None if number is None else str(number) for number in codes)
        fixed = {key: int(key) for key in keys if key is not None and 0 <= int(key) < IGNORE}
    else:
        keys = tuple(None if value is None else _text(value) for value in values)
        fixed = {}
    found = {key for key in keys if key is not None}
    if len(found) > MAX_CLASSES:
        raise MaskError(
            f"{what} has {len(found)} different values, a mask has at most {MAX_CLASSES} classes. "
            "Name a column that tells classes with --class-field, or none for a single class."
        )
    ordered = sorted(found, key=int if codes is not None else None)
    return _described(keys, _stored(ordered, fixed, entries, known), entries)


def category_classes(
    ids: Sequence[Any], categories: Mapping[int, str], entries: Sequence[ClassEntry]
) -> FeatureClasses:
    """The classes of COCO, by the ids of its categories, which are stored where they fit 1…254.

    An id of 0 is a class like the others, not background, and gets the lowest value that is free.
    """
    known = [one if type(one) is int else None for one in ids]
    keys = tuple(None if one is None else str(one) for one in known)
    ordered = [str(one) for one in sorted({one for one in known if one is not None})]
    fixed = {key: int(key) for key in ordered if 0 < int(key) < IGNORE}
    found = _described(keys, _stored(ordered, fixed, (), {}), entries)
    named = {str(number): name for number, name in categories.items() if str(number) in ordered}
    by_name = {entry.name: entry.colour for entry in entries if entry.colour}
    colours = {key: by_name[name] for key, name in named.items() if name in by_name}
    return replace(found, names={**found.names, **named}, colours={**found.colours, **colours})


def _stored(
    ordered: Sequence[str],
    fixed: Mapping[str, int],
    entries: Sequence[ClassEntry],
    known: Mapping[str, int],
) -> dict[str, int]:
    given = {
        entry.name: entry.value
        for entry in entries
        if entry.name is not None and entry.value is not None and 0 <= entry.value < IGNORE
    }
    given = {key: value for source in (known, given, fixed) for key, value in source.items()}
    taken = {BACKGROUND, *known.values(), *given.values()}
    free = _free(taken)
    return {key: given[key] if key in given else next(free) for key in ordered}


def _free(taken: set[int]) -> Iterator[int]:
    for value in range(1, IGNORE):
        if value not in taken:
            yield value
    raise MaskError(
        f"All {MAX_CLASSES} class values are taken by the classes known so far. Say with --classes "
        "which classes share a value, or use a new workspace."
    )


def _described(
    keys: tuple[str | None, ...], stored: Mapping[str, int], entries: Sequence[ClassEntry]
) -> FeatureClasses:
    """With the names and colours that the table of classes gives, by value or by name."""
    by_value = {str(entry.value): entry for entry in entries if entry.value is not None}
    by_name = {entry.name: entry for entry in entries if entry.name is not None}
    found = {key: by_name.get(key) or by_value.get(key) for key in stored}
    return FeatureClasses(
        keys,
        stored,
        {key: entry.name for key, entry in found.items() if entry and entry.name},
        {key: entry.colour for key, entry in found.items() if entry and entry.colour},
    )


def _integer_codes(values: Sequence[Any]) -> list[int | None] | None:
    """The values as whole numbers, or None when one of them isn't one."""
    codes: list[int | None] = []
    for value in values:
        if value is not None and not _is_integer(value):
            return None
        codes.append(None if value is None else int(value))
    return codes


def _is_integer(value: Any) -> bool:
    """Whether it is a whole number, also as text, but as it would be written: `07` is a name."""
    if isinstance(value, float):
        return value.is_integer()
    if not isinstance(value, str):
        return isinstance(value, int)
    text = value.strip()
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 10 and str(int(text)) == text


def _that_can_be_classes(values: Sequence[Any], what: str) -> list[Any]:
    """The values, None for those that can't be classes. Raises MaskError when these are most."""
    unfit = [value for value in values if _is_unfit(value)]
    if not unfit or 2 * len(unfit) < sum(value is not None for value in values):
        return [None if _is_unfit(value) else value for value in values]
    if isinstance(unfit[0], float):
        raise MaskError(
            f"{what} holds {unfit[0]:g}, which is no whole number, so it can't be a class. Name a "
            "column with numbers or names of classes with --class-field."
        )
    raise MaskError(f"{what} holds lists or objects. Name another column with --class-field.")


def _is_unfit(value: Any) -> bool:
    """Whether a value is a fraction, a list or an object."""
    return isinstance(value, (dict, list)) or (isinstance(value, float) and not value.is_integer())


def _text(value: Any) -> str:
    if isinstance(value, str):
        # JSON may hold halves of characters, which no file or database takes.
        return " ".join(value.encode("utf-8", "replace").decode().split())
    return str(int(value) if isinstance(value, float) else value)
