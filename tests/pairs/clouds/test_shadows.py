"""Shadows of clouds: analytic cloud masks, and a real one."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from scipy import ndimage

from migrate_core.pairs.clouds.shadows import Shadows, cast, darker_than_nearby, shifted
from migrate_core.pairs.clouds.window import Reach, reach
from migrate_core.products.product import SunAngles

SIZE = 340
# Grass, by band; in shadow 40 % of it.
GROUND = {"B03": 0.08, "B8A": 0.35, "B11": 0.22}
WATER = {"B03": 0.06, "B8A": 0.02, "B11": 0.01}


def away_from(zenith: float, azimuth: float) -> Reach:
    found = reach(SunAngles(zenith, azimuth))
    assert found is not None
    return found


def square(row: int, column: int, side: int = 15) -> NDArray[np.bool_]:
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    mask[row : row + side, column : column + side] = True
    return mask


def under(
    cloud: NDArray[np.bool_], shaded: NDArray[np.bool_], water: NDArray[np.bool_] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Grass with a shadow on it, a lake, and a cloud above."""
    bands = {}
    for name, value in GROUND.items():
        ground = np.full((SIZE, SIZE), value, dtype=np.float32)
        ground[shaded] *= 0.4
        if water is not None:
            ground[water] = WATER[name]
        ground[cloud] = 0.7
        bands[name] = ground
    return bands


def displaced(
    cloud: NDArray[np.bool_], height: float, sun: tuple[float, float]
) -> NDArray[np.bool_]:
    """Where the shadow of a cloud lies, by the textbook: in pixels of 20 m."""
    zenith, azimuth = map(math.radians, sun)
    length = height * math.tan(zenith) / 20
    # North is up: the shadow of a sun in the south lies to the north, at smaller rows.
    down, right = round(length * math.cos(azimuth)), round(-length * math.sin(azimuth))
    return np.roll(cloud, (down, right), axis=(0, 1))


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("height", [700, 1500, 2400])
@pytest.mark.parametrize("sun", [(30, 155), (45, 90), (40, 270), (50, 20), (35, 225)])
def test_the_shadow_of_a_single_cloud_is_found_where_it_lies(
    height: int, sun: tuple[int, int]
) -> None:
    cloud = square(160, 160)
    truth = displaced(cloud, height, sun)
    found = cast(cloud, cloud, under(cloud, truth), away_from(*sun))
    assert not (truth & ~found.mask).any()
    # One pixel around it is taken in as its soft edge, and heights go in steps of a pixel.
    around = ndimage.binary_dilation(truth, iterations=2)
    assert not (found.mask & ~around).any()
    (seen,) = found.heights_m
    assert seen == pytest.approx(height, abs=31 / math.tan(math.radians(sun[0])))


def test_a_cloud_over_evenly_lit_ground_casts_no_shadow() -> None:
    cloud = square(90, 90)
    found = cast(cloud, cloud, under(cloud, np.zeros_like(cloud)), away_from(40, 160))
    assert not found.mask.any()
    assert found.heights_m == ()


def test_without_a_cloud_nothing_dark_is_a_shadow() -> None:
    nothing = np.zeros((SIZE, SIZE), dtype=bool)
    found = cast(nothing, nothing, under(nothing, square(50, 50)), away_from(40, 160))
    assert not found.mask.any()


def test_a_lake_away_from_the_sun_is_no_shadow() -> None:
    cloud = square(120, 90)
    lake = displaced(cloud, 1500, (40, 160))
    found = cast(cloud, cloud, under(cloud, np.zeros_like(cloud), lake), away_from(40, 160))
    assert not found.mask.any()


def test_a_lake_does_not_draw_a_shadow_to_itself() -> None:
    sun = (40, 180)
    cloud = square(150, 90)
    truth, lake = displaced(cloud, 1000, sun), displaced(cloud, 2000, sun)
    found = cast(cloud, cloud, under(cloud, truth, lake), away_from(*sun))
    assert overlap(found.mask, truth) > 0.7
    assert not (found.mask & lake).any()


def test_dark_ground_on_the_wrong_side_is_no_shadow() -> None:
    cloud = square(90, 90)
    wrong = displaced(cloud, 1500, (40, 340))
    found = cast(cloud, cloud, under(cloud, wrong), away_from(40, 160))
    assert not found.mask.any()


def test_clouds_of_two_layers_cast_each_from_its_height() -> None:
    sun = (45, 180)
    low, high = square(150, 30), square(150, 130, 20)
    truth = displaced(low, 800, sun) | displaced(high, 2600, sun)
    clouds = low | high
    found = cast(clouds, clouds, under(clouds, truth), away_from(*sun))
    assert not (truth & ~found.mask).any()
    assert found.heights_m == (800, 2600)


