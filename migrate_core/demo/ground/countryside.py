"""Fields, woods, a stream, roads and a village: the surroundings of the mines."""

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely import affinity
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from ..grids import FloatArray, ground_axis, ground_transform, to_utm
from .landscape import Landscape
from .materials import Cover
from .mines import Mine
from .noise import fractal_noise, grain, smooth_noise

DISTRICTS = 16
STRIPS, PLOTS = 64, 32
CROPS = (Cover.CEREAL, Cover.MAIZE, Cover.RAPESEED, Cover.MEADOW, Cover.FALLOW)
CROP_SHARES = (0.40, 0.18, 0.14, 0.18, 0.10)
# How much of the ground the second material covers, from the sparsest to the densest field.
CROP_DENSITY = ((0.65, 1.0), (0.2, 0.8), (0.6, 1.0), (0.35, 1.0), (0.1, 0.6))

# Local metres. Main roads keep clear of the mines; haul roads lead from each mine to one of them.
MAIN_ROADS = (
    ((-500, 2190), (900, 2080), (2250, 2010), (3600, 2260), (4900, 2480), (6500, 2300)),
    ((5350, -500), (5420, 900), (5200, 1900), (4900, 2480), (4640, 3500), (4700, 6500)),
    ((2250, 2010), (2050, 3250), (2560, 3900), (2700, 5300), (2500, 6500)),
)
STREAM = ((-500, 3210), (700, 3330), (1700, 3420), (2600, 3640), (3500, 3520), (4300, 2900),
          (5100, 2720), (6500, 2760))  # fmt: skip


def covered_by(shapes: list[BaseGeometry]) -> NDArray[np.bool_]:
    """Ground pixels whose centre lies in one of `shapes` (UTM), bool (height, width)."""
    size = len(ground_axis())
    burnt = rasterize(shapes, out_shape=(size, size), transform=ground_transform(), dtype="uint8")
    return np.asarray(burnt, bool)


def line_utm(points: tuple[tuple[float, float], ...], width_m: float) -> BaseGeometry:
    """A band of constant width along local `points`, as a UTM polygon."""
    return LineString([to_utm(x, y) for x, y in points]).buffer(width_m / 2)


def _nearest_seed(x: FloatArray, y: FloatArray, seeds: FloatArray) -> NDArray[np.intp]:
    best = np.full(x.shape, np.inf, np.float32)
    nearest = np.zeros(x.shape, np.intp)
    for index, (seed_x, seed_y) in enumerate(seeds):
        # Squared distance less x² + y², which is the same for every seed.
        distance = (seed_x**2 + seed_y**2) - 2 * seed_x * x - 2 * seed_y * y
        closer = distance < best
        np.copyto(best, distance, where=closer)
        np.copyto(nearest, index, where=closer)
    return nearest


def paint_fields(rng: np.random.Generator, ground: Landscape, relief: FloatArray) -> None:
    """Parcels of crops: each district is cut into strips of its own direction, these into plots."""
    axis = ground_axis()
    x, y = np.broadcast_to(axis, ground.cover.shape), axis[:, None]
    corners = np.stack(np.meshgrid(*[np.linspace(200, 5800, 4)] * 2), -1).reshape(-1, 2)
    seeds = (corners + rng.uniform(-650, 650, corners.shape)).astype(np.float32)
    # A slow warp bends the borders, as if they followed the terrain.
    district = _nearest_seed(x + 90 * relief, y - 90 * relief, seeds)

    direction = rng.uniform(0, np.pi, DISTRICTS).astype(np.float32)
    strip_m = rng.uniform(130, 320, DISTRICTS).astype(np.float32)
    plot_m = rng.uniform(350, 900, DISTRICTS).astype(np.float32)
    cosine, sine = np.cos(direction)[district], np.sin(direction)[district]
    across = (x * cosine + y * sine) / strip_m[district]
    along = (y * cosine - x * sine) / plot_m[district]
    strip = np.floor(across)
    strip_id = strip.astype(np.intp) % STRIPS
    along = along + rng.uniform(0, 1, STRIPS).astype(np.float32)[strip_id]
    plot_id = np.floor(along).astype(np.intp) % PLOTS
    parcel = (district * STRIPS + strip_id) * PLOTS + plot_id

    parcels = DISTRICTS * STRIPS * PLOTS
    crop = rng.choice(len(CROPS), parcels, p=CROP_SHARES)
    low, high = np.array(CROP_DENSITY, np.float32)[crop].T
    density = (low + (high - low) * rng.uniform(0, 1, parcels)).astype(np.float32)
    brightness = rng.normal(1, 0.07, parcels).clip(0.82, 1.18).astype(np.float32)
    ground.cover[...] = np.array(CROPS, np.uint8)[crop][parcel]
    ground.mix[...] = density[parcel] + 0.09 * relief
    # Tramlines of the sprayer, visible at 3 m and gone at 10 m.
    tramlines = np.cos(2 * np.pi / 21 * across * strip_m[district])
    ground.shade[...] = brightness[parcel] * (1 + 0.03 * tramlines)

    # A grass strip between fields.
    margin_m = (across - strip) * strip_m[district]
    ground.cover[margin_m < 4] = Cover.MEADOW


