"""How long, and with how much memory, one mask of 2.5 km takes from a full-size product.

Makes a full-size L2A SAFE product (10980 x 10980 pixels at 10 m, lossless JPEG 2000 as ESA tiles
it) once in a folder of your choice, as a directory, a stored and a deflated zip, then makes a pair
of a 2.5 km mask from each, in a process of its own, and compares with decoding whole bands:

    python benchmarks/full_product.py /tmp/full_product
"""

from __future__ import annotations

import json
import multiprocessing
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.warp
from affine import Affine
from numpy.typing import NDArray

from migrate_core.masks.options import AddOptions
from migrate_core.masks.register.describe import with_content, with_header
from migrate_core.masks.register.sidecars import Finder
from migrate_core.model import PairParameters, SceneQuery
from migrate_core.pairs.make import make_pair
from migrate_core.pairs.task import PairTask
from migrate_core.products.opening import open_product
from migrate_core.products.product import RESOLUTION_M, band_names
from migrate_core.scenes.search.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.settings import RankingSettings

NAME = "S2A_MSIL2A_20210611T101031_N0301_R022_T33UVS_20210611T130000"
WEST, NORTH, SIZE = 399_960, 5_700_000, 10_980
CRS = "EPSG:32633"
TILE_SIZES = {10: 1024, 20: 640, 60: 192}

PRODUCT_XML = """<?xml version="1.0"?><P>
<PRODUCT_START_TIME>2021-06-11T10:10:31Z</PRODUCT_START_TIME>
<PRODUCT_URI>{name}.SAFE</PRODUCT_URI><PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
<PROCESSING_BASELINE>03.01</PROCESSING_BASELINE>
<BOA_QUANTIFICATION_VALUE>10000</BOA_QUANTIFICATION_VALUE>
<EXT_POS_LIST>{positions}</EXT_POS_LIST>
<Cloud_Coverage_Assessment>0.0</Cloud_Coverage_Assessment></P>"""
TILE_XML = f"""<?xml version="1.0"?><T><HORIZONTAL_CS_CODE>{CRS}</HORIZONTAL_CS_CODE>
<Size resolution="10"><NROWS>{SIZE}</NROWS><NCOLS>{SIZE}</NCOLS></Size>
<Geoposition resolution="10"><ULX>{WEST}</ULX><ULY>{NORTH}</ULY><XDIM>10</XDIM><YDIM>-10</YDIM>
</Geoposition></T>"""


def make_product(folder: Path) -> dict[str, Path]:
    """The product as directory, stored and deflated zip."""
    safe = folder / "directory" / f"{NAME}.SAFE"
    zips = {kind: folder / kind / f"{NAME}.zip" for kind in ("stored", "deflated")}
    if not safe.is_dir():
        write_safe(safe)
    for kind, path in zips.items():
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            method = zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED
            with zipfile.ZipFile(path, "w", method) as archive:
                for file in sorted(safe.rglob("*")):
                    archive.write(file, file.relative_to(safe.parent))
    return {"directory": safe, **zips}


