"""One team with its pairs: it decides, the triage learns and accepts, and persons look again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.stats import rankdata

from benchmarks.review.triage.worlds import PAIRS, TELLING, Drift, World, world
from migrate_core.grid import BoolArray, FloatArray
from migrate_core.model import Decision
from migrate_core.review.sampling.random_order import random_position
from migrate_core.review.triage.acceptance import ScoredPairs, audit_of, selection, why_stopped
from migrate_core.review.triage.learning import TriageModel, learnt
from migrate_core.review.triage.reviewed import PairDecisions, ReviewedPairs
from migrate_core.states import Basis, Verdict

PROMISED, AUDIT_SHARE = 0.05, 0.05
LEARNT_AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = LEARNT_AT + timedelta(days=1)


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


@dataclass(frozen=True)
class Ended:
    """How a run with a drift ended: `why` is `drift`, `audit`, `nothing accepted` or `goes on`.

    `bad` is the share of bad pairs among the accepted, None where none were.
    """

    why: str
    bad: float | None = None


def ended(rng: np.random.Generator, drift: Drift, team: Team) -> Ended:
    """One run with a drift after the model was learnt.

    Persons have looked at the new pairs that come first in random order, as they are asked to.
    """
    before = world(rng, PAIRS, 0.2)
    pairs = reviewed(before, team)
    model = learn(pairs)
    assert model is not None, "20 % bad pairs are enough"
    now = drift(rng, before)
    share_of_new = len(now.bad) / len(before.bad)
    if share_of_new > 1:
        pairs = reviewed(now, Team(round(share_of_new * team.at_random)))
    scored = ScoredPairs(model, pairs)
    if why_stopped(scored, audit_of(scored, PROMISED, AUDIT_SHARE)):
        return Ended("drift")
    taken = accepted(scored)
    if not taken.any():
        return Ended("nothing accepted")
    scored = ScoredPairs(model, audited(now, scored, taken))
    contradicts = audit_of(scored, PROMISED, AUDIT_SHARE).findings.contradicts
    return Ended("audit" if contradicts else "goes on", float(now.bad[taken].mean()))


def audited(now: World, scored: ScoredPairs, taken: BoolArray) -> ReviewedPairs:
    """The pairs once the model has `taken` some, and persons have looked at all of its audit."""
    pairs, model = scored.pairs, scored.model
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
