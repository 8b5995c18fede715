"""Reading mask files: header, georeference, labels and the area of valid pixels."""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from ..errors import MaskError
from ..grid import BoolArray
from ..model import IGNORE, Mask
from .classes import MAX_CLASSES, recode, value_counts

# A file is opened with the driver its suffix promises and no other: what GDAL finds out by
# sniffing may be a VRT or WMS description that reads other files and hosts.
DRIVERS = {
    ".tif": "GTiff",
    ".tiff": "GTiff",
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
}
_STRIP_PIXELS = 4_000_000


@dataclass(frozen=True)
class Header:
    """What a raster's header says; `crs` and `transform` are None where it doesn't say."""

    width: int
    height: int
    bands: int
    crs: str | None
    transform: Affine | None


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The open rasterio dataset of a mask or image file. Raises MaskError that says why not."""
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise MaskError(
            f"{path.name}: files of the form {path.suffix or 'without suffix'!r} can't be read; "
            f"needed is one of {', '.join(DRIVERS)}."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path, driver=driver)
    except (RasterioError, OSError) as err:
        found = "the file is empty" if _is_empty(path) else str(err)
        raise MaskError(
            f"{path.name}: it can't be opened as {driver} ({found}). Save or copy it again, or "
            "leave it out."
        ) from err
    with dataset:
        try:
            yield dataset
        except RasterioError as err:
            raise MaskError(
                f"{path.name}: its pixels can't be read ({err}). The file is damaged or "
                "incomplete: copy it again from where it came."
            ) from err


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def read_header(path: Path) -> Header:
    """Size, bands and georeference of a mask or image file."""
    with opened(path) as dataset:
        placed = not dataset.transform.is_identity
        return Header(
            dataset.width,
            dataset.height,
            _label_bands(dataset),
            dataset.crs.to_string() if dataset.crs else None,
            dataset.transform if placed else None,
        )


def _label_bands(dataset: Any) -> int:
    """The number of bands, alpha not counted: it says what is valid, not what is there."""
    return sum(kind != ColorInterp.alpha for kind in dataset.colorinterp)


def _strips(dataset: Any) -> Iterator[tuple[slice, NDArray[Any], BoolArray]]:
    """Row slices of band 1 with their pixels and which of them are valid."""
    rows = max(1, _STRIP_PIXELS // dataset.width)
    all_valid = MaskFlags.all_valid in dataset.mask_flag_enums[0]
    for first in range(0, dataset.height, rows):
        height = min(rows, dataset.height - first)
        window = Window(0, first, dataset.width, height)
        pixels = dataset.read(1, window=window)
        valid = (
            np.ones(pixels.shape, dtype=bool)
            if all_valid
            else dataset.read_masks(1, window=window) > 0
        )
        if pixels.dtype.kind == "f":
            valid &= np.isfinite(pixels)
        yield slice(first, first + height), pixels, valid


@dataclass(frozen=True)
class Content:
    """What the pixels of a mask say: how many have each class value, and which are valid."""

    counts: Mapping[int, int]
    valid: BoolArray

    @property
    def values(self) -> frozenset[int]:
        """The class values found."""
        return frozenset(self.counts)


def read_content(path: Path) -> Content:
    """All class values of a mask and its valid area (height, width). Raises MaskError."""
    with opened(path) as dataset:
        if dataset.dtypes[0].startswith("complex"):
            raise MaskError(f"{path.name}: complex numbers can't be class values.")
        valid = np.empty((dataset.height, dataset.width), dtype=bool)
        counts: Counter[int] = Counter()
        for rows, pixels, good in _strips(dataset):
            valid[rows] = good
            try:
                counts.update(value_counts(pixels[good]))
            except MaskError as err:
                raise MaskError(f"{path.name}: {err}") from err
        if len(counts) > MAX_CLASSES:
            raise MaskError(
                f"{path.name}: it has {len(counts)} different values; a mask has at most "
                f"{MAX_CLASSES} classes. Is it an image?"
            )
    return Content(counts, valid)


def read_labels(mask: Mask) -> NDArray[np.uint8]:
    """The labels of a registered mask (height, width), uint8 stored values, 255 = no data.

    Raises MaskError when the file is gone or isn't the one that was registered.
    """
    path = Path(mask.path)
    if not path.is_file():
        raise MaskError(
            f"{mask.name}: {path} is gone. Put the file back, or add the mask again from where "
            "it is now."
        )
    if file_sha256(path) != mask.sha256:
        raise MaskError(
            f"{mask.name}: {path} has changed since it was added. Run `masks add` on it again so "
            "that its classes, extent and pairs follow."
        )
    with opened(path) as dataset:
        labels = np.empty((dataset.height, dataset.width), dtype=np.uint8)
        for rows, pixels, valid in _strips(dataset):
            labels[rows] = np.where(valid, recode(pixels, mask.classes or {}), IGNORE)
    return labels


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
