"""Values of a label raster that may mean something else than they are taken for.

What a mask declares is used, and nothing else is no data: a wrong tag masks labels out, and a
no-data value without a tag becomes a class. Either is reported with its remedy, and nothing is
guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...model import BACKGROUND, Mask
from .layouts import SINGLE
from .no_data import NONE, plain_number, value_text

# The largest numbers of the integer types, and nines, which stand for no data in many files.
_LARGE = (255, 9999, 32767, 65535, 99999, 2**31 - 1, 2**32 - 1)


_FEW = 3


@dataclass(frozen=True)
class ValueNote:
    """A note on the values of a mask: `kind` for several masks, `found`, which names the file.

    `nodata` is what to give as the no-data values if the `doubt` is right.
    """

    kind: str
    found: str
    warning: str
    nodata: tuple[float, ...]

    @property
    def text(self) -> str:
        """The note with its remedy on the command line."""
        values = [value_text(value) for value in self.nodata] or [NONE]
        options = " ".join(f"--nodata {value}" for value in values)
        remedy = f"{self.warning}, add it again with {options}."
        return f"{self.found} {remedy}"


def value_notes(mask: Mask) -> tuple[ValueNote, ...]:
    """The notes on a mask whose pixels were read; none on polygons."""
    if mask.vector is not None or mask.pending or mask.raster.nodata == ():
        return ()
    return (*_masked_background(mask), *_masked_label(mask), *_undeclared(mask))


def notes_on(masks: Iterable[Mask]) -> list[str]:
    """The notes on many masks, one of each kind: the first, and how many masks are like it."""
    found: dict[str, list[ValueNote]] = {}
    for note in (note for mask in masks for note in value_notes(mask)):
        found.setdefault(note.kind, []).append(note)
    return [
        notes[0].text if len(notes) == 1 else f"{len(notes)} masks {kind}. {notes[0].text}"
        for kind, notes in found.items()
    ]


def declared_only(mask: Mask) -> dict[str, int]:
    """Pixels by the value that the file, and no person, says is no data; those that there are."""
    if mask.vector is not None or mask.raster.nodata is not None:
        return {}
    return {value: count for value, count in (mask.classes.no_data or {}).items() if count}


def _masked_background(mask: Mask) -> Iterable[ValueNote]:
    count = declared_only(mask).get(str(BACKGROUND))
    if count and mask.classes.stored:
        yield ValueNote(
            "declare 0 as no data",
            f"{mask.name}: it declares 0 as no data, so {_pixels(mask, count)} are ignored and not "
            "background.",
            "If 0 is the background",
            (),
        )


def _masked_label(mask: Mask) -> Iterable[ValueNote]:
    """A mask that may be empty, and whose only label may be what it declares as no data."""
    if mask.empty_allowed and not labelled(mask) and (masked := masked_values(mask)):
        yield ValueNote(
            "have nothing but background and no data",
            f"{mask.name}: beside background it has nothing but {masked}, declared as no data.",
            "If that is the label",
            (),
        )


def labelled(mask: Mask) -> bool:
    """Whether a mask has any class that isn't background."""
    return bool(set((mask.classes.stored or {}).values()) - {BACKGROUND})


def masked_values(mask: Mask) -> str:
    """The values but 0 that the file declares as no data, with their pixels, in words."""
    found = declared_only(mask).items()
    return " and ".join(
        f"{_pixels(mask, count)} of the value {value}" for value, count in found if value != "0"
    )


def _undeclared(mask: Mask) -> Iterable[ValueNote]:
    found = _doubtful(mask)
    if not found:
        return
    declared = mask.classes.no_data or {}
    # Colour tables may declare hundreds of values, few of which are there.
    known = [float(v) for v, count in declared.items() if count or len(declared) <= _FEW]
    given = mask.raster.nodata or ()
    nodata = tuple(sorted({plain_number(v) for v in (*known, *given, *map(float, found))}))
    reported = " and ".join(
        f"{_pixels(mask, n)} of the value {value}" for value, n in found.items()
    )
    several = len(found) > 1 or sum(found.values()) > 1
    yield ValueNote(
        "have values that look like no data and aren't declared as such",
        f"{mask.name}: {reported} look like no data but are not declared as such, so they get a "
        "label."
        if several
        else f"{mask.name}: {reported} looks like no data but is not declared as such, so it gets "
        "a label.",
        "If nothing is known there",
        nodata,
    )


def _doubtful(mask: Mask) -> dict[str, int]:
    """Pixels by the value that looks like no data but is taken for a label or a quantity."""
    if mask.raster.layout != SINGLE or mask.raster.threshold is not None:
        return dict(mask.classes.doubtful or {})
    counts = {int(value): count for value, count in (mask.classes.pixels or {}).items()}
    named = {int(value) for value in mask.classes.names or {}}
    return {
        value_text(value): count
        for value, count in counts.items()
        if value not in named and _looks_like_no_data(value, counts)
    }


def _looks_like_no_data(value: int, counts: Mapping[int, int]) -> bool:
    """Negative values, and those of `_LARGE` that continue no row of classes.

    A large value that is the only one beside background is the usual label of a binary mask.
    """
    if value < 0:
        return True
    others = counts.keys() - {value, BACKGROUND}
    return value in _LARGE and bool(others) and value - 1 not in counts


def _pixels(mask: Mask, count: int) -> str:
    share = 100 * count / ((mask.width or 1) * (mask.height or 1))
    return f"{count:,} pixel{'s' * (count != 1)} ({share:.1f} %)"
