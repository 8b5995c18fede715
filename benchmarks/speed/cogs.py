"""Windows of COGs over HTTP with a latency: ours, rasterio, odc-stac and rioxarray."""

from __future__ import annotations

from functools import partial

from benchmarks.speed.comparing import OURS, Compared, Setup, as_it_is, compete
from benchmarks.speed.data.masks import Window, band_windows
from benchmarks.speed.data.product import CRS, NORTH, WEST, touched_bytes
from benchmarks.speed.measuring.cost import (
    ENVIRONMENT,
    INSTALLED,
    contestant,
    in_other_environment,
)
from benchmarks.speed.measuring.server import CountingServer, serving
from benchmarks.speed.tables import Aim, Found, at_most

SIDE = 256
LATENCY_S = 0.05
# The aims, for twelve bands, which a quick run must keep, too.
_MOST_REQUESTS, _MOST_TIMES_THE_BLOCKS = 24, 1.05
_TOOLS = ("odc-stac", "rioxarray")


def measure(setup: Setup) -> Found:
    """The table; problems are pixels that differ, and requests and bytes beyond their limits."""
    cogs = setup.product.cogs
    start = min(2048, setup.product.size // 2) + 100
    windows = {
        band: window
        for band, window in band_windows(start, start, SIDE, SIDE).items()
        if band != "SCL"
    }
    touched = touched_bytes({band: cogs / f"{band}.tif" for band in windows}, windows) / 1e6
    skipped = [] if INSTALLED.is_file() else [
        f"{name}, since {ENVIRONMENT.name} isn't there (`make setup-benchmarks`)"
        for name in _TOOLS
    ]  # fmt: skip
    with serving(cogs, LATENCY_S) as server:
        found = _compete(setup, server, windows, start)
    title = f"COGs over HTTP, {1000 * LATENCY_S:.0f} ms latency"
    notes = [f"The blocks under the windows are {touched:.2f} MB. GDAL's settings by hand are its "
             "defaults, but for no listing of folders."]  # fmt: skip
    rows = found.rows(f"{SIDE} x {SIDE} window of {len(windows)} bands")
    limits = _limits(found, touched)
    problems = found.problems + ([] if not setup.quick else limits)
    return Found(title, rows, _aims(found, touched), problems, skipped, notes)


def _compete(
    setup: Setup, server: CountingServer, windows: dict[str, Window], start: int
) -> Compared:
    item = setup.product.write_item(setup.scratch("cogs") / "item.json", server.url)
    files = {band: f"/vsicurl/{server.url}/{band}.tif" for band in windows}
    options = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
    given = {"item": item, "windows": windows}
    contestants = [
        contestant(OURS, "ours", "item_windows", **given),
        contestant("by hand", "by_hand", "windows", files=files, windows=windows, options=options),
    ]
    if INSTALLED.is_file():
        corner = (WEST + 10 * start, NORTH - 10 * start)
        load = contestant(
            "odc-stac", "cloud_libraries", "odc_stac", **given, crs=CRS, corner=corner
        )
        opened = contestant("rioxarray", "cloud_libraries", "rioxarray", **given)
        contestants += [in_other_environment(load), in_other_environment(opened)]
    found = compete([partial(as_it_is, one) for one in contestants], setup.rounds, server)
    found.must_agree("COGs")
    return found


def _limits(found: Compared, touched_mb: float) -> list[str]:
    cost = found.costs.get(OURS)
    if cost is None:
        return []
    problems = []
    if cost.requests > _MOST_REQUESTS:
        problems.append(f"{cost.requests:.0f} requests, more than {_MOST_REQUESTS}")
    if cost.sent_mb > _MOST_TIMES_THE_BLOCKS * touched_mb:
        problems.append(
            f"{cost.sent_mb:.2f} MB, more than {_MOST_TIMES_THE_BLOCKS} of the touched blocks"
        )
    return problems


def _aims(found: Compared, touched_mb: float) -> list[Aim]:
    cost = found.costs.get(OURS)
    if cost is None:
        return []
    return [
        at_most(f"at most {_MOST_REQUESTS} requests", cost.requests, _MOST_REQUESTS),
        at_most(
            f"at most {_MOST_TIMES_THE_BLOCKS} times the touched blocks",
            cost.sent_mb / touched_mb, _MOST_TIMES_THE_BLOCKS, " times",
        ),
    ]  # fmt: skip