def test_a_cloud_whose_shadow_is_hidden_stands_as_high_as_the_others() -> None:
    sun = (45, 180)
    one, other = square(150, 30), square(150, 130)
    screen = np.zeros_like(one)
    screen[100:125, 120:170] = True  # another layer above the shadow of the second cloud
    truth = displaced(one, 800, sun) | displaced(other, 800, sun)
    screen &= ~square(123, 138, 3)  # but for a little hole
    bands = under(one | other | screen, truth)
    found = cast(one | other, one | other | screen, bands, away_from(*sun))
    assert 800 in found.heights_m
    assert found.mask[124, 139]


def test_ground_brighter_than_its_surroundings_is_in_the_shadow_all_the_same() -> None:
    sun = (40, 160)
    cloud = square(160, 160, 30)
    truth = displaced(cloud, 1200, sun)
    bands = under(cloud, truth)
    rows, columns = np.nonzero(truth)
    pit = square(int(rows.min()) + 12, int(columns.min()) + 12, 6)
    for name in bands:
        bands[name][pit] *= 3.5
    found = cast(cloud, cloud, bands, away_from(*sun))
    assert found.mask[pit].all()


def test_what_is_no_data_is_no_shadow() -> None:
    sun = (40, 160)
    cloud = square(90, 90)
    truth = displaced(cloud, 1500, sun)
    bands = under(cloud, truth)
    for name in bands:
        bands[name][:, :100] = np.nan
    found = cast(cloud & ~np.isnan(bands["B8A"]), cloud, bands, away_from(*sun))
    assert not found.mask[:, :100].any()


def test_darkness_is_relative_to_the_land_around() -> None:
    nothing = np.zeros((SIZE, SIZE), dtype=bool)
    dark = square(90, 90, 3)
    bands = under(nothing, dark, water=square(10, 10, 5))
    darkness = darker_than_nearby(bands, nothing)
    assert darkness[91, 91] == pytest.approx(0.6, abs=0.01)
    assert darkness[150, 20] == pytest.approx(0.0, abs=0.01)
    assert np.isnan(darkness[12, 12])


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -2), (-4, 5), (250, 0), (0, -200)])
def test_what_is_shifted_out_does_not_come_back(down: int, right: int) -> None:
    values = np.arange(1, SIZE * SIZE + 1).reshape(SIZE, SIZE)
    found = shifted(values, down, right)
    rows, columns = np.indices(values.shape)
    from_row, from_column = rows - down, columns - right
    inside = (from_row >= 0) & (from_row < SIZE) & (from_column >= 0) & (from_column < SIZE)
    expected = np.where(
        inside, values[from_row.clip(0, SIZE - 1), from_column.clip(0, SIZE - 1)], 0
    )
    np.testing.assert_array_equal(found, expected)


# A real cloud mask over fields, woods, water and a town in Flanders; the sun's place isn't in the
# files.


def real_clouds(folder: Path) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.float32]]]:
    """Bright clouds, and the bands at 20 m."""

    def band(name: str) -> NDArray[np.float32]:
        with rasterio.open(folder / f"ref_input_S2_{name}.tif") as dataset:
            pixels = dataset.read(1).astype(np.float32) / 10000
        height, width = pixels.shape
        return pixels.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))

    cloud = ndimage.binary_opening((band("B02") > 0.2) & (band("B04") > 0.15))
    return cloud, {name: band(name) for name in GROUND}


def shadows_by(
    azimuth: float, cloud_flags: tuple[NDArray[np.bool_], dict[str, NDArray[np.float32]]]
) -> Shadows:
    cloud, bands = cloud_flags
    return cast(cloud, ndimage.binary_dilation(cloud, iterations=2), bands, away_from(50, azimuth))


def test_real_shadows_are_found_where_the_morning_sun_casts_them(
    require_data: Callable[[str], Path],
) -> None:
    cloud_flags = real_clouds(require_data("t31u_native_10m"))
    found = {azimuth: shadows_by(azimuth, cloud_flags).mask for azimuth in (70, 115, 163, 205, 250)}
    darkness = darker_than_nearby(cloud_flags[1], cloud_flags[0])
    # The satellite passes before noon: only a sun in the south-south-east explains the dark ground.
    best = found[163]
    assert all(best.sum() > 1.3 * mask.sum() for azimuth, mask in found.items() if azimuth != 163)
    assert np.nanmedian(darkness[best]) > 0.4
    # The large shadow in the north-west of the picture, and the large lake.
    assert best[110:160, 40:95].mean() > 0.8
    assert best[375:425, 80:110].mean() < 0.05
