"""Whether automatic acceptance keeps its promise, and stops when it can't: a simulation.

Many teams, each with pairs of their own, decide about some of them; the triage learns from that and
accepts. What is true of the pairs is known here, so the share of bad ones can be counted. Prints
the tables of docs/review.md; with `--write` they are put there:

    python -m benchmarks.triage --write
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from migrate_core.grid import BoolArray, FloatArray
from migrate_core.model import Decision
from migrate_core.review.sampling.random_order import random_position
from migrate_core.review.triage.acceptance import ScoredPairs, audit_of, selection, why_stopped
from migrate_core.review.triage.features import NAMES, FeatureTable
from migrate_core.review.triage.learning import TriageModel, learnt
from migrate_core.review.triage.reviewed import PairDecisions, ReviewedPairs
from migrate_core.states import Basis, Verdict

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "review.md"
MARKS = re.compile(r"(<!-- triage -->\n).*?(<!-- end triage -->)", re.DOTALL)
PAIRS, PROMISED, AUDIT_SHARE = 2000, 0.05, 0.05
# What the numbers of a pair could tell at best; a model that learnt from decisions tells less.
BEST_AUC = 0.93
# Bad pairs differ in these features: clouds, shadows, occlusion, change, shift, days offset.
TELLING = [
    NAMES.index(name)
    for name in (
        "clouds over the label",
        "cloud shadows over the label",
        "occlusion over the label",
        "change in the label",
        "shift",
        "days offset, either way",
    )
]
UNKNOWN = NAMES.index("change in the label")
LEARNT_AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = LEARNT_AT + timedelta(days=1)


@dataclass(frozen=True, eq=False)
class World:
    """Pairs with their numbers, and the truth: which are bad."""

    table: FeatureTable
    bad: BoolArray


@dataclass(frozen=True)
class Team:
    """How many decisions persons make in random order, and of the pairs most likely bad."""

    at_random: int
    by_suspicion: int = 0


@dataclass(frozen=True)
class Played:
    """What came of one run: shares of the accepted and of all, and how good the model is."""

    accepted: float
    bad: float
    auc: float
    brier: float
    brier_raw: float
    calibration_error: float


def world(rng: np.random.Generator, count: int, bad_share: float, shift: float = 0.0) -> World:
    """Pairs of which each is bad with the chance `bad_share`.

    Numbers are normal before they are put on the range of shares. Telling ones are larger for bad
    pairs; with a `shift`, in standard deviations, all are.
    """
    bad = rng.random(count) < bad_share
    normal = rng.normal(size=(count, len(NAMES))) + shift
    distance = np.sqrt(2 / len(TELLING)) * ndtri(BEST_AUC)
    normal[:, TELLING] += distance * bad[:, None]
    values = ndtr(normal - 1) ** 2
    values[rng.random(count) < 0.1, UNKNOWN] = np.nan
    seed = rng.integers(2**32)
    return World(FeatureTable(tuple(f"{seed:08x}-{n}" for n in range(count)), values), bad)


def joined(first: World, second: World) -> World:
    """The pairs of both."""
    table = FeatureTable(
        first.table.pair_ids + second.table.pair_ids,
        np.concatenate([first.table.values, second.table.values]),
    )
    return World(table, np.concatenate([first.bad, second.bad]))


def reviewed(found: World, team: Team) -> ReviewedPairs:
    """The pairs after a team has decided, always truly."""
    suspicion = np.nansum(found.table.values[:, TELLING], axis=1)
    decided = set(np.argsort(-suspicion)[: team.by_suspicion].tolist())
    positions = np.array([random_position(pair_id) for pair_id in found.table.pair_ids])
    decided.update(np.argsort(positions)[: team.at_random].tolist())
    open_pair = PairDecisions()
    return ReviewedPairs(
        found.table,
        tuple(
            _decided(found, n, LEARNT_AT) if n in decided else open_pair
            for n in range(len(found.bad))
        ),
    )


def _decided(found: World, number: int, at: datetime) -> PairDecisions:
    return PairDecisions(not found.bad[number], at, None, is_open=False)


def learn(pairs: ReviewedPairs) -> TriageModel | None:
    """The model of what was decided; None where that is too little."""
    examples = pairs.examples
    if examples.why_not():
        return None
    return learnt(examples, pairs.named(pairs.sampled), LEARNT_AT)


def accepted(scored: ScoredPairs) -> BoolArray:
    """The pairs that are accepted when nothing was before."""
    return selection(scored, audit_of(scored, PROMISED, AUDIT_SHARE), PROMISED).accept


def played(rng: np.random.Generator, bad_share: float, team: Team) -> Played | None:
    """One run without a drift; None where there was too little to learn from."""
    found = world(rng, PAIRS, bad_share)
    pairs = reviewed(found, team)
    model = learn(pairs)
    if model is None:
        return None
    taken = accepted(ScoredPairs(model, pairs))
    rest = ~pairs.by_persons
    values, good = found.table.scaled[rest], ~found.bad[rest]
    raw = 1 / (1 + np.exp(-model.fitted.full(values)))
    likely = model.fitted.probabilities(values)
    return Played(
        accepted=taken.sum() / rest.sum(),
        bad=float(found.bad[taken].mean()) if taken.any() else 0.0,
        auc=_auc(likely, good),
        brier=float(np.mean((likely - good) ** 2)),
        brier_raw=float(np.mean((raw - good) ** 2)),
        calibration_error=_calibration_error(likely, good),
    )


def _auc(scores: FloatArray, good: BoolArray) -> float:
    ranks, count = rankdata(scores), int(good.sum())
    above = ranks[good].sum() - count * (count + 1) / 2
    return float(above / (count * (len(good) - count)))


def _calibration_error(likely: FloatArray, good: BoolArray) -> float:
    """The mean difference of what was expected and what was so, in ten equally large groups."""
    groups = np.array_split(np.argsort(likely), 10)
    return float(np.mean([abs(likely[group].mean() - good[group].mean()) for group in groups]))


# A drift: of what was learnt from, the pairs as they are later, and what persons find in an audit.


def _no_drift(_rng: np.random.Generator, before: World) -> World:
    return before


def _more_bad(rng: np.random.Generator, before: World, share: float) -> World:
    """The same pairs, but good ones are bad with this chance: nothing shows it."""
    return replace(before, bad=before.bad | (rng.random(len(before.bad)) < share))


def _cloudier(rng: np.random.Generator, before: World) -> World:
    """As many new pairs, with larger numbers of all kinds, though not more bad ones."""
    return joined(before, world(rng, PAIRS, 0.2, shift=1.0))


def _new_sensor(rng: np.random.Generator, before: World) -> World:
    """As many new pairs, of source images whose change can't be measured."""
    new = world(rng, PAIRS, 0.2)
    values = new.table.values.copy()
    values[:, UNKNOWN] = np.nan
    return joined(before, World(replace(new.table, values=values), new.bad))


