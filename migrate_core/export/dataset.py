"""Writing a dataset: rasters, manifest, match table, plots and card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import ExportError, MigrateError, WrongUseError
from ..files.disk import writing
from ..files.regular import read_text
from ..pairs.assessment.notes import notes_on_many
from ..pairs.edits.applying import bring_all_up_to_date
from ..store.base import Store
from ..workspace import Workspace, remove_leftovers, written_then_renamed
from .contents import files_of_dataset
from .destination.archive import archive_path, check_archive, write_archive
from .destination.target import LOCK, Target, locked, room_for_the_end
from .formats.base import ClassOfLabel, Content, Cut, Format, classes_of_label
from .formats.geotiff import FOLDERS, remove_pair
from .formats.registry import FORMATS, format_named
from .manifest import Row, exported_before, manifest_row, write_manifest
from .matches import write_matches
from .report.card import CARD, MADE_WITH, UNFINISHED_CARD, dataset_card, unfinished_card
from .report.plots import all_plots, write_plots
from .report.review_evidence import review_evidence
from .report.statistics import Statistics, statistics
from .request import ChipOptions, ExportRequest
from .samples.pixels import PixelReader
from .samples.plan import chips, common_bands, common_classes, uncut_pairs
from .samples.sample import Sample
from .selection.entries import Entry, entries
from .splits.by_location import split_by_location
from .steps import INDEXES, REPORT, SAMPLES, SENDING, TABLES, ZIP, Steps
from .writing import Outcome, Planned, Progress, finish_all, remove_stale, write_parts

# Pairs whose labels are read between two looks at whether the export is to stop.
_TELL_EVERY = 20


@dataclass(frozen=True)
class Dataset:
    """What was written; `archive` is its zip when one was asked for.

    `samples` are the numbers of samples by format, `rewritten` of how many parts the files changed.
    """

    path: Path
    pair_ids: tuple[str, ...]
    archive: Path | None = None
    samples: Mapping[str, int] = field(default_factory=dict)
    rewritten: int = 0


@dataclass(frozen=True)
class _Run:
    """An export under way: what was chosen, and the rows of the manifest by pair id."""

    store: Store
    workspace: Workspace
    request: ExportRequest
    chosen: Sequence[Entry]
    rows: Mapping[str, Row]
    uncut: Content
    plan: Sequence[Planned]
    target: Target
    steps: Steps

    @property
    def destination(self) -> Path:
        """The folder of the dataset."""
        return self.request.destination


def export_dataset(
    store: Store,
    workspace: Workspace,
    request: ExportRequest,
    progress: Progress,
    target: Target | None = None,
) -> Dataset:
    """Write the dataset, or bring one that is there up to date.

    Pairs that no longer go out are taken out of it. What is there already as it should be isn't
    written again, so an export that was cut off goes on. One that is cut off leaves tables, indexes
    and a card for what is there. `target` is where the dataset goes, by default its folder. Raises
    WrongUseError when the folder holds something else, ExportError when nothing would go out,
    JobRunningError when another process exports into it, TransferError when it can't be sent on,
    DiskError when it can't be written.
    """
    request.check()
    target = target or Target(request.destination)
    bring_all_up_to_date(store, workspace)
    chosen = entries(store, workspace, request.choice)
    check_destination(request)
    with closing(target):
        target.check()
        rows = _rows(chosen)
        uncut = _uncut(workspace, request, chosen, rows)
        plan = _plan(request, uncut, progress)
        samples = {one.form.name: len(one.content.samples) for one in plan}
        steps = Steps(progress, sum(samples.values()), _steps(request, target))
        run = _Run(store, workspace, request, chosen, rows, uncut, plan, target, steps)
        outcome = Outcome()
        with writing(request.destination), locked(request.destination):
            archive = _write(run, outcome)
    steps.end()
    return Dataset(request.destination, tuple(rows), archive, samples, outcome.rewritten)


def _steps(request: ExportRequest, target: Target) -> frozenset[str]:
    more = {SENDING} if target.sends else set()
    return frozenset(
        {SAMPLES, TABLES, INDEXES, REPORT} | more | ({ZIP} if request.archive else set())
    )


def _write(run: _Run, outcome: Outcome) -> Path | None:
    """Write all of it; the path of the zip when one was asked for."""
    with room_for_the_end(run.destination, len(run.rows)) as give_room:
        _begin(run.destination)
        try:
            run.target.begin()
            write_parts(run.plan, run.target, outcome, run.steps.of(SAMPLES))
            _complete(run, outcome)
        except (MigrateError, OSError, KeyboardInterrupt):
            give_room()
            _leave_readable(run, outcome)
            raise
    return write_archive(run.destination, run.steps.of(ZIP)) if run.request.archive else None


def _rows(chosen: Sequence[Entry]) -> dict[str, Row]:
    """The rows of the manifest by pair id."""
    splits = split_by_location({entry.pair.pair_id: entry.footprint for entry in chosen})
    return {entry.pair.pair_id: manifest_row(entry, splits[entry.pair.pair_id]) for entry in chosen}


def _uncut(
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


def _plan(request: ExportRequest, uncut: Content, progress: Progress) -> list[Planned]:
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
    pairs = _reported(uncut.samples, lambda *_: progress(0, 0))
    found = tuple(chips(pairs, options, uncut.reader))
    if not found:
        raise ExportError(
            f"No chip of {options.size} x {options.size} pixels has enough label. Choose smaller "
            "chips, the padding `pad`, or a lower labelled share."
        )
    return replace(uncut, samples=found, chip_size=options.size)


def _reported(samples: Sequence[Sample], progress: Progress) -> Iterator[Sample]:
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
    return classes_of_label(values, _names_of_classes(chosen), colours)


def _complete(run: _Run, outcome: Outcome) -> None:
    """All that comes after the pixels."""
    destination, rows = run.destination, list(run.rows.values())
    run.steps.of(TABLES)(0, 1)
    known = {pair.pair_id for pair in run.store.pairs()} | set(exported_before(destination))
    _write_tables(run.store, destination, run.chosen, rows)
    # Not before: the manifest that was there names them.
    remove_stale(run.plan, destination)
    formats = {planned.form.name for planned in run.plan}
    for pair_id in known - set(run.rows if "geotiff" in formats else ()):
        remove_pair(pair_id, destination)
    finish_all(run.plan, destination, outcome, run.steps.of(INDEXES))
    counted = _counted(run)
    evidence = review_evidence(run.store, run.chosen)
    _write_report(destination, counted, dataset_card(counted, run.request.choice, evidence))
    if run.target.sends:
        run.target.settle(files_of_dataset(destination), run.steps.of(SENDING))


def _leave_readable(run: _Run, outcome: Outcome) -> None:
    """Make what is there of a dataset that was cut off fit to be read, and say what is missing."""
    run.target.drain()
    outcome.keep(run.plan, run.target)
    there = [outcome.finished_samples(planned) for planned in run.plan if planned.parts]
    missing = {
        sample.pair_id
        for planned, done in zip(run.plan, there, strict=True)
        for sample in planned.content.samples
        if sample.sample_id not in done
    }
    chosen = [entry for entry in run.chosen if entry.pair.pair_id not in missing]
    # The disk may be full, or gone: then the card of the beginning stands.
    with suppress(MigrateError, OSError):
        _write_card(run.destination, unfinished_card(len(chosen), sorted(missing)))
        if chosen:
            rows = [run.rows[entry.pair.pair_id] for entry in chosen]
            _write_tables(run.store, run.destination, chosen, rows)
            finish_all(run.plan, run.destination, outcome)
    with suppress(MigrateError, OSError):
        run.target.leave(files_of_dataset(run.destination))


def check_destination(request: ExportRequest) -> None:
    """Only a new or empty folder, or an earlier dataset, is written into.

    Raises WrongUseError, or DiskError for a folder that can't be looked into.
    """
    with writing(request.destination):
        _check_destination(request)


def _check_destination(request: ExportRequest) -> None:
    destination = request.destination
    if request.archive:
        check_archive(destination)
    if destination.exists() and not destination.is_dir():
        raise WrongUseError(f"{destination} is a file; name a folder for the dataset.")
    remove_leftovers(destination)
    if not destination.is_dir() or {path.name for path in destination.iterdir()} <= {LOCK}:
        return
    if not is_dataset(destination):
        raise WrongUseError(
            f"{destination} has other files in it. Name a new or empty folder, or that of an "
            "earlier export, which is then brought up to date."
        )


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a card that this program wrote."""
    try:
        return MADE_WITH in read_text(folder / CARD)
    except (OSError, UnicodeDecodeError):
        return False


