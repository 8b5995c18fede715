"""The model of decisions: what it is fitted to, and what it is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from migrate_core.review.triage.learning import TriageModel, learnt
from migrate_core.review.triage.model import FOLDS, Examples, fitted
from migrate_core.store.serialize import from_json, to_json

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def examples(count: int = 400, seed: int = 1) -> Examples:
    """Three features: the first speaks against a pair, the second says nothing, the third is 1."""
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.normal(size=(count, 2)), np.ones(count)])
    good = rng.random(count) < expit(1.5 - 2 * values[:, 0])
    folds = rng.integers(FOLDS, size=count)
    return Examples(values, good, folds, np.ones(count, bool))


def test_the_score_is_that_of_logistic_regression() -> None:
    given = examples()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    model.fit(given.values[:, :2], given.good)
    expected = model.decision_function(given.values[:, :2])
    assert fitted(given).full(given.values) == pytest.approx(expected, abs=1e-3)


def test_the_model_of_a_part_has_not_seen_it() -> None:
    given = examples()
    part = given.folds == 3
    changed = replace(given, good=np.where(part, ~given.good, given.good))
    assert fitted(given).folds[3] == fitted(changed).folds[3]
    assert fitted(given).folds[4] != fitted(changed).folds[4]


def test_parts_add_up_to_the_score_and_name_the_feature_that_counts() -> None:
    given = examples()
    model = fitted(given).full
    parts = model.parts(given.values)
    assert model(given.values) == pytest.approx(parts.sum(axis=1) + model.intercept)
    assert np.abs(parts[:, 0]).mean() > 5 * np.abs(parts[:, 1]).mean()
    assert parts[:, 2] == pytest.approx(0)


def test_an_unknown_value_counts_as_usual_and_by_being_unknown() -> None:
    given = examples()
    # Unknown more often where pairs are bad.
    unknown = np.random.default_rng(3).random(400) < np.where(given.good, 0.05, 0.6)
    values = given.values.copy()
    values[unknown, 1] = np.nan
    model = fitted(replace(given, values=values))
    known, lacks = np.array([[0.0, 0.0, 1.0]]), np.array([[0.0, np.nan, 1.0]])
    assert model.full.parts(lacks)[0, 1] < -0.5
    assert model.probabilities(lacks) < model.probabilities(known)
    assert np.isfinite(model.fold_scores(values)).all()


def test_what_is_never_known_says_nothing() -> None:
    given = examples()
    values = given.values.copy()
    values[:, 1] = np.nan
    model = fitted(replace(given, values=values))
    assert model.full.parts(values)[:, 1] == pytest.approx(0)
    assert model.full.parts(given.values)[:, 1] == pytest.approx(0)


def test_pairs_that_are_all_alike_are_expected_to_be_as_good_as_all() -> None:
    given = examples()
    model = fitted(replace(given, values=np.full((400, 3), 0.5)))
    expected = pytest.approx(given.good.mean(), abs=0.03)
    assert model.probabilities(np.full((1, 3), 0.5))[0] == expected


def test_probabilities_are_those_that_come_true() -> None:
    # Looked at by suspicion, all of 300 more pairs are bad: the random sample sets that right.
    given, unseen = examples(), examples(4000, seed=2)
    bad = examples(600, seed=4)
    more = np.flatnonzero(~bad.good)
    mixed = Examples(
        np.concatenate([given.values, bad.values[more]]),
        np.concatenate([given.good, bad.good[more]]),
        np.concatenate([given.folds, bad.folds[more]]),
        np.concatenate([given.sampled, np.zeros(len(more), bool)]),
    )
    likely = fitted(mixed).probabilities(unseen.values)
    for group in np.array_split(np.argsort(likely), 5):
        assert likely[group].mean() == pytest.approx(unseen.good[group].mean(), abs=0.08)


def test_too_few_decisions_are_refused_with_their_numbers() -> None:
    given = examples()
    assert given.why_not() is None
    few = Examples(*(getattr(given, name)[:99] for name in ("values", "good", "folds", "sampled")))
    assert "there are 99," in str(few.why_not())
    one_kind = replace(given, good=np.arange(400) >= 9)
    assert "391 accepted and 9 not accepted" in str(one_kind.why_not())
    assert replace(given, good=np.arange(400) >= 10).why_not() is None


def test_a_model_is_plain_numbers_and_named_by_day_and_content() -> None:
    given = examples()
    model = learnt(given, ["p1", "p2"], NOW)
    document = json.loads(json.dumps(to_json(model)))
    assert from_json(TriageModel, document) == model
    assert model.version.startswith("20260301-")
    assert model.reviewer == f"auto:{model.version}"
    assert learnt(given, ["p1", "p2"], NOW).version == model.version
    assert learnt(given, ["p1"], NOW).version != model.version