Change = Callable[[np.random.Generator, World], World]
DRIFTS: Mapping[str, Change] = {
    "none": _no_drift,
    "as many new pairs, all numbers larger by a standard deviation": _cloudier,
    "as many new pairs of another sensor, change unknown": _new_sensor,
    "good pairs turn bad with a chance of 10 %": lambda rng, found: _more_bad(rng, found, 0.1),
    "good pairs turn bad with a chance of 20 %": lambda rng, found: _more_bad(rng, found, 0.2),
    "good pairs turn bad with a chance of 30 %": lambda rng, found: _more_bad(rng, found, 0.3),
}


def stopped_by(rng: np.random.Generator, change: Change, team: Team) -> str | None:
    """What stops automatic acceptance in one run: `drift`, `audit` or None.

    Persons have looked at the new pairs that come first in random order, as they are asked to.
    """
    before = world(rng, PAIRS, 0.2)
    pairs = reviewed(before, team)
    model = learn(pairs)
    if model is None:
        return None
    now = change(rng, before)
    share_of_new = len(now.bad) / len(before.bad)
    if share_of_new > 1:
        pairs = reviewed(now, Team(round(share_of_new * team.at_random)))
    scored = ScoredPairs(model, pairs)
    audit = audit_of(scored, PROMISED, AUDIT_SHARE)
    if why_stopped(scored, audit):
        return "drift"
    scored = ScoredPairs(model, audited(now, scored, model))
    return "audit" if audit_of(scored, PROMISED, AUDIT_SHARE).findings.contradicts else None


def audited(now: World, scored: ScoredPairs, model: TriageModel) -> ReviewedPairs:
    """The pairs once the model has accepted, and persons have looked at all of its audit."""
    pairs, taken = scored.pairs, accepted(scored)
    decisions = list(pairs.decisions)
    for row in np.flatnonzero(taken):
        entry = Decision(
            pairs.table.pair_ids[row],
            Verdict.ACCEPT,
            model.reviewer,
            None,
            LATER,
            Basis.MODEL,
        )
        decisions[row] = PairDecisions(None, None, entry, is_open=False)
    once = ReviewedPairs(pairs.table, tuple(decisions))
    chosen = audit_of(ScoredPairs(model, once), PROMISED, AUDIT_SHARE).pair_ids
    for row in np.flatnonzero(once.among(chosen)):
        seen = _decided(now, int(row), LATER)
        decisions[row] = replace(seen, acceptance=decisions[row].acceptance)
    return ReviewedPairs(pairs.table, tuple(decisions))


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
    yield "| what changes | stopped | by the drift | by the audit |"
    yield "| --- | --- | --- | --- |"
    for name, change in DRIFTS.items():
        rng = np.random.default_rng([2026, *_numbers(team)])
        found = [stopped_by(rng, change, team) for _ in range(runs)]
        shares = [100 * found.count(why) / runs for why in ("drift", "audit")]
        yield f"| {name} | {sum(shares):.1f} % | {shares[0]:.1f} % | {shares[1]:.1f} % |"


def tables(runs: int) -> str:
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


def main() -> None:
    """Simulate, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    found = tables(given.runs)
    print(found)
    if given.write:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(MARKS.sub(lambda m: m[1] + found + m[2], text), encoding="utf-8")


if __name__ == "__main__":
    main()
