"""The five stages as functions for notebooks and scripts; `import migrate_core` gives them.

Each calls the use case that the command of its stage calls, so a workspace can be worked at from
notebook, command line and app in turn. They raise `MigrateError`; what concerns single masks,
scenes or pairs is in the result instead. docs/notebook.md walks from masks to a dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from .errors import MigrateError, WrongUseError
from .export import run as export_run
from .export.dataset import Dataset
from .export.destination.address import resolve_destination
from .export.request import (
    AboutDataset,
    ChipOptions,
    Curation,
    ExportRequest,
    PixelOptions,
    SplitOptions,
)
from .export.selection.choice import ACCEPTED
from .masks import run as masks_run
from .masks.dates.names import parse_date
from .masks.options import AddOptions
from .masks.run import Added
from .model import PairParameters, Problem, SceneQuery
from .pairs.run import make as pairs_run
from .pairs.run.options import RunOptions
from .pairs.run.runner import RunOutcome
from .review import run as review_run
from .review.decisions import ReviewStatus, pairs_document
from .review.repair import EditRequest, Repaired, repair
from .review.set_aside import (
    consequence_of,
    notes_on_set_aside,
    present_decisions,
    set_aside_by_tasks,
)
from .scenes import run as scenes_run
from .scenes.listing import scene_rows
from .scenes.sources import local_source
from .session import Session, Update, no_progress
from .settings import load_settings
from .states import Verdict
from .store.last_search import SearchParameters

__all__ = [
    "AboutDataset",
    "AddOptions",
    "Added",
    "ChipOptions",
    "Curation",
    "Dataset",
    "Demo",
    "MigrateError",
    "PairParameters",
    "PixelOptions",
    "Problem",
    "Repaired",
    "ReviewStatus",
    "RunOptions",
    "RunOutcome",
    "SceneQuery",
    "Session",
    "SplitOptions",
    "WrongUseError",
    "add_masks",
    "decide",
    "edit_pair",
    "export_dataset",
    "list_masks",
    "list_pairs",
    "list_scenes",
    "make_demo",
    "make_pairs",
    "open_workspace",
    "search_scenes",
    "select_scene",
    "undo",
]

# A row of a list, with the fields that the command prints with `--json`.
Row = dict[str, Any]


class OnProgress(Protocol):
    """A function that follows work, such as `print`."""

    def __call__(self, kind: str, finished: int, total: int) -> object:
        """`kind` is `masks`, `search`, `pairs` or `export`; `total` may grow."""


@dataclass(frozen=True)
class Demo:
    """The synthetic example: its masks, SOURCE of its scenes, and the folder with the truth."""

    added: Added
    source: str
    truth: Path


def open_workspace(
    folder: str | Path | None = None, on_progress: OnProgress | None = None
) -> Session:
    """Open a workspace folder, made when it is missing; by default $MIGRATE_WORKSPACE.

    All other settings come from the environment, as for the command line (`DATABASE_URL`,
    accounts of services, …). `on_progress(kind, finished, total)` is called while work goes on.
    Raises WrongUseError when the folder can't be one or a variable is wrong.

    >>> ws = migrate_core.open_workspace("my_work")
    >>> ws = migrate_core.open_workspace("my_work", on_progress=print)
    """
    settings = load_settings(None if folder is None else Path(folder))
    shown = no_progress if on_progress is None else partial(_reporting, on_progress)
    session = Session(settings, shown, print)
    session.store.mask_states()  # what can't be opened is reported here, not at the first use
    return session


@contextmanager
def _reporting(on_progress: OnProgress, kind: str) -> Iterator[Update]:
    def update(finished: int, total: int, _note: str) -> None:
        on_progress(kind, finished, total)

    yield update


def make_demo(ws: Session) -> Demo:
    """Make six masks and ten Sentinel-2 products of known truth in the workspace; add the masks.

    >>> demo = migrate_core.make_demo(ws)
    >>> migrate_core.search_scenes(ws, [demo.source])
    """
    case = masks_run.demo_case(ws)
    decided = present_decisions(ws.store)
    added = masks_run.add_demo(ws, case)
    return Demo(_with_set_aside(ws, added, decided), local_source(case.scenes), case.truth)


def add_masks(
    ws: Session,
    paths: str | Path | Iterable[str | Path],
    image: str | Path | None = None,
    date: str | None = None,
    options: AddOptions | None = None,
) -> Added:
    """Register mask files, folders or zips: rasters and polygons.

    `image` is the source image, or a folder of them matched by stem; `date` of all these masks is
    ISO 8601 or a period `START/END`, and beats names. All else is in `options`, whose
    own `image` and `date` these two override. A file that can't be used is among `.refused` or
    `.problems` of the result, the others are added. Raises WrongUseError.

    >>> added = migrate_core.add_masks(ws, ["masks"], image="images")
    >>> [mask.name for mask in added.masks if mask.state == "ready"]
    >>> migrate_core.add_masks(ws, "fields.gpkg", options=migrate_core.AddOptions(nodata=(255.0,)))
    """
    options = options or AddOptions()
    if image is not None:
        options = replace(options, image=_existing(image))
    if date is not None:
        options = replace(options, date=parse_date(date))
    decided = present_decisions(ws.store)
    added = masks_run.add(ws, [_existing(path) for path in _several(paths)], options)
    return _with_set_aside(ws, added, decided)


def list_masks(ws: Session) -> list[Row]:
    """All masks, one row each: `mask_id`, `name`, `acquired`, `state`, `problem` and more.

    >>> pandas.DataFrame(migrate_core.list_masks(ws))
    """
    return list(masks_run.mask_rows(ws.store))


def search_scenes(
    ws: Session,
    sources: str | Iterable[str],
    days: int = 10,
    measure_clouds: bool = False,
    query: SceneQuery | None = None,
) -> tuple[Problem, ...]:
    """Find and rank candidates for each mask without a problem; the best one is selected.

    `sources` are SOURCE arguments of the command: `local:PATH`, `earth-search`, `cdse` and more.
    `days` before and after a mask's date, inclusive; `query` says that, the level (`L2A`) and the
    largest cloud in scene, and overrides `days`. `measure_clouds` ranks by the clouds
    over each mask. What is usable, and the weights, come from the settings.

    Returns the problems: of sources, and of masks that no scene was found for. Raises
    WrongUseError, or SourceError when no source answers.

    >>> problems = migrate_core.search_scenes(ws, ["local:scenes", "earth-search"], days=15)
    """
    asked = (sources,) if isinstance(sources, str) else tuple(sources)
    parameters = SearchParameters(
        asked, query or SceneQuery(days), ws.settings.ranking, measure_clouds
    )
    return scenes_run.search(ws, parameters)


def list_scenes(ws: Session) -> list[Row]:
    """`{mask_id, scenes}` for each mask without a problem, its candidates best first.

    >>> [(row["mask_id"], len(row["scenes"])) for row in migrate_core.list_scenes(ws)]
    """
    return list(scene_rows(ws.store))


def select_scene(ws: Session, mask_id: str, scene_id: str) -> None:
    """Choose another candidate for a mask. Raises WrongUseError when it is none.

    >>> migrate_core.select_scene(ws, row["mask_id"], row["scenes"][1]["scene_id"])
    """
    scenes_run.select(ws.store, mask_id, scene_id)


def make_pairs(
    ws: Session,
    parameters: PairParameters | None = None,
    workers: int | None = None,
    set_aside: bool = False,
    options: RunOptions | None = None,
) -> RunOutcome:
    """Make a pair of each mask and its selected scene, in processes of their own.

    Finished pairs are kept. `parameters` say how pairs are made (resampling by default that of the
    settings), `workers` is the number of processes, by default one a core. All else is in
    `options` (only some masks, how pixels are fetched, …), whose own `parameters` and `workers`
    these two override. A pair that fails is among `.failures` of the result.

    Where this would supersede pairs that are decided, WrongUseError is raised and nothing made;
    `set_aside=True` goes on.

    >>> outcome = migrate_core.make_pairs(ws, migrate_core.PairParameters(register=True))
    >>> outcome.made, outcome.failed
    """
    options = options or RunOptions(parameters=PairParameters(ws.settings.resampling))
    if parameters is not None:
        options = replace(options, parameters=parameters)
    if workers is not None:
        options = replace(options, workers=workers)
    planned = pairs_run.prepare(ws, options)
    found = set_aside_by_tasks(ws.store, planned.tasks)
    if found.total and not set_aside:
        raise WrongUseError(
            f"{consequence_of(found)} Nothing was made. Pass set_aside=True to go on, or choose "
            "the parameters and scenes of before."
        )
    return pairs_run.make(ws, planned)


def list_pairs(ws: Session) -> list[Row]:
    """All pairs, one row each, superseded ones included; paths are relative to the workspace.

    >>> [row["pair_id"] for row in migrate_core.list_pairs(ws) if row["decision"] is None]
    """
    return pairs_document(ws.store, ws.workspace)


def decide(
    ws: Session,
    pair_id: str,
    verdict: str,
    reason: str | None = None,
    reviewer: str | None = None,
) -> ReviewStatus:
    """Append a decision, `accept`, `reject` or `unsure`, about a pair to the log.

    The newest of each reviewer counts; `reviewer` is by default the user's name. Returns what the
    reviewers together say. Raises WrongUseError when there is no such finished pair.

    >>> migrate_core.decide(ws, pair_id, "reject", reason="cloud").decision
    'rejected'
    """
    made = review_run.new_decision(pair_id, verdict, reviewer, reason)
    return review_run.decide(ws.store, made)


def undo(ws: Session, pair_id: str, reviewer: str | None = None) -> ReviewStatus:
    """Take back the reviewer's newest decision about a pair; the log keeps both.

    >>> migrate_core.undo(ws, pair_id)
    """
    return review_run.decide(ws.store, review_run.new_decision(pair_id, Verdict.UNDO, reviewer))


def edit_pair(
    ws: Session,
    pair_id: str,
    kind: str,
    document: Mapping[str, Any] | None = None,
    reviewer: str | None = None,
) -> Repaired:
    """Repair the label of a pair: `ignore` an area, `nudge` it, or `undo` one's newest edit.

    `document` has `area` (a GeoJSON object with polygons) and `reason`, or `east_m` and `north_m`.
    Raises WrongUseError when there is no such finished pair, or nothing can be made of that.

    >>> migrate_core.edit_pair(ws, pair_id, "nudge", {"east_m": 2.5, "north_m": 0.0})
    """
    request = EditRequest(pair_id, kind, document or {}, reviewer)
    return repair(ws.store, ws.workspace, request)


def export_dataset(
    ws: Session,
    destination: str | Path,
    include: str = ACCEPTED,
    archive: bool = False,
    **more: Any,
) -> Dataset:
    """Write the dataset into a folder, or to s3://bucket/prefix, with manifest, card and report.

    `include` is `accepted`, `undecided` (these, too) or `all` (unsure ones, too); rejected and
    superseded pairs never go out. `archive` writes a zip beside it. `more` are other fields of
    `ExportRequest`: `formats`, `pixels`, `chips`, `splits`, `curation`, `about`. Raises ExportError
    when nothing would go out, WrongUseError when the folder holds something else.

    >>> migrate_core.export_dataset(ws, "dataset").pair_ids
    >>> migrate_core.export_dataset(ws, "other", formats=("chips", "stac")).samples
    """
    folder, sent_to = resolve_destination(destination, ws.workspace)
    return export_run.export(ws, ExportRequest(folder, include, archive, sent_to=sent_to, **more))


def _several(paths: str | Path | Iterable[str | Path]) -> list[str | Path]:
    return [paths] if isinstance(paths, str | Path) else list(paths)


def _existing(path: str | Path) -> Path:
    """The path. Raises WrongUseError when nothing is there."""
    found = Path(path)
    if not found.exists():
        raise WrongUseError(f"{found} is not there. Name a file or folder that exists.")
    return found


def _with_set_aside(ws: Session, added: Added, decided: Mapping[str, ReviewStatus]) -> Added:
    """The result with a note on the decisions that other content of files sets aside."""
    return replace(added, notes=(*added.notes, *notes_on_set_aside(ws.store, decided)))
