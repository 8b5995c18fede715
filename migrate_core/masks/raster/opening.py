"""Opening mask and image files, and what their headers say."""

from __future__ import annotations

import hashlib
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine, AffineError
from rasterio._err import CPLE_BaseError
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.transform import from_gcps

from ...errors import MaskError
from ...files.regular import check_regular, is_regular, read_text
from ..files.safety import check_is_file, check_raster_sidecars, check_size
from ..files.signatures import JPEG, PNG, TIFF, describe, head_of, kind_of_bytes
from .quick_crs import QuickReader, is_identity

# A file is opened with the driver its suffix promises and no other: what GDAL finds out by
# sniffing may be a VRT or WMS description that reads other files and hosts.
DRIVERS = {
    ".tif": "GTiff",
    ".tiff": "GTiff",
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
}
_KINDS = {"GTiff": TIFF, "PNG": PNG, "JPEG": JPEG}
# Where images say when they were taken: GDAL's metadata domain IMAGERY has it for satellite images
# (and providers without domain), DateTimeOriginal is EXIF, of cameras. DateTime is TIFF 6.0's:
# Planet and other providers write the time of taking there, editors that of saving.
TAKEN_TAGS = ("ACQUISITIONDATETIME", "ACQUISITION_DATE", "EXIF_DateTimeOriginal")
SAVED_TAGS = ("TIFFTAG_DATETIME",)
SOFTWARE_TAG = "TIFFTAG_SOFTWARE"
# GDAL's short cut for PNG reads a truncated file without complaint and gives what was in memory.
# What lies beside a file is looked for by name, not in a list of its folder, which may be long.
_GDAL_OPTIONS = {"GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO", "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE"}
# What rasterio raises over damaged files; some errors of GDAL come through as they are.
_GDAL_ERRORS = (RasterioError, CRSError, CPLE_BaseError, UnicodeDecodeError)
# The files that `held_open` holds, in its block.
_HELD: ContextVar[dict[Path, Any] | None] = ContextVar("held", default=None)
# Whether GDAL has its options already, in a block of `gdal_ready`.
_READY: ContextVar[bool] = ContextVar("ready", default=False)
_MAX_PRJ_BYTES = 100_000
# Control points that stray further from a plane than this, in pixels, need a warp, which would
# resample labels; that is for a person to do.
_MAX_GCP_RESIDUAL = 0.5


@dataclass(frozen=True)
class Header:
    """What a raster's header says; `crs` and `transform` are None where it doesn't say.

    `bands` are those that hold something, alpha not counted. `declares_valid` tells whether it
    says itself which pixels are valid: by a no-data value, a mask or an alpha band. `obstacle` is
    a sentence on why a georeference that it does give can't be used. `dates` are the tags of
    `TAKEN_TAGS`, `SAVED_TAGS` and `SOFTWARE_TAG` that it has.
    """

    width: int
    height: int
    bands: int
    crs: str | None
    transform: Affine | None
    dtype: str = "uint8"
    declares_valid: bool = False
    obstacle: str | None = None
    dates: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The open rasterio dataset of a mask or image file. Raises MaskError that says why not."""
    held = _HELD.get()
    if held is not None and path in held:
        with _damage_named(path):
            yield held[path]
        return
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise MaskError(
            f"{path.name}: files of the form {path.suffix or 'without suffix'!r} can't be read; "
            f"needed is one of {', '.join(DRIVERS)}."
        )
    check_is_file(path)
    check_raster_sidecars(path)
    with gdal_ready(), ExitStack() as closing:
        dataset = _open(path, driver)
        closing.enter_context(dataset)
        check_size(path.name, dataset.width, dataset.height)
        with _damage_named(path):
            yield dataset
        # A CRS that can't be read leaves an error behind in GDAL for the next question to it.
        if held is not None and dataset.crs:
            held[path] = dataset
            closing.pop_all()


@contextmanager
def held_open() -> Iterator[None]:
    """In the block a file that was opened stays open, for the next time that it is."""
    held: dict[Path, Any] = {}
    with gdal_ready():
        token = _HELD.set(held)
        try:
            yield
        finally:
            _HELD.reset(token)
            for dataset in held.values():
                dataset.close()


def _open(path: Path, driver: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            # `rasterio.open` sets all options of GDAL again for each file.
            return QuickReader(str(path), driver=driver, sharing=False)
    except (*_GDAL_ERRORS, OSError) as err:
        raise MaskError(f"{path.name}: {_unopened(path, driver, err)}") from err


def _unopened(path: Path, driver: str, err: Exception) -> str:
    """Why a file can't be opened: what was found in it, what is needed, what to do."""
    try:
        head, size = head_of(path), path.stat().st_size
    except OSError as unread:
        return (
            f"it can't be opened as {driver} ({unread.strerror}). Check that it exists and its "
            "rights, or leave it out."
        )
    if kind_of_bytes(head) == _KINDS[driver]:
        return (
            f"it can't be opened as {driver} (it is damaged, or cut off after {size:,} bytes: "
            f"{_reason(path, err)}). Copy it again from where it came, or leave it out."
        )
    if not any(head):
        remedy = "Copy it again from where it came, or leave it out."
    elif kind_of_bytes(head):
        remedy = f"Give it the suffix of what it is, or save it as a {_KINDS[driver]}."
    else:
        remedy = "Name the file that was meant, or leave it out."
    return (
        f"it can't be opened as {driver} ({describe(head)}); its suffix {path.suffix} needs a "
        f"{_KINDS[driver]}. {remedy}"
    )


