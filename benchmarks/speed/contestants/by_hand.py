"""What a practitioner writes: windows of the bands by rasterio, upsampled, a warped label, files.

Nothing of this program is imported. Windows are (column, row, width, height) in pixels of a band.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio.enums import Resampling
from rasterio.features import geometry_mask
from rasterio.warp import reproject
from rasterio.windows import Window

from benchmarks.speed.contestants.answers import digest, digests, main, work

# A pixel whose centre lies on an edge of the mask belongs to what is right of it, or else below.
# The program looks so far to the right and down, in pixels of 10 m.
EDGE = Affine.translation(1e-5, 1e-7)
FINE = ("B02", "B03", "B04", "B08")
PROFILE = {"driver": "GTiff", "compress": "deflate"}


def windows(
    files: Mapping[str, str], windows: Mapping[str, Sequence[int]], options: Mapping[str, str]
) -> Any:
    """One window of each band, at its own resolution; `options` are GDAL's."""

    def read() -> dict[str, str]:
        found = {}
        with rasterio.Env(**options):
            for band, path in files.items():
                with rasterio.open(path) as dataset:
                    found[band] = dataset.read(1, window=Window(*windows[band]))
        return digests(found)

    return work(read)


def pairs(files: Mapping[str, str], masks: Sequence[str], folder: str) -> Any:
    """Image and label of each mask; the files of the bands are opened once. Digests by mask."""
    found = {}
    with ExitStack() as stack:
        bands = {name: stack.enter_context(rasterio.open(path)) for name, path in files.items()}
        for path in masks:
            found[Path(path).name] = _pair(bands, Path(path), Path(folder) / Path(path).stem)
    return found


def _pair(bands: Mapping[str, Any], path: Path, folder: Path) -> dict[str, str]:
    grid = bands["B02"].transform
    with rasterio.open(path) as mask:
        corners = [(0, 0), (mask.width, 0), (mask.width, mask.height), (0, mask.height)]
        outline = [mask.transform @ corner for corner in corners]
        labels, transform, crs = mask.read(1), mask.transform, mask.crs
    pixels = [~grid @ corner for corner in outline]
    left, top = (math.floor(min(one[axis] for one in pixels) + 1e-6) for axis in (0, 1))
    right, bottom = (math.ceil(max(one[axis] for one in pixels) - 1e-6) for axis in (0, 1))
    shape = (bottom - top, right - left)
    own = grid @ Affine.translation(left, top)
    polygon = {"type": "Polygon", "coordinates": [[*outline, outline[0]]]}
    outside = geometry_mask([polygon], shape, own @ EDGE)
    image = {name: _band(band, (left, top, right, bottom)) for name, band in bands.items()}
    label = np.full(shape, 255, np.uint8)
    reproject(
        labels, label, src_transform=transform, src_crs=crs, dst_transform=own,
        dst_crs=crs, resampling=Resampling.nearest, dst_nodata=255,
    )  # fmt: skip
    folder.mkdir(parents=True)
    stack = np.stack([np.where(outside, 0, image[name]) for name in image if name != "SCL"])
    place = {**PROFILE, "crs": crs, "transform": own, "height": shape[0], "width": shape[1]}
    with rasterio.open(folder / "image.tif", "w", count=len(stack), dtype="uint16", **place) as out:
        out.write(stack)
    with rasterio.open(folder / "label.tif", "w", count=1, dtype="uint8", **place) as out:
        out.write(label, 1)
    return {name: digest(np.where(outside, np.uint16(0), image[name])) for name in FINE}


def _band(dataset: Any, sides: tuple[int, int, int, int]) -> Any:
    """A band on 10 m pixels, coarser ones by bilinear interpolation (classes: nearest)."""
    left, top, right, bottom = sides
    factor = round(dataset.transform.a / 10)
    if factor == 1:
        return dataset.read(1, window=Window(left, top, right - left, bottom - top))
    resampling = Resampling.nearest if dataset.dtypes[0] == "uint8" else Resampling.bilinear
    own = Window(*(side / factor for side in (left, top, right - left, bottom - top)))
    return dataset.read(
        1, window=own, out_shape=(bottom - top, right - left), resampling=resampling
    )


def convert(files: Mapping[str, str], destination: str) -> Any:
    """A COG of all bands at 10 m: whole bands read one after another, then written as a COG."""
    strips = Path(destination).with_suffix(".strips.tif")
    names = [name for name in files if name != "SCL"]
    with rasterio.open(files["B02"]) as first:
        place = {"crs": first.crs, "transform": first.transform}
        height, width = first.shape
    form = {"tiled": True, "bigtiff": "if_safer", "height": height, "width": width, **place}
    with rasterio.open(strips, "w", driver="GTiff", count=len(names), dtype="uint16", nodata=0,
                       interleave="band", **form) as out:  # fmt: skip
        for number, name in enumerate(names, 1):
            with rasterio.open(files[name]) as band:
                size = (height, width)
                out.write(band.read(1, out_shape=size, resampling=Resampling.bilinear), number)
            out.set_band_description(number, name)
    rasterio.shutil.copy(
        strips, destination, driver="COG", compress="deflate", predictor="yes",
        bigtiff="if_safer", overview_resampling="average", num_threads="all_cpus",
    )  # fmt: skip
    strips.unlink()
    return None


def copy_pairs(pairs: Sequence[str], destination: str) -> Any:
    """The files of pairs under the names of a dataset, with a table of their sizes."""
    rows = []
    for pair in map(Path, pairs):
        for name, folder in (
            ("image", "images"), ("label", "labels"), ("quality", "quality"),
            ("fractions", "fractions"),
        ):  # fmt: skip
            target = Path(destination) / folder / f"{pair.name}.tif"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(pair / f"{name}.tif", target)
        with rasterio.open(pair / "image.tif") as image:
            rows.append(f"{pair.name},{image.width},{image.height},{image.crs}")
        json.loads((pair / "pair.json").read_text(encoding="utf-8"))
    Path(destination, "manifest.csv").write_text("\n".join(rows))
    return len(rows)


def open_and_hash(folder: str) -> Any:
    """What a loop over chips does at least: open each, read its pixels, hash its file."""
    import hashlib

    found = {}
    for path in sorted(Path(folder).glob("*.tif")):
        with rasterio.open(path) as dataset:
            dataset.read()
        found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return len(found)


if __name__ == "__main__":
    main({
        function.__name__: function
        for function in (windows, pairs, convert, copy_pairs, open_and_hash)
    })  # fmt: skip
