"""What a worker is given for one pair, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..model import (
    Mask,
    Number,
    Occluded,
    Occlusion,
    OcclusionBySensor,
    Pair,
    PairParameters,
    Scene,
    Shift,
    Suggestion,
)
from ..scenes.sources import source_of
from ..settings import MAX_PAIR_PIXELS, AssessmentSettings
from ..store.serialize import from_json
from .progress import ProgressFile


@dataclass(frozen=True)
class Origin:
    """Which product of which service a scene's pixels came from, and how.

    `access` is `bands` or `product` for what was fetched, `in place` for what was read where it
    lies.
    """

    source: str
    product_id: str
    access: str


@dataclass(frozen=True)
class Sharing:
    """What a task has in common with others of its run.

    `run` names the run, within which products don't change. `windows` is how many of its masks lie
    in the same block of the scene, this one among them.
    """

    run: str
    windows: int = 1


@dataclass(frozen=True)
class PairTask:
    """Everything a worker needs, as plain values.

    `scenes` are in the order their pixels are preferred; `folder` is where the pair goes, `note`
    where the worker says at which step it is. `alternatives` are, for each scene, those of the same
    acquisition at other services; `origins` where the pixels of each scene were taken from.
    `assess` are the thresholds of the suggestion, which no pixel depends on. A pair of more than
    `max_pixels` isn't begun. `sharing` None keeps nothing for other tasks.
    """

    pair_id: str
    mask: Mask
    scenes: tuple[Scene, ...]
    parameters: PairParameters
    folder: str
    days_offset: Number
    coverage: float
    note: ProgressFile | None = None
    alternatives: tuple[tuple[Scene, ...], ...] = ()
    origins: tuple[Origin, ...] = ()
    thresholds: AssessmentSettings = field(default_factory=AssessmentSettings)
    max_pixels: int = MAX_PAIR_PIXELS
    sharing: Sharing | None = None


def log_ids(task: PairTask) -> dict[str, str]:
    """What records about a task name: its pair, and the job where it is a part of one."""
    job = {} if task.note is None else {"job": task.note.run}
    return {"pair": task.pair_id, **job}


@dataclass(frozen=True)
class PairOutcome:
    """What was found out about a pair that was made; fields as in `Pair`."""

    occlusion: Occlusion
    suggestion: Suggestion
    shift: Shift | None = None
    change: float | None = None
    occlusion_by_sensor: OcclusionBySensor | None = field(
        default=None, metadata={"stored": "one_sided"}
    )
    thresholds: AssessmentSettings | None = field(default=None, metadata={"stored": "judged_by"})
    compared_with: str | None = None
    occluded: Occluded | None = None
    change_note: str | None = None
    change_rules: int | None = None


def outcome_of(document: Mapping[str, Any]) -> PairOutcome:
    """What a pair.json says was found out."""
    return from_json(PairOutcome, document)


def found_out(value: PairOutcome | Pair) -> dict[str, Any]:
    """What an outcome or a pair says of what was found out, by the names they share."""
    return {item.name: getattr(value, item.name) for item in fields(PairOutcome)}


def attempts(task: PairTask) -> Iterator[PairTask]:
    """The task, then the same with scenes of the same acquisition that can be read elsewhere.

    A worker fetches nothing, so only scenes count that are read where they lie.
    """
    yield task
    others = [
        [scene for scene in found if not source_of(scene.source).needs_fetching]
        for found in task.alternatives
    ]
    for number in range(max(map(len, others), default=0)):
        # A part without so many others keeps its last one, or stays as it is.
        chosen = tuple(
            found[min(number, len(found) - 1)] if found else scene
            for scene, found in zip(task.scenes, others, strict=True)
        )
        before = task.origins or tuple(map(in_place, task.scenes))
        origins = tuple(
            origin if new is old else in_place(new)
            for new, old, origin in zip(chosen, task.scenes, before, strict=True)
        )
        yield replace(task, scenes=chosen, origins=origins)


def in_place(scene: Scene) -> Origin:
    """Where the pixels of a scene come from that is read where it lies."""
    return Origin(scene.source, scene.scene_id, "in place")
