"""Pairs whose truth is known, and what changes about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from migrate_core.grid import BoolArray
from migrate_core.review.triage.features import NAMES, FeatureTable

PAIRS = 2000
# What the numbers of a pair could tell at best; a model that learnt from decisions tells less.
BEST_AUC = 0.93
# Bad pairs differ in these features: clouds, shadows, occlusion, change, shift, days offset.
TELLING = [
    NAMES.index(name)
    for name in (
        "clouds over the label",
        "cloud shadows over the label",
        "occlusion over the label",
        "change in the label",
        "shift",
        "days offset, either way",
    )
]
CHANGE = NAMES.index("change in the label")


@dataclass(frozen=True, eq=False)
class World:
    """Pairs with their numbers, and the truth: which are bad."""

    table: FeatureTable
    bad: BoolArray


def world(rng: np.random.Generator, count: int, bad_share: float, shift: float = 0.0) -> World:
    """Pairs of which each is bad with the chance `bad_share`.

    Numbers are normal before they are put on the range of shares. Telling ones are larger for bad
    pairs; with a `shift`, in standard deviations, all are.
    """
    bad = rng.random(count) < bad_share
    normal = rng.normal(size=(count, len(NAMES))) + shift
    distance = np.sqrt(2 / len(TELLING)) * ndtri(BEST_AUC)
    normal[:, TELLING] += distance * bad[:, None]
    values = ndtr(normal - 1) ** 2
    values[rng.random(count) < 0.1, CHANGE] = np.nan
    seed = rng.integers(2**32)
    return World(FeatureTable(tuple(f"{seed:08x}-{n}" for n in range(count)), values), bad)


def joined(first: World, second: World) -> World:
    """The pairs of both."""
    table = FeatureTable(
        first.table.pair_ids + second.table.pair_ids,
        np.concatenate([first.table.values, second.table.values]),
    )
    return World(table, np.concatenate([first.bad, second.bad]))


# Drifts: of the pairs that were learnt from, the pairs as they are later.


def _no_drift(_rng: np.random.Generator, before: World) -> World:
    return before


def _more_bad(rng: np.random.Generator, before: World, share: float) -> World:
    """The same pairs, but good ones are bad with this chance: nothing shows it."""
    return replace(before, bad=before.bad | (rng.random(len(before.bad)) < share))


def _cloudier(rng: np.random.Generator, before: World) -> World:
    """As many new pairs, with larger numbers of all kinds, though not more bad ones."""
    return joined(before, world(rng, PAIRS, 0.2, shift=1.0))


def _more_change(rng: np.random.Generator, before: World) -> World:
    """Half as many new pairs, with more change, though not more bad ones."""
    new = world(rng, PAIRS // 2, 0.2)
    values = new.table.values.copy()
    values[:, CHANGE] = ndtr(ndtri(np.sqrt(values[:, CHANGE])) + 1) ** 2
    return joined(before, World(replace(new.table, values=values), new.bad))


def _new_sensor(rng: np.random.Generator, before: World) -> World:
    """As many new pairs, of source images whose change can't be measured."""
    new = world(rng, PAIRS, 0.2)
    values = new.table.values.copy()
    values[:, CHANGE] = np.nan
    return joined(before, World(replace(new.table, values=values), new.bad))


Drift = Callable[[np.random.Generator, World], World]
DRIFTS: Mapping[str, Drift] = {
    "nothing": _no_drift,
    "as many new pairs, all numbers larger by a standard deviation": _cloudier,
    "as many new pairs of another sensor, change unknown": _new_sensor,
    "half as many new pairs, change larger by a standard deviation": _more_change,
    "good pairs turn bad with a chance of 10 %": lambda rng, found: _more_bad(rng, found, 0.1),
    "good pairs turn bad with a chance of 20 %": lambda rng, found: _more_bad(rng, found, 0.2),
    "good pairs turn bad with a chance of 30 %": lambda rng, found: _more_bad(rng, found, 0.3),
}
