"""Masks as jobs: adding them, their dates, and the example."""

from __future__ import annotations

from dataclasses import replace

from ..job_requests import AddMasks, MakeDemo, RedateMasks
from ..jobs.background import working
from ..masks import run
from ..masks.register.outcome import result_of_adding
from ..masks.register.uploads import read_left_out
from ..review.set_aside import notes_on_set_aside, present_decisions
from ..session import Session
from ..states import Level
from ..store.serialize import to_json
from .problems import say_problems

# So many pairs of mask and source image are kept for whoever looks at the job.
_LISTED = 200


def add_masks(session: Session, request: AddMasks) -> run.Added:
    """Register masks; see `masks.run.add`. What an upload left out is among the refused."""
    unsent = read_left_out(request.left_out) if request.left_out else []
    decided = present_decisions(session.store)
    with working(session.store, "masks") as job:
        added = run.add(session, request.paths, request.options)
        added = replace(
            added,
            notes=(*added.notes, *notes_on_set_aside(session.store, decided)),
            refused=(*unsent, *added.refused),
        )
        job.say(Level.NOTE, added.notes)
        job.say(Level.RESULT, [result_of_adding(added.masks, added.refused)])
        say_problems(job, (*added.refused, *added.problems))
        job.answer(to_json(added.images.limited(_LISTED)) if added.images else None)
    return added


def redate_masks(session: Session, request: RedateMasks) -> int:
    """Set dates by a pattern; see `masks.run.redate`."""
    with working(session.store, "masks") as job:
        changed = run.redate(
            session, request.pattern, request.wanted, undated_only=request.undated_only
        )
        job.say(Level.NOTE, [f"{changed} masks have another date now."])
    return changed


def make_demo(session: Session, _request: MakeDemo) -> None:
    """Add the synthetic example."""
    with working(session.store, "demo") as job:
        added = run.add_demo(session, run.demo_case(session, job.advance))
        say_problems(job, (*added.refused, *added.problems))
