"""Opening mask and image files, and what their headers say."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.transform import from_gcps

from ..errors import MaskError
from .safety import check_companions, check_size

# A file is opened with the driver its suffix promises and no other: what GDAL finds out by
# sniffing may be a VRT or WMS description that reads other files and hosts.
DRIVERS = {
    ".tif": "GTiff",
    ".tiff": "GTiff",
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
}
# Control points that stray further from a plane than this, in pixels, need a warp, which would
# resample labels; that is for a person to do.
_MAX_GCP_RESIDUAL = 0.5


@dataclass(frozen=True)
class Header:
    """What a raster's header says; `crs` and `transform` are None where it doesn't say.

    `bands` are those that hold something, alpha not counted. `declares_valid` tells whether it
    says itself which pixels are valid: by a no-data value, a mask or an alpha band. `obstacle` is
    a sentence on why a place that it does give can't be used.
    """

    width: int
    height: int
    bands: int
    crs: str | None
    transform: Affine | None
    dtype: str = "uint8"
    declares_valid: bool = False
    obstacle: str | None = None


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The open rasterio dataset of a mask or image file. Raises MaskError that says why not."""
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise MaskError(
            f"{path.name}: files of the form {path.suffix or 'without suffix'!r} can't be read; "
            f"needed is one of {', '.join(DRIVERS)}."
        )
    check_companions(path)
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
        check_size(path.name, dataset.width, dataset.height)
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
    """Size, bands and georeference of a mask or image file.

    The georeference is the file's own, or that of a world file, an `.aux.xml` or a `.prj` beside
    it, or follows from ground control points.
    """
    with opened(path) as dataset:
        crs, transform, obstacle = _place(dataset)
        return Header(
            dataset.width,
            dataset.height,
            len(label_bands(dataset)),
            crs.to_string() if crs else None,
            transform,
            dataset.dtypes[0],
            MaskFlags.all_valid not in dataset.mask_flag_enums[0],
            obstacle,
        )


def label_bands(dataset: Any) -> tuple[int, ...]:
    """The numbers of the bands that hold something; alpha says what is valid, not what is there."""
    return tuple(
        number
        for number, kind in zip(dataset.indexes, dataset.colorinterp, strict=True)
        if kind != ColorInterp.alpha
    )


def _place(dataset: Any) -> tuple[CRS | None, Affine | None, str | None]:
    """CRS, transform, and why what is there of them can't be used."""
    crs = dataset.crs or _crs_beside(Path(dataset.name))
    if not dataset.transform.is_identity:
        return crs, dataset.transform, None
    points, points_crs = dataset.gcps
    if not points:
        return crs, None, None
    transform, obstacle = _fitted(points)
    return points_crs or crs, transform, obstacle


def _crs_beside(path: Path) -> CRS | None:
    """The CRS of a `.prj` file (ESRI or OGC WKT), which world files come with."""
    beside = path.with_suffix(".prj")
    if not beside.is_file() or beside.stat().st_size > 100_000:
        return None
    try:
        text = beside.read_text(encoding="utf-8", errors="replace")
        return CRS.from_wkt(text, morph_from_esri_dialect=True)
    except CRSError:
        return None


def _fitted(points: Sequence[GroundControlPoint]) -> tuple[Affine | None, str | None]:
    """The affine transform by least squares, if the points lie on it within half a pixel."""
    try:
        transform = from_gcps(points)
        inverse = ~transform
    except (ValueError, ArithmeticError, RasterioError):
        return None, f"its {len(points)} ground control points don't fix a place"
    strays = [math.dist(inverse @ (p.x, p.y), (p.col, p.row)) for p in points]
    if not np.isfinite(strays).all() or len(points) < 3:
        return None, f"its {len(points)} ground control points don't fix a place"
    if max(strays) > _MAX_GCP_RESIDUAL:
        return None, (
            f"its {len(points)} ground control points stray up to {max(strays):.1f} pixels from "
            "any straight transform (warp the mask with `gdalwarp -r near` first)"
        )
    return transform, None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
