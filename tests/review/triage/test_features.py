"""The numbers of pairs that are learnt from, as the store has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from migrate_core.model import ClassTable, Pair
from migrate_core.review.triage.features import NAMES, feature_table
from migrate_core.states import PairState
from tests.support.builders import a_mask
from tests.support.triage import a_pair, a_store


def numbers(folder: Path, *pairs: Pair) -> dict[str, float]:
    """The features of the first pair by name, unknown ones left out."""
    table = feature_table(a_store(folder, list(pairs)))
    found = zip(NAMES, table.values[table.pair_ids.index(pairs[0].pair_id)], strict=True)
    return {name: float(value) for name, value in found if not np.isnan(value)}


def test_numbers_have_the_names_that_people_know(tmp_path: Path) -> None:
    found = numbers(tmp_path, a_pair("p1", 0.25, 0.4))
    assert found["clouds over the label"] == 0.25
    assert found["occlusion in the footprint"] == 0.25
    assert found["change in the label"] == 0.4
    assert found["shift"] == 5
    assert found["uncertainty of the shift"] == 1.5
    assert found["days offset, either way"] == 2.5
    assert found["suggestion"] == 0
    assert found["coverage"] == 1
    assert not {"snow over the label", "number of classes"} & found.keys()


def test_a_mask_tells_its_classes_and_how_much_is_labelled(tmp_path: Path) -> None:
    table = ClassTable(stored={"0": 0, "7": 1, "9": 2}, pixels={"0": 60, "7": 30, "9": 10})
    mask = a_mask(classes=table)
    store = a_store(tmp_path, [replace(a_pair("p1", 0, 0), mask_id=mask.mask_id)])
    store.put_masks([mask])
    found = dict(zip(NAMES, feature_table(store).values[0], strict=True))
    assert found["labelled part of the mask"] == 0.4
    assert found["number of classes"] == 2


def test_what_is_not_known_is_no_number(tmp_path: Path) -> None:
    bare = Pair("p1", "m", "m.tif", ("scene",), PairState.DONE)
    assert numbers(tmp_path, bare, a_pair("p2", 0, 0)) == {}


def test_only_finished_pairs_count(tmp_path: Path) -> None:
    failed = replace(a_pair("p1", 0, 0), state=PairState.FAILED)
    store = a_store(tmp_path, [failed])
    assert feature_table(store).values.shape == (0, len(NAMES))
    assert feature_table(store).scaled.shape == (0, len(NAMES))


def test_scaled_numbers_are_finite_where_known(tmp_path: Path) -> None:
    odd = replace(a_pair("p1", 1.0, 1.0), coverage=1.0000001)
    table = feature_table(a_store(tmp_path, [odd, a_pair("p2", 0.0, None)]))
    assert (np.isnan(table.scaled) == np.isnan(table.values)).all()
    assert not np.isinf(table.scaled).any()
