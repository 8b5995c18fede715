"""Writing a dataset: rasters, manifest, match table, plots and card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import MigrateError, WrongUseError
from ..files.disk import writing
from ..files.regular import read_text
from ..jobs.background import now_utc
from ..pairs.assessment.notes import notes_on_many
from ..pairs.edits.applying import bring_all_up_to_date
from ..store.base import Store
from ..workspace import Workspace, remove_leftovers, written_then_renamed
from .contents import files_of_dataset
from .destination.archive import archive_path, check_archive, write_archive
from .destination.target import LOCK, Target, locked, room_for_the_end
from .formats.base import Content
from .formats.geotiff import FOLDERS, remove_pair
from .formats.registry import FORMATS
from .manifest import Row, exported_before, manifest_row, write_manifest
from .matches import write_matches
from .planning import names_of_classes, plan_formats, reported, uncut_content
from .report.card import CARD, MADE_WITH, UNFINISHED_CARD, dataset_card, unfinished_card
from .report.description import Exported, describe
from .report.files import pictures, write_report
from .report.plots import all_plots, write_plots
from .report.review_evidence import review_evidence
from .report.statistics import Statistics, statistics
from .request import ExportRequest
from .selection.entries import Entry, entries, nothing_goes_out
from .selection.planned import Planned as Selected
from .selection.planned import planned
from .selection.similar.table import write_similar
from .splits.check import SplitCheck
from .splits.earlier import write_splits
from .steps import INDEXES, REPORT, SAMPLES, SENDING, TABLES, ZIP, Steps
from .writing import Outcome, Planned, Progress, finish_all, remove_stale, write_parts


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
    split_check: SplitCheck | None = None


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
    selected: Selected
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
    check_destination(request, workspace)
    selected = planned(store, workspace, request, look_for_similar=True)
    chosen = entries(store, workspace, selected.going)
    if not chosen:
        raise nothing_goes_out(request.choice, request.curation, selected.left_out.values())
    with closing(target):
        target.check()
        rows = _rows(chosen, selected.splits.of)
        uncut = uncut_content(workspace, request, chosen, rows)
        plan = plan_formats(request, uncut, progress)
        samples = {one.form.name: len(one.content.samples) for one in plan}
        steps = Steps(progress, sum(samples.values()), _steps(request, target))
        run = _Run(store, workspace, request, chosen, rows, uncut, plan, selected, target, steps)
        outcome = Outcome()
        with writing(request.destination), locked(request.destination):
            archive = _write(run, outcome)
    steps.end()
    return Dataset(
        request.destination,
        tuple(rows),
        archive,
        samples,
        rewritten=outcome.rewritten,
        split_check=selected.splits.check,
    )


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


def _rows(chosen: Sequence[Entry], splits: Mapping[str, str]) -> dict[str, Row]:
    """The rows of the manifest by pair id."""
    return {entry.pair.pair_id: manifest_row(entry, splits[entry.pair.pair_id]) for entry in chosen}


def _complete(run: _Run, outcome: Outcome) -> None:
    """All that comes after the pixels."""
    destination, rows = run.destination, list(run.rows.values())
    run.steps.of(TABLES)(0, 1)
    known = {*run.store.pair_ids(), *exported_before(destination)}
    _write_tables(run, run.chosen, rows)
    # Not before: the manifest that was there names them.
    remove_stale(run.plan, destination)
    formats = {planned.form.name for planned in run.plan}
    for pair_id in known - set(run.rows if "geotiff" in formats else ()):
        remove_pair(pair_id, destination)
    finish_all(run.plan, destination, outcome, run.steps.of(INDEXES))
    _write_report(run, _counted(run))
    if run.target.sends:
        run.target.settle(lambda: files_of_dataset(destination), run.steps.of(SENDING))


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
            _write_tables(run, chosen, rows)
            finish_all(run.plan, run.destination, outcome)
    with suppress(MigrateError, OSError):
        run.target.leave(files_of_dataset(run.destination))


def check_destination(request: ExportRequest, workspace: Workspace) -> None:
    """Only a new or empty folder, or an earlier dataset, is written into.

    Nor may it lie among the workspace's own files. Raises WrongUseError, or DiskError for a folder
    that can't be looked into.
    """
    with writing(request.destination):
        own = workspace.own_folder(request.destination)
        if own is not None:
            raise WrongUseError(
                f"{request.destination} is in {own}, where the workspace keeps its own files. "
                f"Name a folder elsewhere, such as one in {workspace.exports}."
            )
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
            f"{destination} has other files in it. Name a new or empty folder, or that of "
            "an earlier export, which is then brought up to date."
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


def _write_tables(run: _Run, chosen: Sequence[Entry], rows: Sequence[Row]) -> None:
    """The manifest, the match table, the splits, and what stands out."""
    destination, selected = run.destination, run.selected
    write_splits(destination, run.request.splits, selected.splits, selected.earlier)
    write_similar(destination, selected.selection.found)
    write_manifest(destination, rows, [entry.footprint for entry in chosen])
    write_matches(run.store, destination, chosen)


def _counted(run: _Run) -> Statistics:
    samples = reported(run.uncut.samples, run.steps.of(REPORT))
    labels = (run.uncut.reader.label(sample) for sample in samples)
    return replace(
        statistics(list(run.rows.values()), labels),
        class_names=names_of_classes(run.chosen),
        label_notes=notes_on_many(entry.provenance for entry in run.chosen),
    )


def _write_report(run: _Run, counted: Statistics) -> None:
    """The plots, the report, how to cite, and the card, which comes last."""
    plots = write_plots(run.destination / "plots", all_plots(counted))
    formats = [(one.form, one.content) for one in run.plan]
    exported = Exported(run.request, run.chosen, run.uncut, formats)
    evidence = review_evidence(run.store, run.chosen)
    notes = run.selected.splits.check.independence
    described = describe(exported, counted, evidence, now_utc().date(), notes)
    write_report(run.destination, described, pictures(run.workspace, exported, run.rows, plots))
    _write_card(run.destination, dataset_card(described, [path.stem for path in plots]))
