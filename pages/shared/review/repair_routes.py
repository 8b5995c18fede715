"""HTTP routes by which a pair is repaired, or made again of another candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from migrate_core.errors import WrongUseError
from migrate_core.model import PairParameters
from migrate_core.review.repair import EditRequest, repair
from migrate_core.scenes.run import select
from migrate_core.text import _

from ..frame import open_workspace
from .film_strip import candidate_picture, film_strip
from .item import item_document
from .making import begin_pair, making_document
from .routes import NEVER_KEEP, PREFIX, endpoint, pair_of, text_of

# An area that was painted may have tens of thousands of corners.
_AREA_BYTES = 4_000_000
# Its address names mask and scene, and the page draws it once.
_PICTURE = {"Cache-Control": "private, max-age=3600"}


def repair_routes(base: str = "") -> list[Route]:
    """The routes, below the path `base` that the server is reached by."""
    here = f"{base.rstrip('/')}{PREFIX}"
    return [
        Route(f"{here}/edits", endpoint(_edit, _AREA_BYTES), methods=["POST"]),
        Route(f"{here}/pairs/{{pair_id}}/candidates", endpoint(_candidates)),
        Route(f"{here}/pairs/{{pair_id}}/making", endpoint(_making)),
        Route(f"{here}/candidates/{{mask_id}}/{{scene_id:path}}.webp", endpoint(_picture)),
        Route(f"{here}/choose", endpoint(_choose), methods=["POST"]),
    ]


def _edit(_request: Request, asked: Mapping[str, Any]) -> Response:
    """Edit a pair; the pair as it is then."""
    token, pair_id, kind, reviewer = (
        text_of(asked, name) for name in ("token", "pair_id", "kind", "reviewer")
    )
    document = asked.get("document") or {}
    if not isinstance(document, dict):
        raise WrongUseError("The document of an edit has to be a JSON object.")
    page = open_workspace()
    pair_of(page, pair_id)
    repair(page.store, page.workspace, EditRequest(pair_id, kind, document, reviewer), token)
    return JSONResponse(item_document(page, pair_of(page, pair_id), reviewer), headers=NEVER_KEEP)


def _candidates(request: Request, _body: Mapping[str, Any]) -> Response:
    page = open_workspace()
    pair = pair_of(page, request.path_params["pair_id"]).pair
    found = {"mask_id": pair.mask_id, "scenes": film_strip(page.store, pair)}
    return JSONResponse(found, headers=NEVER_KEEP)


def _picture(request: Request, _body: Mapping[str, Any]) -> Response:
    """The picture, or 202 while it is being read."""
    page, asked = open_workspace(), request.path_params
    found = candidate_picture(
        page.store, page.workspace, page.settings, asked["mask_id"], asked["scene_id"]
    )
    if found is None:
        return JSONResponse({"reading": True}, 202, {**NEVER_KEEP, "Retry-After": "1"})
    return Response(found, media_type="image/webp", headers=_PICTURE)


def _choose(_request: Request, asked: Mapping[str, Any]) -> Response:
    """Select another scene, and begin to make its pair with the parameters of this one.

    `pair_id` of the answer is that of the pair to come. What was decided is proposed for it.
    """
    page, scene_id = open_workspace(), text_of(asked, "scene_id")
    pair = pair_of(page, text_of(asked, "pair_id")).pair
    select(page.store, pair.mask_id, scene_id)
    # An offset that a person set is that of another scene.
    parameters = replace(pair.parameters or PairParameters(), offset=None)
    found = {**begin_pair(page, pair.mask_id, parameters), "scene_id": scene_id}
    if not found["started"]:
        form = _("The scene is selected, but its pair can't be made yet: {why}")
        found["text"] = form.format(why=found["text"])
    return JSONResponse(found, headers=NEVER_KEEP)


def _making(request: Request, _body: Mapping[str, Any]) -> Response:
    found = making_document(open_workspace().store, request.path_params["pair_id"])
    return JSONResponse(found, headers=NEVER_KEEP)
