"""What a packed view of a pair shows: its rasters, the source image, and what legends say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ...errors import MaskError, PairError
from ...grid import PixelGrid, apply_affine, reproject_points
from ...model import BACKGROUND, LONLAT, Mask, Shift
from ...products.product import RESOLUTION_M, WAVELENGTH_NM
from ...products.scene_classes import Flag
from ...store.serialize import from_json
from ..assessment.change import PairLook, changed_pixels
from ..assessment.reassess import grid_for_source
from ..compare import compare
from ..files import Document, read_document
from ..registration.shifts import format_shift
from .drawing import NEUTRAL, NEUTRAL_DARK, Colour, class_colour, class_colours
from .packed import PackedArray, PackedView
from .quicklook import OCCLUSIONS
from .source_content import SourceContent, labels_alone, source_content

# A pair with more pixels than this is shown by every second (third …) of them.
MAX_PIXELS = 1_200_000
SCALE = 10_000
# Between nodes this far apart, lon/lat can be interpolated to half a metre, at 70 degrees as well.
_NODE_M = 2000.0
_FEWEST, _MOST = 3, 33
BACKGROUND_NAME = "background"


@dataclass(frozen=True, eq=False)
class _Rasters:
    """The files of a pair on `grid`, which shows one of `reduced` squared pixels of `full_grid`."""

    full_grid: PixelGrid
    grid: PixelGrid
    reduced: int
    bands: tuple[str, ...]
    image: NDArray[np.uint16]
    label: NDArray[np.uint8]
    quality: NDArray[np.uint8]
    classes: tuple[int, ...]
    shares: NDArray[np.uint16]
    class_pixels: NDArray[np.int64]


def view_of(folder: Path, mask: Mask | None, earlier: Path | None = None) -> PackedView:
    """Everything that is shown of the pair in `folder`; of no mask it is the pair alone.

    `earlier` is the folder of the pair that the label is compared with.
    A pair of more than `MAX_PIXELS` is thinned out: values stay those of pixels. Raises PairError
    when its files can't be read.
    """
    document = read_document(folder)
    found = _rasters(folder)
    source, problem = _source(found, document, mask)
    change = _change_pixels(found, document, mask)
    header = {
        "pair_id": folder.name,
        "width": found.grid.width,
        "height": found.grid.height,
        "reduced": found.reduced,
        "full_width": found.full_grid.width,
        "full_height": found.full_grid.height,
        "resolution_m": found.grid.resolution,
        "crs": found.grid.crs,
        "transform": list(found.grid.transform)[:6],
        "lonlat": lonlat_nodes(found.grid),
        "bands": found.bands,
        "wavelengths_nm": [WAVELENGTH_NM.get(band) for band in found.bands],
        "resolutions_m": [RESOLUTION_M.get(band) for band in found.bands],
        "scale": SCALE,
        "classes": _classes(found, mask),
        "flags": _flags(),
        "shift": _shift(document),
        "source": source.header if source else None,
        "source_problem": problem,
        "change": document.get("change_found"),
    }
    arrays = [
        PackedArray("image", found.image, delta=True),
        PackedArray("label", found.label),
        PackedArray("quality", found.quality),
        PackedArray("shares", found.shares, delta=True),
    ]
    labels = source.labels if source else _labels_alone(found, document, mask)
    if labels is not None:
        arrays.append(PackedArray("source_label", labels))
    difference = None if found.reduced > 1 else _difference(earlier, folder)
    for name, layer in (("change", change), ("difference", difference)):
        if layer is not None:
            arrays.append(PackedArray(name, layer))
    return PackedView(header, arrays, source.blobs if source else ())


def _rasters(folder: Path) -> _Rasters:
    try:
        with ExitStack() as opened:
            image, label, quality, fractions = (
                opened.enter_context(rasterio.open(folder / f"{name}.tif", driver="GTiff"))
                for name in ("image", "label", "quality", "fractions")
            )
            full_grid = PixelGrid(image.crs.to_string(), image.transform, image.width, image.height)
            reduced = max(1, math.ceil(math.sqrt(full_grid.width * full_grid.height / MAX_PIXELS)))
            grid = thinned(full_grid, reduced)
            labels = label.read(1)
            return _Rasters(
                full_grid,
                grid,
                reduced,
                image.descriptions,
                image.read(out_shape=(image.count, *grid.shape)),
                labels if reduced == 1 else label.read(1, out_shape=grid.shape),
                quality.read(1, out_shape=grid.shape),
                tuple(int(name.removeprefix("class ")) for name in fractions.descriptions),
                _scaled(fractions.read(out_shape=(fractions.count, *grid.shape))),
                _class_pixels(labels),
            )
    except (RasterioError, OSError) as err:
        raise PairError(
            f"{folder.name}: the files of the pair can't be read ({err}). Make the pairs again: "
            "those that miss files are made again."
        ) from err


def _class_pixels(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many pixels have each of 256 values; by rows, since counting takes eight times the room.

    Of a pair that is thinned out all its pixels are counted.
    """
    counts = np.zeros(256, dtype=np.int64)
    for row in labels:
        counts += np.bincount(row, minlength=256)
    return counts