def _reason(path: Path, err: BaseException) -> str:
    """What the library that reads a file says of it, without its path."""
    while err.__cause__ is not None:
        err = err.__cause__
    # GDAL tells programmers in brackets how to have a warning instead.
    text, _, _ = str(err).partition(" (this error")
    text = text.replace(str(path), path.name).removeprefix(f"{path.name}: ")
    return text.rstrip(". ") or type(err).__name__


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except _GDAL_ERRORS as err:
        raise MaskError(
            f"{path.name}: its pixels can't be read ({_reason(path, err)}). The file is damaged "
            "or cut off: copy it again from where it came, or leave it out."
        ) from err


@contextmanager
def gdal_ready() -> Iterator[None]:
    """In the block GDAL has the options for masks; setting them takes as long as opening a file."""
    if _READY.get():
        yield
        return
    token = _READY.set(True)
    try:
        with _without_noise(), rasterio.Env(**_GDAL_OPTIONS):
            yield
    finally:
        _READY.reset(token)


@contextmanager
def _without_noise() -> Iterator[None]:
    """Pass over what rasterio prints when GDAL complains in another encoding than UTF-8.

    It logs errors from where Python can't raise; that they happened is still found out.
    """
    before = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs, /) -> None:
        if not isinstance(unraisable.exc_value, UnicodeDecodeError):
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def read_header(path: Path) -> Header:
    """Size, bands and georeference of a mask or image file.

    The georeference is the file's own, or that of a world file, an `.aux.xml` or a `.prj` beside
    it, or follows from ground control points.
    """
    with opened(path) as dataset:
        crs, transform, obstacle = _georeference(dataset)
        header = Header(
            dataset.width,
            dataset.height,
            len(label_bands(dataset)),
            _crs_text(crs) if crs else None,
            transform,
            dataset.dtypes[0],
            MaskFlags.all_valid not in dataset.mask_flag_enums[0]
            or bool(transparent_values(dataset)),
            obstacle,
            _dates(dataset),
        )
    # Not while the dataset is open: a CRS that can't be read leaves an error behind in GDAL that
    # the next question to the dataset would raise.
    return header if header.crs else replace(header, crs=_crs_beside(path))


def _crs_text(crs: CRS) -> str:
    return _short_crs(crs.wkt)


@lru_cache(maxsize=256)
def _short_crs(wkt: str) -> str:
    """A CRS as `EPSG:n` where the authority has it, else as WKT; it is looked up in a database."""
    return str(CRS.from_wkt(wkt).to_string())


def _dates(dataset: Any) -> Mapping[str, str]:
    """The tags that may say when an image was taken, and by which program it was saved."""
    try:
        tags = {**dataset.tags(), **dataset.tags(ns="IMAGERY")}
    except UnicodeDecodeError:  # tags of another encoding than UTF-8
        return {}
    return {name: tags[name] for name in (*TAKEN_TAGS, *SAVED_TAGS, SOFTWARE_TAG) if name in tags}


def band_names(dataset: Any) -> tuple[str, ...]:
    """What the file calls its bands; empty where it doesn't say, or not in UTF-8."""
    try:
        return tuple((name or "").strip() for name in dataset.descriptions)
    except UnicodeDecodeError:
        return ("",) * int(dataset.count)


def transparent_values(dataset: Any) -> tuple[int, ...]:
    """The values of band 1 that its colour table shows as nothing at all."""
    if dataset.colorinterp[0] != ColorInterp.palette:
        return ()
    return tuple(value for value, colour in dataset.colormap(1).items() if colour[3] == 0)


def label_bands(dataset: Any) -> tuple[int, ...]:
    """The numbers of the bands that hold something; alpha says what is valid, not what is there."""
    return tuple(
        number
        for number, kind in zip(dataset.indexes, dataset.colorinterp, strict=True)
        if kind != ColorInterp.alpha
    )


def _georeference(dataset: Any) -> tuple[CRS | None, Affine | None, str | None]:
    """CRS, transform, and why what is there of them can't be used."""
    crs, own = dataset.crs or None, dataset.transform
    if not all(map(math.isfinite, (own.a, own.b, own.c, own.d, own.e, own.f))):
        return crs, None, "its transform has numbers that are infinite or none"
    if not is_identity(own):
        return crs, own, None
    points, points_crs = dataset.gcps
    if not points:
        return crs, None, None
    transform, obstacle = _fitted(points)
    return points_crs or crs, transform, obstacle


def _crs_beside(path: Path) -> str | None:
    """The CRS of a `.prj` file (ESRI or OGC WKT), which world files come with."""
    beside = path.with_suffix(".prj")
    if not is_regular(beside):
        return None
    try:
        text = read_text(beside, limit=_MAX_PRJ_BYTES)
        return str(CRS.from_wkt(text, morph_from_esri_dialect=True).to_string()) or None
    except (CRSError, OSError, UnicodeDecodeError):
        return None


def _fitted(points: Sequence[GroundControlPoint]) -> tuple[Affine | None, str | None]:
    """The affine transform by least squares, if the points lie on it within half a pixel."""
    try:
        transform = from_gcps(points)
        inverse = ~transform
    except (ValueError, ArithmeticError, AffineError, *_GDAL_ERRORS):
        return None, f"its {len(points)} ground control points don't fix a georeference"
    strays = [math.dist(inverse @ (p.x, p.y), (p.col, p.row)) for p in points]
    if not np.isfinite(strays).all() or len(points) < 3:
        return None, f"its {len(points)} ground control points don't fix a georeference"
    if max(strays) > _MAX_GCP_RESIDUAL:
        return None, (
            f"its {len(points)} ground control points stray up to {max(strays):.1f} pixels from "
            "any straight transform (warp the mask with `gdalwarp -r near` first)"
        )
    return transform, None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a regular file as hexadecimal digits. Raises OSError."""
    check_regular(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
