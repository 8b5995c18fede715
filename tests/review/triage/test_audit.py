"""The audit of what was accepted: what it asks for, and what it proves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from migrate_core.review.triage.audit import LEAST, STOP_AT, audit_findings, audit_sample

PROMISED = 0.05


def integrated(bad: int, good: int) -> float:
    """The ratio of likelihoods by numerical integration over the shares above the promised one."""

    def weighed(share: float) -> float:
        ratio = (share / PROMISED) ** bad * ((1 - share) / (1 - PROMISED)) ** good
        return float(beta.pdf(share, 1, 8) * ratio)

    return quad(weighed, PROMISED, 1)[0] / float(beta.sf(PROMISED, 1, 8))


@pytest.mark.parametrize(("bad", "good"), [(0, 5), (3, 10), (12, 60)])
def test_evidence_is_the_averaged_ratio_of_likelihoods(bad: int, good: int) -> None:
    # The good ones first: the evidence is largest at the end then, or nothing was proved.
    found = audit_findings([False] * good + [True] * bad, PROMISED)
    assert found.evidence == pytest.approx(max(integrated(bad, good), 1.0))
    assert (found.looked_at, found.bad) == (bad + good, bad)


def test_evidence_does_not_go_away() -> None:
    bad = [True] * 6
    assert audit_findings(bad, PROMISED).contradicts
    assert audit_findings(bad + [False] * 500, PROMISED).contradicts


def test_one_may_look_after_every_pair() -> None:
    rng = np.random.default_rng(2)
    runs = rng.random((300, 300)) < PROMISED
    alarms = [audit_findings(run.tolist(), PROMISED).contradicts for run in runs]
    assert np.mean(alarms) <= 1 / STOP_AT


def test_a_broken_promise_is_found() -> None:
    rng = np.random.default_rng(3)
    runs = rng.random((200, 100)) < 0.2
    assert np.mean([audit_findings(run.tolist(), PROMISED).contradicts for run in runs]) >= 0.95


def test_findings_are_told_with_their_numbers() -> None:
    assert "No accepted pair" in str(audit_findings([], PROMISED))
    text = str(audit_findings([False] * 8 + [True] * 2, PROMISED))
    assert text.startswith("Of 10 accepted pairs that persons looked at 2 (20.0 %) are bad")
    assert "at most 5 %" in text


def test_a_share_is_looked_at_but_at_least_so_many() -> None:
    ids = [f"p{n}" for n in range(3000)]
    sample = audit_sample(ids, 0.1)
    assert len(sample) == 300
    assert audit_sample(reversed(ids), 0.2)[:300] == sample
    assert len(audit_sample(ids[:500], 0.1)) == LEAST
    assert sorted(audit_sample(ids[:7], 0.1)) == ids[:7]
