"""The use cases: what random checks and several reviewers say, by the log."""

from __future__ import annotations

from itertools import takewhile

from ...errors import WrongUseError
from ...states import Basis, DecisionState
from ...store.base import Store
from ...store.decisions import decision_logs
from ...store.review.checks import check_sources
from ...store.review.settings import review_settings
from ..decisions import ReviewStatus, newest, review_statuses
from .acceptance import SamplingStatement, sampling_statement
from .agreement import AgreementReport, agreement
from .random_order import random_sample


def sampling(store: Store, goal: float | None = None) -> SamplingStatement:
    """What the random sample says of all finished pairs.

    Bad is what persons rejected, are unsure about, or disagree on. `goal` is the share of bad pairs
    that is to be shown, above 0 and below 1, by default that of the settings. Raises WrongUseError.
    """
    goal = review_settings(store).goal_share if goal is None else goal
    if not 0 < goal < 1:
        raise WrongUseError(f"The goal is a share above 0 and below 1, such as 0.05, not {goal:g}.")
    decided, nobody = review_statuses(store), ReviewStatus(None)
    found = {pair_id: decided.get(pair_id, nobody) for pair_id in store.finished_pairs()}
    sample = random_sample({pair_id: status.by_person for pair_id, status in found.items()})
    bad = sum(found[pair_id].decision != DecisionState.ACCEPTED for pair_id in sample)
    return sampling_statement(len(found), len(sample), bad, goal)


def reviewer_agreement(store: Store) -> AgreementReport:
    """How far reviewers agree about all pairs, superseded ones included; see `agreement`.

    By what each says as a person who looked, before anybody settled a conflict: then they know what
    the others said. Attention checks don't count.
    """
    checks = check_sources(store)
    return agreement(
        {
            pair_id: {
                reviewer: entry.verdict
                for reviewer, entry in newest(
                    entry
                    for entry in takewhile(lambda entry: not entry.settles, log)
                    if entry.basis == Basis.PERSON
                ).items()
            }
            for pair_id, log in decision_logs(store).items()
            if pair_id not in checks
        }
    )
