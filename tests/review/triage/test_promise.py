"""The promise, by simulated teams: small runs of `benchmarks.review.triage` with fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.review.triage.runs import PROMISED, Team, ended, played
from benchmarks.review.triage.worlds import DRIFTS

RUNS = 40


def shares_of_bad(team: Team) -> tuple[float, float]:
    """The mean share of bad pairs among the accepted, and its standard error."""
    rng = np.random.default_rng([40, team.at_random, team.by_suspicion])
    found = [one.bad for _ in range(RUNS) if (one := played(rng, 0.2, team))]
    assert len(found) == RUNS
    return float(np.mean(found)), float(np.std(found, ddof=1) / RUNS**0.5)


@pytest.mark.slow
@pytest.mark.parametrize("team", [Team(150), Team(150, 250)], ids=["random", "suspicious first"])
def test_the_mean_share_of_bad_pairs_is_what_was_promised(team: Team) -> None:
    mean, error = shares_of_bad(team)
    assert mean <= PROMISED + 2 * error
    # Room enough to see that it was broken: half as much again.
    assert PROMISED + 2 * error < 1.5 * PROMISED


@pytest.mark.slow
def test_half_of_the_pairs_are_decided_automatically_at_an_auc_of_nine_tenths() -> None:
    rng = np.random.default_rng(41)
    found = [one for _ in range(RUNS) if (one := played(rng, 0.2, Team(200)))]
    assert np.mean([one.auc for one in found]) == pytest.approx(0.9, abs=0.015)
    assert np.mean([one.accepted for one in found]) >= 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("as many new pairs, all numbers larger by a standard deviation", "drift"),
        ("as many new pairs of another sensor, change unknown", "drift"),
        ("good pairs turn bad with a chance of 30 %", "audit"),
    ],
)
def test_a_drift_stops_it(name: str, why: str) -> None:
    rng = np.random.default_rng(42)
    found = [ended(rng, DRIFTS[name], Team(200)).why for _ in range(RUNS // 2)]
    assert found.count(why) >= 0.9 * len(found)


@pytest.mark.slow
def test_it_seldom_stops_without_a_drift() -> None:
    rng = np.random.default_rng(43)
    found = [ended(rng, DRIFTS["nothing"], Team(200)).why for _ in range(RUNS // 2)]
    assert found.count("goes on") >= 0.85 * len(found)
