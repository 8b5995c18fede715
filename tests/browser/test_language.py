"""The app in a browser whose language is another one than English."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium
from tests.support.light_table import light_table, log_of, press, queue_of, root, shown

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def test_the_light_table_speaks_german_and_decides_by_the_same_keys(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    first, second = queue_of(workspace)[:2]
    with light_table(address, tmp_path, locale="de-DE") as page:
        table = root(page)
        for name in ("Annehmen", "Ablehnen", "Unsicher", "Alle Ebenen", "Nebeneinander"):
            assert table.locator(f"button[title^='{name}']").count() == 1, name
        # At 1280 pixels all tools are in sight.
        assert table.locator(".tools").evaluate("(line) => line.scrollWidth <= line.clientWidth")
        assert "nicht entschieden" in table.locator(".badge").inner_text()
        assert "Für Werte auf das Bild zeigen." in table.locator(".reading").inner_text()
        press(page, "?")
        helped = table.locator(".help").inner_text()
        assert "Voriges Paar" in helped
        assert "Während das Label verschoben wird" in helped
        press(page, "Escape", "1", "a")
        shown(page, second)
        notice = table.locator("footer .notice")
        assert notice.inner_text().endswith(": annehmen")
        # What is kept is the same in all languages.
        (decision,) = log_of(workspace, first)
        assert (decision.verdict, decision.reason) == ("accept", "cloud")
        press(page, "ArrowLeft", "i")
        shown(page, first)
        facts = table.locator(".facts").inner_text()
        assert "angenommen" in facts
        assert "Was den Boden verdeckt" in facts


def test_another_language_loads_the_light_table_again(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = served_alone
    with light_table(address, tmp_path, locale="fr-FR") as page:
        accept = root(page).locator("button.verdict.accept")
        assert "Accept" in accept.inner_text()
        page.goto(f"{address}/Review?language=de")
        shown(page)
        assert "Annehmen" in accept.inner_text()


def test_the_language_that_is_chosen_is_that_of_page_and_light_table(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = served_alone
    with light_table(address, tmp_path, locale="en-GB") as page:
        accept = root(page).locator("button.verdict.accept")
        assert "Accept" in accept.inner_text()
        page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").get_by_role(
            "combobox"
        ).click()
        page.get_by_role("option", name="Deutsch").click()
        accept.filter(has_text="Annehmen").wait_for()
        assert "language=de" in page.url
        page.get_by_test_id("stSidebar").get_by_text("Masken").click()
        page.get_by_role("heading", name="Masken", exact=True).wait_for()


def test_pages_speak_german(served_alone: tuple[str, Workspace], tmp_path: Path) -> None:
    address, _ = served_alone
    with browser_page(tmp_path / "profile", locale="de-DE") as page:
        for path, name in (("", "Migration von Labels"), ("/Masks", "Masken")):
            page.goto(f"{address}{path}")
            page.get_by_role("heading", name=name).first.wait_for()


# Whether an element has room for its text.
_FITS = "element => element.scrollWidth <= element.clientWidth"


def test_hints_of_uploads_are_read_to_their_end(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    with browser_page(tmp_path, locale="de-DE", viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{served[0]}/Masks")
        page.get_by_text("Masken hinzufügen").click()
        hints = page.get_by_test_id("stFileUploaderDropzoneInstructions").locator("span:visible")
        hints.nth(2).wait_for()
        for hint in hints.all():
            assert hint.inner_text().endswith("ZIP")
            assert hint.evaluate(_FITS)


def test_what_stands_below_pictures_of_scenes_is_read_to_its_end(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    with browser_page(tmp_path, locale="de-DE", viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{served[0]}/Scenes")
        lines = page.locator("[data-testid=scene-strip] .cloud")
        lines.first.wait_for(timeout=60_000)
        for line in lines.all():
            assert line.inner_text().startswith("Bewölkung der Szene")
            assert line.evaluate(_FITS)
            assert line.locator("span").evaluate("number => number.getClientRects().length") == 1
        # Also what is known of a mask whose clouds were measured has room.
        tile = page.get_by_test_id("scene-strip").get_by_role("option").first
        tile.evaluate(
            """tile => {
              for (const text of ["Bewölkung über der Maske 100.0 %", "Label verdeckt 100.0 %"]) {
                const line = tile.querySelector(".cloud").cloneNode();
                line.textContent = text;
                tile.append(line);
              }
            }"""
        )
        assert tile.evaluate("tile => tile.scrollHeight <= tile.clientHeight")
