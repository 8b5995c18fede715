"""Opening a band at a service with GDAL, over the bytes that are fetched of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import rasterio

from ...errors import TransferError
from ..access import Access, Piece
from ..product import BandFile
from ..remembered import Remembered
from .file import HEAD_BYTES, ChangedError, Extent, FileForGdal, RemoteFile

T = TypeVar("T")

# Of the bands of some forty products, by the address without a signature: 8 MB.
_HEADS = 512
_heads: Remembered[str, Piece] = Remembered(_HEADS)
# The file behind a dataset that is open just now, by the dataset's name.
_open: dict[str, RemoteFile] = {}


def on_remote(band: BandFile, access: Access, read: Callable[[Any], T]) -> T:
    """What `read` makes of the opened band; its header is fetched once in the life of the process.

    Raises UnsuitableError where only GDAL can read it, RasterioError and OSError (with the HTTP
    status that ended it, where one did) for what may be tried again, and MigrateError.
    """
    try:
        return _read(band, access, read)
    except ChangedError:
        _heads.forget(band.location)
    try:
        return _read(band, access, read)
    except ChangedError:
        raise OSError("it changes while it is read") from None


def _read(band: BandFile, access: Access, read: Callable[[Any], T]) -> T:
    with as_os_error(), remote_file(access, band.location) as file:
        failures: list[Exception] = []
        try:
            with opened(band, file, failures) as dataset:
                found = read(dataset)
        finally:
            if failures:  # what GDAL says of them is only that there are no bytes
                raise failures[0]
        return found


@contextmanager
def as_os_error() -> Iterator[None]:
    """What a service couldn't do as an OSError, with its status as GDAL says it."""
    try:
        yield
    except TransferError as err:
        reason = f"HTTP response code: {err.status}" if err.status else str(err.__cause__ or err)
        raise OSError(reason) from None


@contextmanager
def remote_file(access: Access, location: str, length: int = HEAD_BYTES) -> Iterator[RemoteFile]:
    """The file with its beginning, which is remembered afterwards."""
    file = RemoteFile(access, location, _heads.find(location)).open(length)
    yield file
    _heads.keep(location, file.first)


@contextmanager
def opened(band: BandFile, file: RemoteFile, failures: list[Exception]) -> Iterator[Any]:
    """The dataset of a band over a file; what went wrong in reading it is added to `failures`."""
    name = "band.jp2" if band.driver.startswith("JP2") else "band.tif"

    def opener(path: str, mode: str = "rb", **_: Any) -> FileForGdal:
        if path != name or "r" not in mode:  # a sidecar file, say
            raise FileNotFoundError(path)
        return FileForGdal(file, failures)

    with rasterio.open(name, driver=band.driver, opener=opener) as dataset:
        _open[dataset.name] = file
        try:
            yield dataset
        finally:
            del _open[dataset.name]


def fetch_ahead(dataset: Any, window: Any, shape: tuple[int, int] | None = None) -> None:
    """Fetch at once the blocks that a read of `window` will touch, resampled to `shape` or not.

    `window` is a rasterio Window. Nothing happens for a dataset of another kind; and what isn't
    foreseen here is fetched when GDAL reads it.
    """
    file = _open.get(dataset.name)
    if file is not None and dataset.driver == "GTiff":
        file.fetch(_blocks(dataset, window, _overview(dataset, window, shape)))


def _overview(dataset: Any, window: Any, shape: tuple[int, int] | None) -> int | None:
    """The number of the overview that GDAL reads from; None for the band itself."""
    if shape is None:
        return None
    ratio = min(window.height / shape[0], window.width / shape[1])
    fine = [number for number, step in enumerate(dataset.overviews(1)) if step <= ratio]
    return fine[-1] if fine else None


def _blocks(dataset: Any, window: Any, overview: int | None) -> list[Extent]:
    """Where the blocks under a window lie in the file, by its directory."""
    step = 1 if overview is None else dataset.overviews(1)[overview]
    height, width = dataset.block_shapes[0]
    found = []
    for row in _numbers(window.row_off, window.height, step * height):
        for column in _numbers(window.col_off, window.width, step * width):
            extent = _block(dataset, f"{column}_{row}", overview)
            if extent is not None:
                found.append(extent)
    return found


def _numbers(first: int, count: int, size: int) -> range:
    return range(first // size, (first + count - 1) // size + 1)


def _block(dataset: Any, number: str, overview: int | None) -> Extent | None:
    """The bytes of a block; None for one that isn't in the file, as it is empty."""
    found = [
        dataset.get_tag_item(f"BLOCK_{what}_{number}", "TIFF", bidx=1, ovr=overview)
        for what in ("OFFSET", "SIZE")
    ]
    if None in found:
        return None
    start, size = map(int, found)
    return Extent(start, start + size)
