"""What a run is to make: a task for each mask that is asked for and has a selected scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ...errors import WrongUseError
from ...model import Mask, Pair, PairParameters, Scene
from ...scenes.search.acquisitions import alternatives
from ...states import MaskState, PairState
from ...store.base import Candidate, Store
from ...store.masks import masks_of, unknown_mask
from ...store.selected import unusable_to_make
from ...workspace import Workspace
from ..identity import pair_id
from ..task import PairTask
from .options import RunOptions


def plan(store: Store, workspace: Workspace, options: RunOptions) -> list[PairTask]:
    """The tasks, by the names of the masks.

    Raises WrongUseError when there is none, or a mask that is asked for can't become a pair.
    """
    masks = store.masks() if options.masks is None else list(masks_of(store, options.masks))
    candidates = store.candidates(options.masks)
    chosen = {
        mask_id: next((one for one in found if one.selected), None)
        for mask_id, found in candidates.items()
    }
    _check_asked_for(masks, chosen, options.masks)
    wanted = _wanted(store, options)
    left_out = unusable_to_make(store) if options.leave_out_unusable else {}
    scenes = store.scenes()
    offsets = _offsets_by_hand(store) if options.keep_offsets else {}
    tasks = [
        _task(mask, match, scenes, workspace, _parameters(mask, match, options.parameters, offsets))
        for mask in masks
        if mask.state == MaskState.READY
        and (match := chosen.get(mask.mask_id)) is not None
        and (wanted is None or mask.mask_id in wanted)
        and mask.mask_id not in left_out
    ]
    if not tasks:
        raise WrongUseError(_nothing_to_make(options, left_out=bool(left_out)))
    return [
        replace(task, thresholds=options.thresholds, max_pixels=options.max_pair_pixels)
        for task in tasks
    ]


def replaced(pairs: Iterable[Pair], tasks: Sequence[PairTask]) -> list[Pair]:
    """Those of `pairs` that a run of the tasks supersedes: of the same masks, made otherwise."""
    made = {task.pair_id for task in tasks}
    masks = {task.mask.mask_id for task in tasks}
    return [
        pair
        for pair in pairs
        if pair.state != PairState.SUPERSEDED and pair.mask_id in masks and pair.pair_id not in made
    ]


def _offsets_by_hand(store: Store) -> dict[tuple[str, tuple[str, ...]], int]:
    """The offsets that a person set for present pairs, by mask and scenes."""
    return {
        (pair.mask_id, pair.scene_ids): pair.parameters.offset
        for pair in store.pairs()
        if pair.state != PairState.SUPERSEDED
        and pair.parameters
        and pair.parameters.offset is not None
    }


def _parameters(
    mask: Mask,
    match: Candidate,
    wanted: PairParameters,
    offsets: Mapping[tuple[str, tuple[str, ...]], int],
) -> PairParameters:
    """The parameters of one pair: those of the run, with the offset that was set for it."""
    offset = offsets.get((mask.mask_id, match.ranked.scene_ids))
    return wanted if offset is None else replace(wanted, offset=offset)


def _check_asked_for(
    masks: Iterable[Mask],
    chosen: Mapping[str, Candidate | None],
    asked_for: frozenset[str] | None,
) -> None:
    """Every mask that is asked for by name must be there, ready, and have a selected scene."""
    known = {mask.mask_id: mask for mask in masks}
    for mask_id in sorted(asked_for or ()):
        if mask_id not in known:
            raise unknown_mask(mask_id)
        if problem := known[mask_id].problem:
            raise WrongUseError(f"{mask_id}: the mask has a problem to be mended first: {problem}")
        if chosen.get(mask_id) is None:
            raise WrongUseError(
                f"{mask_id}: the mask has no selected scene. Search for one first "
                "(`scenes search --source …`)."
            )


def _wanted(store: Store, options: RunOptions) -> frozenset[str] | None:
    """The masks that a run is limited to; None for all."""
    if options.states is None:
        return options.masks
    found = frozenset(pair.mask_id for pair in store.pairs() if pair.state in options.states)
    return found if options.masks is None else found & options.masks


def _nothing_to_make(options: RunOptions, *, left_out: bool) -> str:
    if options.states is not None:
        return f"No pair is {' or '.join(sorted(options.states))}, so there is nothing to make."
    if left_out:
        return (
            "No selected scene is usable by the limits of the search, so all pairs are left out. "
            "Search with wider limits, choose scenes by hand, or make these pairs, too."
        )
    return (
        "No mask has a selected scene, so there is no pair to make. Add masks (`masks add`), "
        "then search (`scenes search --source …`)."
    )


def _task(
    mask: Mask,
    chosen: Candidate,
    scenes: Mapping[tuple[str, str], Scene],
    workspace: Workspace,
    parameters: PairParameters,
) -> PairTask:
    ranked = chosen.ranked
    identity = pair_id(mask, ranked, parameters)
    others = (_from_same_source(scenes, other, ranked.scene) for other in ranked.completed_by)
    parts = (ranked.scene, *others)
    return PairTask(
        identity,
        mask,
        parts,
        parameters,
        str(workspace.pair(identity)),
        ranked.days_offset,
        ranked.coverage,
        alternatives=tuple(alternatives(scene, scenes.values()) for scene in parts),
    )


def _from_same_source(
    scenes: Mapping[tuple[str, str], Scene], scene_id: str, beside: Scene
) -> Scene:
    """The scene from the source of the one beside it, else from any that has it."""
    same = scenes.get((scene_id, beside.source))
    return same or next(scene for (found, _), scene in scenes.items() if found == scene_id)
