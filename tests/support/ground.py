"""A made-up ground of which every sensor's pixels are known exactly, and images of it.

It is a sum of waves, and the mean of a wave over a pixel of any size and turn is known in closed
form. So an image of any grid is exact, wherever it lies, and so is the truth about shifts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from migrate_core.grid import PixelGrid
from migrate_core.model import Mask
from tests.support.pairs import CRS, NORTH, WEST, Safe, placed, registered, write_mask

# Enough for a search of 60 m on each side of a mask of 900 m.
SIZE = 120
MASK_PIXELS, MASK_M = 300, 3
WHOLE = PixelGrid(CRS, Affine(10, 0, WEST, 0, -10, NORTH), SIZE, SIZE)
BANDS = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"}


@dataclass(frozen=True)
class Ground:
    """Waves of 25 to 400 m; bands have some in common."""

    seed: int = 1
    waves: int = 60

    def reflectance(self, band: str, grid: PixelGrid) -> NDArray[np.float64]:
        """The exact means over pixels (height, width), about 1000 to 3000."""
        rng = np.random.default_rng(self.seed)
        lengths = np.exp(rng.uniform(np.log(25), np.log(400), self.waves))
        turns, phases = rng.uniform(0, 2 * np.pi, (2, self.waves))
        own = np.random.default_rng((self.seed, sorted(BANDS).index(band)))
        heights = lengths**0.7 * (0.6 + 0.8 * own.random(self.waves))
        kx, ky = 2 * np.pi / lengths * np.array([np.cos(turns), np.sin(turns)])
        a, b, _, d, e, _ = tuple(grid.transform)[:6]
        seen = np.sinc((kx * a + ky * d) / (2 * np.pi)) * np.sinc((kx * b + ky * e) / (2 * np.pi))
        x, y = grid.transform @ (0.5, 0.5)
        # Angles grow evenly along rows and columns, and the cosine of a sum is a sum of products:
        # of all pixels it is one product of matrices.
        along = np.arange(grid.width)[None, :] * (kx * a + ky * d)[:, None]
        down = np.arange(grid.height)[:, None] * (kx * b + ky * e)
        down = down + kx * (x - WEST) + ky * (y - NORTH) + phases
        heights = heights * 400 / np.sqrt((heights**2).sum() / 2)
        found = (heights * seen * np.cos(down)) @ np.cos(along)
        found -= (heights * seen * np.sin(down)) @ np.sin(along)
        return 2000 + found

    def product(self, classes: NDArray[Any] | None = None) -> Safe:
        """A Sentinel-2 product of this ground; `classes` (60, 60) is its SCL at 20 m."""
        pixels = {name: np.rint(self.reflectance(band, WHOLE)) for band, name in BANDS.items()}
        return Safe(size=SIZE, pixels=pixels if classes is None else {**pixels, "SCL": classes})

    def image(self, path: Path, grid: PixelGrid, moved: tuple[float, float] = (0, 0)) -> Path:
        """An image of the ground on `grid`, written as if it lay (east, north) metres further."""
        pixels = np.stack([self.reflectance(band, grid) for band in BANDS])
        write_image(path, pixels, Affine.translation(*moved) @ grid.transform)
        return path


def write_image(path: Path, pixels: NDArray[Any], transform: Affine | None) -> Path:
    """An image (bands, height, width), uint16, its bands named if there are four."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": len(pixels),
        "height": pixels.shape[1],
        "width": pixels.shape[2],
        "photometric": "minisblack",
    }
    if transform is not None:
        profile |= {"crs": CRS, "transform": transform}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(np.rint(pixels).astype(np.uint16))
        if len(pixels) == len(BANDS):
            dataset.descriptions = tuple(BANDS)
    return path


def mask_grid(degrees: float = 0.0, pixels: int = MASK_PIXELS, metres: float = MASK_M) -> PixelGrid:
    """Where a mask lies in the middle of the product; turned about its corner."""
    middle = SIZE / 2 - 0.05 * pixels * metres
    return PixelGrid(CRS, placed(middle + 0.13, middle + 0.37, metres, degrees), pixels, pixels)


def disc(grid: PixelGrid, radius_m: float = 200) -> NDArray[np.uint8]:
    """A label: class 1 on a disc in the middle of the grid."""
    x, y = grid.centres()
    middle = grid.transform @ (grid.width / 2, grid.height / 2)
    return (np.hypot(x - middle[0], y - middle[1]) < radius_m).astype(np.uint8)


def mask_on(
    folder: Path, grid: PixelGrid, image: Path | None, moved: tuple[float, float] = (0, 0)
) -> Mask:
    """A disc drawn on an image; its file says that it lies (east, north) metres further."""
    transform = Affine.translation(*moved) @ grid.transform
    mask = registered(write_mask(folder / "mask.tif", disc(grid), transform))
    return mask if image is None else replace(mask, source=replace(mask.source, path=str(image)))
