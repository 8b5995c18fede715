"""The arrow of a shift: its direction, scale and words."""

from __future__ import annotations

import numpy as np
import pytest

from migrate_core.model import Shift
from migrate_core.pairs.view.drawing import ORANGE, SKY_BLUE
from migrate_core.pairs.view.shift_drawing import draw_shift, format_shift

GREY = np.full((400, 300, 3), 128, dtype=np.uint8)


def coloured(picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the pixels that are nearly of a colour."""
    near = np.abs(picture.astype(int) - colour).max(axis=-1) <= 20
    rows, columns = np.nonzero(near)
    return rows, columns


@pytest.mark.parametrize(
    ("east", "north", "words"),
    [
        (12.0, 0.0, "the mask was moved 12.0 m to the east, ± 0.5 m"),
        (3.0, 3.0, "the mask was moved 4.2 m to the north-east, ± 0.5 m"),
        (0.0, 7.0, "the mask was moved 7.0 m to the north, ± 0.5 m"),
        (-3.0, 0.1, "the mask was moved 3.0 m to the west, ± 0.5 m"),
        (-3.0, -0.1, "the mask was moved 3.0 m to the west, ± 0.5 m"),
        (-5.0, -5.0, "the mask was moved 7.1 m to the south-west, ± 0.5 m"),
        (0.01, 0.0, "no shift, ± 0.5 m: the mask stays"),
    ],
)
def test_a_shift_in_words(east: float, north: float, words: str) -> None:
    assert format_shift(Shift(east, north, 0.5, reliable=True)) == words


def test_a_shift_that_is_not_reliable_says_that_nothing_was_moved() -> None:
    assert format_shift(Shift(-3.0, 4.0, 6.0, reliable=False)) == (
        "not reliable, so the mask was not moved: 5.0 m to the north-west, ± 6.0 m"
    )


@pytest.mark.parametrize(
    ("east", "north", "axis", "sign"),
    [(14.0, 0.0, 1, 1), (-14.0, 0.0, 1, -1), (0.0, 14.0, 0, -1), (0.0, -14.0, 0, 1)],
)
def test_the_arrow_points_where_the_mask_is_moved(
    east: float, north: float, axis: int, sign: int
) -> None:
    found = draw_shift(GREY, Shift(east, north, 0.5, reliable=True))[:72]  # above the text
    places, ring = coloured(found, SKY_BLUE), coloured(found, (150, 150, 150))
    middles = [(found.min() + found.max()) / 2 for found in ring]
    assert sign * (places[axis].mean() - middles[axis]) > 5
    assert places[1 - axis].mean() == pytest.approx(middles[1 - axis], abs=1)


def test_it_lies_in_the_upper_right_corner_and_leaves_the_rest_alone() -> None:
    found = draw_shift(GREY, Shift(3.0, 3.0, 0.5, reliable=True))
    changed = (found != GREY).any(axis=-1)
    rows, columns = np.nonzero(changed)
    assert rows.max() < 120
    assert columns.min() > 180
    assert (GREY == 128).all()


def test_a_shift_that_is_not_reliable_looks_otherwise() -> None:
    found = draw_shift(GREY, Shift(9.0, 3.0, 4.0, reliable=False))
    assert len(coloured(found, ORANGE)[0]) > 20
    assert len(coloured(found, SKY_BLUE)[0]) == 0


@pytest.mark.parametrize("shape", [(20, 30), (500, 84), (1, 1)])
def test_small_and_narrow_pictures_hold_it(shape: tuple[int, int]) -> None:
    picture = np.zeros((*shape, 3), dtype=np.uint8)
    found = draw_shift(picture, Shift(0.0, 0.0, 0.0, reliable=True))
    assert found.shape == picture.shape
