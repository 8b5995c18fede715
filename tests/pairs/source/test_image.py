"""The source image on another grid: bands, and where there are data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp, Resampling

from migrate_core.grid import PixelGrid
from migrate_core.pairs.source.image import read_with_valid, warped
from tests.support.pairs import CRS, placed

SIZE = 12
TURNED = PixelGrid(CRS, placed(1, 1, 3, degrees=20), 40, 40)


def write(path: Path, dtype: str, nodata: float | None, *, alpha: bool) -> Path:
    """Three bands with a hole in all of them, and one in the first alone; alpha as the last."""
    pixels = np.arange(1, 1 + 3 * SIZE * SIZE).reshape(3, SIZE, SIZE).astype(dtype)
    if nodata is not None:
        pixels[:, 2:5, 2:5] = nodata
        pixels[0, 8:10, 8:10] = nodata
    place = {"width": SIZE, "height": SIZE, "crs": CRS, "transform": placed(2, 2, 10)}
    form = {"driver": "GTiff", "dtype": dtype, "count": 3 + alpha, "nodata": nodata}
    with rasterio.open(path, "w", **form, **place) as dataset:
        dataset.write(pixels, [1, 2, 3])
        if alpha:
            opaque = np.full((SIZE, SIZE), 255, dtype)
            opaque[2:5, 2:5] = 0
            dataset.write(opaque, 4)
            dataset.colorinterp = [*dataset.colorinterp[:3], ColorInterp.alpha]
    return path


@pytest.mark.parametrize(
    ("dtype", "nodata", "alpha"),
    [
        ("uint16", 0, False),
        ("float32", -9999.5, False),
        ("float32", float("nan"), False),
        ("uint16", None, False),
        ("uint8", None, True),
    ],
)
@pytest.mark.parametrize("resampling", [Resampling.nearest, Resampling.bilinear])
def test_bands_and_their_mask_are_those_of_gdal(
    tmp_path: Path, dtype: str, nodata: float | None, alpha: bool, resampling: Resampling
) -> None:
    source = PixelGrid(CRS, placed(2, 2, 10), SIZE, SIZE)
    marked = alpha or nodata is not None
    with (
        rasterio.open(write(tmp_path / "image.tif", dtype, nodata, alpha=alpha)) as dataset,
        warped(dataset, source, TURNED, resampling, add_alpha=not marked) as found,
    ):
        pixels, valid = read_with_valid(found, [3, 1])
        np.testing.assert_array_equal(pixels, found.read([3, 1]))
        mask = found.dataset_mask() if nodata is not None else found.read(found.count)
        np.testing.assert_array_equal(valid, mask > 0)
    assert set(np.unique(valid)) == {False, True}
