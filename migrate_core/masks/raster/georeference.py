"""Where a mask lies: by itself, by what lies beside it, by its source image, by what is said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyproj
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError

from ...errors import MaskError, WrongUseError
from ...model import Mask
from .opening import Header, read_header


@dataclass(frozen=True)
class Georeference:
    """CRS and transform, each None where nothing gives it.

    `origin` is the source image where that gives either of them, or `--crs`; None when all is the
    mask's own. `obstacle` is a sentence on why what is there can't be used.
    """

    crs: str | None
    transform: Affine | None
    origin: str | None = None
    obstacle: str | None = None


def find_georeference(mask: Mask, header: Header, given_crs: str | None) -> Georeference:
    """The georeference of a mask; its own comes first. Raises MaskError.

    A mask with a transform but without CRS takes the one that is said, else its image's. One
    without transform has the pixels of its image, and so its place.
    """
    crs, transform = header.crs, header.transform
    if crs is not None and transform is not None:
        return Georeference(crs, transform)
    if transform is not None and given_crs is not None:
        return Georeference(given_crs, transform, given_crs)
    if mask.image is None:
        return Georeference(crs, transform, None, header.obstacle)
    image = read_header(Path(mask.image))
    if transform is not None:
        return Georeference(image.crs, transform, mask.image)
    if (image.width, image.height) != (header.width, header.height):
        raise MaskError(
            f"It has no georeference, and it can't borrow that of {Path(mask.image).name}: the "
            f"image has {image.width} x {image.height} pixels, the mask "
            f"{header.width} x {header.height}. Name the image it was drawn on with --image."
        )
    if image.transform is not None and image.crs is None:
        return Georeference(given_crs, image.transform, mask.image, image.obstacle)
    return Georeference(image.crs, image.transform, mask.image, image.obstacle)


def has_map_coordinates(crs: str) -> bool:
    """Whether a CRS that GDAL knows (as `EPSG:n` or WKT) has x and y, or longitude and latitude.

    Geocentric ones and engineering grids have not.
    """
    try:
        found = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        return False
    return bool(found.is_projected or (found.is_geographic and not found.is_geocentric))


def known_crs(text: str) -> str:
    """A CRS that a person names, as `EPSG:n` or WKT; plain digits are an EPSG code.

    Raises WrongUseError when it is unknown or has no coordinates of a map.
    """
    text = text.strip()
    try:
        crs = CRS.from_user_input(f"EPSG:{text}" if text.isdigit() else text)
    except CRSError as err:
        raise WrongUseError(
            f"{text!r} is no CRS that is known here. Give it as EPSG:32631 or the like."
        ) from err
    if not has_map_coordinates(crs.to_wkt()):
        raise WrongUseError(
            f"{text!r} has no coordinates of a map. Give the one that the mask's transform is in, "
            "as EPSG:32631 or the like."
        )
    return str(crs.to_string())
