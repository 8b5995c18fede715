"""Near duplicates and outliers: what was made to be one is found, and nothing else."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely import box

from migrate_core.export.selection.similar.duplicates import alike, reason_of
from migrate_core.export.selection.similar.outliers import outliers
from migrate_core.export.selection.similar.signature import Signature, signatures
from migrate_core.workspace import Workspace
from tests.support.exports import Exportable, MadePair, exportable


def fields(rng: np.random.Generator, side: int = 60) -> NDArray[np.uint16]:
    """(13, side, side) reflectance x 10000 that looks like ground: smooth, with vegetation."""
    ground = gaussian_filter(rng.normal(0, 1, (side, side)), 5)
    ground = (ground - ground.min()) / (ground.max() - ground.min())
    levels = np.array([600, 700, 900, 800, 1200, 2000, 2500, 2800, 2900, 900, 10, 2000, 1200])
    image = levels[:, None, None] * (0.7 + 0.6 * ground) + rng.normal(0, 30, (13, side, side))
    return np.clip(image, 1, 9000).astype(np.uint16)


@pytest.fixture
def made(tmp_path: Path) -> Exportable:
    """Twenty pairs with images that look like ground, far apart."""
    pairs = [MadePair(east_m=300_000 + 9_000 * n, width=60, height=60) for n in range(20)]
    made = exportable(tmp_path / "workspace", pairs)
    rng = np.random.default_rng(5)
    for number in range(20):
        draw(made, number, fields(rng))
    return made


def draw(made: Exportable, number: int, image: NDArray[np.uint16]) -> None:
    path = made.workspace.pair(made.pair_ids[number]) / "image.tif"
    with rasterio.open(path, "r+") as dataset:
        dataset.write(image[: dataset.count])


def look(made: Exportable) -> dict[str, Signature]:
    return signatures(made.workspace, made.pair_ids)


def test_a_signature_is_what_numpy_says_of_the_pixels(made: Exportable) -> None:
    pair_id = made.pair_ids[0]
    found = look(made)[pair_id]
    with rasterio.open(made.workspace.pair(pair_id) / "image.tif") as dataset:
        names, image = list(dataset.descriptions), dataset.read() / 10_000
    red, infrared = image[names.index("B04")], image[names.index("B08")]
    label = made.read(pair_id, "label")[0]
    ndvi = (infrared - red) / (infrared + red)
    assert found.features["mean B08", None] == pytest.approx(infrared.mean(), rel=1e-4)
    assert found.features["spread of B04", None] == pytest.approx(red.std(), rel=1e-3)
    assert found.features["mean NDVI", 2] == pytest.approx(ndvi[label == 2].mean(), rel=1e-3)
    squares = [np.diff(infrared, axis=axis).ravel() ** 2 for axis in (0, 1)]
    texture = np.sqrt(np.concatenate(squares).mean())
    assert found.features["texture of B08", None] == pytest.approx(texture, rel=1e-3)
    assert found.known == int((label != 255).sum())
    rows = np.array_split(infrared, [i * 60 // 16 for i in range(1, 16)], axis=0)
    corner = np.array_split(rows[0], [i * 60 // 16 for i in range(1, 16)], axis=1)[0]
    assert found.picture[1, 0, 0] == pytest.approx(corner.mean(), rel=1e-4)


def test_pairs_of_different_ground_are_no_duplicates_and_no_outliers(made: Exportable) -> None:
    assert reasons(made) == {}
    assert outliers(look(made), {}) == []


def reasons(
    made: Exportable, boxes: Sequence[object] | None = None, days: Sequence[str] | None = None
) -> dict[tuple[str, str], str]:
    count = len(made.pair_ids)
    shapes = boxes or [box(n, 0, n + 0.5, 0.5) for n in range(count)]
    times = [frozenset([day]) for day in days or [f"day{n}" for n in range(count)]]
    found = look(made)
    likenesses = alike(made.pair_ids, shapes, times, found)  # type: ignore[arg-type]
    return {key: reason_of(key, likeness, found) for key, likeness in likenesses.items()}


def test_the_same_pixels_elsewhere_are_a_duplicate_in_spite_of_noise(made: Exportable) -> None:
    rng = np.random.default_rng(8)
    image = fields(rng)
    draw(made, 4, image)
    draw(made, 9, np.clip(image + rng.normal(0, 40, image.shape), 1, 9000).astype(np.uint16))
    found = reasons(made)
    assert list(found) == [tuple(sorted((made.pair_ids[4], made.pair_ids[9])))]
    assert "nearly the same pixels" in next(iter(found.values()))
    one, other = (made.read(made.pair_ids[n], "label")[0] for n in (4, 9))
    assert "labels agree on" in next(iter(found.values()))
    assert (one == other).mean() < 0.6


def test_the_same_ground_is_a_duplicate_on_the_same_day_alone(made: Exportable) -> None:
    shapes = [box(n, 0, n + 0.5, 0.5) for n in range(20)]
    shapes[7] = box(3.01, 0, 3.5, 0.5)
    shapes[8] = box(2.25, 0, 2.75, 0.5)  # half of the ground is not the same ground
    days = [f"day{n}" for n in range(20)]
    assert reasons(made, shapes, days) == {}
    days[7], days[8] = days[3], days[2]
    found = reasons(made, shapes, days)
    assert list(found) == [(made.pair_ids[3], made.pair_ids[7])]
    assert next(iter(found.values())).startswith("98.0 % of the ground in common, on the same day")


def test_what_two_have_in_common_is_said_of_ground_and_pixels_together(made: Exportable) -> None:
    image = fields(np.random.default_rng(8))
    for number in (4, 9):
        draw(made, number, image)
    shapes, days = [box(n, 0, n + 0.5, 0.5) for n in range(20)], [f"day{n}" for n in range(20)]
    shapes[9], days[9] = shapes[4], days[4]
    (text,) = reasons(made, shapes, days).values()
    assert text.startswith(
        "100.0 % of the ground in common, on the same day, and nearly the same pixels "
        "(they differ by 0.0000 in reflectance); labels agree on "
    )


def test_pictures_of_a_time_series_are_compared_a_few_at_a_time() -> None:
    rng = np.random.default_rng(8)
    picture = rng.uniform(0.1, 0.5, (3, 16, 16)).astype(np.float32)
    classes = np.zeros((16, 16), np.uint8)
    found = {
        f"p{n:03}": Signature(
            {}, picture + rng.normal(0, 1e-3, picture.shape).astype("f4"), classes, 9
        )
        for n in range(300)
    }
    shapes = [box(n, 0, n + 0.5, 0.5) for n in range(300)]
    tracemalloc.start()
    likenesses = alike(list(found), shapes, [frozenset()] * 300, found)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert list(likenesses) == list(combinations(found, 2))
    # At once, the differences of all 44,850 pairs alone are 138 MB.
    assert peak_bytes < 80e6
    for one, other in (("p000", "p299"), ("p123", "p124")):
        apart = found[one].picture - found[other].picture
        difference = likenesses[one, other].difference
        assert difference == pytest.approx(np.sqrt((apart**2).mean()), rel=1e-5)


def test_a_lake_is_no_duplicate_of_another_lake(made: Exportable) -> None:
    rng = np.random.default_rng(2)
    for number in (1, 2):
        water = np.clip(rng.normal(300, 12, (13, 60, 60)), 1, None)
        draw(made, number, water.astype(np.uint16))
    assert reasons(made) == {}


def test_a_pair_unlike_all_others_is_an_outlier_and_says_in_what(made: Exportable) -> None:
    rng = np.random.default_rng(2)
    draw(made, 6, np.clip(fields(rng) * 4, 1, 20_000).astype(np.uint16))
    (found,) = outliers(look(made), {1: "quarry"})
    pair_id, score, reason = found
    assert pair_id == made.pair_ids[6]
    assert score > 6
    assert "far above the others (median" in reason


def test_what_is_unusual_of_one_class_alone_is_found_and_named(made: Exportable) -> None:
    image = fields(np.random.default_rng(3))
    label = made.read(made.pair_ids[5], "label")[0]
    image[7, label == 1] = 700  # the quarry without vegetation, all else as it was
    draw(made, 5, image)
    found = {pair_id: reason for pair_id, _, reason in outliers(look(made), {1: "quarry"})}
    assert list(found) == [made.pair_ids[5]]
    assert "class 1 (quarry) is" in found[made.pair_ids[5]] or "spread" in found[made.pair_ids[5]]


def test_few_pairs_have_no_outlier(tmp_path: Path) -> None:
    made = exportable(
        tmp_path / "workspace", [MadePair(east_m=300_000 + 9_000 * n) for n in range(5)]
    )
    draw(made, 0, np.full((13, 40, 50), 9000, np.uint16))
    assert outliers(look(made), {}) == []


def test_files_that_cannot_be_read_have_no_signature(made: Exportable) -> None:
    folder = made.workspace.pair(made.pair_ids[0])
    (folder / "image.tif").write_bytes(b"no image")
    (made.workspace.pair(made.pair_ids[1]) / "label.tif").unlink()
    assert set(look(made)) == set(made.pair_ids[2:])
    assert signatures(Workspace(made.workspace.root), ["no such pair"]) == {}
