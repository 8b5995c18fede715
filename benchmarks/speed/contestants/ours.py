"""This program, by the functions that read pixels."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import shape

from benchmarks.speed.contestants.answers import digests, main, work
from migrate_core.grid import PixelGrid, block
from migrate_core.grid import Window as GridWindow
from migrate_core.model import Scene
from migrate_core.products.jp2 import window
from migrate_core.products.opening import open_product
from migrate_core.products.pixels import reading
from migrate_core.products.product import Product
from migrate_core.products.stac.item import reduced
from migrate_core.scenes.access.opening import open_scene
from migrate_core.settings import load_settings
from migrate_core.workspace import Workspace


def windows(product: str, windows: Mapping[str, Sequence[int]]) -> Any:
    """One window of each band of a product on disk, at its own resolution."""
    return work(lambda: _digests(open_product(product), windows))


def s3_windows(path: str, windows: Mapping[str, Sequence[int]]) -> Any:
    """The same of a product in S3; the store is that of the environment's settings."""
    from migrate_core.products.remote.index import keep_in
    from migrate_core.scenes.access.opening import open_s3_safe

    # As a run of pairs does with its workspace.
    keep_in(Workspace(load_settings().workspace).indexes)
    return work(lambda: _digests(open_s3_safe(path), windows))


def item_windows(item: str, windows: Mapping[str, Sequence[int]]) -> Any:
    """The same of the assets of a STAC item."""
    return work(lambda: _digests(open_scene(_scene(json.loads(Path(item).read_text()))), windows))


def _scene(item: Mapping[str, Any]) -> Scene:
    properties = item["properties"]
    href = next(link["href"] for link in item["links"] if link["rel"] == "self")
    return Scene(
        properties["s2:product_uri"].removesuffix(".SAFE"),
        f"stac:{href.partition('/items')[0]}#{item['collection']}",
        datetime.fromisoformat(properties["datetime"]),
        "L2A",
        properties["s2:mgrs_tile"],
        properties["s2:processing_baseline"],
        properties["eo:cloud_cover"],
        shape(item["geometry"]),
        href,
        reduced(item),
    )


def _digests(product: Product, windows: Mapping[str, Sequence[int]]) -> dict[str, str]:
    natives = {name: _block(product, name, window) for name, window in windows.items()}
    classes = natives.pop("SCL", None)
    found: dict[str, Any] = _bands(product, natives)
    if classes is not None and product.scene_classification is not None:
        band = product.scene_classification
        values = reading.read_native(product, band, classes)
        found["SCL"] = values.astype(np.uint8)
    return digests(found)


def _bands(product: Product, natives: Mapping[str, PixelGrid]) -> dict[str, Any]:
    """Many bands in one call."""
    return dict(reading.read_native_bands(product, natives))


def _block(product: Product, name: str, window: Sequence[int]) -> PixelGrid:
    known = (*product.bands, product.scene_classification)
    resolution = next(band.resolution_m for band in known if band is not None and band.name == name)
    return block(product.grid.coarser(resolution // 10), GridWindow(*window))


def tiles(product: str, windows: Mapping[str, Sequence[int]]) -> Any:
    """How many JPEG 2000 tiles are decoded for one window of each band.

    A tile of the products is one tile-part, and no bytes of a tile look like the marker that it
    begins with, SOT (ITU-T T.800, A.4.2 and B.10.1).
    """
    # Bands are decoded in threads: appending loses none, adding to a number may.
    counted: list[int] = []
    name = "decode_area"
    decode = getattr(window, name)

    def counting(codestream: Any, area: tuple[int, int, int, int]) -> Any:
        counted.append(b"".join(codestream).count(b"\xff\x90\x00\x0a"))
        return decode(codestream, area)

    setattr(window, name, counting)
    _digests(open_product(product), windows)
    return sum(counted)


def modules(names: Sequence[str]) -> Any:
    """Which of these packages `python -m migrate_core` imports before it does anything."""
    code = "import sys, migrate_core.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    return [name for name in names if name in imported]


FUNCTIONS = (windows, s3_windows, item_windows, tiles, modules)

if __name__ == "__main__":
    main({function.__name__: function for function in FUNCTIONS})
