"""HTTP routes of the review: the queue, the pairs, their pixels, and decisions about them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from migrate_core.errors import (
    DatabaseUnusableError,
    DiskError,
    JobRunningError,
    MaskError,
    MigrateError,
    PairError,
    WrongUseError,
)
from migrate_core.pairs.edits.applying import bring_up_to_date
from migrate_core.pairs.view.stored import stored_view
from migrate_core.review.queue_rows import ReviewItem, review_item
from migrate_core.review.rules.audit import log_without_rule
from migrate_core.review.run import decide_once, new_decision, reason_text
from migrate_core.review.team.double import visible_log
from migrate_core.review.team.open_pairs import open_pairs
from migrate_core.states import PairState
from migrate_core.store.decisions import edits_of
from migrate_core.store.review.leases import Holder
from migrate_core.store.review.settings import review_settings
from migrate_core.store.serialize import to_json
from migrate_core.text import _

from ..frame import Page, in_workspace, open_workspace
from ..language.messages import message_text
from ..language.translation import in_language
from ..state import LANGUAGE, WORKSPACE
from .guard import refusal, refusal_of_reviewer
from .item import item_document, status_document
from .queue import queue_document

log = logging.getLogger(__name__)

PREFIX = "/review-api"
# The components of all pages.
_ASSETS = Path(__file__).resolve().parent.parent
_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
# A decision is a few hundred bytes, its note at most this many characters.
_BODY_BYTES, _NOTE = 65_536, 500
# A reviewer has one pair open and some ahead.
_LEASES = 20
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}
NEVER_KEEP = {"Cache-Control": "no-store"}
# The address of a view has its version in it.
_KEEP = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Encoding": "gzip"}
# The view of a pair is made when it is asked for first, which takes a tenth of a second and more of
# a processor. Decisions must find a thread however many reviewers begin at once.
_VIEWS_AT_ONCE = max(2, os.cpu_count() or 1)
_PASSING = (DatabaseUnusableError, DiskError, JobRunningError)

Answer = Callable[[Request, Mapping[str, Any]], Response]


class NotThereError(WrongUseError):
    """A pair that is asked for isn't there."""


def routes(base: str = "") -> list[Route]:
    """All routes, below the path `base` that the server is reached by."""
    here = f"{base.rstrip('/')}{PREFIX}"
    return [
        Route(f"{here}/assets/{{name:path}}", _asset),
        Route(f"{here}/queue", endpoint(_queue), methods=["POST"]),
        Route(f"{here}/pairs/{{pair_id}}", endpoint(_item)),
        Route(f"{here}/pairs/{{pair_id}}/view", endpoint(_view, at_once=_VIEWS_AT_ONCE)),
        Route(f"{here}/decisions", endpoint(_decide), methods=["POST"]),
        Route(f"{here}/leases", endpoint(_lease), methods=["POST"]),
    ]


def base_path() -> str:
    """The path that the server is reached by, as its settings say: empty, or `/labels`."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def endpoint(
    answer: Answer, body_bytes: int = _BODY_BYTES, at_once: int | None = None
) -> Callable[[Request], Any]:
    """A route whose work is done in a thread, and whose errors are answers.

    With `at_once` so many of its requests are worked at, and others wait without a thread.
    """
    limiter = None if at_once is None else CapacityLimiter(at_once)

    async def endpoint(request: Request) -> Response:
        if refused := refusal(request):
            return _error(*refused)
        try:
            body = await _body(request, body_bytes)
            if refused := refusal_of_reviewer(request, body):
                return _error(*refused)
            with (
                in_workspace(request.query_params.get(WORKSPACE, "")),
                in_language(request.query_params.get(LANGUAGE, "")),
            ):
                return await to_thread.run_sync(answer, request, body, limiter=limiter)
        except MigrateError as err:
            with in_language(request.query_params.get(LANGUAGE, "")):
                return _error(_status(err), message_text(err))
        except Exception:
            log.exception("%s %s", request.method, request.url.path)
            return _error(500, "Something unforeseen went wrong; the log of the workspace has it.")

    return endpoint


async def _body(request: Request, most_bytes: int) -> Mapping[str, Any]:
    """The document of a POST. Raises WrongUseError for one that is too long, or no object."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > most_bytes:
            raise WrongUseError(f"The request is longer than {most_bytes:,} bytes.")
    if not content:
        return {}
    try:
        found = json.loads(content)
    except ValueError as err:
        raise WrongUseError(f"The request is no JSON: {err}.") from err
    if not isinstance(found, dict):
        raise WrongUseError("The request has to be a JSON object.")
    return found


def _status(err: MigrateError) -> int:
    if isinstance(err, _PASSING):
        return 503
    if isinstance(err, NotThereError):
        return 404
    return 400 if isinstance(err, WrongUseError) else 422


