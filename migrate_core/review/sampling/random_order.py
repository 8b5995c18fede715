"""The fixed random order of pairs, and the random sample that follows from it.

The order doesn't depend on when pairs were made or looked at, so nobody can choose what comes
first. Whatever other orders were used, the pairs from the first one on that are decided without a
gap are a simple random sample of all pairs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping

REVIEW = "review"
DOUBLE_REVIEW = "double review"
# A float in [0, 1) holds so many random bits, each value as likely as the others.
_BITS = 53


def random_position(pair_id: str, purpose: str = REVIEW) -> float:
    """The place of a pair in the random order, in [0, 1), from SHA-256 of its id.

    The orders of two purposes have nothing to do with each other.
    """
    digest = hashlib.sha256(f"{purpose}:{pair_id}".encode()).digest()
    return math.ldexp(int.from_bytes(digest[:8], "big") >> (64 - _BITS), -_BITS)


def random_sample(decided: Mapping[str, bool]) -> tuple[str, ...]:
    """The ids of the random sample, in random order.

    `decided` says of each pair whether persons have decided about it.
    """
    positions = {pair_id: random_position(pair_id) for pair_id in decided}
    end = min((positions[pair_id] for pair_id in decided if not decided[pair_id]), default=1.0)
    sample = [pair_id for pair_id, position in positions.items() if position < end]
    return tuple(sorted(sample, key=positions.__getitem__))


def double_review(pair_id: str, share: float) -> bool:
    """Whether a pair belongs to the share 0…1 of all pairs that two reviewers look at.

    A larger share takes in all pairs of a smaller one.
    """
    return random_position(pair_id, DOUBLE_REVIEW) < share


def is_open_for(reviewer: str, pair_id: str, reviewers: Collection[str], share: float) -> bool:
    """Whether a pair still waits for this reviewer.

    `reviewers` are the persons who have decided about it, `share` is that of double review.
    """
    needed = 2 if double_review(pair_id, share) else 1
    return reviewer not in reviewers and len(reviewers) < needed
