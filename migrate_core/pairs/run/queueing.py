"""What a run finds and leaves in the store before it begins: what is queued, kept, superseded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...jobs.background import now_utc
from ...model import Pair
from ...settings import AssessmentSettings
from ...states import UNDER_WAY, PairState
from ...store.base import Store, superseded
from ...workspace import Workspace, remove_leftovers
from ..assessment.rules import RULES
from ..rasters import pair_complete
from ..task import PairTask, found_out
from .plan import replaced

_SAME_TIME_DAYS = 0.01


def queue_pairs(
    store: Store, tasks: Sequence[PairTask], workspace: Workspace, *, partial: bool
) -> dict[str, Pair]:
    """The pairs of the tasks in the store, queued or done, and what that means for the others."""
    remove_leftovers(workspace.root)
    known = {pair.pair_id: pair for pair in _known(store, tasks, partial=partial)}
    pairs = {task.pair_id: _current(known.get(task.pair_id), task) for task in tasks}
    now = now_utc()
    gone = {pair.pair_id: superseded(pair, now) for pair in replaced(known.values(), tasks)}
    others = [
        replace(pair, state=_left_behind(pair, partial=partial))
        for pair in known.values()
        if pair.pair_id not in pairs and pair.pair_id not in gone
    ]
    wanted = [*others, *gone.values(), *pairs.values()]
    store.put_pairs([pair for pair in wanted if known.get(pair.pair_id) != pair])
    return pairs


def _known(store: Store, tasks: Sequence[PairTask], *, partial: bool) -> list[Pair]:
    """The pairs that the run may change: of its masks, and what a dead run had begun, or all."""
    if not partial:
        return store.pairs()
    of_masks = store.pairs_of({task.mask.mask_id for task in tasks})
    return [*of_masks, *store.pairs_in(PairState.RUNNING)]


def _left_behind(pair: Pair, *, partial: bool) -> PairState:
    """The state of a pair of a mask that isn't asked for: as it is, or given up.

    A partial run leaves the pairs of other masks alone; what a dead run had begun waits.
    """
    if partial:
        return PairState.QUEUED if pair.state == PairState.RUNNING else pair.state
    return PairState.CANCELLED if pair.state in UNDER_WAY else pair.state


def _current(known: Pair | None, task: PairTask) -> Pair:
    """A pair as it should stand before the run: done when nothing about it has to be done."""
    pair = Pair(
        task.pair_id,
        task.mask.mask_id,
        task.mask.name,
        tuple(scene.scene_id for scene in task.scenes),
        days_offset=task.days_offset,
        coverage=task.coverage,
        parameters=task.parameters,
    )
    if known is None or known.occlusion is None or not pair_complete(Path(task.folder)):
        return pair
    pair = replace(pair, edits=known.edits)
    if known.occluded is None or (known.thresholds or AssessmentSettings()) != task.thresholds:
        return pair  # its pixels stay; `make_pair` finds them and only assesses again
    if (known.compared_with, known.change_rules) != (task.mask.source.path, RULES):
        return pair  # likewise, and only looks again at what has changed
    # Another source may know the sensing time to the millisecond; another date is another matter.
    if known.days_offset is None or abs(known.days_offset - task.days_offset) > _SAME_TIME_DAYS:
        return pair
    return replace(pair, state=PairState.DONE, **found_out(known))
