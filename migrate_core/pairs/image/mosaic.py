"""The pixels of a pair's image, put together of the parts of one acquisition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, PixelGrid, Window, block, in_crs, is_block_of
from ...products.pixels.reading import DigitalNumbers, native_grid, read_native_bands
from ...products.pixels.reprojection import bilinear, grid_covering, nearest, pixel_centres
from ...products.pixels.resampling import NO_DATA, upsample
from ...products.product import BandFile, Product

# What the files of each product have, by its number.
DigitalNumbersOf = dict[int, DigitalNumbers]
# The sides of the pixels of all resolutions meet every 60 m.
_COMMON = 6
# A difference in digital numbers (reflectance x 10000) that two processings of one measurement
# should not show: tiles of L2A are corrected for the atmosphere one by one and differ by less.
FAR_APART = 50


@dataclass(frozen=True)
class Overlap:
    """How a product agrees with those before it where both have data, in the 10 m bands.

    Of `pixels`, the share `differing` isn't equal in each band, `far_apart` by more than FAR_APART;
    `largest` is the largest difference (reflectance x 10000). None where there is no such pixel.
    """

    pixels: int = 0
    differing: float | None = None
    far_apart: float | None = None
    largest: int | None = None


@dataclass(frozen=True, eq=False)
class Mosaic:
    """`image` (bands, height, width) uint16, and which product each pixel is from.

    `origin` (height, width) uint8 is the number of that product in the order given. `resampled`
    holds the numbers of products on another grid, whose pixels are interpolated; `overlaps` are
    by product, none for the first and for what wasn't compared. `digital_numbers` is what
    the files have of each product that was read.
    """

    image: NDArray[np.uint16]
    origin: NDArray[np.uint8]
    resampled: frozenset[int] = frozenset()
    overlaps: tuple[Overlap, ...] = ()
    digital_numbers: DigitalNumbersOf = field(default_factory=dict)

    def part(self, window: Window) -> Mosaic:
        """What lies in a window; `digital_numbers` stay whole."""
        where = window.slices
        return replace(self, image=self.image[:, *where], origin=self.origin[where])


def mosaic(products: Sequence[Product], grid: PixelGrid, resampling: str) -> Mosaic:
    """The image of all products; later ones fill where earlier ones have no data.

    Products on the grid of the first, of which `grid` is a block, are put together at the
    resolution of each band before coarser ones come up to 10 m: nothing is resampled that would not
    be in a single product, and no seam shows. What is still without data then comes from products
    on another grid (that of another UTM zone), resampled. A product is read only when something
    is missing.
    """
    same = [number for number, one in enumerate(products) if on_one_grid(one, products[0])]
    digital_numbers: DigitalNumbersOf = {}
    parts = _Parts(products[0], grid, resampling, digital_numbers)
    overlaps = [Overlap() for _ in products]
    for number in same[1:]:
        if parts.complete:
            break
        overlaps[number] = parts.fill(products[number], number)
    image, origin = parts.image(), parts.origin
    others = [number for number in range(len(products)) if number not in same]
    for number in others:
        part = _Part(number, products[number], products[0].bands, digital_numbers)
        _fill_from_other_grid(image, origin, part, grid)
    return Mosaic(image, origin, frozenset(others), tuple(overlaps), digital_numbers)


def on_grid(
    product: Product,
    grid: PixelGrid,
    read: Callable[[Product, PixelGrid], NDArray[np.uint8] | None],
) -> NDArray[np.uint8] | None:
    """Classes of a product on `grid`, (height, width) uint8, whatever grid either is on.

    `read` gives them on a block of the product's own 10 m grid, None where it has none. On
    another grid each pixel gets the class of the place of its centre.
    """
    own = in_crs(grid, product.grid.crs)
    if own is not None and is_block_of(own, product.grid):
        return read(product, own)
    x, y = pixel_centres(grid, product.grid.crs)
    source = grid_covering(product.grid, x, y)
    classes = read(product, source)
    return None if classes is None else nearest(classes, source, x, y)


def on_one_grid(product: Product, first: Product) -> bool:
    """Whether the bands of all resolutions of two products are parts of one grid each.

    All tiles of a UTM zone are: their corners are at multiples of 60 m from one point.
    """
    own = in_crs(product.grid, first.grid.crs)
    return own is not None and is_block_of(own.coarser(_COMMON), first.grid.coarser(_COMMON))


@dataclass(frozen=True)
class _Part:
    """A product on another grid: its number, the bands that are wanted of it, what files have.

    `digital_numbers` is filled when it is read.
    """

    number: int
    product: Product
    bands: Sequence[BandFile]
    digital_numbers: DigitalNumbersOf


class _Parts:
    """Bands at their own resolutions on the grid of the first product, being filled."""

    def __init__(
        self, first: Product, grid: PixelGrid, resampling: str, digital_numbers: DigitalNumbersOf
    ) -> None:
        self._bands = first.bands
        self._fine = [band.name for band in first.bands if _is_fine(band)]
        self._grid = grid
        self._resampling = resampling
        self._native = {
            band.name: native_grid(first, band, grid, resampling) for band in first.bands
        }
        numbers = digital_numbers.setdefault(0, {})
        self._values = read_native_bands(first, self._native, numbers)
        self._digital_numbers = digital_numbers
        self.origin = np.zeros(grid.shape, dtype=np.uint8)

    @property
    def complete(self) -> bool:
        """Whether no band lacks a pixel, also of those beside the grid that reach into it."""
        return all((values != NO_DATA).all() for values in self._values.values())

    def fill(self, product: Product, number: int) -> Overlap:
        """Take from a product what is missing; how it agrees with what was there."""
        natives = {
            name: own
            for name, native in self._native.items()
            if (own := in_crs(native, product.grid.crs)) is not None
        }
        numbers = self._digital_numbers.setdefault(number, {})
        found = read_native_bands(product, natives, numbers)
        shared = [name for name in self._fine if name in found]
        mine, theirs = self._stack(self._values, self._fine), self._stack(found, shared)
        overlap = compared(self._stack(self._values, shared), theirs)
        # The 10 m bands of a pixel are all from one product: the one with more of them there.
        better = _with_data(theirs) > _with_data(mine)
        self.origin[better] = number
        for name, values in found.items():
            taken = better if name in shared else self._values[name] == NO_DATA
            self._values[name] = np.where(taken, values, self._values[name])
        return overlap

    def _stack(
        self, values: Mapping[str, NDArray[np.uint16]], names: Sequence[str]
    ) -> NDArray[np.uint16]:
        """10 m bands as (bands, height, width)."""
        return np.array([values[name] for name in names], np.uint16).reshape(-1, *self._grid.shape)

    def image(self) -> NDArray[np.uint16]:
        """All bands on the grid, (bands, height, width)."""
        return np.stack([self._on_grid(band) for band in self._bands])

    def _on_grid(self, band: BandFile) -> NDArray[np.uint16]:
        values = self._values[band.name]
        if _is_fine(band):
            return values
        return upsample(values, self._native[band.name], self._grid, self._resampling)


def _is_fine(band: BandFile) -> bool:
    return band.resolution_m == 10


def _with_data(bands: NDArray[np.uint16]) -> NDArray[np.intp]:
    """How many of the bands (bands, height, width) have data in each pixel."""
    counted: NDArray[np.intp] = (bands != NO_DATA).sum(axis=0)
    return counted


def compared(one: NDArray[np.uint16], other: NDArray[np.uint16]) -> Overlap:
    """How two products agree; both are the same 10 m bands (bands, height, width)."""
    both = ((one != NO_DATA) & (other != NO_DATA)).all(axis=0) if len(one) else np.zeros(0, bool)
    if not both.any():
        return Overlap()
    apart = np.abs(one[:, both].astype(np.int32) - other[:, both]).max(axis=0)
    return Overlap(
        pixels=int(apart.size),
        differing=round(float(np.mean(apart > 0)), 6),
        far_apart=round(float(np.mean(apart > FAR_APART)), 6),
        largest=int(apart.max()),
    )


def _fill_from_other_grid(
    image: NDArray[np.uint16], origin: NDArray[np.uint8], part: _Part, grid: PixelGrid
) -> None:
    """Fill what `image` lacks, in place, from a product on another grid."""
    missing = (image == NO_DATA).any(axis=0)
    if not missing.any():
        return
    window = _bounding_window(missing)
    here = window.slices
    there = image[:, *here]
    found = _resampled(part, block(grid, window))
    fine = [number for number, band in enumerate(part.bands) if _is_fine(band)]
    better = _with_data(found[fine]) > _with_data(there[fine])
    taken = there == NO_DATA
    taken[fine] = False
    taken |= better
    there[taken] = found[taken]
    origin[here][better] = part.number


def _bounding_window(wanted: BoolArray) -> Window:
    """The smallest window with all that is wanted."""
    rows, columns = np.flatnonzero(wanted.any(axis=1)), np.flatnonzero(wanted.any(axis=0))
    row, column = int(rows[0]), int(columns[0])
    return Window(column, row, int(columns[-1]) + 1 - column, int(rows[-1]) + 1 - row)


def _resampled(part: _Part, grid: PixelGrid) -> NDArray[np.uint16]:
    """The bands of a part, of any grid, on `grid`, (bands, height, width), bilinear."""
    product, digital_numbers = part.product, part.digital_numbers.setdefault(part.number, {})
    x, y = pixel_centres(grid, product.grid.crs)
    own = {band.name: band for band in product.bands}
    natives = {
        wanted.name: grid_covering(product.grid.coarser(own[wanted.name].resolution_m // 10), x, y)
        for wanted in part.bands
        if wanted.name in own
    }
    values = read_native_bands(product, natives, digital_numbers)
    found = np.zeros((len(part.bands), *grid.shape), dtype=np.uint16)
    for number, wanted in enumerate(part.bands):
        if wanted.name in natives:
            found[number] = bilinear(values[wanted.name], natives[wanted.name], x, y)
    return found