def _error(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status, NEVER_KEEP)


def _asset(request: Request) -> Response:
    """A file of a component, or the texts of a language. They are no secret: no key is needed."""
    path = assets().get(request.path_params["name"])
    if path is None:
        return _error(404, "There is no such file.")
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=_ASK_EACH_TIME)


@cache  # one load of the page asks for all of them
def assets() -> dict[str, Path]:
    """The files by their address: `review/lighttable/lighttable.js`, `language/de.json`."""
    found = (path for path in _ASSETS.rglob("*") if path.suffix in _TYPES and path.is_file())
    return {path.relative_to(_ASSETS).as_posix(): path for path in sorted(found)}


def _queue(_request: Request, asked: Mapping[str, Any]) -> Response:
    return JSONResponse(queue_document(open_workspace().store, asked), headers=NEVER_KEEP)


def _item(request: Request, _body: Mapping[str, Any]) -> Response:
    page = open_workspace()
    item = pair_of(page, request.path_params["pair_id"])
    reviewer = request.query_params.get("reviewer", "")
    return JSONResponse(item_document(page, item, reviewer), headers=NEVER_KEEP)


def _view(request: Request, _body: Mapping[str, Any]) -> Response:
    page = open_workspace()
    item = pair_of(page, request.path_params["pair_id"])
    view = stored_view(page.workspace, item.pair.pair_id, item.mask, item.earlier_id)
    return Response(view, media_type="application/octet-stream", headers=_KEEP)


def _decide(_request: Request, asked: Mapping[str, Any]) -> Response:
    given = {name: text_of(asked, name) for name in ("token", "pair_id", "verdict", "reviewer")}
    store, pair_id, reviewer = open_workspace().store, given["pair_id"], given["reviewer"]
    reason, settles = reason_of(asked), asked.get("settles") is True
    decision = new_decision(pair_id, given["verdict"], reviewer, reason, settles)
    entries = decide_once(store, decision, given["token"])
    share = review_settings(store).double_share
    visible = visible_log(log_without_rule(store, entries), reviewer, share)
    status = status_document(store, pair_id, visible, reviewer, edits_of(store, pair_id))
    return JSONResponse({"pair_id": pair_id, **status}, headers=NEVER_KEEP)


def reason_of(asked: Mapping[str, Any]) -> str | None:
    """Why, by the reasons and the note of a request. Raises WrongUseError."""
    reasons, note = asked.get("reasons") or [], str(asked.get("note") or "")[:_NOTE]
    if not isinstance(reasons, list):
        raise WrongUseError("The reasons have to be a list.")
    return reason_text([str(reason) for reason in reasons], note)


def _lease(_request: Request, asked: Mapping[str, Any]) -> Response:
    """Lease pairs to a window of a reviewer's browser, and no others; none when it is left."""
    holder = Holder(text_of(asked, "window"), text_of(asked, "reviewer"))
    pair_ids, known = asked.get("pair_ids"), asked.get("known")
    if not isinstance(pair_ids, list) or not all(isinstance(one, str) for one in pair_ids):
        raise WrongUseError("The request has no pair_ids, which are a list of texts.")
    if len(pair_ids) > _LEASES or not isinstance(known, int):
        raise WrongUseError(f"At most {_LEASES} pairs are leased at once; known is a number.")
    found = open_pairs(open_workspace().store, holder, pair_ids, known)
    return JSONResponse(to_json(found), headers=NEVER_KEEP)


def text_of(asked: Mapping[str, Any], name: str) -> str:
    """A text that a request must have. Raises WrongUseError."""
    value = asked.get(name)
    if not isinstance(value, str) or not value.strip():
        raise WrongUseError(f"The request has no {name}.")
    return value.strip()


def pair_of(page: Page, pair_id: str) -> ReviewItem:
    """A pair that can be looked at, with all its edits; blind to rules that it audits.

    Raises NotThereError.
    """
    try:
        bring_up_to_date(page.store, page.workspace, pair_id)
    except (PairError, MaskError) as err:  # the pair is shown as it is, and says so
        log.warning("%s", err)
    item = review_item(page.store, pair_id)
    if item is None:
        raise NotThereError(
            _("There is no pair {pair_id} in this workspace.").format(pair_id=pair_id)
        )
    if item.pair.state not in (PairState.DONE, PairState.SUPERSEDED):
        why = message_text(item.pair.error or "")
        raise NotThereError(
            _("{pair_id}: this pair is {state}, not made. {why}")
            .format(pair_id=pair_id, state=_(item.pair.state), why=why)
            .strip()
        )
    return replace(item, log=log_without_rule(page.store, item.log))
