"""Where a mask lies: by itself, by what lies beside it, by its source image, by what is given."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyproj
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError

from ...errors import MaskError, WrongUseError
from ...model import Georeference, Mask
from .opening import Header, read_header


def own_georeference(header: Header) -> Georeference:
    """What a file itself says of where it lies."""
    return _georeference(header.crs, header.transform)


def find_georeference(
    mask: Mask, header: Header, given_crs: str | None
) -> tuple[Georeference, str | None]:
    """The georeference of a mask, and a sentence on why one that is there can't be used.

    The mask's own comes first. A mask with a transform but without CRS takes the one that is given,
    else its image's. One without transform has the pixels of its image, and so its place. Raises
    MaskError.
    """
    crs, transform, image_path = header.crs, header.transform, mask.source.path
    if crs is not None and transform is not None:
        return own_georeference(header), None
    if transform is not None and given_crs is not None:
        return _georeference(given_crs, transform, given_crs), None
    if image_path is None:
        return own_georeference(header), header.obstacle
    image = read_header(Path(image_path))
    if transform is not None:
        return _georeference(image.crs, transform, image_path), None
    if (image.width, image.height) != (header.width, header.height):
        raise MaskError(
            f"It has no georeference, and it can't borrow that of {Path(image_path).name}: the "
            f"image has {image.width} x {image.height} pixels, the mask "
            f"{header.width} x {header.height}. Name the image it was drawn on with --image."
        )
    needs_crs = image.transform is not None and image.crs is None
    found = _georeference(given_crs if needs_crs else image.crs, image.transform, image_path)
    return found, image.obstacle


def _georeference(
    crs: str | None, transform: Affine | None, origin: str | None = None
) -> Georeference:
    t = transform
    numbers = (t.a, t.b, t.c, t.d, t.e, t.f) if t is not None else None
    return Georeference(crs, numbers, origin)


@lru_cache(maxsize=256)
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
            f"{text!r} has no coordinates of a map. Give the one that the mask's transform "
            "is in, as EPSG:32631 or the like."
        )
    return str(crs.to_string())
