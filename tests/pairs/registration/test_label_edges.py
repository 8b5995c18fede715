"""The edges of labels against those of the image: a warning, and never more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from migrate_core.grid import PixelGrid
from migrate_core.model import PairParameters
from migrate_core.pairs.label.area_shares import area_shares
from migrate_core.pairs.make import make_pair
from migrate_core.pairs.task import PairOutcome
from tests.pairs.test_make import scene_of, task
from tests.support.ground import BANDS, WHOLE, Ground, disc, mask_grid, mask_on
from tests.support.pairs import Safe, write_safe


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ground on which the disc of the masks is as bright as nothing around it is."""
    grid = mask_grid()
    share = area_shares(disc(grid), grid, WHOLE, (0, 1))[1]
    pixels = {
        name: np.rint(0.3 * Ground().reflectance(band, WHOLE) + 2500 * share)
        for band, name in BANDS.items()
    }
    return write_safe(tmp_path_factory.mktemp("product"), Safe(size=120, pixels=pixels))


def made(folder: Path, product: Path, moved: tuple[float, float]) -> tuple[PairOutcome, Any]:
    wanted = task(
        folder, mask_on(folder, mask_grid(), None, moved), [scene_of(product, Safe(size=120))]
    )
    outcome = make_pair(replace(wanted, parameters=PairParameters(register=True)))
    return outcome, json.loads((folder / "a-pair" / "pair.json").read_text())


@pytest.mark.parametrize(
    ("moved", "words"), [((-16.0, -16.0), "23 m to the north-east"), ((0.0, 22.0), "to the south")]
)
def test_a_displaced_label_is_doubted_and_stays_where_it_is(
    tmp_path: Path, product: Path, moved: tuple[float, float], words: str
) -> None:
    outcome, document = made(tmp_path, product, moved)
    found, shift = document["registration"], outcome.shift
    assert shift is not None
    assert (shift.east_m, shift.north_m) == pytest.approx((-moved[0], -moved[1]), abs=2)
    assert not shift.reliable
    assert not found["applied"]
    assert found["method"] == "label edges"
    assert "No source image was given" in found["reason"]
    assert words in found["reason"]
    assert outcome.suggestion.verdict == "unsure"
    assert words in outcome.suggestion.reason
    assert "look at the overlay" in outcome.suggestion.reason


def test_a_label_that_fits_is_not_doubted(tmp_path: Path, product: Path) -> None:
    outcome, document = made(tmp_path, product, (0.0, 0.0))
    assert outcome.shift is not None
    assert np.hypot(outcome.shift.east_m, outcome.shift.north_m) < 2
    assert document["registration"]["warnings"] == []
    assert outcome.suggestion.verdict == "accept"


def without_edges(_: PixelGrid) -> NDArray[np.uint8]:
    return np.ones(mask_grid().shape, np.uint8)


def test_a_label_without_edges_says_nothing(
    tmp_path: Path, product: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.ground.disc", without_edges)
    outcome, document = made(tmp_path, product, (0.0, 0.0))
    assert outcome.shift is None
    assert "say nothing" in document["registration"]["reason"]
    assert outcome.suggestion.verdict == "accept"


def test_a_label_nothing_of_which_is_in_the_image_is_not_doubted(tmp_path: Path) -> None:
    product = write_safe(tmp_path, Ground(9).product())
    _, document = made(tmp_path, product, (0.0, 0.0))
    assert document["registration"]["warnings"] == []
