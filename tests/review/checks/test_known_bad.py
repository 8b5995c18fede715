"""What makes a pair bad: a label that is moved, a cloud that nothing flags."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from migrate_core.model import IGNORE
from migrate_core.pairs.edits.rasters import LabelRasters
from migrate_core.pairs.flags import labelled_pixels
from migrate_core.products.scene_classes import Flag, flagged
from migrate_core.review.checks.known_bad import SHIFTS, clouded, random_shift, shifted

SIZE = 60
ROW, COLUMN = np.indices((SIZE, SIZE))
INSIDE = (np.abs(ROW - 30) + np.abs(COLUMN - 30)) < 28
DISC = np.hypot(ROW - 30, COLUMN - 34) < 9
BANDS = ("B02", "B04", "B08", "B09", "B10", "B11", "B12")


def rasters(labelled: NDArray[np.bool_] = DISC) -> LabelRasters:
    """Class 1 where it is `labelled`, in a footprint that is a square on its corner."""
    label = np.where(INSIDE, labelled, IGNORE).astype(np.uint8)
    shares = np.stack([~labelled, labelled]).astype(np.float32)
    # At the edge, half of a pixel is known.
    edge = INSIDE & (np.abs(ROW - 30) + np.abs(COLUMN - 30) == 27)
    shares[:, edge] /= 2
    shares[:, ~INSIDE] = 0
    flags = np.where(INSIDE, 0, Flag.OUTSIDE | Flag.UNKNOWN).astype(np.uint8)
    flags[20:24, 20:24] |= np.uint8(Flag.CLOUD)
    flags[36:40, 28:32] |= np.uint8(Flag.SOURCE)
    return LabelRasters(label, shares, flags)


def image() -> NDArray[np.uint16]:
    """Ground of 0.1 with a texture, of which B10 sees next to nothing; none off the footprint."""
    ground = 1000 + (7 * ROW + 13 * COLUMN) % 50
    seen = np.array([0.01 if band == "B10" else 1 for band in BANDS])
    return np.where(INSIDE, ground * seen[:, None, None], 0).astype(np.uint16)


def test_a_label_is_moved_by_whole_pixels_and_the_footprint_stays() -> None:
    made, found = rasters(), shifted(rasters(), 5, -8)
    moved = np.roll(DISC, (5, -8), (0, 1))
    assert np.array_equal(found.label == 1, moved & INSIDE)
    assert np.array_equal(found.label == IGNORE, ~INSIDE)
    assert np.array_equal(found.shares[1] == 1, moved & INSIDE)
    assert np.array_equal(found.shares.sum(0)[INSIDE], np.ones(INSIDE.sum()))
    assert np.array_equal(found.shares[:, ~INSIDE], made.shares[:, ~INSIDE])


def test_flags_of_the_scene_stay_and_those_of_the_source_go_with_the_label() -> None:
    made, found = rasters(), shifted(rasters(), 5, -8)
    scene = np.uint8(Flag.CLOUD | Flag.OUTSIDE)
    assert np.array_equal(found.flags & scene, made.flags & scene)
    source = np.roll(flagged(made.flags, Flag.SOURCE), (5, -8), (0, 1))
    assert np.array_equal(flagged(found.flags, Flag.SOURCE), source)
    assert np.array_equal(flagged(found.flags, Flag.UNKNOWN), found.label == IGNORE)


def test_no_strip_shows_where_the_label_came_in() -> None:
    """What was labelled up to the edge is labelled up to it afterwards."""
    found = shifted(rasters(COLUMN > 30), 0, -10)
    assert np.array_equal(found.label == 1, INSIDE & (COLUMN > 20))


def test_what_is_ignored_within_the_label_is_moved_with_it() -> None:
    made = rasters()
    made.label[28:31, 30:33] = IGNORE
    found = shifted(made, 2, 3)
    assert (found.label[30:33, 33:36] == IGNORE).all()
    assert (found.flags[30:33, 33:36] & np.uint8(Flag.UNKNOWN)).all()
    assert (found.label[28:30, 30:33] == 1).all()


def test_a_label_that_would_leave_the_footprint_altogether_is_not_moved() -> None:
    made = rasters()
    assert shifted(made, SIZE, 0) is made


@pytest.mark.parametrize("seed", range(20))
def test_a_random_shift_is_6_to_15_pixels_and_makes_a_fifth_of_the_label_wrong(seed: int) -> None:
    made = rasters()
    found = random_shift(made, np.random.default_rng(seed))
    assert found is not None
    (down, right), moved = found
    low, high = SHIFTS
    assert low - 0.8 < np.hypot(down, right) < high + 0.8
    wrong = labelled_pixels(moved.label) ^ labelled_pixels(made.label)
    assert wrong.sum() > 0.2 * DISC.sum()


def test_a_label_that_is_everywhere_the_same_can_not_be_wrong_by_a_shift() -> None:
    everywhere = np.ones_like(DISC)
    assert random_shift(rasters(everywhere), np.random.default_rng(0)) is None
    assert random_shift(rasters(~everywhere), np.random.default_rng(0)) is None


@pytest.mark.parametrize("seed", range(10))
def test_a_cloud_hides_half_of_the_label_or_more_and_is_as_bright_as_clouds_are(seed: int) -> None:
    before = image()
    found = clouded(before, BANDS, DISC, np.random.default_rng(seed))
    bands = dict(zip(BANDS, found / 10_000, strict=True))
    hidden = DISC & (bands["B04"] > 0.35)
    assert 0.4 <= hidden.sum() / DISC.sum() <= 0.95
    thick = bands["B04"] > 0.5
    assert thick.any()
    for band, low, high in (("B02", 0.4, 0.9), ("B11", 0.25, 0.65), ("B12", 0.2, 0.5)):
        assert low < np.median(bands[band][thick]) < high
    assert np.median(bands["B10"][thick]) < 0.03
    # Clear ground is left beside it.
    assert (found[1] == before[1])[INSIDE].any()


def test_a_cloud_leaves_no_data_alone_and_grows_softly() -> None:
    found = clouded(image(), BANDS, DISC, np.random.default_rng(3))
    assert np.array_equal(found == 0, image() == 0)
    assert found.dtype == np.uint16
    red = found[1] / 10_000
    part = (red > 0.15) & (red < 0.5)
    assert part.sum() > 0.1 * (red > 0.5).sum()


def test_the_same_numbers_make_the_same_check() -> None:
    clouds = [clouded(image(), BANDS, DISC, np.random.default_rng(5)) for _ in range(2)]
    assert np.array_equal(*clouds)
    shifts = [random_shift(rasters(), np.random.default_rng(5)) for _ in range(2)]
    assert shifts[0] is not None
    assert shifts[1] is not None
    assert shifts[0][0] == shifts[1][0]
