"""From STAC items with odd statements of their offset to what is suggested of their pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from migrate_core.cli import cli
from tests.support.builders import (
    NORTH,
    WEST,
    Safe,
    north_up,
    write_catalogue,
    write_raster,
    write_stac,
)

FLAG, BASELINE = "earthsearch:boa_offset_applied", "s2:processing_baseline"
EARTH_SEARCH = {FLAG: True, BASELINE: "05.11"}
DARK, WITH_OFFSET, BRIGHT = 60, 1060, 3000


def pixels(darkest: int) -> Any:
    def numbers(band: str, height: int, width: int) -> NDArray[np.uint16]:
        spread = np.arange(height * width).reshape(height, width) % 400
        return (darkest + spread).astype(np.uint16)

    return numbers


def suggested(
    folder: Path, darkest: int, properties: dict[str, Any], raster: float | None
) -> tuple[dict[str, str], dict[str, Any]]:
    """The suggestion for a clear pair of an item, and its pair.json, by the command line."""
    item = write_stac(folder / "stac", Safe(size=60, pixels=pixels(darkest)))
    document = json.loads(item.read_text())
    document["properties"] |= {"s2:product_uri": None, FLAG: None, **properties}
    if raster is not None:
        for asset in document["assets"].values():
            asset["raster:bands"] = [{"scale": 0.0001, "offset": raster}]
    item.write_text(json.dumps(document))
    clear = np.full((30, 30), 4, np.uint8)
    write_raster(item.with_name("SCL.tif"), clear, transform=north_up(WEST, NORTH, 20), nodata=0)
    write_catalogue(folder / "stac", f"./{item.parent.name}/{item.name}")
    label = np.zeros((200, 200), np.uint8)
    label[40:160, 40:160] = 1
    write_raster(folder / "20200120_101532_mask.tif", label)
    workspace = str(folder / "workspace")
    for command in (
        ["masks", "add", str(folder / "20200120_101532_mask.tif")],
        ["scenes", "search", "--source", f"local:{folder / 'stac'}"],
        ["pairs", "make", "--clouds", "scl", "--workers", "1"],
        ["pairs", "list", "--json"],
    ):
        result = CliRunner().invoke(cli, ["--workspace", workspace, *command])
        assert result.exit_code == 0, result.output
    (pair,) = json.loads(result.stdout)
    (path,) = (folder / "workspace").glob("pairs/*/pair.json")
    return pair["suggestion"], json.loads(path.read_text())


@pytest.mark.parametrize(
    ("darkest", "properties", "raster", "verdict", "words"),
    [
        (DARK, EARTH_SEARCH, -0.1, "accept", ""),
        (WITH_OFFSET, EARTH_SEARCH, -0.1, "unsure", "pile up above 1000"),
        (BRIGHT, EARTH_SEARCH, -0.1, "unsure", "the darkest pixels can't tell"),
        (DARK, {BASELINE: "N9999"}, None, "accept", ""),
        (BRIGHT, {BASELINE: ""}, None, "unsure", "nor an official processing baseline"),
    ],
)
def test_what_items_state_and_pixels_show_decides_about_acceptance(
    tmp_path: Path,
    darkest: int,
    properties: dict[str, Any],
    raster: float | None,
    verdict: str,
    words: str,
) -> None:
    suggestion, document = suggested(tmp_path, darkest, properties, raster)
    assert suggestion["verdict"] == verdict
    assert words in suggestion["reason"]
    assert ("radiometric offset" in suggestion["reason"]) is (verdict == "unsure")
    settled = document["offset_check"]["settled"]
    assert bool(settled) is (verdict == "accept")
