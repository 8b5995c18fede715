"""Writing a dataset: rasters, manifest, match table, plots and card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import WrongUseError
from ..files.disk import writing
from ..files.regular import read_text
from ..pairs.assessment.notes import notes_on_many
from ..pairs.edits.applying import bring_all_up_to_date
from ..pairs.files import LABEL
from ..scenes.match_table import write_match_table
from ..store.base import Store
from ..workspace import Workspace, remove_leftovers, written_then_renamed
from .destination.archive import archive_path, check_archive, write_archive
from .formats.geotiff import FOLDERS, remove_pair, write_pair
from .manifest import Row, exported_before, manifest_row, write_manifest
from .report.card import CARD, MADE_WITH, UNFINISHED_CARD, dataset_card
from .report.plots import all_plots, write_plots
from .report.review_evidence import review_evidence
from .report.statistics import Statistics, statistics
from .selection.entries import ACCEPTED, Choice, Entry, entries
from .splits.by_location import split_by_location

FORMATS = ("geotiff",)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Dataset:
    """What was written; `archive` is its zip when one was asked for."""

    path: Path
    pair_ids: tuple[str, ...]
    archive: Path | None = None


@dataclass(frozen=True)
class ExportRequest:
    """Where a dataset goes, which pairs go into it, whether it is zipped, too, and its formats.

    `include` and `looked_at_only` are those of `Choice`.
    """

    destination: Path
    include: str = ACCEPTED
    archive: bool = False
    formats: tuple[str, ...] = FORMATS[:1]
    looked_at_only: bool = False

    @property
    def choice(self) -> Choice:
        """Which pairs go into it."""
        return Choice(self.include, self.looked_at_only)


def export_dataset(
    store: Store, workspace: Workspace, request: ExportRequest, progress: Progress
) -> Dataset:
    """Write the dataset, or bring one that is there up to date.

    Pairs that no longer go out are taken out of it. Raises WrongUseError when the folder holds
    something else, ExportError when nothing would go out, DiskError when it can't be written.
    """
    destination = request.destination
    bring_all_up_to_date(store, workspace)
    chosen = entries(store, workspace, request.choice)
    check_destination(request)
    ids = [entry.pair.pair_id for entry in chosen]
    steps = len(ids) * (2 if request.archive else 1)
    archive = None
    with writing(destination):
        known = {pair.pair_id for pair in store.pairs()}
        stale = (known | set(exported_before(destination))) - set(ids)
        _begin(destination)
        for number, pair_id in enumerate(ids):
            progress(number, steps)
            write_pair(workspace.pair(pair_id), pair_id, destination)
        rows = _write_tables(store, destination, chosen)
        # Not before: the manifest that was there names them.
        for pair_id in stale:
            remove_pair(pair_id, destination)
        counted = _counted(destination, rows, chosen)
        evidence = review_evidence(store, chosen)
        _write_report(destination, counted, dataset_card(counted, request.choice, evidence))
        if request.archive:
            archive = write_archive(destination, ids, lambda n: progress(len(ids) + n, steps))
    progress(steps, steps)
    return Dataset(destination, tuple(ids), archive)


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
    for folder in ("", *FOLDERS.values(), "plots"):
        remove_leftovers(destination / folder)
    remove_leftovers(archive_path(destination).parent)


def _write_card(destination: Path, text: str) -> None:
    with written_then_renamed(destination / CARD) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _write_tables(store: Store, destination: Path, chosen: Sequence[Entry]) -> list[Row]:
    """The manifest, whose rows are given back, and the match table."""
    footprints = {entry.pair.pair_id: entry.footprint for entry in chosen}
    splits = split_by_location(footprints)
    rows = [manifest_row(entry, splits[entry.pair.pair_id]) for entry in chosen]
    write_manifest(destination, rows, list(footprints.values()))
    _write_match_table(store, destination, chosen)
    return rows


def _counted(destination: Path, rows: Sequence[Row], chosen: Sequence[Entry]) -> Statistics:
    labels = [destination / FOLDERS[LABEL] / f"{row['pair_id']}.tif" for row in rows]
    return replace(
        statistics(rows, labels),
        class_names=_names_of_classes(chosen),
        label_notes=notes_on_many(entry.provenance for entry in chosen),
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
