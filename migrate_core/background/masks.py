"""Masks as jobs: adding them, their dates, and the example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import WrongUseError
from ..job_requests import AddMasks, EditMasks, MakeDemo, RedateMasks
from ..jobs.background import working
from ..masks import run
from ..masks.register.batch_edit import effect_of
from ..masks.register.outcome import result_of_adding
from ..masks.register.uploads import read_left_out
from ..review.set_aside import (
    SetAside,
    consequence_of_edit,
    notes_on_set_aside,
    present_decisions,
    set_aside_by_edit,
)
from ..session import Session
from ..states import Level
from ..store.masks import mask_ids_of
from ..store.serialize import to_json
from .problems import say_problems

# So many pairs of mask and source image are kept for whoever looks at the job.
_LISTED = 200
_OTHER_MASKS = "masks lie otherwise or have other pixels now"


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


def edit_masks(session: Session, request: EditMasks, ask: Callable[[SetAside], None]) -> run.Added:
    """Edit many masks; see `masks.run.edit_many`.

    Unless the request sets decisions aside, `ask` gets those that may be, and raises to stop.
    """
    store = session.store
    decided = present_decisions(store)
    with working(store, "masks") as job:
        ids = mask_ids_of(store, request.wanted) if request.mask_ids is None else request.mask_ids
        effect = effect_of(store, ids, request.edit)
        if not request.set_aside and (found := set_aside_by_edit(store, effect)).total:
            ask(found)
        edited = run.edit_many(session, effect, request.edit)
        notes = (*edited.notes, *notes_on_set_aside(store, decided, _OTHER_MASKS))
        job.say(Level.RESULT, [f"{effect}."])
        job.say(Level.NOTE, notes)
        say_problems(job, edited.problems)
        job.answer(to_json(effect.images.limited(_LISTED)) if effect.images else None)
    return replace(edited, notes=notes)


def refuse_to_set_aside(found: SetAside) -> None:
    """What a run without a person to ask does with decisions that may be set aside: it stops."""
    raise WrongUseError(
        f"{consequence_of_edit(found)} Nothing was changed. Add --yes to go on, or leave these "
        "masks out."
    )


def edit_masks_unasked(session: Session, request: EditMasks) -> None:
    """Edit many masks where nobody can be asked."""
    edit_masks(session, request, refuse_to_set_aside)


def make_demo(session: Session, _request: MakeDemo) -> None:
    """Add the synthetic example."""
    with working(session.store, "demo") as job:
        added = run.add_demo(session, run.demo_case(session, job.advance))
        say_problems(job, (*added.refused, *added.problems))
