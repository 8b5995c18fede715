"""The use cases of a team: how it reviews, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...errors import WrongUseError
from ...session import Session
from ...states import DecisionState
from ...store.base import Store
from ...store.review.settings import ReviewSettings, put_review_settings, review_settings
from ..checks.run import Attention, attention, mix_in
from ..decisions import ReviewStatus, review_statuses
from ..sampling.acceptance import SamplingStatement
from ..sampling.agreement import AgreementReport
from ..sampling.run import reviewer_agreement, sampling
from .double import waits_for_second

_LONGEST_LEASE = 24 * 60.0


@dataclass(frozen=True)
class TeamReport:
    """How far a team is: pairs that wait for a second look, conflicts, and how good its work is."""

    second_looks: int
    conflicts: int
    agreement: AgreementReport
    sampling: SamplingStatement
    attention: tuple[Attention, ...]


def team_report(store: Store) -> TeamReport:
    """Count and compute all of it from the log; superseded pairs don't count."""
    share = review_settings(store).double_share
    statuses, nobody = review_statuses(store), ReviewStatus(None)
    found = {key: statuses.get(key, nobody) for key in store.finished_pairs()}
    return TeamReport(
        sum(waits_for_second(key, status.persons, share) for key, status in found.items()),
        sum(status.decision == DecisionState.CONFLICT for status in found.values()),
        reviewer_agreement(store),
        sampling(store),
        attention(store),
    )


def keep_settings(session: Session, settings: ReviewSettings) -> None:
    """Keep how the team reviews, and mix in so many attention checks as it says.

    Raises WrongUseError for what makes no sense, and what `mix_in` raises.
    """
    for name, value, most in (
        ("double_share", settings.double_share, 1.0),
        ("check_share", settings.check_share, 0.5),
    ):
        if not 0 <= value <= most:
            raise WrongUseError(f"{name} is a share from 0 to {most:g}, not {value:g}.")
    if not 0 < settings.goal_share < 1:
        raise WrongUseError(
            f"goal_share is a share above 0 and below 1, such as 0.05, not {settings.goal_share:g}."
        )
    if not 0 < settings.lease_minutes <= _LONGEST_LEASE:
        raise WrongUseError(
            f"A lease is longer than 0 and at most {_LONGEST_LEASE:g} minutes, not "
            f"{settings.lease_minutes:g}."
        )
    store = session.store
    before = review_settings(store)
    put_review_settings(store, replace(settings, check_share=before.check_share))
    if settings.check_share != before.check_share:
        mix_in(session, settings.check_share)
