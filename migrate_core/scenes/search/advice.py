"""What would give a mask a usable scene: a wider window, other limits, or another source.

Nothing is estimated: every proposal was tried on the scenes that are known around the mask's date,
by the same rules as the search itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ...advice import Advice, Remedy
from ...model import Acquired, SceneQuery
from ...settings import RankingSettings
from ...text import _, counted
from ..sources import WORLDWIDE
from .acquisitions import Acquisition, Overpasses, SceneCoverage, acquisitions
from .hints import LEAST_COVERAGE, MOST_CLOUD_PERCENT, Measured, Nearby, hints, ids_of, missing
from .ranking import is_usable, occluded_percent

# A search looks at least this many days around the masks' dates, so that it can say what a wider
# window would find. Farther off, seasons and land use change more than clouds hide.
REACH_DAYS = 30
# Farther off than this it is another season; what is there is reported, but not proposed.
_SEASON_DAYS = 90
_SEVERAL = (
    ("days", "cloud_percent"),
    ("days", "coverage"),
    ("cloud_percent", "coverage"),
    ("days", "cloud_percent", "coverage"),
)


@dataclass(frozen=True)
class Limits:
    """What a scene must keep to: whole days from the mask, percent of cloud, share of coverage.

    `cloud_percent` stands for both limits of cloud, that of the search and that of usable scenes:
    each is at least this.
    """

    days: int
    cloud_percent: float
    coverage: float

    @classmethod
    def of(cls, query: SceneQuery, settings: RankingSettings) -> Limits:
        """The limits that a search was made with; the stricter one of cloud counts."""
        cloud = min(query.max_cloud_percent, settings.usable_cloud_percent)
        return cls(query.days, cloud, settings.usable_coverage)


def reach(query: SceneQuery) -> int:
    """How many days around a mask's date a search looks, whatever its window."""
    return max(query.days, REACH_DAYS)


def advise(
    acquired: Acquired,
    scene_coverages: Sequence[SceneCoverage],
    query: SceneQuery,
    settings: RankingSettings,
    measured: Measured = MappingProxyType({}),
) -> Advice:
    """What would help a mask of this date that has no usable candidate.

    `coverings` are all known scenes that touch the mask, of any cloud cover: at least those within
    `reach(query)` days; what lies beyond counts only where nothing nearer would do. `measured` is
    what is known of the clouds over the mask by the ids of an acquisition's scenes; of others the
    cloud of the whole scene counts. Single changes come first; only where none is enough, one
    combination of several. Where nothing would do, hints say what can be tried.
    """
    near = [one for one in scene_coverages if _distance(acquired, one) <= reach(query)]
    remedies = _remedies(_Known(acquired, near, query, settings, measured))
    farther = (
        ()
        if remedies or len(near) == len(scene_coverages)
        else _remedies(_Known(acquired, scene_coverages, query, settings, measured))
    )
    if farther and (farther[0].days or 0) <= _SEASON_DAYS:
        remedies, farther = farther, ()
    if remedies:
        return Advice(remedies, reach(query))
    found = Nearby(acquired, query, reach(query), acquisitions(near), measured)
    return Advice((), reach(query), (*_far_off(farther), *hints(found)), missing(found))


def _far_off(farther: Sequence[Remedy]) -> Iterable[str]:
    """What is known of another season, for those who have a label that outlasts it."""
    for remedy in farther[:1]:
        yield f"{remedy.steps}, which is another season: {remedy.count}"


def _remedies(known: _Known) -> tuple[Remedy, ...]:
    """Each single change that is enough, else one combination of several."""
    single = [known.remedy(name) for name in ("days", "cloud_percent", "coverage")]
    if any(single):
        return tuple(remedy for remedy in single if remedy is not None)
    several = (known.remedy(*names) for names in _SEVERAL)
    return tuple(remedy for remedy in several if remedy is not None)[:1]


def with_sources(advice: Mapping[str, Advice], asked: Iterable[str]) -> dict[str, Advice]:
    """Advice by mask_id that also names services that were not asked, where nothing else is sure.

    `asked` are the sources of the search, as `SOURCE` arguments.
    """
    others = [name for name in WORLDWIDE if name not in set(asked)]
    more = f"ask {' or '.join(others)}" if others else "name a folder with other products"
    return {
        mask_id: one if one.remedies else replace(one, hints=(*one.hints, more))
        for mask_id, one in advice.items()
    }