def paint_woods(rng: np.random.Generator, ground: Landscape, fine: FloatArray) -> None:
    """Forests with stands of conifers and broadleaves, and the shadow along their northern edge."""
    axis = ground_axis()
    wooded = fractal_noise(rng, axis, axis, (1500, 600, 120)) > 0.85
    stands = smooth_noise(rng, axis, axis, 260)
    crowns = grain(rng, *wooded.shape)
    ground.cover[wooded] = Cover.FOREST
    ground.mix[wooded] = (0.4 + 0.6 * np.tanh(1.5 * stands) + 0.1 * fine)[wooded]
    ground.shade[wooded] = (1 + 0.13 * crowns)[wooded]
    # Trees of some 20 m and a sun in the south-south-east: shadow over 12 m to the north.
    shadow = ~wooded & np.roll(wooded, (-4, -2), axis=(0, 1))
    ground.shade[shadow] *= 0.55


def paint_stream(rng: np.random.Generator, ground: Landscape, fine: FloatArray) -> None:
    """A stream with trees on its banks."""
    axis = ground_axis()
    meander = 38 * smooth_noise(rng, axis, axis[:1], 170)[:, 0]
    x, y = np.array(STREAM, float).T
    smoothed = np.convolve(np.pad(np.interp(axis, x, y), 60, "edge"), np.ones(121) / 121, "valid")
    distance = np.abs(axis[:, None] - (smoothed + meander)[None, :])
    trees = (distance < 18 + 14 * smooth_noise(rng, axis, axis, 60)) & (distance < 60)
    ground.cover[trees] = Cover.FOREST
    ground.mix[trees] = 0.85
    ground.shade[trees] = (1 + 0.1 * fine)[trees]
    water = distance < 6.5
    ground.cover[water] = Cover.RIVER
    ground.mix[water] = 0.2
    ground.shade[water] = 1


def paint_roads(ground: Landscape, mines: tuple[Mine, ...]) -> None:
    """Main roads, and a haul road from each pit to the nearest of them."""
    roads = [LineString([to_utm(x, y) for x, y in points]) for points in MAIN_ROADS]
    shapes: list[BaseGeometry] = [road.buffer(4.5) for road in roads]
    for mine in mines:
        centre = mine.pit.polygon().centroid
        road = min(roads, key=centre.distance)
        target = road.interpolate(road.project(centre))
        shapes.append(LineString([centre, target]).buffer(6))
    here = covered_by(shapes)
    ground.cover[here] = Cover.ROAD
    ground.mix[here] = 0.1
    ground.shade[here] = 1


def paint_village(rng: np.random.Generator, ground: Landscape) -> None:
    """Houses in gardens on both sides of a stretch of road."""
    (start_x, start_y), (end_x, end_y) = (5400, 100), (5300, 1500)
    gardens = line_utm(((start_x, start_y), (5420, 900), (end_x, end_y)), 170)
    houses: list[BaseGeometry] = []
    for share in np.linspace(0, 1, 62):
        for side in (-1, 1):
            depth = side * rng.choice([22, 58]) + rng.uniform(-5, 5)
            x = start_x + share * (end_x - start_x) + 55 * np.sin(np.pi * share) + depth
            width, length = rng.uniform(9, 14), rng.uniform(10, 19)
            east, north = to_utm(float(x), float(start_y + share * (end_y - start_y)))
            house = box(east - width / 2, north - length / 2, east + width / 2, north + length / 2)
            houses.append(affinity.rotate(house, rng.uniform(-12, 12)))
    axis = ground_axis()
    trees = smooth_noise(rng, axis, axis, 20) > 0.6
    road = ground.cover == Cover.ROAD
    inside = covered_by([gardens]) & ~road
    for here, cover, mix in (
        (inside, Cover.MEADOW, 0.75),
        (inside & trees, Cover.FOREST, 0.8),
        (covered_by(houses) & ~road, Cover.HOUSE, 0.15),
    ):
        ground.cover[here] = cover
        ground.mix[here] = mix
        ground.shade[here] = 1
