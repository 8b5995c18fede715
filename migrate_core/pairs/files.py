"""The files of a pair: their names, types and no-data; how they are written and read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ..errors import PairError
from ..files.geotiff import new_geotiff
from ..grid import PixelGrid
from ..workspace import written_then_renamed
from .rasters import DOCUMENT as DOCUMENT
from .rasters import FRACTIONS as FRACTIONS
from .rasters import IMAGE as IMAGE
from .rasters import LABEL as LABEL
from .rasters import QUALITY as QUALITY
from .rasters import RASTERS as RASTERS
from .rasters import PairRaster as PairRaster
from .rasters import pair_complete as pair_complete

if TYPE_CHECKING:  # who only asks for names needs nothing of what makes pixels
    from .image.pair_image import PairImage
    from .label.pair_label import PairLabel
    from .quality import PairQuality

# A pair.json; one of an earlier version may lack what later ones say.
Document = Mapping[str, Any]

# Sides of blocks are multiples of 16 (TIFF 6.0, section 15).
_BLOCK, _BLOCK_STEP = 256, 16


def write_pair(
    folder: Path, image: PairImage, label: PairLabel, quality: PairQuality, document: Document
) -> None:
    """Write all files of a pair; the folder appears when they are complete. Raises DiskError."""
    grid = image.grid
    class_names = [f"class {value}" for value in label.classes]
    # Not beside the other pairs, where whoever looks for images would find half of one.
    with written_then_renamed(folder, apart=folder.parent.parent) as temporary:
        temporary.mkdir()
        write_raster(temporary, IMAGE, image.pixels, grid, image.bands)
        write_raster(temporary, LABEL, label.pixels[None], grid, ["label"])
        write_raster(temporary, FRACTIONS, label.shares, grid, class_names)
        write_raster(temporary, QUALITY, quality.flags[None], grid, ["quality flags"])
        write_document(temporary, document)


def write_raster(
    folder: Path,
    raster: PairRaster,
    pixels: NDArray[Any],
    grid: PixelGrid,
    descriptions: Sequence[str],
) -> None:
    """Write (bands, height, width) as a tiled, compressed GeoTIFF with described bands."""
    profile = raster_profile(pixels, grid, raster.nodata) | {"dtype": raster.dtype}
    with new_geotiff(folder / raster.file, **profile) as dataset:
        dataset.write(pixels)
        dataset.descriptions = tuple(descriptions)


def raster_profile(pixels: NDArray[Any], grid: PixelGrid, nodata: int | None) -> dict[str, Any]:
    """How (bands, height, width) on a grid become a tiled, compressed GeoTIFF of their type.

    An image is packed as differences between pixels, at the quickest level: the others make it
    smaller by a hundredth. Classes and shares are runs of one value, which differences would break.
    """
    return {
        "driver": "GTiff",
        "dtype": pixels.dtype,
        "count": len(pixels),
        "width": grid.width,
        "height": grid.height,
        "crs": grid.crs,
        "transform": grid.transform,
        "nodata": nodata,
        "tiled": True,
        "blockxsize": _block(grid.width),
        "blockysize": _block(grid.height),
        "compress": "deflate",
        "interleave": "band",
        **({"predictor": 2, "zlevel": 1} if pixels.dtype == np.uint16 else {}),
    }


def _block(side: int) -> int:
    """The side of the blocks of a raster: of a small one that which fits, in the steps of TIFF."""
    return min(_BLOCK, math.ceil(side / _BLOCK_STEP) * _BLOCK_STEP)


def raster_like(source: Path, raster: PairRaster, folder: Path, pixels: NDArray[Any]) -> None:
    """Write other pixels (bands, height, width) on the grid and with the bands of a pair's raster.

    `source` is the folder of that pair. Raises PairError when its raster can't be read, DiskError.
    """
    with open_raster(source, raster) as dataset:
        grid = PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)
        descriptions = dataset.descriptions
    write_raster(folder, raster, pixels, grid, descriptions)


@contextmanager
def open_raster(folder: Path, raster: PairRaster) -> Iterator[Any]:
    """The open dataset of a raster; what can't be read of it in the block raises PairError."""
    path = folder / raster.file
    try:
        with rasterio.open(path, driver="GTiff") as dataset:
            yield dataset
    except RasterioError as err:
        raise PairError(
            f"{path}: the file of a pair can't be read ({err}). Delete the pair's folder and make "
            "it again."
        ) from err


def write_document(folder: Path, document: Document) -> None:
    """Write the pair.json of a pair's folder. Raises DiskError."""
    with written_then_renamed(folder / DOCUMENT) as temporary:
        temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")


def grid_in(document: Document) -> PixelGrid:
    """The grid of a pair's files, as its pair.json has it."""
    found = document["grid"]
    return PixelGrid(found["crs"], Affine(*found["transform"]), found["width"], found["height"])


def read_document(folder: Path) -> Document:
    """The pair.json of a pair's folder. Raises PairError when it can't be read."""
    path = folder / DOCUMENT
    try:
        found: Document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise PairError(
            f"{path}: the file can't be read ({err}). Delete the pair's folder and run `pairs "
            "make`, which makes it again."
        ) from err
    return found
