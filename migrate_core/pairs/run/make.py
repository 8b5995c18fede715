"""The use case of the third stage: a pair of each mask and its selected scene.

In two steps, so that whoever calls can ask in between before decisions are set aside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...masks.finish import finish
from ...session import Session
from ..task import PairTask
from .options import RunOptions
from .plan import plan
from .runner import KIND, RunOutcome, make_planned


@dataclass(frozen=True)
class PlannedRun:
    """The pairs that a run is to make, and how."""

    tasks: tuple[PairTask, ...]
    options: RunOptions


def prepare(session: Session, options: RunOptions) -> PlannedRun:
    """Plan a run; services, thresholds, limits and scheduler are those of the settings.

    A scheduler that `options` name beats that of the settings. Nothing is written but masks that
    a command died over. Raises WrongUseError when there is nothing to make, or a mask that is
    asked for can't become a pair.
    """
    settings = session.settings
    options = replace(
        options,
        scheduler=options.scheduler or settings.scheduler,
        services=settings.services,
        thresholds=settings.thresholds,
        max_pair_pixels=settings.max_pair_pixels,
    )
    finish(session)
    return PlannedRun(tuple(plan(session.store, session.workspace, options)), options)


def make(session: Session, planned: PlannedRun) -> RunOutcome:
    """Make the pairs of a plan; finished ones are kept. See `runner.make_planned`.

    Ctrl-C (an interrupted notebook cell) ends it early, and the outcome says so.
    """
    with session.show_progress(KIND) as update:

        def progress(finished: int, failed: int, total: int) -> None:
            update(finished, total, f"{failed} failed" if failed else "")

        return make_planned(
            session.store, session.workspace, planned.tasks, planned.options, progress
        )
