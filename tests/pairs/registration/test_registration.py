"""The shift between a source image and Sentinel-2, on a ground whose every pixel is known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from migrate_core.grid import PixelGrid
from migrate_core.model import Mask, PairParameters, Shift
from migrate_core.pairs.make import make_pair
from migrate_core.pairs.registration.gradient_matching import Match, Reference, match
from migrate_core.pairs.registration.shifts import described, in_metres, objection, shift_of
from migrate_core.pairs.registration.warp import FINE, fine_grid, gradients, warp
from migrate_core.pairs.registration.windows import WindowShift
from migrate_core.pairs.task import PairOutcome
from tests.pairs.test_make import scene_of, task
from tests.support.ground import BANDS, WHOLE, Ground, disc, mask_grid, mask_on, write_image
from tests.support.pairs import CRS, NORTH, WEST, registered, write_mask, write_safe

CLOUD, VEGETATION = 9, 4
GROUND = Ground()
# Moved by so much east and north, as PlanetScope and worse are; none is a whole pixel.
MOVES = [(12.0, 0.0), (-3.4, 7.7), (21.3, -20.9), (-29.0, 5.5)]

Maker = Callable[..., tuple[PairOutcome, dict[str, Any], Path]]


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Products of one ground, the second and third clouded: by 0, 40 and 70 percent."""
    folder = tmp_path_factory.mktemp("products")
    found = {}
    for name, share in (("clear", 0.0), ("partly", 0.4), ("mostly", 0.7)):
        classes = np.full((60, 60), VEGETATION)
        # Of the mask's 900 m in the middle, 45 rows of the 20 m classes.
        classes[: 7 + round(45 * share)] = CLOUD if share else VEGETATION
        found[name] = write_safe(folder / name, GROUND.product(classes))
    return found


@pytest.fixture
def make(tmp_path: Path, products: dict[str, Path]) -> Maker:
    def make(mask: Mask, product: str = "clear", **parameters: Any) -> Any:
        folder = tmp_path / product
        scene = scene_of(products[product], GROUND.product())
        wanted = PairParameters(**{"register": True, **parameters})
        outcome = make_pair(replace(task(folder, mask, [scene]), parameters=wanted))
        document = json.loads((folder / "a-pair" / "pair.json").read_text())
        return outcome, document, folder / "a-pair"

    return make


def pixels(folder: Path, name: str) -> tuple[np.ndarray, PixelGrid]:
    with rasterio.open(folder / f"{name}.tif") as dataset:
        grid = PixelGrid(CRS, dataset.transform, dataset.width, dataset.height)
        return dataset.read(), grid


def centre_of_class_1(folder: Path) -> tuple[float, float]:
    """The centre of gravity of class 1 by its fractions, metres from (WEST, NORTH)."""
    shares, grid = pixels(folder, "fractions")
    x, y = grid.centres()
    weight = shares[1] / shares[1].sum()
    return float((weight * x).sum() - WEST), float((weight * y).sum() - NORTH)


# the whole way


@pytest.mark.parametrize("moved", MOVES)
@pytest.mark.parametrize("degrees", [pytest.param(0.0, marks=pytest.mark.slow), 12.0])
def test_a_displaced_image_and_its_mask_are_put_back(
    make: Maker, tmp_path: Path, moved: tuple[float, float], degrees: float
) -> None:
    grid = mask_grid(degrees)
    image = GROUND.image(tmp_path / "image.tif", grid, moved)
    outcome, document, folder = make(mask_on(tmp_path, grid, image, moved))
    shift = outcome.shift
    assert shift is not None
    assert shift.reliable
    error = np.hypot(shift.east_m + moved[0], shift.north_m + moved[1])
    assert error < 0.3
    assert error < shift.ci_m
    assert document["registration"]["applied"]
    middle = grid.transform @ (grid.width / 2, grid.height / 2)
    expected = (middle[0] - WEST, middle[1] - NORTH)
    assert centre_of_class_1(folder) == pytest.approx(expected, abs=0.35)


