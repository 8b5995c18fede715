"""The pages by the rules of axe-core: nothing serious keeps anyone from reading or using them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000
# A page, and what is there once all of it is drawn.
PAGES = {
    "": ".st-key-next_step",
    "Masks": '[data-testid="stDataFrame"]:visible',
    "Scenes": '[data-testid="stDataFrame"]:visible',
    "Pairs": '[data-testid="stDataFrame"]:visible',
    "Review": '[data-testid="pair-viewer"][data-state="ready"]',
    "Export": ".st-key-export_start",
}
GRAVE = ("serious", "critical")
# What is Streamlit's own, with the reason why it may be so.
EXCLUDED = [
    # The next step while it can't be taken: WCAG 1.4.3 asks no contrast of what is inactive, but
    # Streamlit's link doesn't say to axe that it is.
    '[data-testid="stPageLink-NavLink"][disabled]',
]


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def unfold(page: Any) -> None:
    """Open all that is folded up, so that it is looked at as well."""
    folded = '[data-testid="stExpander"] details:not([open]) > summary:visible'
    for _ in range(page.locator(folded).count()):
        page.locator(folded).first.click()
        page.wait_for_timeout(300)
    # Nothing is measured in the middle of a movement.
    page.wait_for_timeout(1500)


def findings(page: Any) -> list[str]:
    """What axe-core finds to be grave: the rule, the element, and what is wrong with it."""
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
    for frame in page.frames:
        frame.evaluate(axe)
    found = page.evaluate("(excluded) => axe.run({ exclude: excluded })", EXCLUDED)
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}: {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anyone_from_reading_or_using_it(
    served: tuple[str, Workspace], tmp_path: Path, scheme: str
) -> None:
    address, _ = served
    grave: dict[str, list[str]] = {}
    with browser_page(
        tmp_path, color_scheme=scheme, viewport={"width": 1280, "height": 900}
    ) as page:
        for name, drawn in PAGES.items():
            page.goto(f"{address}/{name}")
            page.locator(drawn).first.wait_for(timeout=SLOW_MS)
            unfold(page)
            if found := findings(page):
                grave[name or "Home"] = found
    assert not grave, "\n".join(line for found in grave.values() for line in found)


def test_a_picture_without_words_is_found(served: tuple[str, Workspace], tmp_path: Path) -> None:
    address, _ = served
    with browser_page(tmp_path) as page:
        page.goto(f"{address}/Export")
        page.locator(PAGES["Export"]).first.wait_for(timeout=SLOW_MS)
        page.evaluate("document.querySelector('h1').innerHTML += '<img src=\"/favicon.png\">'")
        assert any(found.startswith("image-alt (critical)") for found in findings(page))
