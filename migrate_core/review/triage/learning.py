"""The model that is kept: what it was learnt from, and what it says of a pair in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ...store.serialize import to_json
from ..sampling.random_order import random_position
from .features import FEATURES, NAMES, FeatureTable
from .model import FOLDS, Examples, Fitted, fitted

# So many numbers speak for a pair, and so many against it.
_STRONGEST = 3


# What the name of the reviewer begins with where a model has decided.
AUTOMATIC = "auto:"


@dataclass(frozen=True)
class TriageModel:
    """What was learnt at `made_at` from so many `good` and `bad` pairs.

    `names` are the features in their order, `sample` the ids of the pairs of the random sample that
    it has learnt from. `version` is the day and a digest of everything else.
    """

    version: str
    made_at: datetime
    names: tuple[str, ...]
    good: int
    bad: int
    sample: tuple[str, ...]
    fitted: Fitted

    @property
    def reviewer(self) -> str:
        """Who accepts in the log what the model accepts."""
        return f"{AUTOMATIC}{self.version}"


@dataclass(frozen=True)
class Prediction:
    """How likely persons accept a pair, 0…1, and the numbers that speak for it and against it."""

    pair_id: str
    probability: float
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


def folds_of(pair_ids: Sequence[str]) -> NDArray[np.int64]:
    """The part 0…FOLDS - 1 that each pair belongs to, whenever it is decided about."""
    positions = [random_position(pair_id, "triage part") for pair_id in pair_ids]
    return (FOLDS * np.array(positions)).astype(np.int64)


def learnt(examples: Examples, sample: Sequence[str], now: datetime) -> TriageModel:
    """The model of examples, of which `why_not` has nothing to say."""
    good = int(examples.good.sum())
    model = TriageModel(
        "", now, NAMES, good, len(examples.good) - good, tuple(sample), fitted(examples)
    )
    content = json.dumps(to_json(model), sort_keys=True).encode()
    digest = hashlib.sha256(content).hexdigest()[:6]
    return replace(model, version=f"{now:%Y%m%d}-{digest}")


def prediction(model: TriageModel, one: FeatureTable) -> Prediction:
    """What the model says of the only pair of a table."""
    parts = model.fitted.full.parts(one.scaled)[0]
    order = np.argsort(parts)
    against = [column for column in order[:_STRONGEST] if parts[column] < 0]
    in_favour = [column for column in order[::-1][:_STRONGEST] if parts[column] > 0]
    return Prediction(
        one.pair_ids[0],
        float(model.fitted.probabilities(one.scaled)[0]),
        tuple(f"{_written(one, column)} speaks for it" for column in in_favour),
        tuple(f"{_written(one, column)} speaks against it" for column in against),
    )


def _written(one: FeatureTable, column: int) -> str:
    """`change in the label 0.42`, of the only pair of a table."""
    value, feature = one.values[0, column], FEATURES[column]
    return f"{feature.name} {'unknown' if np.isnan(value) else feature.write(float(value))}"
