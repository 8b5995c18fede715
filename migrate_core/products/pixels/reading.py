"""Reading windows of a product's pixels: only what is needed is decoded."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from ...errors import ProductError
from ...files.regular import check_regular, is_regular
from ...grid import PixelGrid, Window, block, window_of
from ...logs.redaction import without_secrets
from ..access import forget_logins, redact_logs
from ..jp2.byte_ranges import Location, locate
from ..jp2.errors import UnsuitableError
from ..jp2.shared_tiles import many_expected, read_shared
from ..product import GEOTIFF, JPEG2000, BandFile, Product
from ..remembered import Remembered
from ..remote.jp2 import georeference_of, read_remote_jp2
from ..remote.opening import fetch_ahead, on_remote
from ..threads import each
from .georeference import check_georeference, check_on_disk
from .quiet import quiet
from .resampling import NO_DATA, REACH, SATURATED, upsample

# GDAL's block cache, in bytes (an int given to rasterio.Env counts bytes). The default of 5 % of
# the memory, per worker, is far more than the few JPEG 2000 tiles that a window touches.
_CACHE_BYTES = 192 * 2**20
_GDAL = {
    "GDAL_CACHEMAX": _CACHE_BYTES,
    # No sidecar files: they cost a listing of the folder or archive and could redefine pixels.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    # An item can name any host: a login for another one must not go there.
    "GDAL_HTTP_NETRC": "NO",
}

# Files whose georeference was found to be that of their product, and how many are remembered.
_CHECKED_FILES = 4096
_checked: Remembered[tuple[Location, PixelGrid], bool] = Remembered(_CHECKED_FILES)

# Bands at a service wait for its answers, those on disk for a processor.
_REMOTE_THREADS = 16
_LOCAL_THREADS = max(1, min(4, os.cpu_count() or 1))

T = TypeVar("T")


def on_band(band: BandFile, read: Callable[[Any], T]) -> T:
    """What `read` makes of the opened band; tried again where `access` of the band says so.

    Opened again each time: an address may have to be signed again, and GDAL keeps what it knows of
    a file that failed. Raises ProductError, without addresses' queries, since they may be signed.
    """
    return _tried(band, lambda: _once(band, read))


def _tried(band: BandFile, attempt: Callable[[], T]) -> T:
    """What `attempt` returns, tried again as `on_band` says."""
    failures = 0
    while True:
        try:
            return attempt()
        except (RasterioError, OSError) as err:
            reason, failures = without_secrets(str(err)), failures + 1
            if band.access and band.access.retry(failures, _status(reason)):
                continue
            # Not the error itself as the cause: a log would show what it says.
            cause = OSError(reason) if band.access else err
            raise ProductError(_cannot_read(band, reason)) from cause


def _cannot_read(band: BandFile, reason: str) -> str:
    location = without_secrets(band.location)
    if band.access is None:
        return (
            f"{location}: band {band.name} can't be read ({reason}). The product is damaged or "
            "incomplete: get it again, or choose another scene."
        )
    return (
        f"{location}: band {band.name} can't be read ({reason}). The service may be down, or the "
        "scene gone: try again later, or choose another scene or source."
    )


def _once(band: BandFile, read: Callable[[Any], T]) -> T:
    forget_logins()
    location, session, options = band.location, None, dict(_GDAL)
    if band.access is None and not band.location.startswith("/vsi"):
        check_regular(Path(band.location))
    if band.access is not None:
        redact_logs()
        location = band.access.address(band.location)
        session = band.access.keys(band.location)
        options |= band.access.options(band.location)
    with quiet(), rasterio.Env(session=session, **options):
        if band.access is not None and band.driver == GEOTIFF:
            with suppress(UnsuitableError):
                return on_remote(band, band.access, read)
        with rasterio.open(location, driver=band.driver) as dataset:
            return read(dataset)


def _status(reason: str) -> int | None:
    """The HTTP status in a message of GDAL."""
    match = re.search(r"(?:response|error) code:? (\d{3})", reason)
    return int(match[1]) if match else None


def grid_of(band: BandFile) -> PixelGrid:
    """The grid of a band file by its own georeference."""

    def grid(dataset: Any) -> PixelGrid:
        if dataset.crs is None:
            location = without_secrets(band.location)
            raise ProductError(f"{location}: it has no CRS, so it isn't a usable band.")
        return PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)

    if band.driver == JPEG2000 and (access := band.access) is not None:
        with suppress(UnsuitableError):
            return grid(_tried(band, lambda: georeference_of(band, access)))
    return on_band(band, grid)


# Digital numbers by band, as a file has them, at its own resolution.
DigitalNumbers = dict[str, NDArray[np.uint16]]


def read_scene_classification(product: Product, grid: PixelGrid) -> NDArray[np.uint8] | None:
    """The SCL class of each pixel of `grid`, (height, width), 0 outside the product.

    None where the product has no scene classification (L1C).
    """
    if product.scene_classification is None:
        return None
    return read_band(product, product.scene_classification, grid, "nearest").astype(np.uint8)


def read_band(
    product: Product,
    band: BandFile,
    grid: PixelGrid,
    resampling: str,
    digital_numbers: DigitalNumbers | None = None,
) -> NDArray[np.uint16]:
    """One band, of any resolution, on `grid`, (height, width) uint16.

    `grid` is a block of the product's 10 m grid and may reach over its edges (no data there).
    Offsets are applied first, so reflectance = value / 10000; 0 is no data, 65535 saturated.
    Coarser bands are brought to 10 m by `resampling`. `digital_numbers` is filled with what the
    file has before anything is done with it. Raises ProductError.
    """
    native = native_grid(product, band, grid, resampling)
    values = read_native(product, band, native, digital_numbers)
    return values if band.resolution_m == 10 else upsample(values, native, grid, resampling)


def native_grid(product: Product, band: BandFile, grid: PixelGrid, resampling: str) -> PixelGrid:
    """The pixels of a band, at its own resolution, that its values on `grid` are made of.

    `grid` is a block of the product's 10 m grid.
    """
    factor = band.resolution_m // 10
    window = window_of(grid, product.grid)
    if factor > 1:
        window = _coarser(window, factor, REACH[resampling])
    return block(product.grid.coarser(factor), window)


def read_native(
    product: Product,
    band: BandFile,
    native: PixelGrid,
    digital_numbers: DigitalNumbers | None = None,
) -> NDArray[np.uint16]:
    """One band at its own resolution, offset applied, (height, width) uint16; else as `read_band`.

    `native` is a block of the band's grid, as `native_grid` gives it.
    """
    window = window_of(native, product.grid.coarser(band.resolution_m // 10))
    stored = _read(band, window, product)
    if digital_numbers is not None:
        digital_numbers[band.name] = stored
    return apply_offset(stored, product.offsets.get(band.name, 0))


def read_native_bands(
    product: Product,
    natives: Mapping[str, PixelGrid],
    digital_numbers: DigitalNumbers | None = None,
) -> dict[str, NDArray[np.uint16]]:
    """Bands of a product at once, by name; `natives` are blocks of their grids by the same names.

    Each is as `read_native` gives it; `digital_numbers` are filled in the product's order.
    """
    bands = [band for band in product.bands if band.name in natives]
    local = 1 if many_expected() else _LOCAL_THREADS
    threads = _REMOTE_THREADS if any(band.access for band in bands) else local
    found: list[DigitalNumbers] = [{} for _ in bands]

    def read(number: int) -> NDArray[np.uint16]:
        return read_native(product, bands[number], natives[bands[number].name], found[number])

    for band in bands:
        if band.driver == JPEG2000 and band.access is None:
            # Before the threads, each of which would open the tables of CRSs anew for it.
            with suppress(UnsuitableError):
                _check_once(band, product)
    values = each(read, range(len(bands)), threads)
    if digital_numbers is not None:
        for one in found:
            digital_numbers.update(one)
    return {band.name: pixels for band, pixels in zip(bands, values, strict=True)}


def read_decimated(
    product: Product, band: BandFile, window: Window, shape: tuple[int, int]
) -> NDArray[np.uint16]:
    """A band in a window inside the product, resampled down to `shape` (height, width).

    `window` is in 10 m pixels, from corner to corner of pixels of the band. Values are averages of
    what the file's own overviews offer: for looking at, not for training. Offsets are applied; 0 is
    no data. Raises ProductError.
    """
    factor = band.resolution_m // 10

    def read(dataset: Any) -> NDArray[np.uint16]:
        check_georeference(dataset, band, product)
        sides = (window.column, window.row, window.width, window.height)
        inside = RasterWindow(*(side // factor for side in sides))
        fetch_ahead(dataset, inside, shape)
        found: NDArray[np.uint16] = dataset.read(
            1, window=inside, out_shape=shape, resampling=Resampling.average
        )
        return found

    return apply_offset(on_band(band, read), product.offsets.get(band.name, 0))


def _coarser(window: Window, factor: int, reach: int) -> Window:
    """The coarse pixels that `window` touches, and `reach` more on each side."""
    column, row = window.column // factor - reach, window.row // factor - reach
    right = math.ceil((window.column + window.width) / factor) + reach
    bottom = math.ceil((window.row + window.height) / factor) + reach
    return Window(column, row, right - column, bottom - row)


def _read(band: BandFile, window: Window, product: Product) -> NDArray[np.uint16]:
    """A window of a band's own grid, 0 where it reaches over the edge."""
    complete = product.grid.coarser(band.resolution_m // 10)
    pixels = np.zeros((window.height, window.width), dtype=np.uint16)
    left, top = max(window.column, 0), max(window.row, 0)
    right = min(window.column + window.width, complete.width)
    bottom = min(window.row + window.height, complete.height)
    if left < right and top < bottom:
        inside = Window(left, top, right - left, bottom - top)
        target = (
            slice(top - window.row, bottom - window.row),
            slice(left - window.column, right - window.column),
        )
        pixels[target] = read_inside(band, inside, product)
    return pixels


def read_inside(band: BandFile, window: Window, product: Product) -> NDArray[np.uint16]:
    """A window that lies in the band, (height, width): from the tiles under it, or through GDAL.

    Raises ProductError.
    """

    def read(dataset: Any) -> NDArray[np.uint16]:
        check_georeference(dataset, band, product)
        inside = RasterWindow(window.column, window.row, window.width, window.height)
        fetch_ahead(dataset, inside)
        found: NDArray[np.uint16] = dataset.read(1, window=inside)
        return found

    if band.driver == JPEG2000 and band.access is None:
        with suppress(UnsuitableError):
            _check_once(band, product)
            return read_shared(band.location, window)
    if band.driver == JPEG2000 and band.access is not None:
        access = band.access
        with suppress(UnsuitableError):
            return _tried(
                band,
                lambda: read_remote_jp2(
                    band,
                    access,
                    window,
                    lambda georeference: check_georeference(georeference, band, product),
                ),
            )
    return on_band(band, read)


def _check_once(band: BandFile, product: Product) -> None:
    """`check_georeference` the first time that a file on disk is read. Raises UnsuitableError."""
    key = (locate(band.location), product.grid)
    if _checked.find(key):
        return
    try:
        if not is_regular(key[0].path):
            raise UnsuitableError("it is no regular file")
        check_on_disk(key[0], band, product)
    except UnsuitableError:  # GDAL reads all of it, or says what is wrong
        on_band(band, lambda dataset: check_georeference(dataset, band, product))
    _checked.keep(key, True)


def apply_offset(pixels: NDArray[np.uint16], offset: int) -> NDArray[np.uint16]:
    """Add a radiometric offset: 0 stays 0, 65535 stays 65535, all else is at least 1."""
    return pixels if offset == 0 else np.take(_with_offset(offset), pixels)


@lru_cache(maxsize=8)
def _with_offset(offset: int) -> NDArray[np.uint16]:
    """What each digital number becomes, by the number."""
    shifted = (np.arange(SATURATED + 1) + offset).clip(NO_DATA + 1, SATURATED - 1)
    shifted[[NO_DATA, SATURATED]] = NO_DATA, SATURATED
    return shifted.astype(np.uint16)
