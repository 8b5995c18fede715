"""What would give a mask a usable scene, as values; `scenes.search.advice` finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from .model import SceneQuery
from .settings import RankingSettings
from .text import _, counted

T = TypeVar("T", int, float)


@dataclass(frozen=True)
class Remedy:
    """New limits with which `scenes` usable scenes are there; what need not change is None."""

    scenes: int
    days: int | None = None
    cloud_percent: float | None = None
    coverage: float | None = None

    @property
    def single(self) -> bool:
        """Whether only one limit changes."""
        return (self.days, self.cloud_percent, self.coverage).count(None) == 2

    def applied(
        self, query: SceneQuery, settings: RankingSettings
    ) -> tuple[SceneQuery, RankingSettings]:
        """What to search and rank with to follow the remedy; no limit gets stricter."""
        cloud = self.cloud_percent or 0.0
        coverage = 1.0 if self.coverage is None else self.coverage
        return (
            replace(
                query,
                days=max(query.days, self.days or 0),
                max_cloud_percent=max(query.max_cloud_percent, cloud),
            ),
            replace(
                settings,
                usable_cloud_percent=max(settings.usable_cloud_percent, cloud),
                usable_coverage=min(settings.usable_coverage, coverage),
            ),
        )

    def joined(self, other: Remedy) -> Remedy:
        """Both remedies at once; the looser of two limits counts."""
        return Remedy(
            self.scenes,
            _looser(max, self.days, other.days),
            _looser(max, self.cloud_percent, other.cloud_percent),
            _looser(min, self.coverage, other.coverage),
        )

    @property
    def steps(self) -> str:
        """What to do, in words: `widen to 14 days`."""
        steps = []
        if self.days is not None:
            steps.append(_("widen to {days}").format(days=counted(self.days, "day")))
        if self.cloud_percent is not None:
            steps.append(
                _("raise the cloud limit to {percent:g} %").format(percent=self.cloud_percent)
            )
        if self.coverage is not None:
            steps.append(
                _("lower the coverage limit to {percent:g} %").format(percent=100 * self.coverage)
            )
        return _(" and ").join(steps)

    @property
    def now(self) -> str:
        """The limits themselves, in words: `14 days, up to 20 % cloud`."""
        limits = []
        if self.days is not None:
            limits.append(counted(self.days, "day"))
        if self.cloud_percent is not None:
            limits.append(_("up to {percent:g} % cloud").format(percent=self.cloud_percent))
        if self.coverage is not None:
            limits.append(_("from {percent:g} % coverage").format(percent=100 * self.coverage))
        return ", ".join(limits)

    def __str__(self) -> str:
        """The remedy in words: `widen to 14 days: 2 usable scenes`."""
        return f"{self.steps}: {self.count}"

    @property
    def count(self) -> str:
        """`2 usable scenes`."""
        return counted(self.scenes, "usable scene")


def _looser(choose: Callable[[T, T], T], one: T | None, other: T | None) -> T | None:
    if one is None or other is None:
        return one if other is None else other
    return choose(one, other)


@dataclass(frozen=True)
class Advice:
    """The remedies for one mask, each enough by itself.

    Where no scene that is known would do, there is none; then `hints` say what can be tried, and
    `missing` what was found instead.
    """

    remedies: tuple[Remedy, ...]
    reach_days: int
    hints: tuple[str, ...] = ()
    missing: str | None = None

    def __str__(self) -> str:
        """The advice in words: what to do, and where that is only a guess, why."""
        if self.remedies:
            return _("; or ").join(str(remedy) for remedy in self.remedies)
        farther = _("look farther than {days} days").format(days=self.reach_days)
        hints = tuple(map(_, self.hints)) or (farther, _("ask another source"))
        return _("; or ").join(hints) + (f" ({self.missing})" if self.missing else "")
