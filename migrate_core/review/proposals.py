"""What was decided about an earlier pair of the same mask, proposed for the present one.

Nothing of it is stored: it follows from the log and the superseded pairs. A proposal is no
decision; it becomes one when a person confirms it. Of several superseded pairs that are decided,
the one that was superseded last counts: the present pair took over from it, or from one that
nobody had decided about. Superseded pairs belong to a mask by its id, or, where its file has other
content now, by its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from ..model import Decision, Pair, PairParameters
from ..states import DecisionState, PairState, Verdict
from ..store.base import Store
from ..store.decisions import (
    EarlierPair,
    earlier_pairs,
    earlier_pairs_of,
    standing_rows,
    undecided_pairs,
)
from .decisions import ReviewStatus, deciding, review_status

_NEVER = datetime.min.replace(tzinfo=UTC)
_PARAMETERS = {
    "resampling": "resampling",
    "offset": "radiometric offset",
    "ignore_occluded": "ignoring labels occluded in the source image",
    "clouds": "cloud detection",
    "register": "registration",
    "ignore_rim_m": "boundary buffer, m",
    "allow_missing_bands": "allowing missing bands",
}
_VALUES = {True: "on", False: "off", None: "as documented"}


@dataclass(frozen=True)
class Proposal:
    """The decisions about the earlier pair `pair_id` that count, newest first.

    `verdict` is the one to confirm: a reviewer's own where they had one, else that of all others;
    None where those disagree. `differences` says in words what the two pairs differ in.
    """

    pair_id: str
    verdict: Verdict | None
    decisions: tuple[Decision, ...]
    differences: tuple[str, ...]

    @property
    def reason(self) -> str | None:
        """Why that was decided, by the newest decision that gives a reason."""
        reasons = (one.reason for one in self.decisions if one.verdict == self.verdict)
        return next((reason for reason in reasons if reason), None)


@dataclass(frozen=True)
class DecidedPair:
    """A superseded pair, and the decisions about it that count, by reviewer, and its log."""

    pair: Pair
    decisions: Mapping[str, Decision]
    log: tuple[Decision, ...] = ()


def earlier_pair(store: Store, pair: Pair) -> DecidedPair | None:
    """The pair whose decisions are proposed for a present one, or were until it was decided."""
    if pair.state == PairState.SUPERSEDED:
        return None
    for row in sorted(earlier_pairs_of(store, pair), key=_rank, reverse=True):
        log, earlier = store.decisions(row.pair_id), store.pair(row.pair_id)
        if (counting := deciding(log)) and earlier is not None:
            return DecidedPair(earlier, counting, tuple(log))
    return None


def proposal_for(
    pair: Pair, log: Iterable[Decision], earlier: DecidedPair | None, reviewer: str
) -> Proposal | None:
    """What is proposed to a reviewer for a pair; None where there is nothing to confirm.

    That is so once they have decided themselves, and once others have, unless the reviewer had a
    say about the earlier pair. `log` is that of the pair, oldest first.
    """
    now = review_status(log)
    if earlier is None or not earlier.decisions or reviewer in now.reviewers:
        return None
    decisions = earlier.decisions
    if now.decision and reviewer not in decisions:
        return None
    return Proposal(
        earlier.pair.pair_id,
        _verdict(decisions, reviewer),
        tuple(sorted(decisions.values(), key=lambda one: one.decided_at, reverse=True)),
        differences(earlier.pair, pair),
    )


def _verdict(decisions: Mapping[str, Decision], reviewer: str) -> Verdict | None:
    """The reviewer's own verdict, else the one that all agree on."""
    if reviewer in decisions:
        return decisions[reviewer].verdict
    verdicts = {one.verdict for one in decisions.values()}
    return verdicts.pop() if len(verdicts) == 1 else None


def _rank(pair: EarlierPair) -> tuple[datetime, int]:
    """By when a pair was superseded; those of before that was noted come first, by the log."""
    return pair.superseded_at or _NEVER, pair.last


def differences(earlier: Pair, present: Pair) -> tuple[str, ...]:
    """What two pairs of one mask differ in, in words."""
    found = []
    if earlier.scene_ids != present.scene_ids:
        found.append(f"scene ({_scene(present)}, was {_scene(earlier)})")
    found += _other_parameters(
        earlier.parameters or PairParameters(), present.parameters or PairParameters()
    )
    if earlier.mask_id != present.mask_id:
        found.append("the mask's file or label")
    return tuple(found) or ("how the mask is read (georeference, classes or files beside it)",)


def _other_parameters(earlier: PairParameters, present: PairParameters) -> Iterable[str]:
    for field in fields(PairParameters):
        old, new = (getattr(one, field.name) for one in (earlier, present))
        if old != new:
            yield f"{_PARAMETERS[field.name]} ({_value(new)}, was {_value(old)})"


def _value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return _VALUES[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _scene(pair: Pair) -> str:
    """`of 2020-02-02`, by the sensing day in the id of the pair; else the scene's id."""
    day = re.search(r"_(\d{4})(\d\d)(\d\d)_[0-9a-f]{8}$", pair.pair_id)
    return f"of {'-'.join(day.groups())}" if day else ", ".join(pair.scene_ids)


def proposed_statuses(store: Store) -> dict[str, ReviewStatus]:
    """What is proposed for each present pair that nobody has decided about, by pair_id.

    A standing can be `conflict`.
    """
    latest = _latest_by_mask(store)
    standings = standing_rows(store, {row.pair_id for row in latest.values()})
    found = {}
    for row in undecided_pairs(store, latest):
        earlier = [latest[key] for key in (row.mask_id, row.mask_key) if key in latest]
        found[row.pair_id] = standings[max(earlier, key=_rank).pair_id]
    return found


def _latest_by_mask(store: Store) -> dict[str, EarlierPair]:
    """By mask_id and by file, the decided pair that was superseded last."""
    latest = {}
    for row in sorted(earlier_pairs(store), key=_rank):
        latest.update(dict.fromkeys(filter(None, (row.mask_id, row.mask_key)), row))
    return latest


def proposed_decisions(store: Store) -> dict[str, str]:
    """For each undecided pair with a proposal, in words: `accepted proposed`."""
    return {
        pair_id: "disagreed before"
        if found.decision == DecisionState.CONFLICT
        else f"{found.decision} proposed"
        for pair_id, found in proposed_statuses(store).items()
    }