def test_a_mask_that_lies_right_stays(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid()
    image = GROUND.image(tmp_path / "image.tif", grid)
    outcome, _, _ = make(mask_on(tmp_path, grid, image))
    assert outcome.shift is not None
    assert outcome.shift.reliable
    assert np.hypot(outcome.shift.east_m, outcome.shift.north_m) < 0.2
    assert outcome.shift.ci_m < 1


def test_the_mask_may_be_in_degrees(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid()
    image = GROUND.image(tmp_path / "image.tif", grid, (15.0, -8.0))
    west, north = 2.7935, 42.3585
    degrees = PixelGrid("EPSG:4326", Affine(2e-5, 0, west, 0, -2e-5, north), 200, 150)
    path = write_mask(tmp_path / "m.tif", disc(degrees, 1e-3), degrees.transform, crs=degrees.crs)
    unmoved, _, folder = make(registered(path), register=False)
    before = centre_of_class_1(folder)
    (folder / "pair.json").unlink()
    _, _, folder = make(
        replace(registered(path), source=replace(registered(path).source, path=str(image)))
    )
    after = centre_of_class_1(folder)
    assert unmoved.shift is None
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((-15, 8), abs=1)


def test_the_document_says_how_it_was_measured_and_where_the_file_lies(
    make: Maker, tmp_path: Path
) -> None:
    grid = mask_grid()
    image = GROUND.image(tmp_path / "image.tif", grid, (12.0, 0.0))
    outcome, document, _ = make(mask_on(tmp_path, grid, image, (12.0, 0.0)))
    found = document["registration"]
    assert found["method"] == "source image"
    assert re.search(r"moved 1[12]\.\d m to the west", found["reason"])
    assert found["correlation"] > 0.8
    assert found["pixels"] > 5000
    easts = [window["east_m"] for window in found["windows"]]
    assert len(easts) >= 9
    assert np.median(easts) == pytest.approx(-12, abs=1)
    assert document["shift"] == found["shift"] == vars(outcome.shift)
    assert document["mask"]["transform"][2] == pytest.approx(grid.transform.c + 12)


def test_an_image_that_changed_its_place_on_the_disk_is_seen_where_the_mask_was_moved(
    make: Maker, tmp_path: Path
) -> None:
    grid = mask_grid()
    image = GROUND.image(tmp_path / "image.tif", grid, (21.3, -20.9))
    mask = mask_on(tmp_path, grid, image, (21.3, -20.9))
    before, document, _ = make(mask)
    alternatives = tmp_path / "elsewhere" / "image.tif"
    alternatives.parent.mkdir()
    image.rename(alternatives)
    after, again, _ = make(replace(mask, source=replace(mask.source, path=str(alternatives))))
    assert after == replace(before, compared_with=str(alternatives))
    assert again["change_found"] == document["change_found"]
    assert again["mask"]["image"] == again["compared_with"] == str(alternatives)


def test_nothing_is_measured_unless_asked_for(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid()
    image = GROUND.image(tmp_path / "image.tif", grid, (20.0, 0.0))
    outcome, document, _ = make(mask_on(tmp_path, grid, image, (20.0, 0.0)), register=False)
    assert outcome.shift is None
    assert document["registration"] is None
    assert document["shift"] is None


def test_what_was_hidden_in_the_source_moves_with_it(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid()
    occluded = np.zeros(grid.shape, dtype=np.uint8)
    occluded[100:160, 60:120] = 1
    moved = (28.0, -25.0)
    image = GROUND.image(tmp_path / "image.tif", grid, moved)
    udm = write_mask(tmp_path / "udm.tif", occluded, Affine.translation(*moved) @ grid.transform)
    _, _, folder = make(
        replace(
            mask_on(tmp_path, grid, image, moved),
            source=replace(mask_on(tmp_path, grid, image, moved).source, udm=str(udm)),
        )
    )
    quality, where = pixels(folder, "quality")
    x, y = where.centres()
    found = quality[0] & 64 > 0
    middle = grid.transform @ (90, 130)
    # Half a pixel of Sentinel-2, to which occluded areas are rounded.
    assert (x[found].mean(), y[found].mean()) == pytest.approx(middle, abs=5)


# when not to trust it


def test_most_of_the_area_clouded_is_not_trusted(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid()
    image = GROUND.image(tmp_path / "image.tif", grid, (20.0, 0.0))
    mask = mask_on(tmp_path, grid, image, (20.0, 0.0))
    partly, _, _ = make(mask, "partly")
    mostly, document, _ = make(mask, "mostly")
    assert partly.shift is not None
    assert partly.shift.reliable
    assert partly.shift.east_m == pytest.approx(-20, abs=0.5)
    assert mostly.shift is not None
    assert not mostly.shift.reliable
    assert "clear of cloud" in document["registration"]["reason"]
    assert not document["registration"]["applied"]


def test_a_pair_that_is_not_moved_is_the_one_made_without_registration(
    make: Maker, tmp_path: Path
) -> None:
    grid = mask_grid(12)
    image = GROUND.image(tmp_path / "image.tif", grid, (20.0, 0.0))
    mask = mask_on(tmp_path, grid, image, (20.0, 0.0))
    _, _, folder = make(mask, "mostly")
    names = ("image", "label", "fractions", "quality")
    tried = {name: pixels(folder, name) for name in names}
    (folder / "pair.json").unlink()
    make(mask, "mostly", register=False)
    for name in names:
        again, where = pixels(folder, name)
        assert where == tried[name][1]
        # Of bands at 60 m a half may be rounded the other way where a larger window was read.
        off = abs(again.astype(np.float64) - tried[name][0])
        assert off.max() <= (name == "image")
        assert not off[1:4].any()


@pytest.mark.slow
def test_the_image_of_another_place_is_not_trusted(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid()
    for seed in range(2, 5):
        image = Ground(seed).image(tmp_path / f"{seed}.tif", grid)
        outcome, document, folder = make(mask_on(tmp_path, grid, image))
        assert not (outcome.shift and outcome.shift.reliable)
        assert not document["registration"]["applied"]
        (folder / "pair.json").unlink()


@pytest.mark.parametrize("kind", ["flat", "noise", "stripes", "ramp"])
def test_an_image_without_what_sentinel_2_shows_is_not_trusted(
    make: Maker, tmp_path: Path, kind: str
) -> None:
    grid = mask_grid()
    row, column = np.indices(grid.shape)
    shown = {
        "flat": np.full(grid.shape, 1500.0),
        "noise": np.random.default_rng(3).normal(1500, 200, grid.shape),
        "stripes": 1500 + 400 * np.sin(column / 8),
        "ramp": 1000.0 + 3 * row + 5 * column,
    }[kind]
    image = write_image(tmp_path / "image.tif", np.stack([shown] * 4), grid.transform)
    outcome, document, _ = make(mask_on(tmp_path, grid, image))
    assert not (outcome.shift and outcome.shift.reliable)
    assert "not moved" in document["registration"]["reason"]


def test_a_small_mask_is_not_trusted(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid(pixels=50)
    image = GROUND.image(tmp_path / "image.tif", grid)
    write_mask(tmp_path / "mask.tif", disc(grid, 40), grid.transform)
    outcome, document, _ = make(
        replace(
            registered(tmp_path / "mask.tif"),
            source=replace(registered(tmp_path / "mask.tif").source, path=str(image)),
        )
    )
    assert not (outcome.shift and outcome.shift.reliable)
    assert "not moved" in document["registration"]["reason"]


# images of all kinds


def test_an_image_without_georeference_lies_where_the_mask_does(
    make: Maker, tmp_path: Path
) -> None:
    grid = mask_grid()
    shown = np.stack([GROUND.reflectance(band, grid) for band in BANDS])
    image = write_image(tmp_path / "image.tif", shown, None)
    outcome, _, _ = make(mask_on(tmp_path, grid, image, (9.0, -14.0)))
    assert outcome.shift is not None
    assert outcome.shift.reliable
    found = (outcome.shift.east_m, outcome.shift.north_m)
    assert found == pytest.approx((-9, 14), abs=0.3)


@pytest.mark.parametrize(("metres", "count"), [(10.0, 90), (5.0, 180), (1.5, 600)])
def test_pixels_of_other_sizes_do(make: Maker, tmp_path: Path, metres: float, count: int) -> None:
    grid = mask_grid()
    image = GROUND.image(
        tmp_path / "image.tif", mask_grid(pixels=count, metres=metres), (-11.0, 6.0)
    )
    outcome, _, _ = make(mask_on(tmp_path, grid, image, (-11.0, 6.0)))
    assert outcome.shift is not None
    assert outcome.shift.reliable
    assert (outcome.shift.east_m, outcome.shift.north_m) == pytest.approx((11, -6), abs=0.5)


def test_a_grey_image_does(make: Maker, tmp_path: Path) -> None:
    grid = mask_grid()
    shown = GROUND.reflectance("green", grid)[None]
    image = write_image(tmp_path / "i.tif", shown, Affine.translation(7, 7) @ grid.transform)
    outcome, _, _ = make(mask_on(tmp_path, grid, image, (7.0, 7.0)))
    assert outcome.shift is not None
    assert outcome.shift.reliable
    assert (outcome.shift.east_m, outcome.shift.north_m) == pytest.approx((-7, -7), abs=0.6)


def test_an_image_of_30_m_is_too_coarse(make: Maker, tmp_path: Path) -> None:
    image = GROUND.image(tmp_path / "image.tif", mask_grid(pixels=30, metres=30.0))
    outcome, document, _ = make(mask_on(tmp_path, mask_grid(), image))
    assert document["registration"]["method"] == "label edges"
    assert "30 m" in document["registration"]["reason"]
    assert not (outcome.shift and outcome.shift.reliable)


def test_an_image_that_is_gone_is_said_to_be(make: Maker, tmp_path: Path) -> None:
    mask = mask_on(tmp_path, mask_grid(), tmp_path / "gone.tif")
    _, document, _ = make(mask)
    assert "is gone" in document["registration"]["reason"]


# the arithmetic


def test_gradients_are_looked_up_at_pixel_centres() -> None:
    fine = fine_grid(PixelGrid(CRS, Affine(1, 0, 0, 0, -1, 0), 40, 30))
    x, y = fine.centres()
    # Blur leaves the slope of a parabola as it is: 2 x east, and 3 y southward.
    found = warp(np.stack([x**2 + 1.5 * y**2]), np.ones(fine.shape, bool))
    for row, column in ((0.0, 0.0), (1.3, -2.7)):
        shifted = found.gradients((row, column))[0, :, 12:18, 15:25]
        rows, columns = np.mgrid[12:18, 15:25] + 0.5
        assert shifted[1] == pytest.approx(2 * (columns - column), rel=1e-4)
        assert shifted[0] == pytest.approx(3 * (rows - row), rel=1e-4)


def test_gradients_of_the_reference_are_those_of_a_plane() -> None:
    row, column = np.indices((6, 7))
    found = gradients(np.stack([3 * row - 2 * column]))
    assert (found[0, 0, 1:-1, 1:-1] == 3).all()
    assert (found[0, 1, 1:-1, 1:-1] == -2).all()


def test_what_is_invalid_reaches_as_far_as_blur_and_gradient() -> None:
    valid = np.ones((30 * FINE, 30 * FINE), bool)
    valid[15 * FINE, 15 * FINE] = False
    rng = np.random.default_rng(5)
    image = rng.random((1, *valid.shape))
    other = image.copy()
    other[0, 15 * FINE, 15 * FINE] = 50
    first, second = warp(image, np.ones_like(valid)), warp(other, np.ones_like(valid))
    covered = warp(image, valid).covered((0, 0))
    different = abs(first.gradients((0, 0)) - second.gradients((0, 0))).max(axis=(0, 1)) > 0.05
    assert different.any()
    assert not covered[different].any()
    assert covered.mean() > 0.9


def matched(seed: int, moved: tuple[float, float], noise: float) -> Match:
    grid = replace(WHOLE, width=60, height=60)
    fine = fine_grid(grid)
    away = PixelGrid(CRS, Affine.translation(-moved[0], -moved[1]) @ fine.transform, *fine.shape)
    ground, rng = Ground(seed), np.random.default_rng(seed)
    images = np.stack([ground.reflectance(band, away) for band in ("red", "nir")])
    still = np.stack([ground.reflectance(band, grid) for band in ("red", "nir")])
    still = still + rng.normal(0, noise, still.shape)
    found = match(
        warp(images, np.ones(fine.shape, bool)), Reference(still, np.ones(grid.shape, bool), 6)
    )
    assert found is not None
    return found


@pytest.mark.slow
def test_the_interval_holds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    held = []
    for seed in range(20):
        east, north = rng.uniform(-30, 30, 2)
        found = matched(seed, (east, north), noise=150)
        # Of either axis, each is within it in 95 of 100 cases, and it is that of the worse one.
        held += [
            abs(10 * found.shift[1] + east) < 10 * found.half_width,
            abs(-10 * found.shift[0] + north) < 10 * found.half_width,
        ]
    assert np.mean(held) > 0.9


def test_noise_widens_the_interval() -> None:
    widths = [matched(4, (5.0, 5.0), noise).half_width for noise in (20, 200, 600)]
    assert widths == sorted(widths)
    assert widths[2] > 2 * widths[0]


def agreed(**changes: Any) -> Match:
    windows = tuple(WindowShift(0, 0, 10, 10, (0.0, 0.0)) for _ in range(9))
    return replace(Match((0.0, 1.2), 0.05, 0.8, 0.2, 5000, windows), **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pixels": 200}, "200 pixels"),
        ({"windows": ()}, "0 windows"),
        ({"correlation": 0.1, "second": 0.0}, "don't agree"),
        ({"second": 0.7}, "repeats itself"),
        ({"shift": (5.8, 0.0)}, "border of the search"),
        ({"half_width": 0.5}, "5.0 m"),
    ],
)
def test_each_reason_not_to_trust_a_shift_is_said(changes: dict[str, Any], words: str) -> None:
    assert objection(agreed(), shift_of(agreed()), 1.0) is None
    found = agreed(**changes)
    assert words in str(objection(found, shift_of(found), 1.0))


def test_where_little_is_clear_no_shift_is_trusted() -> None:
    assert "40.0 %" in str(objection(agreed(), shift_of(agreed()), 0.4))


def test_what_images_do_not_have_in_common_widens_the_interval() -> None:
    alike, unlike = shift_of(agreed(correlation=1.0)), shift_of(agreed(correlation=0.4))
    assert alike.ci_m == pytest.approx(0.5)
    assert unlike.ci_m == pytest.approx(np.hypot(0.5, 1.5), abs=0.01)


def test_rows_count_down_and_north_up() -> None:
    assert in_metres((1.0, 2.0), 0.5) == Shift(20.0, -10.0, 0.5, reliable=False)


@pytest.mark.parametrize(
    ("east", "north", "words"),
    [
        (12, 0, "12 m to the east"),
        (-3, -3, "4 m to the south-west"),
        (1, 20, "20 m to the north"),
        (-9, 0.1, "9 m to the west"),
    ],
)
def test_a_shift_in_words(east: float, north: float, words: str) -> None:
    assert described(Shift(east, north, 1, reliable=True)) == words


# real pixels


def test_two_real_dates_of_one_tile_lie_where_others_found_them(
    require_data: Callable[[str], Path],
) -> None:
    # By (-6.6, -16.8) to (-7.2, -18.9) m, say the tests of AROSICS for windows of these scenes.
    folder = require_data("jp2_T33UUU_two_dates")
    west, north, size = 345_000, 5_855_000, 200
    images = {}
    for path in folder.glob("*.jp2"):
        with rasterio.open(path) as dataset:
            column, row = ~dataset.transform @ (west, north)
            window = Window(round(column), round(row), size, size)
            images[path.name[:3]] = dataset.read(1, window=window).astype(np.float64)
    fine = images["tgt"].repeat(FINE, axis=0).repeat(FINE, axis=1)[None]
    found = match(
        warp(fine, np.ones(fine.shape[1:], bool)),
        Reference(images["ref"][None], np.ones((size, size), bool), 6),
    )
    assert found is not None
    shift = shift_of(found)
    assert objection(found, shift, 1.0) is None
    assert (shift.east_m, shift.north_m) == pytest.approx((-6.9, -17.9), abs=1.2)
