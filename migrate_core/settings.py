"""Configuration from the environment, read once and passed on as a value."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import WrongUseError

RESAMPLINGS = ("nearest", "bilinear", "cubic")


@dataclass(frozen=True)
class RankingSettings:
    """What makes a candidate usable, and how the terms of its score are weighed.

    `usable_cloud_percent` 0…100 and `usable_coverage` 0…1 are the limits of a usable candidate;
    the weights are relative and only their ratios matter.
    """

    usable_cloud_percent: float = 10.0
    usable_coverage: float = 0.9
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"clear_sky": 1.0, "closeness": 1.0, "coverage": 1.0}
    )


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside; see the README for the variables."""

    workspace: Path
    database_url: str | None = None
    ranking: RankingSettings = field(default_factory=RankingSettings)
    resampling: str = "bilinear"
    scheduler: str | None = None


def load_settings(
    workspace: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Read the settings from `environ`; an explicit `workspace` beats MIGRATE_WORKSPACE.

    Raises WrongUseError when a variable holds something else than what is needed.
    """
    folder = workspace or Path(environ.get("MIGRATE_WORKSPACE") or "workspace")
    resampling = environ.get("MIGRATE_RESAMPLING") or "bilinear"
    if resampling not in RESAMPLINGS:
        raise WrongUseError(
            f"MIGRATE_RESAMPLING is {resampling!r}; it must be one of {', '.join(RESAMPLINGS)}."
        )
    defaults = RankingSettings()
    ranking = RankingSettings(
        usable_cloud_percent=_number(
            environ, "MIGRATE_USABLE_CLOUD_PERCENT", defaults.usable_cloud_percent, 100.0
        ),
        usable_coverage=_number(environ, "MIGRATE_USABLE_COVERAGE", defaults.usable_coverage, 1.0),
        weights={
            name: _number(environ, f"MIGRATE_WEIGHT_{name.upper()}", weight, float("inf"))
            for name, weight in defaults.weights.items()
        },
    )
    return Settings(
        workspace=folder.absolute(),
        database_url=environ.get("DATABASE_URL") or None,
        ranking=ranking,
        resampling=resampling,
        scheduler=environ.get("DASK_SCHEDULER") or None,
    )


def _up_to(largest: float) -> str:
    return f" to {largest:g}" if math.isfinite(largest) else " upwards"


def _number(environ: Mapping[str, str], name: str, default: float, largest: float) -> float:
    """The variable `name` as a number in 0…`largest`, or the default when it is not set."""
    text = environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (math.isfinite(value) and 0 <= value <= largest):
        raise WrongUseError(f"{name} is {text!r}; it must be a number from 0{_up_to(largest)}.")
    return value
