"""The order of a mask's candidates: usable ones first, then by a score of visible terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..model import Mask, RankedScene, SceneQuery
from ..settings import RankingSettings
from .twins import Acquisition

# What an unknown cloud cover counts as in the score: neither an advantage nor a verdict.
_UNKNOWN_CLEAR_SKY = 0.5


def rank(
    mask: Mask,
    found: Iterable[Acquisition],
    query: SceneQuery,
    settings: RankingSettings,
) -> list[RankedScene]:
    """The acquisitions that cover a mask as its candidates, best first."""
    ranked = [_ranked(mask, acquisition, query, settings) for acquisition in found]
    return sorted(
        ranked,
        key=lambda r: (not r.usable, -r.score, abs(r.days_offset), r.scene.scene_id),
    )


def _ranked(
    mask: Mask, acquisition: Acquisition, query: SceneQuery, settings: RankingSettings
) -> RankedScene:
    if mask.acquired is None:
        raise ValueError(f"{mask.name} has no date")
    scene = acquisition.scene
    days = mask.acquired.days_until(scene.sensed_at)
    terms = {
        "clear_sky": _clear_sky(acquisition.cloud_percent),
        "closeness": max(0.0, 1 - abs(days) / (query.days + 1)),
        "coverage": acquisition.coverage,
    }
    return RankedScene(
        scene=scene,
        coverage=round(acquisition.coverage, 6),
        days_offset=days,
        score=round(weighted_mean(terms, settings.weights), 6),
        terms={name: round(value, 6) for name, value in terms.items()},
        usable=is_usable(acquisition.cloud_percent, acquisition.coverage, settings),
        completed_by=tuple(other.scene_id for other in acquisition.completed_by),
    )


def _clear_sky(cloud_percent: float | None) -> float:
    return _UNKNOWN_CLEAR_SKY if cloud_percent is None else 1 - cloud_percent / 100


def is_usable(cloud_percent: float | None, coverage: float, settings: RankingSettings) -> bool:
    """Whether a candidate is within the limits; an unknown cloud cover passes."""
    clear = cloud_percent is None or cloud_percent <= settings.usable_cloud_percent
    return clear and coverage >= settings.usable_coverage


def weighted_mean(terms: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The mean of the terms by their weights; plain when all weights are zero."""
    total = sum(weights.get(name, 0.0) for name in terms)
    if total == 0:
        return sum(terms.values()) / len(terms)
    return sum(value * weights.get(name, 0.0) for name, value in terms.items()) / total
