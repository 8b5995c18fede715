"""One mask: a window of all bands, and a whole pair, from directory, stored and deflated zip."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import rasterio

from benchmarks.speed.comparing import OURS, Compared, Setup, compete
from benchmarks.speed.contestants.answers import digest
from benchmarks.speed.data.masks import band_windows, outline, prepared, write_mask
from benchmarks.speed.data.product import (
    NAME,
    RESOLUTION,
    ProductSet,
    band_path,
    tiles_under,
)
from benchmarks.speed.measuring.cost import Contestant, Cost, command_line, contestant
from benchmarks.speed.tables import Aim, Found, Row, at_least, at_most, ratio_of

KINDS = ("directory", "stored", "deflated")
BY_HAND, ARTICLE = "by hand", "article"
FINE = ("B02", "B03", "B04", "B08")
# A quick run makes pairs of these only.
_QUICK_PAIRS = ("deflated",)
_SIDE = 150
# What a window of the small product may read from disk at most, in MB: the tiles under it, whole
# bands where they are deflated, and the modules that are imported.
_MOST_READ_MB = {"directory": 60.0, "stored": 60.0, "deflated": 80.0}
_MOST_PAIR_MB = 500.0


def measure(setup: Setup) -> Found:
    """The table; problems are pixels that differ and bytes beyond their limit."""
    rows: list[Row] = []
    aims: list[Aim] = []
    problems: list[str] = []
    for kind in KINDS:
        windows = {name: _window(setup, kind, start) for name, start in _starts(setup).items()}
        for name, window in windows.items():
            rows += window.rows(f"{_SIDE} x {_SIDE} window {name}, {kind}")
            problems += window.problems
            if setup.quick:
                problems += _too_much(window, kind)
        if kind in (_QUICK_PAIRS if setup.quick else KINDS):
            pair = _pair(setup, kind)
            rows += pair.rows(f"`pairs make` of {_size_m(setup) / 1000:g} km, {kind}")
            problems += pair.problems
        if not setup.quick:
            for name, window in windows.items():
                aims += _window_aims(f"window {name}, {kind}", window.costs, pair.costs)
            aims += _pair_aims(kind, pair.costs)
    if setup.quick:
        problems += _too_many_tiles(setup)
    title = "One mask: 12 bands and the scene classification"
    notes = [
        "Windows are measured without Python's start and imports, pairs with them. What is left of "
        "a window's time is OpenJPEG's: it decodes each tile under the window as far as needed."
    ]
    return Found(title, rows, aims, problems, notes=notes)


def _size_m(setup: Setup) -> float:
    return 1200 if setup.quick else 2500


def corner_of_tiles(product: ProductSet) -> int:
    """Row and column at which four JPEG 2000 tiles of a 10 m band meet, far inside if it can be."""
    return 1024 * max(1, product.size // 1024 // 2)


def _starts(setup: Setup) -> dict[str, int]:
    """Row and column at which windows begin; the small product is read at the hardest only."""
    corner = corner_of_tiles(setup.product)
    over_four = {"over four tiles": corner - _SIDE // 2}
    return over_four if setup.quick else {**over_four, "in one tile": corner + 4 * _SIDE}


def _window(setup: Setup, kind: str, start: int) -> Compared:
    product = setup.product
    windows = band_windows(start, start, _SIDE, _SIDE)
    files = product.gdal_names(kind)
    ours = contestant(OURS, "ours", "windows", product=product.path(kind), windows=windows)
    hand = contestant(BY_HAND, "by_hand", "windows", files=files, windows=windows, options={})
    found = compete([lambda: ours, lambda: hand], setup.rounds)
    found.must_agree(f"window, {kind}")
    return found


def _too_many_tiles(setup: Setup) -> list[str]:
    """What is said when more tiles are decoded than lie under a window."""
    start = corner_of_tiles(setup.product) - _SIDE // 2
    windows = band_windows(start, start, _SIDE, _SIDE)
    tiles = contestant(OURS, "ours", "tiles", product=setup.product.safe, windows=windows)
    found = compete([lambda: tiles], 1)
    under = sum(tiles_under(RESOLUTION[band], window) for band, window in windows.items())
    decoded = found.answers.get(OURS)
    wrong = [] if decoded == under else [f"{decoded} tiles were decoded, not {under}"]
    return found.problems + wrong


def _pair(setup: Setup, kind: str) -> Compared:
    product, scratch = setup.product, setup.scratch(f"one-mask-{kind}")
    corner = corner_of_tiles(product)
    path = scratch / "masks" / "20210612_101532_1014_mask.tif"
    mask = write_mask(path, corner, corner, _size_m(setup))
    origin = prepared(scratch / "prepared", [mask], product.path(kind).parent)
    work = scratch / "work"

    def fresh(one: Contestant) -> Contestant:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(origin, work / "workspace")
        return one

    contestants = [
        command_line(OURS, work / "workspace", "pairs", "make", "--json"),
        contestant(
            BY_HAND, "by_hand", "pairs", files=product.gdal_names(kind), masks=[mask],
            folder=work / "by-hand",
        ),
    ]  # fmt: skip
    settle = {OURS: partial(made, work / "workspace")}
    found = compete([partial(fresh, one) for one in contestants], setup.rounds, settle=settle)
    article = contestant(
        ARTICLE, "article", "pair", product=product.path(kind), outline=outline(mask),
        files={band: f"{NAME}.SAFE/{band_path(band)}" for band in product.bands()},
        folder=work / "article",
    )  # fmt: skip
    far = compete([partial(fresh, article)], 1, settle={ARTICLE: lambda one: {mask.name: one}})
    found.costs |= far.costs
    found.answers |= far.answers
    found.problems += far.problems
    found.must_agree(f"pair, {kind}")
    shutil.rmtree(work, ignore_errors=True)
    return found


def made(workspace: Path, document: Any) -> dict[str, dict[str, str]]:
    """Digests by mask of the bands that are not resampled, of the pairs that a command lists."""
    return {
        row["mask_name"]: image_digests(workspace / row["image"])
        for row in document
        if row["state"] == "done"
    }


def image_digests(path: Path) -> dict[str, str]:
    """Digests of the bands of an image that are not resampled."""
    with rasterio.open(path) as image:
        names: Sequence[str] = image.descriptions
        return {name: digest(image.read(1 + names.index(name))) for name in FINE}


def _too_much(found: Compared, kind: str) -> list[str]:
    cost, most = found.costs.get(OURS), _MOST_READ_MB[kind]
    if cost is None or cost.read_mb <= most:
        return []
    return [f"a window of the {kind} product read {cost.read_mb:.0f} MB, more than {most:.0f}"]


def _window_aims(text: str, window: dict[str, Cost], pair: dict[str, Cost]) -> list[Aim]:
    """What is wanted of a window; the article's way is the same for each, a whole product."""
    much = 250 if "deflated" in text else 500
    return [
        at_least(f"{text}: at least 5 times as quick as by hand",
                 ratio_of(window[BY_HAND], window[OURS]), 5, " times"),
        at_least(f"{text}: at least {much} times as quick as the article",
                 ratio_of(pair[ARTICLE], window[OURS]), much, " times"),
    ]  # fmt: skip


def _pair_aims(kind: str, pair: dict[str, Cost]) -> list[Aim]:
    return [
        at_most(f"pair, {kind}: at most 2 / 1.3 of by hand",
                ratio_of(pair[OURS], pair[BY_HAND]), 2 / 1.3, " times"),
        at_most(f"pair, {kind}: less than {_MOST_PAIR_MB:.0f} MB", pair[OURS].peak_mb,
                _MOST_PAIR_MB, " MB"),
    ]  # fmt: skip
