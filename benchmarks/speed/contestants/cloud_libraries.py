"""Windows of a STAC item's COGs by odc-stac and by rioxarray, in the environment of benchmarks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed.contestants.answers import digest, digests, main, work

FINE = ("B02", "B03", "B04", "B08")


def odc_stac(
    item: str, windows: Mapping[str, Sequence[int]], crs: str, corner: Sequence[float]
) -> Any:
    """All bands on the 10 m grid in one load; digests of the bands that are not resampled.

    `corner` is that of the window at 10 m in `crs`.
    """
    import odc.stac
    import pystac
    from affine import Affine
    from odc.geo.geobox import GeoBox

    width, height = windows["B02"][2:]
    box = GeoBox((height, width), Affine(10, 0, corner[0], 0, -10, corner[1]), crs)
    found = pystac.Item.from_dict(json.loads(Path(item).read_text()))

    def read() -> dict[str, str]:
        loaded = odc.stac.load(
            [found], bands=list(windows), geobox=box,
            resampling={"*": "bilinear", "SCL": "nearest"},
        )  # fmt: skip
        return {name: digest(loaded[name].values[0]) for name in FINE}

    return work(read)


def rioxarray(item: str, windows: Mapping[str, Sequence[int]]) -> Any:
    """Each band opened and cut to its window, at its own resolution."""
    import rioxarray as rx

    assets = json.loads(Path(item).read_text())["assets"]

    def read() -> dict[str, str]:
        found = {}
        for name, (column, row, width, height) in windows.items():
            band = rx.open_rasterio(assets[name]["href"])
            part = band.isel(x=slice(column, column + width), y=slice(row, row + height))
            found[name] = part.values[0]
        return digests(found)

    return work(read)


if __name__ == "__main__":
    main({"odc_stac": odc_stac, "rioxarray": rioxarray})
