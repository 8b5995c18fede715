"""What a run is to make: a task for each mask that is asked for and has a selected scene."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ...errors import WrongUseError
from ...model import Mask, Pair, PairParameters, RankedScene, Scene
from ...scenes.search.acquisitions import alternatives
from ...states import MaskState, PairState
from ...store.base import Candidate, Store
from ...store.candidates import scenes_of_tiles
from ...store.masks import masks_of, masks_with_pairs, unknown_mask
from ...store.pair_list import offsets_by_hand
from ...store.selected import unusable_to_make
from ...workspace import Workspace
from ..identity import pair_id
from ..task import PairTask
from .options import RunOptions


def plan(store: Store, workspace: Workspace, options: RunOptions) -> list[PairTask]:
    """The tasks, by the names of the masks.

    Raises WrongUseError when there is none, or a mask that is asked for can't become a pair.
    """
    wanted = _wanted(store, options)
    # Of a run that is limited nothing else is read.
    read = options.masks or wanted
    masks = store.masks() if read is None else sorted(masks_of(store, read), key=_by_name)
    chosen = {
        mask_id: next((one for one in found if one.selected), None)
        for mask_id, found in store.candidates(read).items()
    }
    _check_asked_for(masks, chosen, options.masks)
    left_out = unusable_to_make(store) if options.leave_out_unusable else {}
    scenes = _Scenes(store, None if read is None else filter(None, chosen.values()))
    offsets = offsets_by_hand(store, read) if options.keep_offsets else {}
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


class _Scenes:
    """The scenes that tasks may need: all, or those of these matches and of their tiles."""

    def __init__(self, store: Store, matches: Iterable[Candidate] | None) -> None:
        if matches is None:
            known = list(store.scenes().values())
        else:
            parts = store.scenes({one for match in matches for one in match.ranked.scene_ids})
            known = scenes_of_tiles(store, {scene.tile for scene in parts.values()})
        self._known = {(scene.scene_id, scene.source): scene for scene in known}
        self._of_tile: dict[str, list[Scene]] = defaultdict(list)
        for scene in known:
            self._of_tile[scene.tile].append(scene)
        self._others: dict[tuple[str, str], tuple[Scene, ...]] = {}

    def parts(self, ranked: RankedScene) -> tuple[Scene, ...]:
        """A candidate's scene and those that complete it, from its source or any that has them."""
        source = ranked.scene.source
        return (ranked.scene, *(self._from(source, one) for one in ranked.completed_by))

    def _from(self, source: str, scene_id: str) -> Scene:
        same = self._known.get((scene_id, source))
        return same or next(scene for (one, _), scene in self._known.items() if one == scene_id)

    def others(self, scene: Scene) -> tuple[Scene, ...]:
        """What stands in for a scene; found once, as many masks have the same."""
        key = (scene.scene_id, scene.source)
        if key not in self._others:
            self._others[key] = alternatives(scene, self._of_tile[scene.tile])
        return self._others[key]


def _by_name(mask: Mask) -> tuple[str, str]:
    return mask.name, mask.mask_id


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
    found = masks_with_pairs(store, options.states)
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
    scenes: _Scenes,
    workspace: Workspace,
    parameters: PairParameters,
) -> PairTask:
    ranked = chosen.ranked
    identity = pair_id(mask, ranked, parameters)
    parts = scenes.parts(ranked)
    return PairTask(
        identity,
        mask,
        parts,
        parameters,
        str(workspace.pair(identity)),
        ranked.days_offset,
        ranked.coverage,
        alternatives=tuple(map(scenes.others, parts)),
    )
