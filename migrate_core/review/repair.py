"""The use case of repairing a pair instead of rejecting it: edits of its label, which a log keeps.

Decisions about the pair stand; both logs show what came first.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import WrongUseError
from ..grid import PixelGrid
from ..jobs.background import now_utc
from ..model import Pair, PairEdit
from ..pairs.edits.applying import apply_edits, editing, open_pair, rasters_with
from ..pairs.edits.documents import checked_document
from ..pairs.edits.effective import effective, newest_of, tokens_of
from ..states import EditKind
from ..store.base import Store
from ..store.decisions import append_edit, edit_of, edits_of
from ..store.review.checks import check_of
from ..workspace import Workspace
from .run import default_reviewer


@dataclass(frozen=True)
class EditRequest:
    """What to do to a pair: `kind` is `ignore`, `nudge` or `undo`.

    `document` of an `ignore` has `area`, a GeoJSON object with polygons in lon/lat (or in the CRS
    that its member `crs` names), and may have a `reason`; of a `nudge` `east_m` and `north_m`, in
    metres on the axes of the pair's grid. `reviewer` is by default the user's name.
    """

    pair_id: str
    kind: str
    document: Mapping[str, Any] = field(default_factory=dict)
    reviewer: str | None = None


@dataclass(frozen=True)
class Repaired:
    """A pair as it is now, and the edits that count, oldest first."""

    pair: Pair
    edits: tuple[PairEdit, ...]


def repair(
    store: Store, workspace: Workspace, request: EditRequest, token: str | None = None
) -> Repaired:
    """Edit the label of a pair: files, numbers and log; `undo` takes back one's newest edit.

    The same `token` a second time changes nothing. Where an edit can't be applied, nothing is
    logged. Raises WrongUseError for what can't be asked for, PairError or MaskError where the
    files of the pair or its mask aren't as they were, DiskError.
    """
    if check_of(store, request.pair_id) is not None:
        # It doesn't say why: who asks is not to know.
        raise WrongUseError(
            f"{request.pair_id}: this pair can't be repaired. Decide about it as it is."
        )
    with editing(workspace, request.pair_id):
        opened = open_pair(store, workspace, request.pair_id)
        log = edits_of(store, request.pair_id)
        new = () if _is_logged(store, token, request) else (_edit(request, opened.grid, token),)
        if new and new[0].kind == EditKind.UNDO:
            _check_undo(log, new[0])
        edits = effective((*log, *new))
        if not new and opened.pair.edits == tokens_of(edits):
            return Repaired(opened.pair, edits)
        rasters = rasters_with(workspace, opened, edits)
        for edit in new:
            append_edit(store, edit)
        return Repaired(apply_edits(store, workspace, opened, edits, rasters), edits)


def _is_logged(store: Store, token: str | None, request: EditRequest) -> bool:
    """Whether the edit of this token was asked for before. Raises WrongUseError for another one."""
    found = None if token is None else edit_of(store, token)
    if found is not None and (found.pair_id, found.kind) != (request.pair_id, request.kind):
        raise WrongUseError(f"The token {token!r} is that of another edit. Make a new one.")
    return found is not None


def _edit(request: EditRequest, grid: PixelGrid, token: str | None) -> PairEdit:
    try:
        kind = EditKind(request.kind)
    except ValueError as err:
        raise WrongUseError(
            f"{request.kind!r} is no edit; needed is one of {', '.join(EditKind)}."
        ) from err
    document = checked_document(kind, request.document, grid)
    reviewer = request.reviewer or default_reviewer()
    token = token or uuid.uuid4().hex
    return PairEdit(token, request.pair_id, kind, document, reviewer, now_utc())


def _check_undo(log: list[PairEdit], edit: PairEdit) -> None:
    if newest_of(effective(log), edit.reviewer) is None:
        raise WrongUseError(f"{edit.pair_id}: {edit.reviewer} has made no edit to be undone.")
