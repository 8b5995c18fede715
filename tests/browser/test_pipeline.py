"""The app in a real browser, from uploaded masks to the exported zip, on the demo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from migrate_core.demo import DemoCase
from migrate_core.pairs.view.quicklook import ViewOptions, look_grid, read_pair, render
from migrate_core.pairs.view.source_view import source_look
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import REPOSITORY, browser_page, chromium, served_app

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PAGES = ("", "Masks", "Scenes", "Pairs", "Review", "Export")
# Where pictures of every page land; the documentation shows them (`make screenshots`).
PICTURES = os.environ.get("MIGRATE_SCREENSHOTS")
SLOW_MS = 60_000


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def run(workspace: Path, *words: object) -> str:
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace)]
    done = subprocess.run(
        [*command, *map(str, words)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def watch(page: Any) -> list[str]:
    """Everything that must not happen: errors of the page's scripts, and addresses outside."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
    page.on("request", lambda request: outside(request.url) and troubles.append(request.url))
    return troubles


def outside(address: str) -> bool:
    return not re.match(r"(https?://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:)", address)


def go(page: Any, name: str) -> None:
    """Follow the link of the frame, as a person does."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile(f"^{name}")).click()
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for()


def button(page: Any, name: str) -> Any:
    main = page.get_by_test_id("stMain")
    return main.get_by_role("button", name=re.compile(name)).first


def no_error_is_shown(page: Any) -> None:
    assert page.get_by_test_id("stException").count() == 0
    assert "Traceback" not in page.get_by_test_id("stMain").inner_text()


@pytest.mark.parametrize("internet", ["there", "cut"])
def test_from_uploaded_masks_to_the_exported_zip(
    demo: DemoCase, tmp_path: Path, internet: str
) -> None:
    workspace = tmp_path / "workspace"
    with (
        served_app(workspace, tmp_path / "app.log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        if internet == "cut":
            page.route(outside, lambda route: route.abort())
        troubles = watch(page)
        page.goto(address)
        page.get_by_role("heading", name="Label migration to Sentinel-2").wait_for()
        upload_masks(page, demo)
        search_scenes(page, demo)
        make_pairs(page)
        decide(page, workspace)
        archive = export(page, tmp_path)
        no_error_is_shown(page)
    with zipfile.ZipFile(archive) as content:
        names = content.namelist()
        assert content.testzip() is None
    assert sum(bool(re.search(r"images/[^/]+\.tif$", name)) for name in names) == 4
    assert any(name.endswith("dataset_card.md") for name in names)
    assert [trouble for trouble in troubles if not offline_is_fine(trouble)] == []


def offline_is_fine(trouble: str) -> bool:
    """Without the offline assets the map is asked for at its usual place; that is another test."""
    return trouble.startswith("http") and not (REPOSITORY / "static" / "maps").is_dir()


def upload_masks(page: Any, demo: DemoCase) -> None:
    go(page, "Masks")
    masks, images = (sorted(map(str, folder.glob("*.tif"))) for folder in (demo.masks, demo.images))
    # Those for many files; others are for one table or area.
    inputs = page.locator("input[type=file][multiple]")
    # The last of the three: fields that are drawn again lose what was put into them.
    inputs.nth(2).wait_for(state="attached", timeout=SLOW_MS)
    inputs.nth(0).set_input_files(masks)
    inputs.nth(1).set_input_files(images)
    button(page, "Add 6 files").click()
    page.get_by_test_id("stSidebar").get_by_text("6 ready").wait_for(timeout=SLOW_MS)
    no_error_is_shown(page)


def search_scenes(page: Any, demo: DemoCase) -> None:
    go(page, "Scenes")
    page.get_by_role("textbox", name="Folders with Sentinel-2").fill(str(demo.scenes))
    button(page, "^.*Search$").click()
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("5 matched").wait_for(timeout=SLOW_MS)
    sidebar.get_by_text("1 only with an unusable scene").wait_for(timeout=SLOW_MS)
    reported = "1 of 6 masks has no usable scene: 5 matched, 1 only with an unusable scene."
    page.get_by_text(reported).wait_for(timeout=SLOW_MS)
    no_error_is_shown(page)


def make_pairs(page: Any) -> None:
    go(page, "Pairs")
    page.get_by_text("The selected scene of 1 mask without a pair is not usable").wait_for()
    button(page, "Make 5 pairs").wait_for()
    page.get_by_role("radio", name="Make it, too").click()
    button(page, "Make 6 pairs").click()
    page.get_by_test_id("stSidebar").get_by_text("6 made").wait_for(timeout=SLOW_MS)
    no_error_is_shown(page)


def decide(page: Any, workspace: Path) -> None:
    """The first two are rejected, the others accepted, by key."""
    go(page, "Review")
    seen: list[str | None] = []
    for key in "xxaaaa":
        # The last pair stays, since none is left to go on to.
        others = "".join(f':not([data-pair-id="{pair_id}"])' for pair_id in seen)
        viewer = page.locator(f'[data-testid="pair-viewer"][data-state="ready"]{others}')
        viewer.wait_for(timeout=SLOW_MS)
        seen.append(viewer.get_attribute("data-pair-id"))
        viewer.get_by_text("Source image").first.wait_for()
        # A verdict counts once the picture was there to be looked at.
        page.wait_for_timeout(1000)
        page.keyboard.press(key)
    page.get_by_test_id("stSidebar").get_by_text("4 accepted, 2 rejected").wait_for(timeout=SLOW_MS)
    page.get_by_test_id("stMain").get_by_text("Gallery").click()
    page.get_by_text("6 of 6 decided").wait_for(timeout=SLOW_MS)
    decisions = [pair["decision"] for pair in json.loads(run(workspace, "pairs", "list", "--json"))]
    assert sorted(decisions) == ["accepted"] * 4 + ["rejected"] * 2
    no_error_is_shown(page)


def export(page: Any, folder: Path) -> Path:
    go(page, "Export")
    button(page, "Export 4 pairs").click()
    main = page.get_by_test_id("stMain")
    download = main.get_by_role("link", name=re.compile("Download .*zip")).first
    download.wait_for(timeout=SLOW_MS)
    stated = "Contains modified Copernicus Sentinel data 2021, 2024"
    page.get_by_text(stated).first.wait_for()
    with page.expect_download(timeout=SLOW_MS) as waiting:
        download.click()
    target = folder / "dataset.zip"
    waiting.value.save_as(target)
    return target


@pytest.mark.skipif(not PICTURES, reason="no pictures are wanted (MIGRATE_SCREENSHOTS)")
def test_the_picture_of_the_home_page_is_drawn_from_the_demo(copied: Path) -> None:
    """The label on the image it was drawn on, and migrated, side by side."""
    store, options = open_store(Workspace(copied)), ViewOptions(size=600)
    pair = next(one for one in store.pairs() if "north-pit" in one.mask_id)
    mask = next(one for one in store.masks() if one.mask_id == pair.mask_id)
    folder = Workspace(copied).pair(pair.pair_id)
    drawn = source_look(mask, look_grid(folder, options.size), options).rgb
    migrated = render(read_pair(folder, options.bands, options.size), options).rgb
    # With an alpha channel: the picture is shown on light and dark pages, and Streamlit loses the
    # one colour that a PNG may name as transparent.
    gap = np.zeros((drawn.shape[0], 24, 4), dtype=np.uint8)
    opaque = ((0, 0), (0, 0), (0, 1))
    sides = [np.pad(rgb, opaque, constant_values=255) for rgb in (drawn, migrated)]
    both = np.concatenate([sides[0], gap, sides[1]], axis=1)
    path = Path(str(PICTURES)) / "label_migrated.png"
    Image.fromarray(both).save(path, optimize=True)
    assert drawn.shape == migrated.shape


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_every_page_opens_by_its_address_and_fits(
    copied: Path, tmp_path: Path, scheme: str, size: tuple[int, int]
) -> None:
    width, height = size
    with (
        served_app(copied, tmp_path / "app.log") as address,
        browser_page(
            tmp_path / "profile",
            viewport={"width": width, "height": height},
            color_scheme=scheme,
        ) as page,
    ):
        for name in PAGES:
            page.goto(f"{address}/{name}")
            page.get_by_role("heading", level=1).first.wait_for(timeout=SLOW_MS)
            page.get_by_test_id("stStatusWidget").wait_for(state="detached", timeout=SLOW_MS)
            page.wait_for_timeout(1500)
            no_error_is_shown(page)
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(overflow) <= 0, f"{name} is wider than the window"
            if PICTURES and width == 1280:
                if name == "Export":
                    preview_all(page)
                # The preview is further down; maps are as high as the window.
                height = {"Export": 1200}.get(name, 800)
                page.set_viewport_size({"width": 1280, "height": height})
                page.wait_for_timeout(2500 if height > 800 else 0)
                target = Path(PICTURES) / f"{name.lower() or 'home'}-{scheme}.png"
                page.screenshot(path=target)
                page.set_viewport_size({"width": width, "height": height})


def preview_all(page: Any) -> None:
    """Preview what an export would take along, undecided pairs included."""
    page.get_by_test_id("stMain").get_by_text("Accepted and undecided").click()
    button(page, "Export 6 pairs").wait_for(timeout=SLOW_MS)
    button(page, "Preview splits").click()
    page.get_by_text("Where they lie").wait_for(timeout=SLOW_MS)
    page.wait_for_timeout(1500)


def test_the_maps_are_drawn_without_internet(copied: Path, tmp_path: Path) -> None:
    if not (REPOSITORY / "static" / "maps").is_dir():
        message = "no offline assets; `make offline-assets` brings them"
        if os.environ.get("MIGRATE_BROWSER_REQUIRED"):
            pytest.fail(message)
        pytest.skip(message)
    with (
        served_app(copied, tmp_path / "app.log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 1400}) as page,
    ):
        page.route(outside, lambda route: route.abort())
        troubles = watch(page)
        for name in ("Masks", "Scenes"):
            page.goto(f"{address}/{name}")
            paths = page.frame_locator("iframe").first.locator("path.leaflet-interactive")
            paths.first.wait_for(state="attached", timeout=SLOW_MS)
            assert paths.count() >= 1
        assert troubles == []


def test_a_deep_link_opens_its_pair_and_a_reload_keeps_it(copied: Path, tmp_path: Path) -> None:
    pairs = json.loads(run(copied, "pairs", "list", "--json"))
    pair = pairs[-1]
    with (
        served_app(copied, tmp_path / "app.log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto(f"{address}/Review?pair={pair['pair_id']}")
        for _ in range(2):
            page.get_by_text(pair["mask_name"]).first.wait_for(timeout=SLOW_MS)
            page.reload()
        page.get_by_text(pair["mask_name"]).first.wait_for(timeout=SLOW_MS)
        no_error_is_shown(page)
