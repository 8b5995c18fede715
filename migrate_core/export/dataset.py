"""Writing a dataset: rasters, manifest, match table, plots and card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import ExportError, MigrateError, WrongUseError
from ..files.disk import writing
from ..files.regular import read_text
from ..jobs.background import now_utc
from ..pairs.assessment.notes import notes_on_many
from ..pairs.edits.applying import bring_all_up_to_date
from ..scenes.match_table import write_match_table
from ..store.base import Store
from ..workspace import Workspace, remove_leftovers, written_then_renamed
from .destination.archive import archive_path, check_archive, write_archive
from .formats.base import ClassOfLabel, Content, Cut, Format, classes_of_label
from .formats.geotiff import FOLDERS, remove_pair
from .formats.registry import FORMATS, format_named
from .manifest import Row, exported_before, manifest_row, write_manifest
from .report.card import CARD, MADE_WITH, UNFINISHED_CARD, dataset_card, unfinished_card
from .report.description import Exported, describe
from .report.files import pictures, write_report
from .report.plots import all_plots, write_plots
from .report.review_evidence import review_evidence
from .report.statistics import Statistics, statistics
from .request import ChipOptions, ExportRequest
from .samples.pixels import PixelReader
from .samples.plan import chips, common_bands, common_classes, uncut_pairs
from .selection.entries import Entry, entries, nothing_goes_out
from .selection.planned import Planned as Selected
from .selection.planned import planned
from .selection.similar.table import write_similar
from .splits.check import SplitCheck
from .splits.earlier import write_splits
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

    @property
    def destination(self) -> Path:
        """The folder of the dataset."""
        return self.request.destination


def export_dataset(
    store: Store, workspace: Workspace, request: ExportRequest, progress: Progress
) -> Dataset:
    """Write the dataset, or bring one that is there up to date.

    Pairs that no longer go out are taken out of it. What is there already as it should be isn't
    written again, so an export that was cut off goes on. One that is cut off leaves tables, indexes
    and a card for what is there. Raises WrongUseError when the folder holds something else,
    ExportError when nothing would go out, DiskError when it can't be written.
    """
    request.check()
    bring_all_up_to_date(store, workspace)
    check_destination(request)
    selected = planned(store, workspace, request, look_for_similar=True)
    chosen = entries(store, workspace, selected.going)
    if not chosen:
        raise nothing_goes_out(request.choice, request.curation)
    rows = _rows(chosen, selected.splits.of)
    uncut = _uncut(workspace, request, chosen, rows)
    plan = _plan(request, uncut)
    run = _Run(store, workspace, request, chosen, rows, uncut, plan, selected)
    outcome = Outcome()
    with writing(request.destination):
        _begin(request.destination)
        try:
            steps = 2 if request.archive else 1
            write_parts(plan, request.destination, outcome, lambda n, of: progress(n, of * steps))
        except MigrateError:
            _leave_readable(run, outcome)
            raise
        archive = _complete(run, outcome, progress)
    samples = {one.form.name: len(one.content.samples) for one in plan}
    return Dataset(
        request.destination,
        tuple(rows),
        archive,
        samples,
        rewritten=outcome.rewritten,
        split_check=selected.splits.check,
    )


def _rows(chosen: Sequence[Entry], splits: Mapping[str, str]) -> dict[str, Row]:
    """The rows of the manifest by pair id."""
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


def _plan(request: ExportRequest, uncut: Content) -> list[Planned]:
    """What each format is to hold. Raises WrongUseError, ExportError."""
    forms = [format_named(name) for name in dict.fromkeys(request.formats)]
    cut = any(_is_cut(form, request) for form in forms)
    in_chips = _in_chips(uncut, request.chips or ChipOptions()) if cut else uncut
    planned = []
    for form in forms:
        content = in_chips if _is_cut(form, request) else uncut
        planned.append(Planned(form, content, tuple(form.parts(content))))
    return planned


def _in_chips(uncut: Content, options: ChipOptions) -> Content:
    found = tuple(chips(uncut.samples, options, uncut.reader))
    if not found:
        raise ExportError(
            f"No chip of {options.size} x {options.size} pixels has enough label. Choose smaller "
            "chips, the padding `pad`, or a lower labelled share."
        )
    return replace(uncut, samples=found, chip_size=options.size)


def _is_cut(form: Format, request: ExportRequest) -> bool:
    return form.cut is Cut.ALWAYS or (form.cut is Cut.WHEN_ASKED and request.chips is not None)


def _classes(chosen: Sequence[Entry], values: Sequence[int]) -> tuple[ClassOfLabel, ...]:
    colours: dict[int, tuple[int, int, int]] = {}
    for entry in chosen:
        colours.update(entry.class_colours)
    return classes_of_label(values, _names_of_classes(chosen), colours)


def _complete(run: _Run, outcome: Outcome, progress: Progress) -> Path | None:
    """All that comes after the pixels; the path of the zip when one was asked for."""
    destination, rows = run.destination, list(run.rows.values())
    known = {pair.pair_id for pair in run.store.pairs()} | set(exported_before(destination))
    _write_tables(run, run.chosen, rows)
    # Not before: the manifest that was there names them.
    remove_stale(run.plan, destination)
    formats = {planned.form.name for planned in run.plan}
    for pair_id in known - set(run.rows if "geotiff" in formats else ()):
        remove_pair(pair_id, destination)
    finish_all(run.plan, destination, outcome)
    _write_report(run, _counted(run))
    total = sum(len(planned.content.samples) for planned in run.plan)
    if not run.request.archive:
        progress(total, total)
        return None
    # As many steps as the samples before, whatever the number of files.
    return write_archive(destination, lambda n, of: progress(total + n * total // of, 2 * total))


def _leave_readable(run: _Run, outcome: Outcome) -> None:
    """Make what is there of a dataset that was cut off fit to be read, and say what is missing."""
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
    if not destination.is_dir() or not any(destination.iterdir()):
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


def _write_tables(run: _Run, chosen: Sequence[Entry], rows: Sequence[Row]) -> None:
    """The manifest, the match table, the splits, and what stands out."""
    destination, selected = run.destination, run.selected
    write_splits(destination, run.request.splits, selected.splits, selected.earlier)
    write_similar(destination, selected.selection.found)
    write_manifest(destination, rows, [entry.footprint for entry in chosen])
    _write_match_table(run.store, destination, chosen)


def _counted(run: _Run) -> Statistics:
    labels = (run.uncut.reader.label(sample) for sample in run.uncut.samples)
    return replace(
        statistics(list(run.rows.values()), labels),
        class_names=_names_of_classes(run.chosen),
        label_notes=notes_on_many(entry.provenance for entry in run.chosen),
    )


def _write_report(run: _Run, counted: Statistics) -> None:
    """The plots, the report, how to cite, and the card, which comes last."""
    plots = write_plots(run.destination / "plots", all_plots(counted))
    formats = [(one.form, one.content) for one in run.plan]
    exported = Exported(run.request, run.chosen, run.uncut, formats)
    evidence = review_evidence(run.store, run.chosen)
    described = describe(exported, counted, evidence, now_utc().date())
    write_report(run.destination, described, pictures(run.workspace, exported, run.rows, plots))
    _write_card(run.destination, dataset_card(described, [path.stem for path in plots]))


def _names_of_classes(chosen: Sequence[Entry]) -> dict[int, str]:
    """The names of class values over all pairs; where masks disagree, each name once."""
    names: dict[int, dict[str, None]] = defaultdict(dict)
    for entry in chosen:
        for value, name in entry.class_names.items():
            names[value][name] = None
    return {value: " / ".join(found) for value, found in names.items()}


def _write_match_table(store: Store, destination: Path, chosen: Sequence[Entry]) -> None:
    """The match of every pair that went out, by its own provenance."""
    scores = {
        (mask_id, candidate.ranked.scene.scene_id): candidate.ranked.score
        for mask_id, candidates in store.candidates().items()
        for candidate in candidates
    }
    rows = []
    for entry in chosen:
        pair, scene = entry.pair, entry.scene
        row = {
            "mask_name": pair.mask_name,
            "S2_name": scene["scene_id"],
            "S2_uuid": scene["scene_id"],
            "cloudcover": scene["cloud_percent"],
            "mask_id": pair.mask_id,
            "source": scene["source"],
            "sensed_at": scene["sensed_at"],
            "days_offset": pair.days_offset,
            "coverage": pair.coverage,
            "score": scores.get((pair.mask_id, scene["scene_id"])),
            "selected": "true",
        }
        rows.append(row)
    write_match_table(destination / "mask_S2_match.csv", rows)
