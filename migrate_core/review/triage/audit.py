"""Persons look at a random part of what was accepted automatically; what they find is a test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...grid import FloatArray
from ...text import _
from ..sampling.random_order import random_position

# So many are looked at whatever the share, or all where there are fewer.
LEAST = 100
# Evidence against the promise that stops automatic acceptance. Where the promise holds it is ever
# reached with a chance of at most one in so many (Ville's inequality).
STOP_AT = 20.0
# The weight of shares of bad pairs above the promised one is that of a beta distribution: most on
# those some times as large, which are harder to see than larger ones.
_PRIOR = (1.0, 8.0)


@dataclass(frozen=True)
class AuditFindings:
    """How many pairs of the audit were looked at, how many of them are bad, and what that proves.

    `evidence` is how many times likelier the findings are if more than the promised `share` of the
    accepted pairs is bad; the largest value since the first pair that was looked at.
    """

    share: float
    looked_at: int
    bad: int
    evidence: float

    @property
    def contradicts(self) -> bool:
        """Whether the promise is refuted."""
        return self.evidence >= STOP_AT

    def __str__(self) -> str:
        """`Of 80 accepted pairs that persons looked at 12 (15.0 %) are bad; promised …`."""
        if not self.looked_at:
            return _("No accepted pair of the audit has been looked at.")
        found = f"{self.bad:,} ({100 * self.bad / self.looked_at:.1f} %)"
        return _(
            "Of {looked_at:,} accepted pairs that persons looked at {bad} are bad; promised are at "
            "most {share:g} % on average. Evidence against the promise: {evidence}, of {limit:g} "
            "that stop automatic acceptance."
        ).format(
            looked_at=self.looked_at,
            bad=found,
            share=100 * self.share,
            evidence=_format_evidence(self.evidence),
            limit=STOP_AT,
        )


def _format_evidence(evidence: float) -> str:
    most = 1_000_000
    return f"more than {most:,}" if evidence > most else f"{evidence:,.1f}"


def audit_sample(pair_ids: Iterable[str], share: float) -> list[str]:
    """The accepted pairs that persons look at, in the order they should.

    The `share` 0…1 of them, at least `LEAST`, that come first in a random order of all pairs.
    """
    ordered = sorted(pair_ids, key=lambda pair_id: random_position(pair_id, "audit"))
    return ordered[: max(math.ceil(share * len(ordered)), LEAST)]


def audit_findings(bad: Sequence[bool], share: float) -> AuditFindings:
    """What the pairs that were looked at prove, in the order in which persons decided.

    Evidence is the likelihood of what was found by shares of bad pairs above `share`, averaged
    over them, divided by its likelihood by `share`: a test martingale, so that one may look
    after every pair (Shafer, Shen, Vereshchagin and Vovk 2011, Stat. Sci. 26).
    """
    counts = np.cumsum(bad, dtype=np.int64)
    evidence = _evidence(np.arange(1, len(counts) + 1), counts, share)
    total = int(counts[-1]) if len(counts) else 0
    return AuditFindings(share, len(counts), total, float(evidence.max(initial=1.0)))


def _evidence(looked_at: NDArray[np.int64], bad: NDArray[np.int64], share: float) -> FloatArray:
    """The ratio of likelihoods, in closed form: a beta distribution above `share` is conjugate."""
    from scipy.special import betaln
    from scipy.stats import beta

    a, b = _PRIOR
    good = looked_at - bad
    above = betaln(a + bad, b + good) + beta.logsf(share, a + bad, b + good)
    prior = betaln(a, b) + beta.logsf(share, a, b)
    promised = bad * math.log(share) + good * math.log1p(-share)
    # More would be infinite, which JSON can't say.
    found: FloatArray = np.exp(np.minimum(above - prior - promised, 700.0))
    return found
