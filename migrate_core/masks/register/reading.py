"""What workers read of raster files: headers, and pixels.

Workers import this and not what writes to the database, which takes as long to import as all the
rest that they need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import MaskError
from ...jobs.pool import WorkerCrashedError
from ...model import Mask
from ..checks import FILE, with_problems
from ..files.isolation import crash, named
from ..options import AddOptions
from ..raster.opening import gdal_ready, held_open
from .describe import unreadable, with_content, with_header
from .sidecars import Sidecars

# What has no more pixels is opened once for header and pixels, where that is wanted.
_SMALL_PIXELS = 1024 * 1024


@dataclass(frozen=True)
class ReadMask:
    """A mask as its header says, and with its content where the file is small; else None."""

    header: Mask
    content: Mask | None = None


def read_headers(
    items: Sequence[Sidecars], options: AddOptions, *, small_too: bool
) -> list[ReadMask]:
    """What the headers say, and with `small_too` what is in small files."""
    # One that is read alone may be the file over whose pixels a worker died.
    with gdal_ready():
        if not small_too or len(items) == 1:
            return [ReadMask(_read_header(item, options)) for item in items]
        return [_read_small(item, options) for item in items]


def _read_small(item: Sidecars, options: AddOptions) -> ReadMask:
    with held_open():
        header = _read_header(item, options)
        pixels = (header.width or 0) * (header.height or 0)
        small = header.pending and not item.tiles and 0 < pixels <= _SMALL_PIXELS
        return ReadMask(header, _read_content(header) if small else None)


def _read_header(item: Sidecars, options: AddOptions) -> Mask:
    try:
        return named(item.path.name, with_header, item, options)
    except MaskError as err:
        return unreadable(item.path, str(err))


def read_contents(masks: Sequence[Mask]) -> list[Mask]:
    """The masks of which only the header was known with what is in them."""
    with gdal_ready():
        return [_read_content(mask) for mask in masks]


def _read_content(mask: Mask) -> Mask:
    try:
        return named(mask.name, with_content, mask)
    except MaskError as err:
        return _without_content(mask, str(err))


def _without_content(mask: Mask, why: str) -> Mask:
    """A mask whose pixels can't be read; what else is wrong with it waits for a sound file."""
    return with_problems(replace(mask, pending=False), {FILE: why})


def crashed_header(item: Sidecars, err: WorkerCrashedError) -> ReadMask:
    """What stands for a file over which a worker died."""
    return ReadMask(unreadable(item.path, crash(item.path.name, err)))


def crashed_content(mask: Mask, err: WorkerCrashedError) -> Mask:
    """What stands for a mask over whose pixels a worker died."""
    return _without_content(mask, crash(mask.name, err))
