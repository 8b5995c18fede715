"""Clouds, their shadows and cirrus over the granule at 10 m, and where the swath ends."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from .acquisitions import Acquisition, Disc
from .grids import GRANULE_M, ByteArray, FloatArray, any_in_block, granule_axis, to_utm
from .ground.mines import Mine
from .ground.noise import fractal_noise, smooth_noise

# The clouds reaches this far beyond the granule: clouds outside cast shadows into it.
CLOUD_MARGIN_PIXELS = 120
FORCED = 2.5


class CloudClass(IntEnum):
    """What a 10 m pixel of the granule sees; the values of `clouds_*.tif`."""

    CLEAR = 0
    CLOUD = 1
    SHADOW = 2
    CIRRUS = 3
    NO_DATA = 255


@dataclass(frozen=True)
class CloudLayers:
    """The clouds over the granule, float32 shares 0...1 on its 10 m grid.

    Where there is no cloud, shadow or cirrus the share is exactly 0, so that clear pixels are
    the ground and nothing else. `covered` is the polygon (UTM) in which there are data.
    """

    cloud: FloatArray
    shadow: FloatArray
    cirrus: FloatArray
    no_data: NDArray[np.bool_]
    covered: Polygon

    def classes(self) -> ByteArray:
        """The `CloudClass` of each pixel, uint8 (height, width)."""
        return np.select(
            [self.no_data, self.cloud > 0, self.shadow > 0, self.cirrus > 0],
            [CloudClass.NO_DATA, CloudClass.CLOUD, CloudClass.SHADOW, CloudClass.CIRRUS],
            CloudClass.CLEAR,
        ).astype(np.uint8)

    def no_data_at(self, resolution_m: int) -> NDArray[np.bool_]:
        """Pixels that lie, if only in part, where the swath has ended."""
        return any_in_block(self.no_data, resolution_m // 10)


def shadow_offset_m(acquisition: Acquisition) -> tuple[float, float]:
    """From a cloud to its shadow, local metres (x, y): away from the sun, height * tan(zenith).

    The view is taken to be from straight above; at the few degrees given in the metadata a cloud
    moves by less than its own edge is wide.
    """
    azimuth = np.radians(acquisition.sun_azimuth_deg)
    length = acquisition.weather.cloud_height_m * np.tan(np.radians(acquisition.sun_zenith_deg))
    return float(-length * np.sin(azimuth)), float(length * np.cos(azimuth))


def _bumps(x: FloatArray, y: FloatArray, discs: list[Disc], power: int) -> FloatArray:
    """The highest of smooth bumps of height 1 over each disc; a higher power has a flatter top."""
    result = np.zeros((len(y), len(x)), np.float32)
    for centre_x, centre_y, radius in discs:
        squared = ((x[None, :] - centre_x) ** 2 + (y[:, None] - centre_y) ** 2) / radius**2
        np.maximum(result, np.exp(-(squared ** (power / 2))), out=result)
    return result


def _discs_over(mines: tuple[Mine, ...], names: tuple[str, ...], extra_m: float) -> list[Disc]:
    return [
        (mine.pit.x, mine.pit.y, max(mine.pit.semi_axes_m) * 1.1 + extra_m)
        for mine in mines
        if mine.name in names
    ]


def _cumulus(
    rng: np.random.Generator, axis: FloatArray, acquisition: Acquisition, mines: tuple[Mine, ...]
) -> FloatArray:
    """Opacity 0...1 of low clouds on the clouds own grid; at least 0.2 where there is any."""
    weather = acquisition.weather
    if not weather.cumulus and not weather.cloudy_mines:
        return np.zeros((len(axis), len(axis)), np.float32)
    cloudy = _discs_over(mines, weather.cloudy_mines, 200)
    density = 1.6 * _bumps(axis, axis, [*weather.cumulus, *cloudy], 3) - 0.95
    density += 0.27 * fractal_noise(rng, axis, axis, (420, 170, 70, 30))
    clear = _discs_over(mines, weather.clear_mines, 130)
    shadow_x, shadow_y = shadow_offset_m(acquisition)
    # A cloud that stands toward the sun from a mine would shade it.
    clear += [(x - shadow_x, y - shadow_y, radius) for x, y, radius in clear]
    density -= FORCED * _bumps(axis, axis, clear, 6)
    rising = (density / 0.7).clip(0, 1)
    smooth = rising * rising * (3 - 2 * rising)
    return np.where(density > 0, 0.2 + 0.8 * smooth, 0).astype(np.float32)


def _cirrus(
    rng: np.random.Generator, axis: FloatArray, acquisition: Acquisition, mines: tuple[Mine, ...]
) -> FloatArray:
    """Opacity of high thin cloud, in streaks; 0.05 to 0.29 where there is any."""
    weather = acquisition.weather
    if not weather.cirrus:
        return np.zeros((len(axis), len(axis)), np.float32)
    streaks = smooth_noise(rng, axis, axis, (800, 260)) + smooth_noise(rng, axis, axis, (420, 90))
    density = 1.5 * _bumps(axis, axis, list(weather.cirrus), 2) - 0.75 + 0.17 * streaks
    density -= FORCED * _bumps(axis, axis, _discs_over(mines, weather.clear_mines, 130), 6)
    return np.where(density > 0, 0.05 + 0.3 * density.clip(0, 0.8), 0).astype(np.float32)


def _covered(acquisition: Acquisition) -> Polygon:
    """The part of the granule inside the swath, UTM."""
    east: list[tuple[float, float]] = [(GRANULE_M, 0), (GRANULE_M, GRANULE_M)]
    if acquisition.swath_edge_m is not None:
        north, south = acquisition.swath_edge_m
        leaves = GRANULE_M * (north - GRANULE_M) / (north - south)
        east = [(GRANULE_M, 0), (GRANULE_M, leaves), (south, GRANULE_M)]
    return Polygon([to_utm(x, y) for x, y in ((0, 0), *east, (0, GRANULE_M))])


def _no_data(acquisition: Acquisition) -> NDArray[np.bool_]:
    axis = granule_axis(10)
    if acquisition.swath_edge_m is None:
        return np.zeros((len(axis), len(axis)), bool)
    north, south = acquisition.swath_edge_m
    edge = north + (south - north) * axis / GRANULE_M
    return np.asarray(axis[None, :] > edge[:, None])


def make_clouds(
    rng: np.random.Generator, acquisition: Acquisition, mines: tuple[Mine, ...]
) -> CloudLayers:
    """The clouds of one acquisition: clouds by its weather, shadows by its sun."""
    margin = CLOUD_MARGIN_PIXELS
    pixels = len(granule_axis(10))
    axis = (np.arange(-margin, pixels + margin, dtype=np.float32) + 0.5) * 10
    cloud = _cumulus(rng, axis, acquisition, mines)
    cirrus = _cirrus(rng, axis, acquisition, mines)
    shift_x, shift_y = (round(metres / 10) for metres in shadow_offset_m(acquisition))

    def clip(array: FloatArray, down: int = 0, right: int = 0) -> FloatArray:
        rows = slice(margin - down, margin - down + pixels)
        columns = slice(margin - right, margin - right + pixels)
        return array[rows, columns]

    return CloudLayers(
        cloud=clip(cloud),
        shadow=clip(cloud, down=shift_y, right=shift_x),
        cirrus=clip(cirrus),
        no_data=_no_data(acquisition),
        covered=_covered(acquisition),
    )
