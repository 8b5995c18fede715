"""Agreement of reviewers: Cohen's kappa over the pairs that both have decided, with its interval.

Kappa is 1 - (1 - observed) / (1 - expected), where `expected` is the agreement by chance of two who
say each verdict as often as these do (Cohen, Educational and Psychological Measurement 20, 1960).
Its standard error is that of Fleiss, Cohen and Everitt (Psychological Bulletin 72, 1969), written
as the influence of each pair on kappa, so that it holds as well where several couples are pooled
and one pair was decided by more than two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ...states import VERDICTS, Verdict
from ...text import _, counted, format_share
from .acceptance import CONFIDENCE, two_sided_limits

if TYPE_CHECKING:  # numpy is imported where it is needed: the command line starts without it
    from numpy.typing import NDArray

# So many standard errors on either side hold 95 % of a normal distribution.
_Z = 1.959964
_CODES = {verdict: code for code, verdict in enumerate(VERDICTS)}
# A standard error below this is one that rounding left of none.
_NONE = 1e-9

# By pair_id, what one reviewer says, and another, as numbers of verdicts.
Compared = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Agreement:
    """How far `reviewers` agree about `pairs` pairs: `kappa` with its 95 % interval.

    `observed` is the share 0…1 of pairs about which two say the same. What isn't defined is None:
    everything without a pair, kappa where there is one verdict alone, the interval where the pairs
    say nothing about the spread.
    """

    reviewers: tuple[str, ...]
    pairs: int = 0
    observed: float | None = None
    kappa: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def sentence(self) -> str:
        """In words: `ann, bob: 90.0 % of 50 pairs alike, kappa 0.78 (0.60 to 0.96).`."""
        if not self.pairs:
            return _("No pair is decided by two reviewers.")
        found = _("kappa not defined")
        if self.kappa is not None:
            found = f"kappa {self.kappa:.2f}"
        if self.low is not None:
            interval = _("({low:.2f} to {high:.2f})").format(low=self.low, high=self.high)
            found = f"{found} {interval}"
        return _("{reviewers}: {share} of {pairs} alike, {kappa}.").format(
            reviewers=", ".join(self.reviewers),
            share=format_share(self.observed),
            pairs=counted(self.pairs, "pair"),
            kappa=found,
        )


@dataclass(frozen=True)
class AgreementReport:
    """The agreement of all couples of reviewers who have pairs in common, and of them together."""

    couples: tuple[Agreement, ...]
    pooled: Agreement


def agreement(verdicts: Mapping[str, Mapping[str, Verdict]]) -> AgreementReport:
    """How far reviewers agree; `verdicts` has, by pair_id, the verdict of each reviewer."""
    couples: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for pair_id, by_reviewer in verdicts.items():
        for first, second in combinations(sorted(by_reviewer), 2):
            couples[first, second][pair_id] = (
                _CODES[by_reviewer[first]],
                _CODES[by_reviewer[second]],
            )
    reviewers = tuple(sorted({name for names in couples for name in names}))
    return AgreementReport(
        tuple(_agreement(names, [couples[names]]) for names in sorted(couples)),
        _agreement(reviewers, list(couples.values())),
    )


def _agreement(reviewers: tuple[str, ...], couples: Sequence[Compared]) -> Agreement:
    """Kappa of one couple or, with the agreements weighted by their pairs, of several."""
    if not couples:
        return Agreement(reviewers)
    import numpy as np

    parts = [_alike_and_chance(np.array(list(couple.values()))) for couple in couples]
    alike, chance = (np.concatenate(part) for part in zip(*parts, strict=True))
    pair_ids, index = np.unique([key for couple in couples for key in couple], return_inverse=True)
    pairs, observed = len(pair_ids), float(alike.mean())
    left = 1.0 - float(chance.mean()) / 2
    if left == 0:
        return Agreement(reviewers, pairs, observed)
    kappa = 1 - (1 - observed) / left
    if alike.all():  # no spread, which doesn't mean that it is known exactly
        at_least = two_sided_limits(pairs, pairs, CONFIDENCE)[0]
        return Agreement(reviewers, pairs, observed, kappa, 1 - (1 - at_least) / left, kappa)
    influences = [
        influence - influence.mean()
        for same, usual in parts
        for influence in ((left * same - (1 - observed) * usual) / left**2,)
    ]
    # What is said of one pair by several couples isn't independent: it counts together.
    by_pair = np.bincount(index, weights=np.concatenate(influences))
    error = float(np.sqrt((by_pair**2).sum()) / len(alike))
    if error < _NONE:
        return Agreement(reviewers, pairs, observed, kappa)
    low, high = max(kappa - _Z * error, -1.0), min(kappa + _Z * error, 1.0)
    return Agreement(reviewers, pairs, observed, kappa, low, high)


def _alike_and_chance(codes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """For each pair of a couple, as (n, 2) verdicts: whether both are the same, and how usual.

    The second is how often either reviewer gives the other's verdict; its mean is twice the
    agreement by chance.
    """
    import numpy as np

    first, second = codes.T
    shares = [np.bincount(given, minlength=len(_CODES)) / len(codes) for given in (first, second)]
    return first == second, shares[1][first] + shares[0][second]
