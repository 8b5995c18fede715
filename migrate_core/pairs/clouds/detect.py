"""Clouds over a pair as s2cloudless or the product's own mask see them, and their shadows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, PixelGrid, in_crs
from ...products.pixels.cloud_masks import CIRRUS, NOT_KNOWN, OPAQUE, SNOW, read_cloud_mask
from ...products.product import Product
from ...products.scene_classes import Flag
from ...products.threads import each
from . import detector, shadows, spectral
from .methods import S2CLOUDLESS
from .window import (
    CLOUD_M,
    SHADOW_M,
    Reach,
    Reflectance,
    at_pixels,
    coarsened,
    padded,
    reach,
    read_reflectance,
    repeated,
)

_FACTOR = CLOUD_M // SHADOW_M
# Those at a service wait for its answers; those on disk GDAL decodes with all processors anyway.
_BANDS_AT_ONCE = 4
NOTHING = Flag(0)


@dataclass(frozen=True, eq=False)
class CloudFlags:
    """`flags` (height, width) uint8 of `quality.Flag`, and which of them are `known` at all.

    `heights_m` are those of clouds whose shadows were found; `without` says in words why a kind
    isn't known. `disputed` (height, width) is where s2cloudless sees nothing and the product's own
    mask opaque cloud; None where there is nothing to compare.
    """

    flags: NDArray[np.uint8]
    known: Flag
    heights_m: tuple[int, ...] = ()
    without: tuple[str, ...] = ()
    disputed: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class _Clouds:
    """What occludes the ground from above on a grid of 60 m; `body` casts shadows.

    `disputed` is where the product's own mask has opaque cloud and this sees nothing.
    """

    cloud: BoolArray
    body: BoolArray
    cirrus: BoolArray
    snow: BoolArray
    known: Flag
    disputed: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class _Bands:
    """Reflectances around a pair, at 60 m and those for shadows at 20 m; NaN for no data."""

    coarse: Mapping[str, Reflectance]
    fine: Mapping[str, Reflectance] = field(default_factory=dict)


def look(products: Sequence[Product], grid: PixelGrid, method: str) -> CloudFlags:
    """What occludes the pixels of `grid` (10 m), by s2cloudless or the product's own mask.

    `products` are parts of one acquisition on one grid of 60 m pixels, seen together, so that a
    cloud in one shades another; `grid` is a block of that of the first. Clouds are assessed on a
    window wider to the sun's side. Raises ProductError.
    """
    first = products[0]
    away = None if first.sun is None else reach(first.sun)
    window = padded(grid, products, away)
    nothing = np.zeros(grid.shape, dtype=np.uint8)
    if window is None:
        return CloudFlags(nothing, NOTHING, without=("the pair lies outside of the product",))
    bands = _read(products, window, method)
    if method == S2CLOUDLESS:
        clouds = _by_s2cloudless(products, window, bands)
    else:
        clouds = _by_mask(products, window, bands)
    if not clouds.known:
        return CloudFlags(nothing, NOTHING, without=("the cloud mask says nothing of this place",))
    return _flagged(clouds, bands, window, grid, away)


def _read(products: Sequence[Product], window: PixelGrid, method: str) -> _Bands:
    """The bands that the method and the shadows need and that every product has."""
    there = set.intersection(*({band.name for band in product.bands} for product in products))
    wanted = {*spectral.SNOW_BANDS, *(detector.BANDS if method == S2CLOUDLESS else ())}
    fine_grid = window.finer(_FACTOR)
    fine: dict[str, Reflectance] = {}
    if there.issuperset(shadows.BANDS):
        fine = _read_at_once(products, shadows.BANDS, fine_grid)
    coarse = {name: coarsened(values, _FACTOR) for name, values in fine.items()}
    coarse |= _read_at_once(products, sorted((wanted & there) - coarse.keys()), window)
    return _Bands(coarse, fine)


def _read_at_once(
    products: Sequence[Product], names: Sequence[str], grid: PixelGrid
) -> dict[str, Reflectance]:
    """Bands on a coarse grid by name, several at once."""
    found = each(lambda name: read_reflectance(products, name, grid), names, _BANDS_AT_ONCE)
    return dict(zip(names, found, strict=True))


def _by_s2cloudless(products: Sequence[Product], window: PixelGrid, bands: _Bands) -> _Clouds:
    """What s2cloudless calls cloud is thin where cirrus lets the ground shine through."""
    found = detector.detect(bands.coarse)
    cirrus = spectral.cirrus(bands.coarse)
    mask = _merged_masks(products, window)
    if mask is not None:
        cirrus = cirrus | (mask == CIRRUS)
    thin = cirrus & spectral.see_through(bands.coarse)
    clouds = _with_snow(found.cloud & ~thin, found.body & ~thin, cirrus, None, bands)
    if mask is None:
        return clouds
    return replace(clouds, disputed=(mask == OPAQUE) & ~found.cloud & ~cirrus)


def _by_mask(products: Sequence[Product], window: PixelGrid, bands: _Bands) -> _Clouds:
    mask = _merged_masks(products, window)
    if mask is None or (mask == NOT_KNOWN).all():
        nowhere = np.zeros(window.shape, dtype=bool)
        return _Clouds(nowhere, nowhere, nowhere, nowhere, NOTHING)
    tells_snow = all(one.cloud_mask and one.cloud_mask.classes for one in products)
    cloud = mask == OPAQUE
    return _with_snow(cloud, cloud, mask == CIRRUS, mask == SNOW if tells_snow else None, bands)


def _with_snow(
    cloud: BoolArray, body: BoolArray, cirrus: BoolArray, snow: BoolArray | None, bands: _Bands
) -> _Clouds:
    """Snow as the mask tells it, else by its reflectance, else not known."""
    known = Flag.CLOUD | Flag.CIRRUS | Flag.SNOW
    if snow is None and all(name in bands.coarse for name in spectral.SNOW_BANDS):
        # Cloud of ice looks like snow, too.
        snow = spectral.snow(bands.coarse) & ~cloud & ~cirrus
    if snow is None:
        snow, known = np.zeros_like(cloud), known & ~Flag.SNOW
    return _Clouds(cloud, body, cirrus, snow, known)


def _merged_masks(products: Sequence[Product], window: PixelGrid) -> NDArray[np.uint8] | None:
    """The cloud masks of all products on one grid; where several know, the worst counts."""
    found = [mask for product in products if (mask := _own_mask(product, window)) is not None]
    if len(found) < len(products):
        return None
    merged = found[0]
    for mask in found[1:]:
        for kind in (SNOW, CIRRUS, OPAQUE):
            merged = np.where((mask == kind) & (merged != OPAQUE), kind, merged)
        merged = np.where(merged == NOT_KNOWN, mask, merged)
    return merged


def _own_mask(product: Product, window: PixelGrid) -> NDArray[np.uint8] | None:
    """The cloud mask of a product, whose northings may be those of the other hemisphere."""
    own = in_crs(window, product.grid.crs)
    return None if own is None else read_cloud_mask(product, own)


def _flagged(
    clouds: _Clouds, bands: _Bands, window: PixelGrid, grid: PixelGrid, away: Reach | None
) -> CloudFlags:
    """Flags at 10 m: each pixel takes those of the coarse one that it lies in."""
    flags = np.zeros(grid.shape, dtype=np.uint8)
    kinds = {Flag.CLOUD: clouds.cloud, Flag.CIRRUS: clouds.cirrus, Flag.SNOW: clouds.snow}
    for flag, where in kinds.items():
        flags[at_pixels(where, window, grid)] |= np.uint8(flag)
    cloud_flags = CloudFlags(flags, clouds.known)
    if clouds.disputed is not None:
        cloud_flags = replace(cloud_flags, disputed=at_pixels(clouds.disputed, window, grid))
    if away is None:
        nowhere = "the product doesn't tell where the sun stood, or it stood at the horizon"
        return replace(cloud_flags, without=(nowhere,))
    if not bands.fine:
        return replace(cloud_flags, without=("bands that tell shadows are missing",))
    found = shadows.cast(
        repeated(clouds.body, _FACTOR), repeated(clouds.cloud, _FACTOR), bands.fine, away
    )
    shaded = at_pixels(found.mask, window.finer(_FACTOR), grid)
    flags[shaded] |= np.uint8(Flag.SHADOW)
    return replace(cloud_flags, known=clouds.known | Flag.SHADOW, heights_m=found.heights_m)
