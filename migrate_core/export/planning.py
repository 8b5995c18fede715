"""What each format of a dataset is to hold: samples, bands and classes, and the parts they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..errors import ExportError
from ..workspace import Workspace
from .formats.base import ClassOfLabel, Content, Cut, Format, classes_of_label
from .formats.registry import format_named
from .manifest import Row
from .request import ChipOptions, ExportRequest
from .samples.pixels import PixelReader
from .samples.plan import chips, common_bands, common_classes, uncut_pairs
from .samples.sample import Sample
from .selection.entries import Entry
from .writing import Planned, Progress

# Pairs whose labels are read between two looks at whether the export is to stop.
_TELL_EVERY = 20


def uncut_content(
    workspace: Workspace,
    request: ExportRequest,
    chosen: Sequence[Entry],
    rows: Mapping[str, Row],
) -> Content:
    """All pairs as whole samples. Raises ExportError when one lacks a band that is asked for."""
    classes = common_classes(chosen)
    return Content(
        tuple(uncut_pairs(chosen, rows)),
        PixelReader(workspace, request.pixels, common_bands(chosen, request.pixels), classes),
        _classes(chosen, classes),
        request.about.title or request.destination.name,
        tuple(sorted({row["sensed_at"][:4] for row in rows.values()})),
        request.about,
    )


def plan_formats(request: ExportRequest, uncut: Content, progress: Progress) -> list[Planned]:
    """What each format is to hold. Raises WrongUseError, ExportError."""
    forms = [format_named(name) for name in dict.fromkeys(request.formats)]
    cut = any(_is_cut(form, request) for form in forms)
    in_chips = _in_chips(uncut, request.chips or ChipOptions(), progress) if cut else uncut
    planned = []
    for form in forms:
        content = in_chips if _is_cut(form, request) else uncut
        planned.append(Planned(form, content, tuple(form.parts(content))))
    return planned


def _in_chips(uncut: Content, options: ChipOptions, progress: Progress) -> Content:
    pairs = reported(uncut.samples, lambda *_: progress(0, 0))
    found = tuple(chips(pairs, options, uncut.reader))
    if not found:
        raise ExportError(
            f"No chip of {options.size} x {options.size} pixels has enough label. Choose smaller "
            "chips, the padding `pad`, or a lower labelled share."
        )
    return replace(uncut, samples=found, chip_size=options.size)


def reported(samples: Sequence[Sample], progress: Progress) -> Iterator[Sample]:
    """The samples; `progress` is called now and then with how many came, and may stop it."""
    for number, sample in enumerate(samples):
        if number % _TELL_EVERY == 0:
            progress(number, len(samples))
        yield sample


def _is_cut(form: Format, request: ExportRequest) -> bool:
    return form.cut is Cut.ALWAYS or (form.cut is Cut.WHEN_ASKED and request.chips is not None)


def _classes(chosen: Sequence[Entry], values: Sequence[int]) -> tuple[ClassOfLabel, ...]:
    colours: dict[int, tuple[int, int, int]] = {}
    for entry in chosen:
        colours.update(entry.class_colours)
    return classes_of_label(values, names_of_classes(chosen), colours)


def names_of_classes(chosen: Sequence[Entry]) -> dict[int, str]:
    """The names of class values over all pairs; where masks disagree, each name once."""
    names: dict[int, dict[str, None]] = defaultdict(dict)
    for entry in chosen:
        for value, name in entry.class_names.items():
            names[value][name] = None
    return {value: " / ".join(found) for value, found in names.items()}