def thinned(grid: PixelGrid, factor: int) -> PixelGrid:
    """The grid of about one of `factor` x `factor` pixels, over exactly the same area."""
    width, height = (math.ceil(size / factor) for size in (grid.width, grid.height))
    scale = Affine.scale(grid.width / width, grid.height / height)
    return PixelGrid(grid.crs, grid.transform @ scale, width, height)


def _scaled(shares: NDArray[np.float32]) -> NDArray[np.uint16]:
    scaled: NDArray[np.uint16] = np.rint(shares * SCALE).astype(np.uint16)
    return scaled


def lonlat_nodes(grid: PixelGrid) -> dict[str, Any]:
    """Longitude and latitude of n x n points from corner to corner of the grid, by rows."""
    longest_m = max(grid.shape) * grid.resolution
    n = min(max(_FEWEST, math.ceil(longest_m / _NODE_M) + 1), _MOST)
    columns, rows = np.meshgrid(np.linspace(0, grid.width, n), np.linspace(0, grid.height, n))
    x, y = apply_affine(grid.transform, columns.ravel(), rows.ravel())
    lon, lat = reproject_points(grid.crs, LONLAT, x, y)
    points = np.stack([lon, lat], axis=-1).round(8)
    return {"n": n, "points": points.tolist()}


def _classes(found: _Rasters, mask: Mask | None) -> list[dict[str, Any]]:
    """One entry for each band of the shares."""
    colours = class_colours(mask)
    pixel_ha = found.full_grid.resolution**2 / 10_000
    return [
        {
            "value": value,
            "name": _class_name(value, mask),
            "colour": _css(colours.get(value) or _default_colour(value)),
            "pixels": int(found.class_pixels[value]),
            "area_ha": round(float(found.class_pixels[value]) * pixel_ha, 4),
        }
        for value in found.classes
    ]


def _class_name(value: int, mask: Mask | None) -> str:
    """What a stored class value is called, by the name that its value in the file was given."""
    names = (mask.classes.names if mask else None) or {}
    classes = (mask.classes.stored if mask else None) or {}
    named = [
        names[source] for source, stored in classes.items() if stored == value and source in names
    ]
    if named:
        return f"{named[0]} (class {value})"
    return BACKGROUND_NAME if value == BACKGROUND else f"class {value}"


def _default_colour(value: int) -> Colour:
    return NEUTRAL if value == BACKGROUND else class_colour(value)


def _flags() -> list[dict[str, Any]]:
    """What the bits of the quality raster mean, and how each is drawn."""
    drawn = {
        **OCCLUSIONS,
        Flag.UNKNOWN: ("label unknown or set to ignore", NEUTRAL_DARK, 1),
        Flag.OUTSIDE: ("outside the mask", NEUTRAL, 0),
    }
    return [
        {
            "bit": int(flag),
            "key": str(flag.name).lower(),
            "name": name,
            "colour": _css(colour),
            "stripes": direction,
        }
        for flag, (name, colour, direction) in drawn.items()
    ]


def _shift(document: Document) -> dict[str, Any] | None:
    found = (document.get("registration") or {}).get("shift")
    return found and {**found, "text": format_shift(from_json(Shift, found))}


def _source(
    found: _Rasters, document: Document, mask: Mask | None
) -> tuple[SourceContent | None, str | None]:
    """The source image, or why there is none."""
    try:
        if mask is None:
            raise MaskError("The mask of this pair was taken out, and with it its source image.")
        return source_content(mask, grid_for_source(document, found.grid)), None
    except MaskError as err:
        return None, str(err)


def _labels_alone(
    found: _Rasters, document: Document, mask: Mask | None
) -> NDArray[np.uint8] | None:
    """The mask itself where there is no image to draw it on."""
    return labels_alone(mask, grid_for_source(document, found.grid)) if mask else None


def _change_pixels(
    found: _Rasters, document: Mapping[str, Any], mask: Mask | None
) -> NDArray[np.uint8] | None:
    """1 where the change indicator counted a pixel; None where it counted none by pixels.

    Of a pair that is thinned out other pixels would be compared than the indicator has compared.
    """
    by_pixels = (document.get("change_found") or {}).get("method") == "source image"
    if mask is None or found.reduced > 1 or not by_pixels:
        return None
    bands = dict(zip(found.bands, found.image, strict=True))
    own_grid = grid_for_source(document, found.grid)
    look = PairLook(found.grid, own_grid, bands, found.label, found.quality)
    different = changed_pixels(mask, look)
    return None if different is None else different.astype(np.uint8)


def _difference(earlier: Path | None, folder: Path) -> NDArray[np.uint8] | None:
    """1 where the label is another one than the earlier pair's; None where that can't be said."""
    if earlier is None:
        return None
    with suppress(PairError):
        return compare(earlier, folder)[1]
    return None


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
