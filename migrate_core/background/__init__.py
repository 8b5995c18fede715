"""Long work as jobs: what is to be done, what comes of it, and what the job has to say.

A command calls the functions of the modules here, one for each stage. A page starts a process by
`start`; the request lies in the job's row, and `perform` does in that process what it asks for.
Either way the job holds the messages and the answer, so a page shows how it ended whoever began it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from ..errors import WrongUseError
from ..export.request import ExportRequest
from ..job_requests import (
    AcceptAutomatically,
    AddMasks,
    ConvertProduct,
    EditMasks,
    LearnTriage,
    MakeDemo,
    MakePairs,
    MixInChecks,
    PreviewExport,
    RankScenes,
    RedateMasks,
    SearchScenes,
    TrySources,
)
from ..jobs.background import holding, take_up
from ..jobs.launch import launch
from ..logs.context import about
from ..session import Session
from ..settings import ServiceSettings
from ..store.base import Store
from ..store.jobs import request_of
from ..store.serialize import from_json, to_json
from ..workspace import Workspace


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


def is_for(store: Store, job_id: str, request: type) -> bool:
    """Whether a job was started by a page for a request of this type."""
    document = request_of(store, job_id)
    wanted = (one.name for one in _COMMANDS if one.request is request)
    return document is not None and document["work"] in wanted


@dataclass(frozen=True)
class _Command:
    """What is done for a request: its name in the job's row, and the kind of the job.

    `function` is the one that does it, with its module here.
    """

    name: str
    kind: str
    request: type
    function: str

    def do(self, session: Session, request: Any) -> None:
        """Do it. Only the stage that is asked for is imported: all of them take seconds."""
        module, _, name = self.function.partition(".")
        getattr(import_module(f".{module}", __package__), name)(session, request)


_COMMANDS = (
    _Command("masks add", "masks", AddMasks, "masks.add_masks"),
    _Command("masks redate", "masks", RedateMasks, "masks.redate_masks"),
    _Command("masks edit", "masks", EditMasks, "masks.edit_masks_unasked"),
    _Command("demo", "demo", MakeDemo, "masks.make_demo"),
    _Command("scenes search", "search", SearchScenes, "scenes.search_scenes"),
    _Command("scenes rank", "search", RankScenes, "scenes.rank_scenes"),
    _Command("scenes test-source", "connection", TrySources, "scenes.answer_connections"),
    _Command("pairs make", "pairs", MakePairs, "pairs.make_unasked"),
    _Command("review checks", "checks", MixInChecks, "review.mix_in_checks"),
    _Command("triage learn", "triage", LearnTriage, "review.learn_triage"),
    _Command("triage accept", "triage", AcceptAutomatically, "review.accept_automatically"),
    _Command("export", "export", ExportRequest, "export.export_dataset"),
    _Command("export preview", "preview", PreviewExport, "export.preview_export"),
    _Command("convert", "convert", ConvertProduct, "export.convert_product"),
)
