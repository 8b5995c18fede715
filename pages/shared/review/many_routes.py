"""HTTP routes of deciding many pairs at once: small pictures, batches, rules and their audits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from migrate_core.errors import WrongUseError
from migrate_core.pairs.view.small import small_version, stored_small
from migrate_core.review.batches import decide_batch, selected, undo_batch
from migrate_core.review.queue_rows import queue_rows
from migrate_core.review.rules.audit import RuleAudit, audited_in, default_size, rule_audits
from migrate_core.review.rules.rule import parse_rule, preview
from migrate_core.review.rules.run import apply_rule
from migrate_core.review.run import new_decision
from migrate_core.states import BatchKind
from migrate_core.store.base import Store
from migrate_core.store.masks import find_mask
from migrate_core.store.review.batches import batch_entries
from migrate_core.store.review.checks import reviewed_pair
from migrate_core.text import _, format_time

from ..frame import open_workspace
from ..language.messages import message_text
from .routes import NEVER_KEEP, PREFIX, NotThereError, endpoint, reason_of, text_of

# So many ids as a workspace has pairs.
_MANY_BYTES = 16_000_000


def many_routes(base: str = "") -> list[Route]:
    """The routes, below the path `base` that the server is reached by."""
    here = f"{base.rstrip('/')}{PREFIX}"
    return [
        Route(f"{here}/pairs/{{pair_id}}/small", endpoint(_small)),
        Route(f"{here}/batches", endpoint(_batches)),
        Route(f"{here}/batches", endpoint(_decide_many, _MANY_BYTES), methods=["POST"]),
        Route(f"{here}/batches/undo", endpoint(_undo), methods=["POST"]),
        Route(f"{here}/rules/preview", endpoint(_preview), methods=["POST"]),
        Route(f"{here}/rules", endpoint(_apply), methods=["POST"]),
    ]


def _small(request: Request, _body: Mapping[str, Any]) -> Response:
    """The small picture of a pair; 304 where the browser has the present one."""
    page, pair_id = open_workspace(), request.path_params["pair_id"]
    pair = reviewed_pair(page.store, pair_id)
    if pair is None:
        raise NotThereError(
            _("There is no pair {pair_id} in this workspace.").format(pair_id=pair_id)
        )
    mask = find_mask(page.store, pair.mask_id)
    tag = f'"{small_version(page.workspace, pair_id, mask)}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    content = stored_small(page.workspace, pair_id, mask)
    return Response(content, media_type="image/webp", headers=headers)


def _decide_many(_request: Request, asked: Mapping[str, Any]) -> Response:
    """Say the same of the pairs that were selected, as one batch, whose id is the token."""
    token, verdict, reviewer = (text_of(asked, name) for name in ("token", "verdict", "reviewer"))
    pair_ids = asked.get("pair_ids")
    if not isinstance(pair_ids, list) or not all(isinstance(one, str) for one in pair_ids):
        raise WrongUseError("The pair_ids have to be a list of texts.")
    decision = new_decision("", verdict, reviewer, reason_of(asked))
    request = selected(decision.verdict, reviewer, decision.reason, token)
    decide_batch(open_workspace().store, request, pair_ids)
    return JSONResponse({"batch_id": token}, headers=NEVER_KEEP)


def _undo(_request: Request, asked: Mapping[str, Any]) -> Response:
    batch_id, reviewer = (text_of(asked, name) for name in ("batch_id", "reviewer"))
    undone = undo_batch(open_workspace().store, batch_id, reviewer)
    return JSONResponse({"undone": undone}, headers=NEVER_KEEP)


def _preview(_request: Request, asked: Mapping[str, Any]) -> Response:
    """What the filter and a verdict would do as a rule."""
    rule = parse_rule(asked.get("filter") or {}, text_of(asked, "verdict"))
    store = open_workspace().store
    found = preview(queue_rows(store), rule)
    answer = {
        "text": message_text(rule.text),
        "pairs": len(found.pair_ids),
        "sentences": list(map(message_text, found.sentences)),
        "examples": found.examples,
        "audit": default_size(len(found.pair_ids)),
    }
    return JSONResponse(answer, headers=NEVER_KEEP)


def _apply(_request: Request, asked: Mapping[str, Any]) -> Response:
    rule = parse_rule(asked.get("filter") or {}, text_of(asked, "verdict"))
    audit = asked.get("audit")
    if not isinstance(audit, int):
        raise WrongUseError("The size of the audit has to be a whole number.")
    token, reviewer = (text_of(asked, name) for name in ("token", "reviewer"))
    batch = apply_rule(open_workspace().store, rule, reviewer, audit, token)
    found = {
        "batch_id": batch.batch_id,
        "pairs": batch.document["pairs"],
        "audited": len(audited_in(batch)),
    }
    return JSONResponse(found, headers=NEVER_KEEP)


def _batches(_request: Request, _body: Mapping[str, Any]) -> Response:
    return JSONResponse({"batches": batches_document(open_workspace().store)}, headers=NEVER_KEEP)


def batches_document(store: Store) -> list[dict[str, Any]]:
    """What was decided at once, newest first, whether it was undone, and what audits say."""
    entries = batch_entries(store)
    undone = {
        entry.batch.document["batch"] for entry in entries if entry.batch.kind == BatchKind.UNDO
    }
    audits = {one.batch_id: one for one in rule_audits(store)}
    return [
        {
            "batch_id": batch.batch_id,
            "kind": batch.kind,
            "text": message_text(batch.document.get("text") or batch.kind),
            "pairs": pairs,
            "reviewer": batch.reviewer,
            "when": format_time(batch.made_at),
            "undone": batch.batch_id in undone,
            "audit": _audit(audits.get(batch.batch_id)),
        }
        for batch, pairs in entries
        if batch.kind != BatchKind.UNDO
    ]


def _audit(found: RuleAudit | None) -> dict[str, Any] | None:
    if found is None or not found.size:
        return None
    statement = found.statement
    return {
        "size": found.size,
        "checked": statement.checked,
        "sentence": message_text(statement.sentence),
    }
