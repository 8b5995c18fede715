"""Cohen's kappa and its interval: published tables, scikit-learn and a bootstrap as oracles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from migrate_core.review.sampling.agreement import Agreement, agreement
from migrate_core.states import VERDICTS, Verdict

# Fleiss, Cohen and Everitt (1969), table 1: kappa 0.429, its variance 0.002885.
FLEISS_1969 = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
# Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1: kappa 0.676,
# its standard error 0.087.
FLEISS_2003 = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])


def said(
    table: NDArray[np.int_], names: tuple[str, str] = ("ann", "bob"), prefix: str = ""
) -> dict[str, dict[str, Verdict]]:
    """Verdicts of two reviewers as often as a table has them; rows are those of the first."""
    couples = [
        (VERDICTS[row], VERDICTS[column])
        for (row, column), number in np.ndenumerate(table)
        for _ in range(number)
    ]
    return {
        f"{prefix}{number}": dict(zip(names, couple, strict=True))
        for number, couple in enumerate(couples)
    }


def one_couple(table: NDArray[np.int_]) -> Agreement:
    return agreement(said(table)).couples[0]


@pytest.mark.parametrize(
    ("table", "kappa", "error"),
    [(FLEISS_1969, 0.429, np.sqrt(0.002885)), (FLEISS_2003, 0.676, 0.087)],
)
def test_kappa_and_its_standard_error_are_as_published(
    table: NDArray[np.int_], kappa: float, error: float
) -> None:
    found = one_couple(table)
    assert found.kappa == pytest.approx(kappa, abs=5e-4)
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(error, abs=1e-3)
    assert (found.low + found.high) / 2 == pytest.approx(found.kappa)


@given(st.lists(st.integers(0, 12), min_size=9, max_size=9))
def test_kappa_is_that_of_scikit_learn(counts: list[int]) -> None:
    table = np.reshape(counts, (3, 3))
    if table.sum() == 0:
        return
    found = one_couple(table)
    verdicts = said(table).values()
    first, second = ([one[name] for one in verdicts] for name in ("ann", "bob"))
    assert found.pairs == table.sum()
    assert found.observed == pytest.approx(np.trace(table) / table.sum())
    if {*first, *second} == {first[0]}:
        assert found.kappa is None
    else:
        labels = list(VERDICTS)
        assert found.kappa == pytest.approx(cohen_kappa_score(first, second, labels=labels))
    if found.low is not None:
        assert -1 <= found.low <= found.kappa <= found.high <= 1


def test_the_interval_is_about_as_wide_as_a_bootstrap_says() -> None:
    table = FLEISS_1969
    random = np.random.default_rng(0)
    draws = random.multinomial(table.sum(), (table / table.sum()).ravel(), 4000).reshape(-1, 3, 3)
    shares = draws / table.sum()
    alike = np.trace(shares, axis1=1, axis2=2)
    chance = (shares.sum(1) * shares.sum(2)).sum(1)
    kappas = (alike - chance) / (1 - chance)
    found = one_couple(table)
    assert (found.low, found.high) == pytest.approx(np.quantile(kappas, [0.025, 0.975]), abs=0.01)


def test_who_agrees_about_all_pairs_has_the_interval_of_the_exact_binomial_limit() -> None:
    found = one_couple(np.diag([30, 20, 0]))
    chance = 0.6**2 + 0.4**2
    assert (found.observed, found.kappa, found.high) == (1, 1, 1)
    assert found.low == pytest.approx(1 - (1 - 0.025 ** (1 / 50)) / (1 - chance))


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        (np.diag([5, 0, 0]), None),
        (np.array([[0, 3, 0], [0, 0, 0], [0, 0, 0]]), 0),
        (np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]), -1),
    ],
)
def test_there_is_no_interval_where_the_pairs_say_nothing_of_the_spread(
    table: NDArray[np.int_], kappa: float | None
) -> None:
    found = one_couple(table)
    assert (found.kappa, found.low, found.high) == (kappa, None, None)


def test_without_common_pairs_there_is_no_agreement() -> None:
    for verdicts in ({}, {"p": {"ann": Verdict.ACCEPT}, "q": {"bob": Verdict.REJECT}}):
        found = agreement(verdicts)
        assert (found.couples, found.pooled) == ((), Agreement(()))
        assert found.pooled.sentence == "No pair is decided by two reviewers."


def pooled(tables: Sequence[NDArray[np.int_]]) -> Agreement:
    """Of couples that have no pair in common."""
    couples = [("ann", "bob"), ("ann", "cem"), ("bob", "cem")]
    verdicts: dict[str, dict[str, Verdict]] = {}
    for number, (table, names) in enumerate(zip(tables, couples, strict=False)):
        verdicts |= said(table, names, f"{number}-")
    return agreement(verdicts).pooled


def test_pooled_couples_weigh_by_their_pairs() -> None:
    """By hand: the agreements, observed and by chance, are means over all pairs."""
    found = pooled([FLEISS_1969, FLEISS_2003])
    observed = (200 * 0.70 + 100 * 0.89) / 300
    chance = (200 * 0.475 + 100 * 0.66) / 300
    assert found.reviewers == ("ann", "bob", "cem")
    assert (found.pairs, found.observed) == (300, pytest.approx(observed))
    assert found.kappa == pytest.approx((observed - chance) / (1 - chance))


def test_couples_that_agree_alike_have_together_the_error_of_all_their_pairs() -> None:
    alone, together = one_couple(FLEISS_1969), pooled([FLEISS_1969] * 3)
    assert together.kappa == pytest.approx(alone.kappa)
    assert alone.high is not None
    assert together.high is not None
    ratio = (together.high - together.kappa) / (alone.high - alone.kappa)
    assert ratio == pytest.approx(1 / np.sqrt(3))


def test_a_third_who_repeats_the_second_makes_kappa_no_more_certain_than_a_jackknife_says() -> None:
    verdicts = {key: {**both, "cem": both["bob"]} for key, both in said(FLEISS_1969 // 2).items()}
    found = agreement(verdicts)
    assert len(found.couples) == 3
    without = [
        agreement({key: one for key, one in verdicts.items() if key != left}).pooled.kappa
        for left in verdicts
    ]
    number = len(verdicts)
    spread = np.sqrt((number - 1) / number * ((without - np.mean(without)) ** 2).sum())
    assert (found.pooled.high - found.pooled.kappa) / 1.96 == pytest.approx(spread, rel=0.03)


def test_the_agreement_in_words() -> None:
    assert one_couple(FLEISS_1969).sentence == (
        "ann, bob: 70.0 % of 200 pairs alike, kappa 0.43 (0.32 to 0.53)."
    )
    assert one_couple(np.diag([1, 0, 0])).sentence == (
        "ann, bob: 100.0 % of 1 pair alike, kappa not defined."
    )
