"""HTTP routes by which the label of a pair is drawn on, and its mask gets a new version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import shapely
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from migrate_core.masks.relabel.drawing import Operation, drawn_areas
from migrate_core.masks.relabel.label_areas import LabelAreas, label_areas
from migrate_core.masks.relabel.versions import undo
from migrate_core.model import Mask, Pair, PairParameters
from migrate_core.review.relabel import PairLabel, draw, pair_label
from migrate_core.scenes.run import select
from migrate_core.session import Session
from migrate_core.store.candidates import candidates_of

from ..frame import Page, open_workspace
from .making import begin_pair
from .routes import NEVER_KEEP, PREFIX, endpoint, pair_of, text_of

# Thousands of corners, or hundreds of areas that were dragged round.
_DRAWN_BYTES = 4_000_000
# Places are sent to a tenth of a millimetre.
_DIGITS = 4


def relabel_routes(base: str = "") -> list[Route]:
    """The routes, below the path `base` that the server is reached by."""
    here = f"{base.rstrip('/')}{PREFIX}"
    return [
        Route(f"{here}/pairs/{{pair_id}}/label", endpoint(_label)),
        Route(f"{here}/pairs/{{pair_id}}/label", endpoint(_drawn, _DRAWN_BYTES), methods=["POST"]),
        Route(f"{here}/labels", endpoint(_save, _DRAWN_BYTES), methods=["POST"]),
        Route(f"{here}/labels/undo", endpoint(_undo), methods=["POST"]),
    ]


@dataclass(frozen=True)
class _Asked:
    """What operations make of the label of a mask; `stored` are the values of its classes."""

    mask_id: str
    stored: tuple[tuple[str, int], ...]
    operations: tuple[Operation, ...]
    mask: Mask = field(compare=False)


@lru_cache(maxsize=16)  # whoever draws asks for one step more than before
def _areas(asked: _Asked) -> LabelAreas:
    if not asked.operations:
        return label_areas(asked.mask)
    *earlier, newest = asked.operations
    before = _areas(replace(asked, operations=tuple(earlier)))
    crs = asked.mask.georeference.crs or ""
    return drawn_areas(before, [newest], crs, len(asked.operations))


def _asked(label: PairLabel, operations: Any) -> _Asked:
    mask = label.mask
    stored = tuple(sorted((mask.classes.stored or {}).items()))
    return _Asked(mask.mask_id, stored, label.operations(operations), mask)


def _label(request: Request, _body: Mapping[str, Any]) -> Response:
    """The polygons of the label, and how far east and north the pair shows them, in metres."""
    page = open_workspace()
    label = pair_label(page.store, page.workspace, request.path_params["pair_id"])
    areas = _areas(_asked(label, []))
    everything = _polygons(label, areas.values, areas.polygons)
    found = {"shift_m": label.shift_m, "polygons": everything}
    return JSONResponse(found, headers=NEVER_KEEP)


def _drawn(request: Request, asked: Mapping[str, Any]) -> Response:
    """What operations would make of them: the numbers of those that go, and those that come."""
    page = open_workspace()
    label = pair_label(page.store, page.workspace, request.path_params["pair_id"])
    before, after = _areas(_asked(label, [])), _areas(_asked(label, asked.get("operations")))
    kept = {id(polygon) for polygon in after.polygons}
    gone = [number for number, one in enumerate(before.polygons) if id(one) not in kept]
    known = {id(polygon) for polygon in before.polygons}
    new = [id(polygon) not in known for polygon in after.polygons]
    come = _polygons(label, after.values[new], after.polygons[new])
    return JSONResponse({"gone": gone, "polygons": come}, headers=NEVER_KEEP)


def _polygons(label: PairLabel, values: Any, polygons: Any) -> list[dict[str, Any]]:
    """The value of each polygon, and its rings, the outer one first, in the CRS of the pair."""
    moved = label.to_pair(polygons)
    return [
        {"value": value, "rings": [_ring(ring) for ring in (one.exterior, *one.interiors)]}
        for value, one in zip(values.tolist(), moved, strict=True)
    ]


def _ring(ring: shapely.LinearRing) -> Sequence[Sequence[float]]:
    """The corners of a ring, each once."""
    corners: list[list[float]] = shapely.get_coordinates(ring)[:-1].round(_DIGITS).tolist()
    return corners


def _save(_request: Request, asked: Mapping[str, Any]) -> Response:
    """Put what was drawn in force, and begin to make its pair."""
    pair_id, reviewer = (text_of(asked, name) for name in ("pair_id", "reviewer"))
    page = open_workspace()
    pair = pair_of(page, pair_id).pair
    with _session(page) as session:
        mask = draw(session, pair_id, asked.get("operations"), reviewer)
    found = {"before": pair_id, "name": pair.mask_name, **_begin(page, pair, mask)}
    return JSONResponse(found, headers=NEVER_KEEP)


def _undo(_request: Request, asked: Mapping[str, Any]) -> Response:
    """Bring back the label before the newest edit, and begin to make its pair."""
    pair_id, reviewer = (text_of(asked, name) for name in ("pair_id", "reviewer"))
    page = open_workspace()
    pair = pair_of(page, pair_id).pair
    with _session(page) as session:
        mask = undo(session, pair.mask_id, reviewer).mask
    return JSONResponse(_begin(page, pair, mask), headers=NEVER_KEEP)


@contextmanager
def _session(page: Page) -> Iterator[Session]:
    session = Session(page.settings)
    try:
        yield session
    finally:
        session.store.engine.dispose()


def _begin(page: Page, pair: Pair, mask: Mask) -> dict[str, Any]:
    """Begin the pair of a mask with the scene and the parameters of the pair before."""
    for candidate in candidates_of(page.store, mask.mask_id):
        if candidate.ranked.scene_ids == pair.scene_ids and not candidate.selected:
            select(page.store, mask.mask_id, candidate.ranked.scene.scene_id)
    # A run that is at work already is that of this request, sent again: masks change between runs.
    return {**begin_pair(page, mask.mask_id, pair.parameters or PairParameters()), "started": True}
