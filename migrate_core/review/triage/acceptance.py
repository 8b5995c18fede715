"""Which pairs a model accepts, and why it may not: pure rules over what was reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...grid import BoolArray, FloatArray
from ...text import _
from .audit import AuditFindings, audit_findings, audit_sample
from .drift import Drift, drifts
from .features import FEATURES, NAMES
from .learning import TriageModel
from .reviewed import ReviewedPairs
from .selection import HeldBack, conformal_p_values, step_up

# With fewer pairs nothing can be promised, and no drift be seen.
LEAST_SAMPLE = 50


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """All finished pairs, by a model."""

    model: TriageModel
    pairs: ReviewedPairs

    @cached_property
    def scores(self) -> FloatArray:
        """The scores (parts, pairs) by the model of each part."""
        return self.model.fitted.fold_scores(self.pairs.table.scaled)

    @cached_property
    def own(self) -> FloatArray:
        """The score (pairs,) of each pair by the model that hasn't learnt from its part."""
        found: FloatArray = np.take_along_axis(self.scores, self.pairs.folds[None], axis=0)[0]
        return found

    @property
    def auc(self) -> float | None:
        """The chance that a good pair of the random sample scores higher than a bad one.

        The area under the ROC curve of models that haven't learnt from the pairs. None where all
        are good, or all bad.
        """
        from sklearn.metrics import roc_auc_score

        sample = self.held_back
        known = sample.bad.any() and not sample.bad.all()
        return float(roc_auc_score(~sample.bad, sample.scores)) if known else None

    @property
    def held_back(self) -> HeldBack:
        """The random sample, by which is calibrated."""
        rows = self.pairs.sampled
        return HeldBack(self.own[rows], self.pairs.folds[rows], self.pairs.bad[rows])


@dataclass(frozen=True)
class Audit:
    """The accepted pairs that persons are to look at: `open_ids` in order, and what was found."""

    findings: AuditFindings
    open_ids: tuple[str, ...]
    pair_ids: frozenset[str]


@dataclass(frozen=True, eq=False)
class Selection:
    """Which pairs are to be accepted, and of which the acceptance is to be taken back."""

    accept: BoolArray
    withdraw: BoolArray


def audit_of(scored: ScoredPairs, promised: float, share: float) -> Audit:
    """The audit of what is accepted, since the model was learnt.

    What persons had found out by then, the model has learnt from.
    """
    pairs, since = scored.pairs, scored.model.made_at
    accepted = {
        pair_id: found
        for pair_id, found in zip(pairs.table.pair_ids, pairs.decisions, strict=True)
        if found.acceptance and not (found.decided_at and found.decided_at <= since)
    }
    chosen = audit_sample(accepted, share)
    looked_at = [accepted[pair_id] for pair_id in chosen if accepted[pair_id].decided_at]
    looked_at.sort(key=lambda found: found.decided_at or since)
    findings = audit_findings([not found.good for found in looked_at], promised)
    open_ids = tuple(pair_id for pair_id in chosen if accepted[pair_id].good is None)
    return Audit(findings, open_ids, frozenset(chosen))


def why_stopped(scored: ScoredPairs, audit: Audit) -> str | None:
    """Why nothing may be accepted by the model now, in sentences; None where it may."""
    if audit.findings.contradicts:
        return _("The audit contradicts the promise. {findings} Learn again to go on.").format(
            findings=audit.findings
        )
    if too_few := _too_few(scored):
        return too_few
    sample = scored.pairs.among(scored.model.sample)
    numbers = np.column_stack([scored.pairs.table.values, scored.own])
    found = drifts(numbers[sample], numbers[~sample], (*NAMES, "score of the model"))
    return _format_drifts(found) if found else None


def selection(scored: ScoredPairs, audit: Audit, promised: float) -> Selection:
    """What the model accepts at the `promised` share of bad pairs.

    All that models accept and no person has looked at is one selection: what doesn't belong to it
    any more is taken back. Pairs of the audit count as candidates, since chance alone chose them.
    Pairs that were decided about otherwise count as tests that accept nothing: whichever persons
    chose to look at, the promise holds for the rest.
    """
    pairs = scored.pairs
    accepted = np.array([found.acceptance is not None for found in pairs.decisions], dtype=bool)
    is_open = np.array([found.is_open for found in pairs.decisions], dtype=bool)
    unseen = accepted & ~pairs.by_persons
    # The random sample calibrates, so it can't be among what is chosen.
    candidates = (is_open | unseen | pairs.among(audit.pair_ids)) & ~pairs.sampled
    p_values = conformal_p_values(scored.held_back, scored.scores[:, candidates])
    chosen = np.zeros(len(candidates), dtype=bool)
    chosen[candidates] = step_up(p_values, int((~pairs.sampled).sum()), promised)
    return Selection(chosen & is_open, unseen & ~chosen)


def _too_few(scored: ScoredPairs) -> str | None:
    """Why the random sample of now, or the one that was learnt from, is too small."""
    now = int(scored.pairs.sampled.sum())
    if now < LEAST_SAMPLE:
        return (
            f"Persons have decided about the first {now:,} pairs of the random order without a "
            f"gap; automatic acceptance needs {LEAST_SAMPLE} to keep its promise. Look at the "
            "next ones in random order."
        )
    then = int(scored.pairs.among(scored.model.sample).sum())
    if then < LEAST_SAMPLE:
        return (
            f"Of the random sample that the model has learnt from {then:,} pairs are left; "
            f"automatic acceptance needs {LEAST_SAMPLE} to see a drift. Learn again."
        )
    return None


def _format_drifts(found: Sequence[Drift]) -> str:
    clearest = ", ".join(_format_drift(drift) for drift in found[:3])
    return (
        f"The pairs aren't like those that the model has learnt from: {clearest}. Look at pairs in "
        "random order and learn again."
    )


def _format_drift(drift: Drift) -> str:
    writing = {feature.name: feature.write for feature in FEATURES}
    write = writing.get(drift.name, "{:.2f}".format)
    before, now = (
        "unknown" if value is None else write(value) for value in (drift.before, drift.now)
    )
    return f"{drift.name} (median {before} then, {now} now)"