def _begin(destination: Path) -> None:
    """Mark the folder as ours and as unfinished; what killed exports left goes.

    The card comes last, so that a dataset that was cut off never looks complete.
    """
    _write_card(destination, UNFINISHED_CARD)
    for folder in ("", *FOLDERS.values(), "plots", *FORMATS):
        remove_leftovers(destination / folder)
    remove_leftovers(archive_path(destination).parent)


def _write_card(destination: Path, text: str) -> None:
    with written_then_renamed(destination / CARD) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _write_tables(
    store: Store, destination: Path, chosen: Sequence[Entry], rows: Sequence[Row]
) -> None:
    """The manifest and the match table."""
    write_manifest(destination, rows, [entry.footprint for entry in chosen])
    write_matches(store, destination, chosen)


def _counted(run: _Run) -> Statistics:
    samples = _reported(run.uncut.samples, run.steps.of(REPORT))
    labels = (run.uncut.reader.label(sample) for sample in samples)
    return replace(
        statistics(list(run.rows.values()), labels),
        class_names=_names_of_classes(run.chosen),
        label_notes=notes_on_many(entry.provenance for entry in run.chosen),
    )


def _write_report(destination: Path, counted: Statistics, card: str) -> None:
    """The plots and the card."""
    write_plots(destination / "plots", all_plots(counted))
    _write_card(destination, card)


def _names_of_classes(chosen: Sequence[Entry]) -> dict[int, str]:
    """The names of class values over all pairs; where masks disagree, each name once."""
    names: dict[int, dict[str, None]] = defaultdict(dict)
    for entry in chosen:
        for value, name in entry.class_names.items():
            names[value][name] = None
    return {value: " / ".join(found) for value, found in names.items()}
