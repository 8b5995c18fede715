"""The use cases of the second stage: search candidates for each mask, and choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import SourceError, WrongUseError
from ..jobs.many_objects import many_new_objects
from ..masks.finish import finish
from ..model import Problem
from ..session import Session
from ..states import MaskState
from ..store.base import Store
from ..store.last_search import SearchParameters, remember_asked, remember_found, remember_responses
from ..store.masks import find_mask, unknown_mask
from ..store.ranking import own_limits_of, put_own_limits
from ..text import CLOUD_IN_SCENE
from .access.response_cache import ResponseCache, kept, response_times
from .cloud_cover.remember import (
    MeasurementCache,
    SearchRun,
    keep_candidates,
    measure_candidates,
)
from .cloud_cover.scene_clouds import CloudReader
from .groups import SearchGroup, SomeMasks, groups_of
from .match_table import match_rows, write_match_table
from .search import search as searching
from .search.ranking import Measurements
from .sources import KINDS, open_source, remembering
from .sources.protocol import Progress, SceneSource


class SearchFailedError(SourceError):
    """No source could be asked; `problems` has one for each of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def search(
    session: Session,
    parameters: SearchParameters,
    *,
    refresh: bool = False,
    only: SomeMasks | None = None,
) -> tuple[Problem, ...]:
    """Find and rank candidates for each mask without a problem; the best one is selected.

    What services answered in the last 24 hours, and what was measured before, is used again
    unless `refresh` is set. Candidates go to the store. Masks that have limits of their own keep
    them. With `only`, candidates of other masks and what they were searched with stay as they
    are. Returns the problems of sources, of measuring, and of masks that nothing was found for.

    Raises WrongUseError for an unknown source or when there is no mask, SearchFailedError when no
    source answers (what an earlier search found stays then), JobRunningError when another process
    searches, and JobCancelledError.
    """
    sources = _sources(session, parameters.sources, refresh)
    parameters = replace(parameters, sources=tuple(source.spec for source in sources))
    finish(session)
    groups = _groups(session.store, parameters, only)
    with session.tracked("search") as progress:
        if only is None:
            remember_asked(session.store, parameters)
        first, second = (searching.part(progress, number, 2) for number in (0, 1))
        asking = first if parameters.measure_clouds else progress
        runs = [
            _ask(group, sources, searching.part(asking, number, len(groups)))
            for number, group in enumerate(groups)
        ]
        cache = MeasurementCache(session.store, [m for group in groups for m in group.masks])
        known = cache.known() if parameters.measure_clouds and not refresh else {}
        for found in runs:
            _keep(session.store, found, known)
        if only is None:
            remember_found(session.store, parameters)
            remember_responses(session.store, response_times(sources))
        else:
            put_own_limits(session.store, only.mask_ids, only.limits)
        problems = [problem for found in runs for problem in found.outcome.problems]
        if parameters.measure_clouds:
            clouds = CloudReader(session.settings.services, session.workspace, session.store)
            for number, found in enumerate(runs):
                measuring = searching.part(second, number, len(runs))
                problems += measure_candidates(cache, found, clouds, known, measuring)
    # A source that fails does so for each group.
    return tuple(dict.fromkeys([*problems, *(p for found in runs for p in _without(found))]))


def _groups(
    store: Store, parameters: SearchParameters, only: SomeMasks | None
) -> list[SearchGroup]:
    """The masks to search for. Raises WrongUseError when there is none."""
    masks = [m for m in store.masks() if m.state == MaskState.READY and not m.pending]
    own = own_limits_of(store)
    if only is not None:
        masks = [mask for mask in masks if mask.mask_id in only.mask_ids]
        own = dict.fromkeys(only.mask_ids, only.limits) if only.limits else {}
    if not masks:
        raise WrongUseError(
            "There is no mask to search for. Add masks (`masks add PATH`), or mend the problems of "
            "those that are there (`masks list`)."
        )
    return groups_of(masks, parameters, own)


def select(store: Store, mask_id: str, scene_id: str) -> None:
    """Choose another candidate for a mask; later searches keep the choice while they find it.

    Raises WrongUseError for an unknown mask, and when the scene is no candidate of it.
    """
    if not store.select(mask_id, scene_id):
        if find_mask(store, mask_id) is None:
            raise WrongUseError(f"{scene_id} can't be selected: {unknown_mask(mask_id)}")
        known = [c.ranked.scene.scene_id for c in store.candidates([mask_id]).get(mask_id, [])]
        raise WrongUseError(
            f"{scene_id} is not a candidate of {mask_id}. "
            + (f"Its candidates are: {', '.join(known)}." if known else "It has no candidates.")
        )


def export_match(store: Store, table: Path) -> int:
    """Write the candidates as a match table, the selected one of each mask first.

    Returns the number of rows; `match_table.import_match_table` reads such a table. Raises
    WrongUseError when no mask has candidates.
    """
    rows = match_rows(store)
    if not rows:
        raise WrongUseError("No mask has candidates yet. Search first: `scenes search --source …`.")
    write_match_table(table, rows)
    return len(rows)


def _sources(session: Session, specs: Sequence[str], refresh: bool) -> list[SceneSource]:
    """The sources that SOURCE arguments name, each once."""
    services = session.settings.services
    known = session.workspace.known_files
    opened = [
        remembering(open_source(spec, services), known, refresh=refresh)
        for spec in dict.fromkeys(specs)
    ]
    if not opened:
        raise WrongUseError(f"No source is named. Known are: {KINDS}.")
    response_cache = ResponseCache(session.workspace.responses, refresh)
    response_cache.clear_old()
    return [kept(source, services, response_cache) for source in opened]


def _ask(group: SearchGroup, sources: Sequence[SceneSource], progress: Progress) -> SearchRun:
    """Ask the sources. Raises SearchFailedError when each of them has a problem."""
    query, ranking = group.query, group.ranking
    with many_new_objects():
        outcome = searching.search(group.masks, sources, query, ranking, progress)
    if {problem.item for problem in outcome.problems}.issuperset(s.spec for s in sources):
        # Nothing was learnt, so what an earlier search found stays.
        raise SearchFailedError(outcome.problems)
    return SearchRun(group.masks, query, ranking, outcome)


def _keep(store: Store, found: SearchRun, known: Measurements) -> None:
    """Write the scenes and candidates."""
    store.put_scenes([*found.outcome.alternatives, *found.outcome.scenes])
    keep_candidates(store, found, known)


def _without(found: SearchRun) -> list[Problem]:
    """Masks that nothing was found for."""
    query, outcome = found.query, found.outcome
    names = {mask.mask_id: mask.name for mask in found.masks}
    most = f" and at most {query.max_cloud_percent:g} % {CLOUD_IN_SCENE}"
    limit = most * (query.max_cloud_percent < 100)
    return [
        Problem(
            names[mask_id],
            f"no {query.level} scene within {query.days} days{limit} covers it. What would help: "
            f"{outcome.advice[mask_id]}.",
        )
        for mask_id, ranked in outcome.ranked.items()
        if not ranked
    ]