class _Known:
    """The scenes around a mask, and what each loosening of the limits makes of them."""

    def __init__(
        self,
        acquired: Acquired,
        scene_coverages: Sequence[SceneCoverage],
        query: SceneQuery,
        settings: RankingSettings,
        measured: Measured,
    ) -> None:
        self._measured = measured
        # Of each scene what the limits are held against.
        self._values = [(_distance(acquired, one), _cloud(one)) for one in scene_coverages]
        self._overpasses = Overpasses(scene_coverages)
        self._within: dict[tuple[float, float], list[Acquisition]] = {}
        self._query = query
        self._settings = settings
        self._now = Limits.of(query, settings)
        self._loosest = Limits(
            max([reach(query), *(days for days, _ in self._values)]),
            max(MOST_CLOUD_PERCENT, self._now.cloud_percent),
            min(LEAST_COVERAGE, settings.usable_coverage),
        )

    def remedy(self, *names: str) -> Remedy | None:
        """The least change of the limits `names` that gives a usable scene; None if none does.

        Of several limits, coverage is spared first, then cloud, then the window.
        """
        found = self._now
        for name in names:
            found = _with(found, name, getattr(self._loosest, name))
        if found == self._now or not self._usable(found):
            return None
        for name in ("coverage", "cloud_percent", "days"):
            if name in names:
                found = self._tightened(found, name)
        now = self._now
        return Remedy(
            self._usable(found),
            found.days if found.days != now.days else None,
            found.cloud_percent if found.cloud_percent != now.cloud_percent else None,
            found.coverage if found.coverage != now.coverage else None,
        )

    def _tightened(self, loose: Limits, name: str) -> Limits:
        """`loose` with the limit `name` as strict as it can be."""
        for value in self._steps(loose, name):
            tried = _with(loose, name, value)
            if self._usable(tried):
                return tried
        return loose

    def _steps(self, loose: Limits, name: str) -> list[float]:
        """Values between the limit `name` as it is and `loose`, the strictest first."""
        now = getattr(self._now, name)
        if name == "coverage":
            # Rounded down to whole percent, so that the scene passes.
            shares = {math.floor(100 * a.coverage) / 100 for a in self._acquisitions(loose)}
            return [now, *sorted((s for s in shares if loose.coverage < s < now), reverse=True)]
        values: set[float]
        if name == "days":
            values = {days for days, _cloud in self._values}
        else:
            values = {float(math.ceil(cloud)) for _days, cloud in self._values}
            over_mask = (self._over_mask(found) for found in self._acquisitions(loose))
            values |= {float(math.ceil(cloud)) for cloud in over_mask if cloud is not None}
        return [now, *sorted(value for value in values if now < value < getattr(loose, name))]

    def _usable(self, limits: Limits) -> int:
        """How many overpasses a search within these limits would call usable."""
        settings = replace(
            self._settings,
            usable_cloud_percent=max(self._settings.usable_cloud_percent, limits.cloud_percent),
            usable_coverage=limits.coverage,
        )
        return sum(
            is_usable(self._over_mask(found), found.coverage, settings)
            for found in self._acquisitions(limits)
        )

    def _over_mask(self, found: Acquisition) -> float | None:
        """The cloud that decides whether an acquisition is usable, percent; None if unknown."""
        measured = self._measured.get(ids_of(found))
        cloud = None if measured is None else occluded_percent(measured)
        return found.cloud_percent if cloud is None else cloud

    def _acquisitions(self, limits: Limits) -> list[Acquisition]:
        max_cloud = max(self._query.max_cloud_percent, limits.cloud_percent)
        key = limits.days, max_cloud
        if key not in self._within:
            chosen = [days <= limits.days and cloud <= max_cloud for days, cloud in self._values]
            self._within[key] = self._overpasses.offered(chosen)
        return self._within[key]


def _with(limits: Limits, name: str, value: float) -> Limits:
    """`limits` with another value of the limit `name`."""
    changes: dict[str, Any] = {name: value}
    return replace(limits, **changes)


def _distance(acquired: Acquired, scene_coverage: SceneCoverage) -> int:
    """Whole days between the mask's date and the scene's, by UTC date."""
    return acquired.distance_days(scene_coverage.scene.sensed_at.date())


def _cloud(scene_coverage: SceneCoverage) -> float:
    """The cloud cover that limits are held against; an unknown one passes every limit."""
    cloud = scene_coverage.scene.cloud_percent
    return 0.0 if cloud is None else cloud


@dataclass(frozen=True)
class Proposal:
    """One change of a limit that gives usable scenes to so many `masks` at once."""

    remedy: Remedy
    masks: int

    def __str__(self) -> str:
        """In words: `widen to 14 days (helps 3 masks)`."""
        return _("{steps} (helps {masks})").format(
            steps=self.remedy.steps, masks=counted(self.masks, "mask")
        )


def proposals(advice: Iterable[Advice]) -> list[Proposal]:
    """For each limit the change that helps all masks that a change of it alone would help."""
    single = [remedy for item in advice for remedy in item.remedies if remedy.single]
    days = [remedy.days for remedy in single if remedy.days is not None]
    clouds = [remedy.cloud_percent for remedy in single if remedy.cloud_percent is not None]
    shares = [remedy.coverage for remedy in single if remedy.coverage is not None]
    found = []
    if days:
        found.append(Proposal(Remedy(len(days), days=max(days)), len(days)))
    if clouds:
        found.append(Proposal(Remedy(len(clouds), cloud_percent=max(clouds)), len(clouds)))
    if shares:
        found.append(Proposal(Remedy(len(shares), coverage=min(shares)), len(shares)))
    return found


def beyond_proposals(found: Sequence[Advice]) -> list[str]:
    """What may help the masks that no change of a single limit would help."""
    lines = []
    several = sum(bool(item.remedies) and not item.remedies[0].single for item in found)
    if several:
        lines.append(
            _("loosen several limits at once (helps {masks})").format(
                masks=counted(several, "mask")
            )
        )
    nothing = [item for item in found if not item.remedies]
    if nothing:
        reach_days = max(item.reach_days for item in nothing)
        lines.append(
            _(
                "look farther than {days} days or ask another source ({masks} without a scene that "
                "would do; each says what to try)"
            ).format(days=reach_days, masks=counted(len(nothing), "mask"))
        )
    return lines
