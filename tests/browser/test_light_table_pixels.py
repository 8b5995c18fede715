"""Pixels of the light table against the screen's: other pixel ratios, and pairs shown reduced."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

from migrate_core.pairs.view import content
from migrate_core.pairs.view.stored import write_view
from migrate_core.store.base import open_store
from migrate_core.store.masks import find_mask
from migrate_core.workspace import Workspace
from tests.support.browsing import chromium, served_app
from tests.support.light_table import light_table, press, queue_of, read, root, shown

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


# An edge between two pixels of the screen is drawn at one of them.
SHIFTS = (0, -1, 1)


# The widths put the edges of the pictures between pixels of the screen.
@pytest.mark.parametrize(("width", "ratio"), [(1283, 1.25), (1281, 1.5), (1280, 2)])
def test_each_pixel_of_a_pair_is_a_square_of_whole_pixels_of_the_screen(
    served: tuple[str, Workspace], tmp_path: Path, width: int, ratio: float
) -> None:
    address, workspace = served
    size = {"width": width, "height": 801}
    with light_table(address, tmp_path, viewport=size, device_scale_factor=ratio) as page:
        pair_id = shown(page)
        # Fixed stretch, white at 0.3; no layers, no label, one picture, a whole number of pixels.
        press(page, "k", "l", "o", "o", "m", "m", "+")
        page.mouse.move(2, 2)
        page.wait_for_timeout(300)
        scale = int(root(page).locator(".zoom").inner_text().removeprefix("×"))
        box = root(page).locator(".stage").bounding_box()
        left, top, right, bottom = (
            round(edge * ratio)
            for edge in (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
        )
        screen = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
        image = read(workspace, pair_id, "image.tif")
        height, width = image.shape[1:]
        rows, columns = np.mgrid[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3]
        ys = top + round((bottom - top) / 2 - height * scale / 2) + rows * scale
        xs = left + round((right - left) / 2 - width * scale / 2) + columns * scale
        rgb = image[[3, 2, 1]][:, rows, columns].astype(float)
        wanted = np.clip(rgb * 255 / 3000, 0, 255)
        assert (rgb > 0).all()
        for down in range(scale):
            for across in range(scale):
                found = [
                    screen[ys + down + y, xs + across + x].transpose(2, 0, 1)
                    for x in SHIFTS
                    for y in SHIFTS
                ]
                off = [np.abs(one - wanted).max(axis=0) for one in found]
                # No pixel of the screen is a mixture of two.
                assert np.min(off, axis=0).max() <= 1


def test_of_a_pair_that_is_shown_reduced_every_value_is_that_of_the_pixel_it_names(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished, tmp_path / "workspace")
    workspace = Workspace(tmp_path / "workspace")
    pair_id = queue_of(workspace)[0]
    image = read(workspace, pair_id, "image.tif")
    monkeypatch.setattr(content, "MAX_PIXELS", image[0].size // 3)
    store = open_store(workspace)
    write_view(workspace, pair_id, find_mask(store, store.pair(pair_id).mask_id))
    store.engine.dispose()
    with rasterio.open(workspace.pair(pair_id) / "image.tif") as dataset:
        to_pixel = ~dataset.transform
    with (
        served_app(workspace.root, tmp_path / "app.log") as address,
        light_table(address, tmp_path) as page,
    ):
        assert shown(page) == pair_id
        assert "one of 2 × 2 pixels" in root(page).locator(".titles").inner_text()
        press(page, *(["d"] if not root(page).locator("aside").is_visible() else []))
        page.wait_for_timeout(200)
        box = root(page).locator(".stage").bounding_box()
        for across, down in ((0.2, 0.5), (0.26, 0.44), (0.3, 0.57), (0.75, 0.5)):
            page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
            page.wait_for_timeout(200)
            line = root(page).locator(".reading").inner_text()
            row, column = map(int, re.search(r"row (\d+) column (\d+)", line).groups())
            values = root(page).locator(".values b").all_inner_texts()
            found = [0.0 if value == "–" else float(value) for value in values]
            assert found == pytest.approx(image[:, row, column] / 10000, abs=5e-5)
            place = (float(one.replace(",", "")) for one in re.findall(r"[EN] ([\d,]+)", line))
            assert np.abs(np.array(to_pixel @ tuple(place)) - (column + 0.5, row + 0.5)).max() < 1.7
