"""A pair that is made in the background while the reviewer goes on."""

from __future__ import annotations

from typing import Any

from migrate_core.background import start
from migrate_core.errors import JobRunningError
from migrate_core.job_requests import MakePairs
from migrate_core.jobs.background import now_utc, running_job
from migrate_core.model import PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.plan import plan
from migrate_core.states import PairState
from migrate_core.store.base import Store
from migrate_core.text import _

from ..frame import Page
from ..language.messages import message_text


def begin_pair(page: Page, mask_id: str, parameters: PairParameters) -> dict[str, Any]:
    """Begin to make the pair of a mask and its selected scene; decisions become proposals.

    `pair_id` of the answer is that of the pair to come, `started` whether it is being made.
    """
    options = RunOptions(parameters=parameters, masks=frozenset({mask_id}), keep_offsets=True)
    (task,) = plan(page.store, page.workspace, options)
    try:
        start(page.store, page.workspace, MakePairs(options, set_aside=True))
    except JobRunningError as err:
        return {"pair_id": task.pair_id, "started": False, "text": message_text(err)}
    return {"pair_id": task.pair_id, "started": True, "text": ""}


def making_document(store: Store, pair_id: str) -> dict[str, str]:
    """Whether a pair that was asked for is `done`, `making`, or `failed` and why."""
    # The job is asked first: what it made is in the store before it ends.
    job = running_job(store, "pairs", now_utc())
    pair = store.pair(pair_id)
    if pair is not None and pair.state == PairState.DONE:
        return {"state": "done", "text": ""}
    if job is not None:
        return {"state": "making", "text": ""}
    why = pair.error if pair is not None else None
    return {
        "state": "failed",
        "text": message_text(why)
        if why
        else _("Its making was stopped; start it on the page Pairs."),
    }
