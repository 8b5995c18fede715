"""All masks against all scenes: which scenes cover which mask in its time window."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType

import numpy as np
import shapely

from ...advice import Advice
from ...errors import JobCancelledError, MigrateError
from ...grid import Bounds
from ...model import Mask, Problem, RankedScene, Scene, SceneQuery, SearchResult
from ...settings import RankingSettings
from ..sources.protocol import Progress, SceneRequest, SceneSource, no_progress
from .acquisitions import acquisitions
from .advice import advise, reach, with_sources
from .coverage import Coverages, date_of, with_margin
from .ranking import Measurement, Measurements, rank
from .request_grouping import SearchArea, everything, grouped

log = logging.getLogger(__name__)

# Days beyond any between a mask and a scene.
_ANY_DAYS = 1_000_000
# Steps in which a search reports how far it is.
_PERCENT = 100


@dataclass(frozen=True)
class SearchOutcome:
    """Candidates by mask_id (best first, an empty list where nothing fits), and problems.

    `scenes` are all that are known, at least `REACH_DAYS` around the masks' dates. `advice` says
    what would help each mask without a usable candidate. `alternatives` are the scenes that a later
    source has as well: what to fall back to when the first one fails. `asked` names the sources.
    """

    ranked: dict[str, list[RankedScene]]
    scenes: tuple[Scene, ...]
    problems: tuple[Problem, ...]
    advice: Mapping[str, Advice] = field(default_factory=dict)
    alternatives: tuple[Scene, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Gathered:
    """Scenes, each once; the same ones at later sources; what went wrong."""

    scenes: tuple[Scene, ...]
    alternatives: tuple[Scene, ...]
    problems: tuple[Problem, ...]


def search(
    masks: Sequence[Mask],
    sources: Sequence[SceneSource],
    query: SceneQuery,
    settings: RankingSettings,
    progress: Progress = no_progress,
) -> SearchOutcome:
    """Ask every source and rank what covers each mask within `query.days` of its date.

    `masks` must be ready. A source that fails becomes a problem, the others count.
    `progress(finished, total)` counts in percent: each source, and the ranking, is an equal part.
    """
    if not masks:
        return SearchOutcome({}, (), ())
    gathered = _gather(sources, _Questions(_areas(masks, query), query.level), progress)
    scenes = gathered.scenes
    coverages = Coverages(masks, scenes)
    scene_coverages = coverages.find(query)
    unfit = coverages.problems
    ranked = {
        mask.mask_id: rank(mask, acquisitions(scene_coverages.get(number, ())), query, settings)
        for number, mask in enumerate(masks)
    }
    missing = [
        number
        for number, mask in enumerate(masks)
        if not any(candidate.usable for candidate in ranked[mask.mask_id])
    ]
    asked = tuple(source.spec for source in sources)
    advice = with_sources(_advice(coverages, missing, query, settings), asked)
    progress(_PERCENT, _PERCENT)
    problems = (*gathered.problems, *unfit)
    return SearchOutcome(ranked, scenes, problems, advice, gathered.alternatives, asked)


def advice_for(
    masks: Sequence[Mask],
    scenes: Sequence[Scene],
    query: SceneQuery,
    settings: RankingSettings,
    measured: Measurements = MappingProxyType({}),
) -> dict[str, Advice]:
    """What would help these masks, by mask_id; only they pay for the look beyond the window."""
    coverages = Coverages(masks, scenes)
    return _advice(coverages, range(len(masks)), query, settings, measured)


def _advice(
    coverages: Coverages,
    numbers: Sequence[int],
    query: SceneQuery,
    settings: RankingSettings,
    measured: Measurements = MappingProxyType({}),
) -> dict[str, Advice]:
    """What would help the masks of these numbers, by mask_id."""
    over: dict[str, dict[tuple[str, ...], Measurement]] = defaultdict(dict)
    for (mask_id, scene_ids), measurement in measured.items():
        over[mask_id][scene_ids] = measurement
    advice: dict[str, Advice] = {}
    # Few masks need what lies beyond the reach of a search.
    for days in (reach(query), _ANY_DAYS):
        found = coverages.find(SceneQuery(days, level=query.level), numbers) if numbers else {}
        for number in numbers:
            mask = coverages.masks[number]
            known = over.get(mask.mask_id, {})
            advice[mask.mask_id] = advise(
                date_of(mask), found.get(number, ()), query, settings, known
            )
        numbers = [n for n in numbers if not advice[coverages.masks[n].mask_id].remedies]
    return advice


class _Questions:
    """What is asked for some areas, which must not be none."""

    def __init__(self, areas: Sequence[SearchArea], level: str) -> None:
        self._areas, self._level = areas, level

    @cached_property
    def several(self) -> tuple[SceneRequest, ...]:
        """Requests that cover all areas: few, and none that spans the world."""
        return tuple(
            SceneRequest(item.bounds, item.first_day, item.last_day, self._level)
            for item in grouped(self._areas)
        )

    @cached_property
    def single(self) -> tuple[SceneRequest, ...]:
        """One for all; of any day, so that advice knows the nearest scene however far it is."""
        bounds = everything(self._areas).bounds
        return (SceneRequest(bounds, date.min, date.max, self._level),)


def _areas(masks: Sequence[Mask], query: SceneQuery) -> list[SearchArea]:
    """Where and when scenes of each mask may be."""
    window = timedelta(days=reach(query))
    areas = []
    for number, bounds in _extents(masks):
        acquired = date_of(masks[number])
        areas.append(SearchArea(bounds, acquired.first_day - window, acquired.last_day + window))
    return areas


def _extents(masks: Sequence[Mask]) -> Iterable[tuple[int, Bounds]]:
    """The number of each mask with its lon/lat bounds and a margin around them.

    A mask across the 180° meridian has two: one pair of bounds would span the world.
    """
    parts, indexes = shapely.get_parts([mask.extent for mask in masks], return_index=True)
    bounds = with_margin(shapely.bounds(parts))
    for number, corners in zip(indexes.tolist(), bounds.tolist(), strict=True):
        if np.isfinite(corners).all():
            yield number, tuple(corners)


def _gather(sources: Sequence[SceneSource], questions: _Questions, progress: Progress) -> _Gathered:
    """The scenes of all sources, each once (the first source that has it), and all problems."""
    scenes: dict[str, Scene] = {}
    alternatives: list[Scene] = []
    problems: list[Problem] = []
    for number, source in enumerate(sources):
        reported = part(progress, number, len(sources) + 1)
        reported(0, 1)
        try:
            result = _ask(source, questions, reported)
        except JobCancelledError:
            raise
        except MigrateError as err:
            log.warning("%s: the search failed.", source.spec, exc_info=True)
            problems.append(Problem(source.spec, str(err)))
            continue
        log.info("%s: %d scenes.", source.spec, len(result.scenes))
        problems += result.problems
        alternatives += [scene for scene in result.scenes if scene.scene_id in scenes]
        for scene in result.scenes:
            scenes.setdefault(scene.scene_id, scene)
            if scene.footprint_problem:
                text = f"{source.spec}: {scene.footprint_problem}"
                problems.append(Problem(scene.scene_id, text))
    return _Gathered(tuple(scenes.values()), tuple(alternatives), tuple(problems))


def _ask(source: SceneSource, questions: _Questions, progress: Progress) -> SearchResult:
    """What a source has for all requests, each scene and problem once.

    One that reads all it has for any question is asked a single time.
    """
    requests = questions.single if source.is_local else questions.several
    scenes: dict[str, Scene] = {}
    problems: dict[Problem, None] = {}
    for number, request in enumerate(requests):
        reported = part(progress, number, len(requests))
        try:
            result = source.search(replace(request, progress=reported))
        except JobCancelledError:
            raise
        except MigrateError as err:
            if not scenes:
                raise
            # What was found is worth keeping; asking on would only wait for the same failure.
            item = f"{source.spec}, request {number + 1} of {len(requests)}"
            problems[Problem(item, f"{err} What it had answered before counts.")] = None
            break
        scenes.update((scene.scene_id, scene) for scene in result.scenes)
        problems.update(dict.fromkeys(result.problems))
    return SearchResult(tuple(scenes.values()), tuple(problems))


def part(progress: Progress, number: int, parts: int) -> Progress:
    """How far one of several equal parts is, as percent of all of it."""

    def reported(finished: int, total: int) -> None:
        share = (number + finished / max(total, 1)) / parts
        progress(int(_PERCENT * share), _PERCENT)

    return reported