def write_safe(safe: Path) -> None:
    """Bands of smooth ground with sensor-like noise, so that they compress as real ones do."""
    images = safe / "GRANULE" / "L2A_T33UVS_A031173_20210611T101031" / "IMG_DATA"
    rng = np.random.default_rng(1)
    for band in (*band_names("L2A"), "SCL"):
        resolution = RESOLUTION_M.get(band, 20)
        size = SIZE * 10 // resolution
        if band == "SCL":
            pixels: NDArray[Any] = np.full((size, size), 5, dtype=np.uint8)
        else:
            ground = rng.integers(500, 4000, size=(size // 60 + 1, size // 60 + 1))
            pixels = np.kron(ground, np.ones((60, 60)))[:size, :size]
            pixels = (pixels + rng.normal(0, 40, (size, size))).clip(1).astype(np.uint16)
        path = images / f"R{resolution}m" / f"T33UVS_20210611T101031_{band}_{resolution}m.jp2"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_jp2(path, pixels, resolution)
        print(f"{band} written", file=sys.stderr)
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    side = SIZE * 10
    xs, ys = zip(*((WEST + x * side, NORTH - y * side) for x, y in corners), strict=True)
    longitudes, latitudes = rasterio.warp.transform(CRS, "EPSG:4326", xs, ys)
    positions = " ".join(f"{b} {a}" for a, b in zip(longitudes, latitudes, strict=True))
    (safe / "MTD_MSIL2A.xml").write_text(PRODUCT_XML.format(name=NAME, positions=positions))
    (images.parent / "MTD_TL.xml").write_text(TILE_XML)


def write_jp2(path: Path, pixels: np.ndarray, resolution: int) -> None:
    """Lossless JPEG 2000, tiled as in products."""
    height, width = pixels.shape
    with rasterio.open(
        path,
        "w",
        driver="JP2OpenJPEG",
        dtype=pixels.dtype,
        count=1,
        width=width,
        height=height,
        crs=CRS,
        transform=Affine(resolution, 0, WEST, 0, -resolution, NORTH),
        blockxsize=TILE_SIZES[resolution],
        blockysize=TILE_SIZES[resolution],
        QUALITY="100",
        REVERSIBLE="YES",
    ) as dataset:
        dataset.write(pixels, 1)


def make_mask(path: Path) -> None:
    """A 2.5 km mask at 3 m, turned by 12 degrees, across the corner of four JPEG 2000 tiles."""
    x, y = WEST + 4 * 10_240, NORTH - 4 * 10_240
    transform = (
        Affine.translation(x, y)
        @ Affine.rotation(12)
        @ Affine.scale(3, -3)
        @ Affine.translation(-417, -417)
    )
    rows, columns = np.mgrid[:834, :834]
    labels = ((rows - 400) ** 2 + (columns - 420) ** 2 < 250**2).astype(np.uint8)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint8", count=1, width=834, height=834, crs=CRS,
        transform=transform,
    ) as dataset:  # fmt: skip
        dataset.write(labels, 1)


def pair_from(product: Path, mask_path: Path, folder: Path) -> None:
    """What `pairs make` does for one mask, without its processes."""
    options = AddOptions()
    sidecars = Finder(options).sidecars(mask_path.absolute())
    mask = with_content(with_header(sidecars, options))
    source = open_source(f"local:{product.parent}")
    found = search([mask], [source], SceneQuery(), RankingSettings())
    best = found.ranked[mask.mask_id][0]
    task = PairTask(
        "pair", mask, (best.scene,), PairParameters(), str(folder), best.days_offset, best.coverage
    )
    make_pair(task)


def whole_bands(product: Path) -> None:
    """Decode two 10 m bands whole, which others do for each of thirteen."""
    for band in open_product(str(product)).bands[1:3]:
        with rasterio.open(band.location, driver=band.driver) as dataset:
            dataset.read(1)


def measured(work: Callable[..., None], *arguments: object) -> dict[str, float]:
    """Seconds and peak memory of a call in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (work, arguments))


def _measure(work: Callable[..., None], arguments: tuple[object, ...]) -> dict[str, float]:
    start = time.perf_counter()
    work(*arguments)
    return {"seconds": round(time.perf_counter() - start, 2), "peak_mib": peak_kib() // 1024}


def peak_kib() -> int:
    """The peak resident memory of this process; getrusage would count the parent's, too."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


def main() -> None:
    """Make what is missing, measure, and print one JSON document."""
    folder = Path(sys.argv[1])
    products = make_product(folder)
    with tempfile.TemporaryDirectory() as temporary:
        mask = Path(temporary) / "20210612_101532_1014_mask.tif"
        make_mask(mask)
        results = {
            kind: measured(pair_from, product, mask, Path(temporary) / kind)
            for kind, product in products.items()
        }
        results["two whole 10 m bands decoded"] = measured(whole_bands, products["directory"])
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
