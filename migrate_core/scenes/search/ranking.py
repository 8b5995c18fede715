"""The order of a mask's candidates: usable ones first, then by a score of visible terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
    return _in_order(_ranked(mask, acquisition, query, settings) for acquisition in found)


def reranked(
    ranked: Mapping[str, Sequence[RankedScene]],
    measured: Measurements,
    settings: RankingSettings,
) -> dict[str, list[RankedScene]]:
    """The candidates by mask_id in their order by what was measured, where it was."""
    return {
        mask_id: _in_order(
            _with(item, measured.get((mask_id, item.scene_ids)), settings) for item in items
        )
        for mask_id, items in ranked.items()
    }


def _in_order(ranked: Iterable[RankedScene]) -> list[RankedScene]:
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


def _with(
    ranked: RankedScene, measured: Measurement | None, settings: RankingSettings
) -> RankedScene:
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
        ranked,
        score=round(weighted_mean(terms, settings.weights), 6),
        terms=terms,
        usable=is_usable(occluded_percent(measured), ranked.coverage, settings),
        cloud_over_mask_percent=cloud,
        occluded_over_label_percent=occluded,
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
