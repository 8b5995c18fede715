"""The way of the article that the program started from: unzip, convert every band, stack, crop.

Bands of 20 m and 60 m are brought to 10 m by repeating their pixels, since its own way of writing
them into the stack leaves them misplaced.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import rasterio
import rasterio.shutil
from rasterio.enums import Resampling
from rasterio.mask import mask as crop
from rasterio.windows import Window

from benchmarks.speed.contestants.answers import digest, main, work

FINE = ("B02", "B03", "B04", "B08")
_ROWS = 1024


def pair(product: str, files: Mapping[str, str], outline: Sequence[Any], folder: str) -> Any:
    """The stack of a product's bands cropped to an outline; digests of its 10 m bands.

    `files` are the bands' paths inside of the product's folder.
    """
    return work(lambda: _pair(Path(product), files, outline, Path(folder)))


def _pair(
    product: Path, files: Mapping[str, str], outline: Sequence[Any], folder: Path
) -> dict[str, str]:
    folder.mkdir(parents=True)
    root = product.parent
    if product.suffix == ".zip":
        with zipfile.ZipFile(product) as archive:
            archive.extractall(folder)
        root = folder
    tiffs = {name: folder / f"{name}.tif" for name in files}
    for name, path in files.items():
        rasterio.shutil.copy(root / path, tiffs[name], driver="GTiff")
    _stack(tiffs, folder / "stack.tif")
    with rasterio.open(folder / "stack.tif") as stack:
        polygon = {"type": "Polygon", "coordinates": [outline]}
        pixels, transform = crop(stack, [polygon], crop=True)
        profile = {**stack.profile, "transform": transform}
    profile |= {"height": pixels.shape[1], "width": pixels.shape[2]}
    with rasterio.open(folder / "cropped.tif", "w", **profile) as out:
        out.write(pixels)
    return {name: digest(pixels[list(files).index(name)]) for name in FINE}


def _stack(tiffs: Mapping[str, Path], destination: Path) -> None:
    with rasterio.open(tiffs["B02"]) as first:
        profile = {**first.profile, "count": len(tiffs), "bigtiff": "if_safer", "nodata": 0}
        height, width = first.shape
    with rasterio.open(destination, "w", **profile) as out:
        for number, path in enumerate(tiffs.values(), 1):
            with rasterio.open(path) as band:
                for top in range(0, height, _ROWS):
                    _copy_rows(band, out, number, (top, min(_ROWS, height - top), width))


def _copy_rows(band: Any, out: Any, number: int, rows: tuple[int, int, int]) -> None:
    top, count, width = rows
    factor = band.transform.a / 10
    own = Window(0, top / factor, width / factor, count / factor)
    pixels = band.read(1, window=own, out_shape=(count, width), resampling=Resampling.nearest)
    out.write(pixels, number, window=Window(0, top, width, count))


if __name__ == "__main__":
    main({"pair": pair})
