"""Whether automatic acceptance keeps its promise, and stops when it can't: a simulation.

Many teams, each with pairs of their own, decide about some of them; the triage learns from that and
accepts. What is true of the pairs is known here, so the share of bad ones can be counted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.review.triage.runs import PROMISED, Played, Team, ended, played
from benchmarks.review.triage.worlds import DRIFTS, PAIRS


def rows_of_promise(runs: int) -> Iterator[str]:
    """The lines of the table about the promise."""
    yield (
        "| bad pairs | decisions | AUC of the model | accepted of the undecided | bad of the "
        "accepted | Brier score, before calibration | calibration error |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    teams = (Team(100), Team(200), Team(400), Team(200, 200))
    for bad_share in (0.1, 0.2, 0.3):
        for team in teams:
            rng = np.random.default_rng([2026, round(100 * bad_share), *_numbers(team)])
            found = [one for _ in range(runs) if (one := played(rng, bad_share, team))]
            yield _row_of_promise(bad_share, team, found, runs)


def _numbers(team: Team) -> tuple[int, int]:
    return team.at_random, team.by_suspicion


def _row_of_promise(bad_share: float, team: Team, found: list[Played], runs: int) -> str:
    def mean(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in found]))

    error = np.std([one.bad for one in found], ddof=1) / np.sqrt(len(found))
    decisions = f"{team.at_random} at random"
    if team.by_suspicion:
        decisions += f", {team.by_suspicion} most suspicious"
    if len(found) < runs:
        decisions += f" ({len(found)} of {runs} teams had enough bad pairs)"
    return (
        f"| {100 * bad_share:.0f} % | {decisions} | {mean('auc'):.3f} | "
        f"{100 * mean('accepted'):.0f} % | {100 * mean('bad'):.2f} ± {100 * error:.2f} % | "
        f"{mean('brier'):.3f}, {mean('brier_raw'):.3f} | {mean('calibration_error'):.3f} |"
    )


def rows_of_drifts(runs: int, team: Team) -> Iterator[str]:
    """The lines of the table about what stops automatic acceptance."""
    yield (
        "| what changes | stopped | by the drift test | by the audit | nothing accepted | "
        "bad of the accepted, where it isn't the drift test that stopped |"
    )
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, drift in DRIFTS.items():
        rng = np.random.default_rng([2026, *_numbers(team)])
        found = [ended(rng, drift, team) for _ in range(runs)]
        whys = [one.why for one in found]
        by_drift, by_audit, nothing = (
            100 * whys.count(why) / runs for why in ("drift", "audit", "nothing accepted")
        )
        bad = [one.bad for one in found if one.bad is not None]
        yield (
            f"| {name} | {by_drift + by_audit:.1f} % | {by_drift:.1f} % | {by_audit:.1f} % | "
            f"{nothing:.1f} % | {f'{100 * np.mean(bad):.1f} %' if bad else '-'} |"
        )


def tables(runs: int = 200) -> str:
    """Both tables, as Markdown."""
    team = Team(200)
    lines = (
        f"{runs} runs of each row, {PAIRS:,} pairs, at most {100 * PROMISED:g} % bad promised, "
        "with the standard error:",
        "",
        *rows_of_promise(runs),
        "",
        f"What stops it, of {runs} runs with 20 % bad pairs and {team.at_random} decisions:",
        "",
        *rows_of_drifts(runs, team),
    )
    return "\n".join(lines) + "\n"
