"""Many masks against many scenes: the search with its ranking, and a tree of outlines."""

from __future__ import annotations

from functools import partial

from benchmarks.speed.comparing import OURS, Setup, as_it_is, compete
from benchmarks.speed.measuring.cost import contestant
from benchmarks.speed.tables import Found, at_most

FULL, QUICK = (10_000, 100_000), (200, 2_000)
_LIMIT_S = 30.0


def measure(setup: Setup) -> Found:
    """The table; problems are candidates that differ."""
    masks, scenes = QUICK if setup.quick else FULL
    given = {"masks": masks, "scenes": scenes}
    contestants = [
        contestant(OURS, "searching", "ours", **given),
        contestant("a tree by hand, unranked", "searching", "by_hand", **given),
    ]
    found = compete([partial(as_it_is, one) for one in contestants], 1)
    found.must_agree("search")
    problems = list(found.problems)
    if not (found.answers.get(OURS) or {}).get("candidates"):
        problems.append("search: nothing was found")
    aims = []
    if not setup.quick and OURS in found.costs:
        aims = [at_most(f"less than {_LIMIT_S:.0f} s", found.costs[OURS].seconds, _LIMIT_S, " s")]
    case = f"{masks:,} masks, {scenes:,} scenes"
    return Found("Search", found.rows(case), aims, problems)
