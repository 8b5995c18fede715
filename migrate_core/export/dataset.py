"""Writing a dataset: rasters, manifest, match table, plots and card."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from ..errors import ExportError, WrongUseError
from ..scenes.match_table import write_match_table
from ..store import Store
from ..workspace import Workspace, remove_leftovers, written_then_renamed
from .card import MADE_WITH, UNFINISHED_CARD, dataset_card
from .geotiff import FOLDERS, remove_pair, write_pair
from .manifest import Row, exported_before, manifest_row, write_manifest
from .plots import all_plots, write_plots
from .selection import ACCEPTED, Entry, entries
from .splits import split_by_place
from .statistics import statistics

FORMATS = ("geotiff",)
_CARD = "dataset_card.md"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Dataset:
    """What was written."""

    path: Path
    pair_ids: tuple[str, ...]


@dataclass(frozen=True)
class ExportRequest:
    """Where a dataset goes and which pairs go into it."""

    destination: Path
    include: str = ACCEPTED


def export_dataset(
    store: Store, workspace: Workspace, request: ExportRequest, progress: Progress
) -> Dataset:
    """Write the dataset, or bring one that is there up to date.

    Pairs that no longer go out are taken out of it. Raises WrongUseError when the folder holds
    something else, ExportError when nothing would go out or it can't be written.
    """
    destination = request.destination
    chosen = entries(store, workspace, request.include)
    _check_destination(destination)
    try:
        known = {pair.pair_id for pair in store.pairs()}
        _write_rasters(workspace, destination, chosen, known, progress)
        rows = _write_tables(store, destination, chosen)
        _write_report(destination, rows, request.include)
    except OSError as err:
        raise ExportError(
            f"{destination}: the dataset can't be written ({err.strerror}: {err.filename}). What "
            "is there is incomplete; free space or mend the rights, and export again."
        ) from err
    return Dataset(destination, tuple(entry.pair.pair_id for entry in chosen))


def _check_destination(destination: Path) -> None:
    """Only a new or empty folder, or an earlier dataset, is written into."""
    if destination.exists() and not destination.is_dir():
        raise WrongUseError(f"{destination} is a file; name a folder for the dataset.")
    if not destination.is_dir() or not any(destination.iterdir()):
        return
    if not _is_ours(destination / _CARD):
        raise WrongUseError(
            f"{destination} has other files in it. Name a new or empty folder, or that of an "
            "earlier export, which is then brought up to date."
        )


def _is_ours(card: Path) -> bool:
    """Whether a folder's card is one that this program wrote."""
    try:
        return MADE_WITH in card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _write_rasters(
    workspace: Workspace,
    destination: Path,
    chosen: Sequence[Entry],
    stale: Set[str],
    progress: Progress,
) -> None:
    """The rasters of all pairs; those of `stale` ones, which don't go out, are deleted."""
    ids = [entry.pair.pair_id for entry in chosen]
    destination.mkdir(parents=True, exist_ok=True)
    if not (destination / _CARD).exists():
        # From now on the folder is known as ours, also when the export is cut off.
        (destination / _CARD).write_text(UNFINISHED_CARD, encoding="utf-8")
    remove_leftovers(destination)
    for number, pair_id in enumerate(ids):
        progress(number, len(ids))
        write_pair(workspace.pair(pair_id), pair_id, destination)
    for pair_id in (stale | set(exported_before(destination))) - set(ids):
        remove_pair(pair_id, destination)
    progress(len(ids), len(ids))


def _write_tables(store: Store, destination: Path, chosen: Sequence[Entry]) -> list[Row]:
    """The manifest, whose rows are given back, and the match table."""
    footprints = {entry.pair.pair_id: entry.footprint for entry in chosen}
    splits = split_by_place(footprints)
    rows = [manifest_row(entry, splits[entry.pair.pair_id]) for entry in chosen]
    write_manifest(destination, rows, list(footprints.values()))
    _write_match_table(store, destination, chosen)
    return rows


def _write_report(destination: Path, rows: Sequence[Row], include: str) -> None:
    """The plots and the card."""
    labels = [destination / FOLDERS["label"] / f"{row['pair_id']}.tif" for row in rows]
    counted = statistics(rows, labels)
    write_plots(destination / "plots", all_plots(counted))
    with written_then_renamed(destination / _CARD) as temporary:
        temporary.write_text(dataset_card(counted, include), encoding="utf-8")


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
