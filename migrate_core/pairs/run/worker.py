"""What a worker is called with."""

from __future__ import annotations

from ..task import PairOutcome, PairTask


def make_pair(task: PairTask) -> PairOutcome:
    """`pairs.make.make_pair`, which is imported where it works: whoever owns a run needs none."""
    from ..make import make_pair as make

    return make(task)
