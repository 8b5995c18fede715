"""A whole product as one COG: `convert`, and the same with rasterio."""

from __future__ import annotations

import shutil
from functools import partial

from benchmarks.speed.comparing import OURS, Setup, compete
from benchmarks.speed.measuring.cost import Contestant, command_line, contestant
from benchmarks.speed.one_mask import BY_HAND, image_digests
from benchmarks.speed.tables import Aim, Found, at_most, ratio_of

_LIMIT = 1.15


def measure(setup: Setup) -> Found:
    """The table; problems are pixels of 10 m bands that differ."""
    scratch = setup.scratch("convert")
    files = setup.product.gdal_names("directory")
    ours, hand = scratch / "ours" / "converted.tif", scratch / "by-hand" / "converted.tif"

    def fresh(one: Contestant) -> Contestant:
        for path in (ours, hand):
            shutil.rmtree(path.parent, ignore_errors=True)
            path.parent.mkdir()
        return one

    contestants = [
        command_line(OURS, scratch / "workspace", "convert", setup.product.safe, ours),
        contestant(BY_HAND, "by_hand", "convert", files=files, destination=hand),
    ]
    settle = {OURS: lambda _: image_digests(ours), BY_HAND: lambda _: image_digests(hand)}
    found = compete([partial(fresh, one) for one in contestants], 1, settle=settle)
    found.must_agree("convert")
    shutil.rmtree(scratch, ignore_errors=True)
    aims: list[Aim] = []
    if not setup.quick:
        ratio = ratio_of(found.costs[OURS], found.costs[BY_HAND])
        aims = [at_most(f"at most {_LIMIT} of by hand", ratio, _LIMIT, " times")]
    return Found("A whole product as a COG", found.rows("`convert`"), aims, found.problems)
