"""What would give a mask a usable scene, as values; `scenes.search.advice` finds it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .model import SceneQuery
from .settings import RankingSettings


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
        """What to search and rank with to follow the remedy."""
        cloud = self.cloud_percent or 0.0
        return (
            replace(
                query,
                days=query.days if self.days is None else self.days,
                max_cloud_percent=max(query.max_cloud_percent, cloud),
            ),
            replace(
                settings,
                usable_cloud_percent=max(settings.usable_cloud_percent, cloud),
                usable_coverage=(
                    settings.usable_coverage if self.coverage is None else self.coverage
                ),
            ),
        )

    @property
    def steps(self) -> str:
        """What to do, in words: `widen to 14 days`."""
        steps = []
        if self.days is not None:
            steps.append(f"widen to {self.days} days")
        if self.cloud_percent is not None:
            steps.append(f"raise the cloud limit to {self.cloud_percent:g} %")
        if self.coverage is not None:
            steps.append(f"lower the coverage limit to {100 * self.coverage:g} %")
        return " and ".join(steps)

    def __str__(self) -> str:
        """The remedy in words: `widen to 14 days: 2 usable scenes`."""
        return f"{self.steps}: {self.count}"

    @property
    def count(self) -> str:
        """`2 usable scenes`."""
        return f"{self.scenes} usable scene{'s' if self.scenes != 1 else ''}"


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
            return "; or ".join(str(remedy) for remedy in self.remedies)
        hints = self.hints or (f"look farther than {self.reach_days} days", "ask another source")
        return "; or ".join(hints) + (f" ({self.missing})" if self.missing else "")
