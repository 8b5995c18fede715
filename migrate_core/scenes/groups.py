"""Masks by the limits they are searched and ranked with: those of all, or wider ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..advice import Remedy
from ..model import Mask, SceneQuery
from ..settings import RankingSettings
from ..store.base import Store
from ..store.last_search import SearchParameters
from ..store.ranking import own_limits_of


@dataclass(frozen=True)
class SomeMasks:
    """Masks that alone are searched for, by wider `limits` of their own from then on.

    Without `limits` they are searched as all others again.
    """

    mask_ids: tuple[str, ...]
    limits: Remedy | None = None


@dataclass(frozen=True)
class SearchGroup:
    """Masks that are searched alike, and with what."""

    masks: tuple[Mask, ...]
    query: SceneQuery
    ranking: RankingSettings


def groups_of(
    masks: Iterable[Mask], parameters: SearchParameters, own: Mapping[str, Remedy]
) -> list[SearchGroup]:
    """The masks by their limits: those of `parameters`, but for masks that have wider ones."""
    common = parameters.query, parameters.ranking
    found: list[tuple[tuple[SceneQuery, RankingSettings], list[Mask]]] = []
    for mask in masks:
        limits = own[mask.mask_id].applied(*common) if mask.mask_id in own else common
        members = next((listed for known, listed in found if known == limits), None)
        if members is None:
            found.append((limits, members := []))
        members.append(mask)
    return [SearchGroup(tuple(members), *limits) for limits, members in found]


def parameters_of(store: Store, mask_id: str, found: SearchParameters) -> SearchParameters:
    """What a mask was searched with, where `found` is what all were."""
    limits = own_limits_of(store).get(mask_id)
    if limits is None:
        return found
    query, ranking = limits.applied(found.query, found.ranking)
    return replace(found, query=query, ranking=ranking)
