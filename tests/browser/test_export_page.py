"""The page Export in a real browser: from the choice of formats to the zip on the reader's disk."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from tests.support.browsing import browser_page, served_app
from tests.support.exports import exportable, spread_out

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000


def choose_format(page: Any, name: str) -> None:
    """Add a format to those that are chosen, as a person does."""
    # By its name: a list that scrolls makes its options anew, and a click may fall in between.
    page.get_by_role("combobox", name="Formats").fill(name)
    page.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")
    page.get_by_text(f"{name} (").wait_for()


def test_chips_and_zarr_are_chosen_previewed_exported_and_downloaded(tmp_path: Path) -> None:
    made = exportable(tmp_path / "workspace", spread_out(3))
    with (
        served_app(tmp_path / "workspace", tmp_path / "app.log") as address,
        browser_page(
            tmp_path / "profile", viewport={"width": 1280, "height": 800}, accept_downloads=True
        ) as page,
    ):
        page.goto(f"{address}/Export")
        page.get_by_role("button", name="Export 3 pairs").wait_for(timeout=SLOW_MS)
        choose_format(page, "GeoTIFF chips of one size")
        choose_format(page, "Zarr")
        page.get_by_role("button", name="Preview splits, classes and map").click()
        page.get_by_text(re.compile("Split by overlap alone: . train")).wait_for(timeout=SLOW_MS)
        page.get_by_text("Title, authors and terms").click()
        page.get_by_role("textbox", name="Title", exact=True).fill("Pits, typed last")
        # At once, before the page has been drawn with the title.
        page.get_by_role("button", name="Export 3 pairs").click()
        link = page.get_by_role("link", name=re.compile("Download the dataset as"))
        link.wait_for(timeout=SLOW_MS)
        page.get_by_text("Title: Pits, typed last.").wait_for()
        with page.expect_download(timeout=SLOW_MS) as waiting:
            link.click()
        waiting.value.save_as(tmp_path / "dataset.zip")
        assert page.get_by_test_id("stException").count() == 0
    with zipfile.ZipFile(tmp_path / "dataset.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    (dataset,) = (tmp_path / "out").iterdir()
    chips = list(csv.DictReader(io.StringIO((dataset / "chips" / "chips.csv").read_text())))
    assert {row["pair_id"] for row in chips} == set(made.pair_ids)
    train = xarray.open_zarr(dataset / "zarr", group="train").isel(sample=0)
    image = made.read(str(train.pair_id.values), "image")
    assert np.array_equal(train.image.values[:, : image.shape[1], : image.shape[2]], image)
