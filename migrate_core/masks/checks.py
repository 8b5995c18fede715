"""What can be wrong with a mask, each in a sentence that says what to do about it.

Problems are kept by topic, so that mending one leaves the others as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import MaskError
from ..grid import PixelGrid
from ..model import FIRST_SENTINEL2_DAY, Mask
from .raster.footprint import extent
from .raster.georeference import has_map_coordinates
from .raster.opening import read_header
from .raster.value_notes import declared_only, labelled, masked_values
from .size import oversize

FILE, GEOREFERENCE, IMAGE, UDM = "file", "georeference", "image", "udm"
DATE, CONTENT, SIZE = "date", "content", "size"
_TOPICS = (FILE, GEOREFERENCE, SIZE, IMAGE, UDM, DATE, CONTENT)
_ADD = "add it again with"


def with_problems(mask: Mask, problems: Mapping[str, str]) -> Mask:
    """The mask with these problems (topic -> sentence), the weightiest first."""
    ordered = {topic: problems[topic] for topic in _TOPICS if topic in problems}
    return replace(mask, problems=ordered) if ordered or mask.problems else mask


def georeferenced(mask: Mask, obstacle: str | None = None) -> tuple[Mask, dict[str, str]]:
    """The mask with the extent that its CRS and transform give, and what is wrong with these.

    `obstacle` says why a georeference that the file does give can't be used.
    """
    if mask.georeference.transform is None:
        nothing = "no transform (its pixels have no map coordinates)"
        if mask.georeference.crs is None:
            nothing = "no CRS and no transform"
        found = f"no georeference that can be used: {obstacle}" if obstacle else nothing
        return mask, {
            GEOREFERENCE: f"It has {found}. {_ADD.capitalize()} --image and the georeferenced "
            "image it was drawn on, or put a world file beside it."
        }
    if mask.georeference.crs is None:
        return mask, {
            GEOREFERENCE: f"It has no CRS, only a transform. {_ADD.capitalize()} --crs EPSG:32631 "
            "(or whatever its transform is in), or --image and the georeferenced image it was "
            "drawn on."
        }
    if not has_map_coordinates(mask.georeference.crs):
        return mask, {
            GEOREFERENCE: f"Its CRS, {mask.georeference.crs}, has no coordinates of a map. Save "
            "it with the CRS that its transform is in."
        }
    try:
        mask = replace(mask, extent=extent(mask.grid))
    except ValueError as err:
        return mask, {
            GEOREFERENCE: f"Its corners can't be brought to lon/lat: {err}. Check its CRS "
            f"({mask.georeference.crs}) and transform."
        }
    return mask, image_problems(mask)


def image_problems(mask: Mask) -> dict[str, str]:
    """A source image that lies elsewhere is a mistake worth stopping for."""
    if (
        mask.source.path is None
        or mask.georeference.origin == mask.source.path
        or mask.extent is None
    ):
        return {}
    image = Path(mask.source.path)
    try:
        header = read_header(image)
    except MaskError as err:
        return {IMAGE: f"Its source image can't be used: {err}"}
    if header.crs is None or header.transform is None:
        if (header.width, header.height) == (mask.width, mask.height):
            return {}
        return {
            IMAGE: f"Its source image {image.name} has no georeference and another size than the "
            f"mask. Check the pair, or {_ADD} another --image."
        }
    grid = PixelGrid(header.crs, header.transform, header.width, header.height)
    try:
        alternatives = not extent(grid).intersects(mask.extent)
    except ValueError:
        alternatives = True
    if alternatives:
        return {
            IMAGE: f"Its source image {image.name} lies elsewhere. Check the pair, or {_ADD} "
            "another --image."
        }
    return {}


def size_problems(mask: Mask, max_pair_pixels: int) -> dict[str, str]:
    """A mask whose pair would have more pixels of 10 m than a pair may have."""
    found = oversize(mask, max_pair_pixels)
    return {SIZE: found} if found else {}


def date_problems(mask: Mask) -> dict[str, str]:
    """No date, or one before Sentinel-2."""
    if mask.acquired is None:
        return {
            DATE: "It has no date: none was found in its name. "
            f"{_ADD.capitalize()} --date YYYY-MM-DD, or --dates and a table."
        }
    if mask.acquired.at.date() < FIRST_SENTINEL2_DAY:
        return {
            DATE: f"Its date, {mask.acquired.at.date()}, is before the first Sentinel-2 image "
            f"({FIRST_SENTINEL2_DAY}), so it has no counterpart. If the date is wrong, {_ADD} "
            "--date."
        }
    return {}


def content_problems(mask: Mask) -> dict[str, str]:
    """A mask without a labelled pixel or feature, unless meant to be empty; none while unread."""
    if mask.pending:
        return {}
    if mask.vector is not None:
        return _content_of_area(mask)
    declared = declared_only(mask)
    if mask.classes.stored is None:
        if not declared:
            why = "all of its pixels are no data. Leave it out or export it again."
        else:
            why = (
                f"all of its pixels are no data ({', '.join(declared)}, as the file declares). If "
                f"that is wrong, {_ADD} --nodata none; else leave it out or export it again."
            )
        return {CONTENT: f"It is empty: {why}"}
    if labelled(mask) or mask.empty_allowed:
        return {}
    if masked := masked_values(mask):
        return {
            CONTENT: f"It has no label but background: the rest is {masked}, which the file "
            f"declares as no data. If that is the label, {_ADD} --nodata none. If not, leave it "
            f"out, or, if it is meant as a negative example, {_ADD} --allow-empty."
        }
    return {
        CONTENT: "It is empty: all of its pixels are background (0). Leave it out, or, if it is "
        f"meant as a negative example, {_ADD} --allow-empty."
    }


def _content_of_area(mask: Mask) -> dict[str, str]:
    """An area of a vector file in which there is nothing but background."""
    if labelled(mask) or mask.empty_allowed:
        return {}
    return {
        CONTENT: "It is empty: no feature lies in its area. Leave it out, or, if it is meant as a "
        f"negative example, {_ADD} --allow-empty."
    }
