"""Processor seconds of `convert`, of a second search on disk and of adding chips, against loops.

What each is compared with is what a person would write with rasterio: reading, resampling and
writing whole bands; opening, reading and hashing each chip. All run in processes of their own:

    python benchmarks/convert_and_search.py convert PRODUCT.SAFE
    python benchmarks/convert_and_search.py search FOLDER_OR_CATALOGUE
    python benchmarks/convert_and_search.py add FOLDER_OF_CHIPS
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import rasterio
from rasterio.enums import Resampling

from migrate_core.masks.files.isolation import reading_pool
from migrate_core.notebook import add_masks, open_workspace
from migrate_core.pairs.convert import convert_product
from migrate_core.products.opening import open_product
from migrate_core.scenes.sources.local import LocalSource
from migrate_core.scenes.sources.protocol import SceneRequest

_LEVELS = [2, 4, 8, 16]


def convert_by_hand(product: Path, folder: Path) -> None:
    """Each band read whole at 10 m by rasterio and written, then overviews."""
    opened = open_product(str(product))
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": len(opened.bands), "nodata": 0,
        "width": opened.grid.width, "height": opened.grid.height, "crs": opened.grid.crs,
        "transform": opened.grid.transform, "tiled": True, "blockxsize": 512, "blockysize": 512,
        "compress": "deflate", "predictor": 2, "interleave": "band", "bigtiff": "if_safer",
    }  # fmt: skip
    path = folder / "by_hand.tif"
    with rasterio.open(path, "w", **profile) as dataset:
        for number, band in enumerate(opened.bands, 1):
            with rasterio.open(band.location, driver=band.driver) as source:
                pixels = source.read(1, out_shape=opened.grid.shape, resampling=Resampling.bilinear)
            dataset.write(pixels, number)
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews(_LEVELS, Resampling.average)


def convert(product: Path, folder: Path) -> None:
    """The same by `convert`."""
    convert_product(product, folder / "converted.tif", "bilinear", lambda *_: None)


def search(path: Path, folder: Path) -> None:
    """One search for all that there is; the first one in `folder` reads all files."""
    anywhere = SceneRequest((-180, -90, 180, 90), date.min, date.max, "L2A")
    LocalSource(path).remembering(folder, refresh=False).search(anywhere)


def read_by_hand(chips: Path, _folder: Path) -> None:
    """Each chip opened, read and hashed."""
    for path in sorted(chips.glob("*.tif")):
        with rasterio.open(path) as dataset:
            dataset.read()
        hashlib.sha256(path.read_bytes()).hexdigest()


def add(chips: Path, folder: Path) -> None:
    """The same chips added to a new workspace, workers included."""
    add_masks(open_workspace(folder), chips)


_WAYS: dict[str, dict[str, Callable[[Path, Path], None]]] = {
    "convert": {"by hand": convert_by_hand, "convert": convert},
    "search": {"first search": search, "second search": search},
    "add": {"by hand": read_by_hand, "masks add": add},
}


def measured(work: Callable[[Path, Path], None], path: Path, folder: Path) -> float:
    """Processor seconds of a call, and of the processes it starts, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(theirs, work, path, folder))
    process.start()
    theirs.close()
    seconds: float = ours.recv()
    process.join()
    return seconds


def _measure(pipe: object, work: Callable[[Path, Path], None], path: Path, folder: Path) -> None:
    before = _seconds()
    work(path, folder)
    for workers in range(1, (multiprocessing.cpu_count() or 1) + 1):
        with reading_pool(workers) as pool:
            pool.shutdown()
    pipe.send(_seconds() - before)  # type: ignore[attr-defined]


def _seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main() -> None:
    """Measure one of the three, and print one JSON document."""
    what, path = sys.argv[1], Path(sys.argv[2]).absolute()
    with tempfile.TemporaryDirectory() as temporary:
        found = {
            way: round(measured(work, path, Path(temporary)), 2)
            for way, work in _WAYS[what].items()
        }
    first, second = found.values()
    print(json.dumps({**found, "ratio": round(second / first, 2)}, indent=1))


if __name__ == "__main__":
    main()
