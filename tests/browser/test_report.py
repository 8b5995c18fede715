"""The report of a dataset in a real browser without any network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrate_core.export.request import AboutDataset
from tests.support.browsing import browser_page
from tests.support.exports import exportable

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

HOSTILE = "\"><img src=x onerror=document.title='hit'><script>document.title='hit'</script>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report")
    made = exportable(root / "ws")
    made.export(root / "out", about=AboutDataset(HOSTILE, (HOSTILE,), HOSTILE, HOSTILE))
    return root / "out" / "report.html"


def opened(page: Any, report: Path) -> tuple[list[str], set[str]]:
    """Open the report; what the console says, and what is asked for beside it."""
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.add(request.url))
    page.goto(report.as_uri())
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    return said, {url for url in asked if not url.startswith("data:")}


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize(
    ("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 24, 29)")]
)
def test_it_opens_without_network_at_every_width(
    report: Path, tmp_path: Path, width: int, scheme: str, ground: str
) -> None:
    view = {"width": width, "height": 1000}
    with browser_page(tmp_path, viewport=view, color_scheme=scheme, offline=True) as page:
        said, asked = opened(page, report)
        assert said == []
        assert asked == {report.as_uri()}
        assert page.evaluate("document.images.length") > 10
        assert page.evaluate("[...document.images].filter(i => !i.naturalWidth).length") == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        assert page.title() != "hit"
        assert page.locator("h1").inner_text() == HOSTILE
        assert page.evaluate("document.scripts.length") == 0


def test_it_prints_in_black_on_white_with_all_of_its_tables(report: Path, tmp_path: Path) -> None:
    with browser_page(tmp_path, color_scheme="dark", offline=True) as page:
        opened(page, report)
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert not page.locator("nav").is_visible()
        content = page.pdf()
        assert content.startswith(b"%PDF")
        assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 1
