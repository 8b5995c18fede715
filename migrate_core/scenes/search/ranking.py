"""The order of a mask's candidates: usable ones first, then by a score of visible terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...model import Mask, RankedScene, SceneQuery
from ...settings import RankingSettings
from .acquisitions import Acquisition

# What an unknown cloud cover counts as in the score: neither an advantage nor a verdict.
_UNKNOWN_CLEAR_SKY = 0.5


@dataclass(frozen=True)
class Measurement:
    """What was measured of the clouds over one mask, in percent; fields as of `RankedScene`.

    `cloud_over_mask_percent` is None where no pixel of the footprint has data,
    `occluded_over_label_percent` where the mask has no label.
    """

    cloud_over_mask_percent: float | None
    occluded_over_label_percent: float | None


# A candidate: mask_id, and the ids of its scenes.
Key = tuple[str, tuple[str, ...]]
Measurements = Mapping[Key, Measurement]


def rank(
    mask: Mask,
    found: Iterable[Acquisition],
    query: SceneQuery,
    settings: RankingSettings,
) -> list[RankedScene]:
    """The acquisitions that cover a mask as its candidates, best first, nothing measured."""
    return ranked_again((_found(mask, acquisition, query) for acquisition in found), settings)


def ranked_again(candidates: Iterable[RankedScene], settings: RankingSettings) -> list[RankedScene]:
    """The candidates of one mask as `settings` judge what is known of them, best first."""
    return sorted((_judged(item, settings) for item in candidates), key=_order)


def reranked(
    ranked: Mapping[str, Sequence[RankedScene]],
    measured: Measurements,
    settings: RankingSettings,
) -> dict[str, list[RankedScene]]:
    """The candidates by mask_id in their order by what was measured, where it was."""
    return {
        mask_id: ranked_again(
            (_with(item, measured.get((mask_id, item.scene_ids))) for item in items), settings
        )
        for mask_id, items in ranked.items()
    }


def _order(ranked: RankedScene) -> tuple[Any, ...]:
    return not ranked.usable, -ranked.score, abs(ranked.days_offset), ranked.scene.scene_id


def _found(mask: Mask, acquisition: Acquisition, query: SceneQuery) -> RankedScene:
    """An acquisition as a candidate, not yet judged."""
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
        score=0.0,
        terms={name: round(value, 6) for name, value in terms.items()},
        usable=False,
        completed_by=tuple(other.scene_id for other in acquisition.completed_by),
    )


def _judged(ranked: RankedScene, settings: RankingSettings) -> RankedScene:
    """The candidate with its score, and whether it is usable."""
    return replace(
        ranked,
        score=round(weighted_mean(ranked.terms, settings.weights), 6),
        usable=is_usable(_limited_cloud(ranked), ranked.coverage, settings),
    )


def _limited_cloud(ranked: RankedScene) -> float | None:
    """The cloud that the limit is held against, percent; None where nothing is known of it."""
    measured = occluded_percent(
        Measurement(ranked.cloud_over_mask_percent, ranked.occluded_over_label_percent)
    )
    if measured is not None:
        return measured
    # That of all scenes of the acquisition, of which only the term is kept.
    known = ranked.scene.cloud_percent is not None
    return round(100 * (1 - ranked.terms["clear_sky"]), 4) if known else None


def _with(ranked: RankedScene, measured: Measurement | None) -> RankedScene:
    """The candidate with what was measured in place of the scene's cloud cover."""
    if measured is None:
        return ranked
    terms = dict(ranked.terms)
    cloud, occluded = measured.cloud_over_mask_percent, measured.occluded_over_label_percent
    if cloud is not None:
        terms["clear_sky"] = round(1 - cloud / 100, 6)
    if occluded is not None:
        terms["clear_label"] = round(1 - occluded / 100, 6)
    return replace(
        ranked, terms=terms, cloud_over_mask_percent=cloud, occluded_over_label_percent=occluded
    )


def occluded_percent(measured: Measurement) -> float | None:
    """What the limit of cloud is held against: the worse of cloud mask and label, where known."""
    values = (measured.cloud_over_mask_percent, measured.occluded_over_label_percent)
    return max((value for value in values if value is not None), default=None)


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
