"""Long work as jobs: what is to be done, what comes of it, and what the job has to say.

A command calls the functions of this module. A page starts a process by `start`; the request lies
in the job's row, and `perform` does in that process what it asks for. Either way the job holds the
messages and the answer, so a page shows how it ended whoever began it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .errors import WrongUseError
from .export import run as export_run
from .export.dataset import Dataset
from .export.request import ExportRequest
from .export.selection.preview import preview_document
from .export.splits.earlier import check_document
from .job_requests import (
    AcceptAutomatically,
    AddMasks,
    ConvertProduct,
    LearnTriage,
    MakeDemo,
    MakePairs,
    MixInChecks,
    PreviewExport,
    RedateMasks,
    SearchScenes,
    TrySources,
)
from .jobs.background import Job, holding, take_up, working
from .jobs.launch import launch
from .logs.context import about
from .masks import run as masks_run
from .masks.register.outcome import named_problem, result_of_adding
from .masks.register.uploads import read_left_out
from .model import Problem
from .pairs.run import make as pairs_run
from .pairs.run.runner import RunOutcome
from .products.product import Product
from .review.checks import run as checks_run
from .review.set_aside import (
    SetAside,
    consequence_of,
    notes_on_set_aside,
    present_decisions,
    set_aside_by_tasks,
)
from .review.triage import run as triage_run
from .scenes import run as scenes_run
from .scenes.access.connection import Connection, try_connection
from .session import Session
from .settings import ServiceSettings
from .states import Level
from .store.base import Store
from .store.jobs import request_of
from .store.serialize import from_json, to_json
from .workspace import Workspace


def add_masks(session: Session, request: AddMasks) -> masks_run.Added:
    """Register masks; see `masks.run.add`. What an upload left out is among the refused."""
    unsent = read_left_out(request.left_out) if request.left_out else []
    decided = present_decisions(session.store)
    with working(session.store, "masks") as job:
        added = masks_run.add(session, request.paths, request.options)
        added = replace(
            added,
            notes=(*added.notes, *notes_on_set_aside(session.store, decided)),
            refused=(*unsent, *added.refused),
        )
        job.say(Level.NOTE, added.notes)
        job.say(Level.RESULT, [result_of_adding(added.masks, added.refused)])
        _say_problems(job, (*added.refused, *added.problems))
    return added


def redate_masks(session: Session, request: RedateMasks) -> int:
    """Set dates by a pattern; see `masks.run.redate`."""
    with working(session.store, "masks") as job:
        changed = masks_run.redate(
            session, request.pattern, request.wanted, undated_only=request.undated_only
        )
        job.say(Level.NOTE, [f"{changed} masks have another date now."])
    return changed


def search_scenes(session: Session, request: SearchScenes) -> tuple[Problem, ...]:
    """Search; see `scenes.run.search`."""
    with working(session.store, "search") as job:
        try:
            problems = scenes_run.search(session, request.parameters, refresh=request.refresh)
        except scenes_run.SearchFailedError as err:
            _say_problems(job, err.problems)
            raise
        _say_problems(job, problems)
    return problems


def try_sources(session: Session, request: TrySources) -> list[Connection]:
    """Try whether sources answer, and take the credentials that are set."""
    services = session.settings.services
    return [try_connection(spec, services) for spec in dict.fromkeys(request.specs)]


def make_pairs(session: Session, request: MakePairs, ask: Callable[[SetAside], None]) -> RunOutcome:
    """Make pairs; see `pairs.run.make`. `ask` is called where decisions would be set aside."""
    planned = pairs_run.prepare(session, request.options)
    if not request.set_aside:
        found = set_aside_by_tasks(session.store, planned.tasks)
        if found.total:
            ask(found)
    with working(session.store, "pairs") as job:
        outcome = pairs_run.make(session, planned)
        job.say(Level.RESULT, [result_of_making(outcome)])
        _say_problems(job, missing_pairs(outcome))
    return outcome


def refuse_to_set_aside(found: SetAside) -> None:
    """Where nobody can be asked. Raises WrongUseError."""
    raise WrongUseError(
        f"{consequence_of(found)} Nothing was made. Add --yes to go on, or choose the parameters "
        "and scenes of before."
    )


def result_of_making(outcome: RunOutcome) -> str:
    """How many pairs were made, in a line."""
    there = outcome.total - outcome.made - outcome.failed - len(outcome.waiting)
    rest = "not made." if outcome.cancelled else "already there."
    return f"{outcome.made} pairs made, {outcome.failed} failed, {there} {rest}"


def missing_pairs(outcome: RunOutcome) -> list[Problem]:
    """The pairs that failed or wait, each with the reason."""
    missing = (*outcome.failures, *outcome.waiting)
    return [Problem(pair.mask_name, pair.error or "") for pair in missing]


def export_dataset(session: Session, request: ExportRequest) -> Dataset:
    """Write the dataset; see `export.run.export`."""
    with working(session.store, "export") as job:
        dataset = export_run.export(session, request)
        job.answer(export_document(request, dataset))
    return dataset


def export_document(request: ExportRequest, dataset: Dataset) -> dict[str, Any]:
    """What `export --json` prints."""
    document: dict[str, Any] = {
        "path": request.sent_to or str(dataset.path),
        "formats": list(request.formats),
        "pairs": list(dataset.pair_ids),
        "samples": dict(dataset.samples),
    }
    if dataset.split_check is not None:
        document["split_check"] = check_document(dataset.split_check)
    if dataset.archive is not None:
        document["zip"] = str(dataset.archive)
    return document


def preview_export(session: Session, request: PreviewExport) -> None:
    """Find out what an export would write; the answer has the request, to be told from others."""
    with working(session.store, "preview") as job:
        found = export_run.preview(session, request.wanted, similar=request.similar)
        job.answer({"request": to_json(request.wanted), "preview": preview_document(found)})


def convert_product(session: Session, request: ConvertProduct) -> Product:
    """Write a whole product as one GeoTIFF; see `export.run.convert`."""
    with working(session.store, "convert") as job:
        product = export_run.convert(session, request.product, request.destination)
        job.answer(convert_document(request, product))
    return product


def convert_document(request: ConvertProduct, product: Product) -> dict[str, Any]:
    """What `convert --json` prints."""
    return {
        "product_id": product.product_id,
        "file": str(request.destination),
        "bands": [band.name for band in product.bands],
        "missing_bands": list(product.missing),
        "offsets_from": product.offset_origin,
        "offset_warnings": list(product.offset_warnings),
    }


def connections_document(found: Sequence[Connection]) -> list[dict[str, Any]]:
    """What `scenes test-source --json` prints."""
    return [
        {"source": one.spec, "steps": to_json(one.steps), "problem": one.problem} for one in found
    ]


def _say_problems(job: Job, problems: Iterable[Problem]) -> None:
    job.say(Level.PROBLEM, map(named_problem, problems))


# what pages start


def start(
    store: Store, workspace: Workspace, request: Any, environ: Mapping[str, str] | None = None
) -> None:
    """Start a process for what is asked for, with what is secret in `environ`; see `launch`."""
    if isinstance(request, MakePairs):  # credentials are those of the process
        options = replace(request.options, services=ServiceSettings())
        request = replace(request, options=options)
    command = next(one for one in _COMMANDS if one.request is type(request))
    launch(
        store, workspace, command.kind, {"work": command.name, "request": to_json(request)}, environ
    )


def perform(session: Session, job_id: str) -> None:
    """Do what a job was started for. Raises WrongUseError for one that no page has started."""
    document = request_of(session.store, job_id)
    if document is None:
        raise WrongUseError(f"{job_id!r} is no job that a page has started.")
    command = next(one for one in _COMMANDS if one.name == document["work"])
    job = take_up(session.store, command.kind, job_id)
    with about({"command": command.name}), holding(job):
        command.do(session, from_json(command.request, document["request"]))


def _try_sources(session: Session, request: TrySources) -> None:
    with working(session.store, "connection") as job:
        job.answer(connections_document(try_sources(session, request)))


def _make_demo(session: Session, _request: MakeDemo) -> None:
    with working(session.store, "demo") as job:
        added = masks_run.add_demo(session, masks_run.demo_case(session, job.advance))
        _say_problems(job, (*added.refused, *added.problems))


def _make_pairs(session: Session, request: MakePairs) -> None:
    make_pairs(session, request, refuse_to_set_aside)


def _mix_in_checks(session: Session, request: MixInChecks) -> None:
    checks_run.mix_in(session, request.share)


def _learn_triage(session: Session, _request: LearnTriage) -> None:
    with working(session.store, "triage") as job:
        model = triage_run.learn(session.store)
        job.say(Level.RESULT, [f"Learnt from {model.good + model.bad:,} pairs."])


def _accept_automatically(session: Session, _request: AcceptAutomatically) -> None:
    with working(session.store, "triage") as job:
        found = triage_run.accept_automatically(session.store)
        job.say(Level.PROBLEM, [found.stopped] if found.stopped else [])
        job.say(Level.RESULT, [] if found.stopped else [found.result])


@dataclass(frozen=True)
class _Command:
    """What is done for a request: its name in the job's row, and the kind of the job."""

    name: str
    kind: str
    request: type
    do: Callable[[Session, Any], object]


_COMMANDS = (
    _Command("masks add", "masks", AddMasks, add_masks),
    _Command("masks redate", "masks", RedateMasks, redate_masks),
    _Command("demo", "demo", MakeDemo, _make_demo),
    _Command("scenes search", "search", SearchScenes, search_scenes),
    _Command("scenes test-source", "connection", TrySources, _try_sources),
    _Command("pairs make", "pairs", MakePairs, _make_pairs),
    _Command("review checks", "checks", MixInChecks, _mix_in_checks),
    _Command("triage learn", "triage", LearnTriage, _learn_triage),
    _Command("triage accept", "triage", AcceptAutomatically, _accept_automatically),
    _Command("export", "export", ExportRequest, export_dataset),
    _Command("export preview", "preview", PreviewExport, preview_export),
    _Command("convert", "convert", ConvertProduct, convert_product),
)
