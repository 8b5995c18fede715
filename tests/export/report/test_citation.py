"""`CITATION.cff`: YAML that says what the Citation File Format 1.2.0 asks for."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from migrate_core.export.report.citation import citation
from migrate_core.export.request import AboutDataset
from tests.support.descriptions import description_of

# What is named, and what of it is to be read.
HOSTILE = {
    'a "quoted": [text] # no comment': 'a "quoted": [text] # no comment',
    "two\nlines: - x": "two lines: - x",
    "\x00\x07\ud800\x85\u2028 and  more": "and more",
    "yes": "yes",
    "!!python/object:os.system": "!!python/object:os.system",
    "Größe 😀 \\n": "Größe 😀 \\n",
}


def read(about: AboutDataset, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(citation(description_of(about=about, **changes)))
    return found


def test_it_has_all_that_the_format_asks_for() -> None:
    about = AboutDataset("Quarries", ("Ann Lee", "Bob"), "CC-BY-4.0", "© Planet")
    found = read(about, title="Quarries")
    assert {"cff-version", "message", "title", "authors"} <= set(found)
    assert found["cff-version"] == "1.2.0"
    assert found["type"] == "dataset"
    assert found["title"] == "Quarries"
    assert found["authors"] == [{"name": "Ann Lee"}, {"name": "Bob"}]
    assert found["date-released"] == "2026-03-01"
    assert found["license"] == "CC-BY-4.0"
    assert "Contains modified Copernicus Sentinel data 2020." in found["abstract"]
    assert "© Planet" in found["abstract"]
    (reference,) = found["references"]
    assert {"authors", "title", "type"} <= set(reference)
    assert reference["type"] == "data"


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items())
def test_whatever_is_named_is_text(text: str, shown: str) -> None:
    found = read(AboutDataset(text, (text,), text, text), title=text)
    assert found["title"] == shown
    assert found["authors"] == [{"name": shown}]
    assert shown in found["abstract"]
    assert "license" not in found


def test_a_licence_in_other_words_stands_in_the_abstract() -> None:
    found = read(AboutDataset(licence="for our partners alone"))
    assert "license" not in found
    assert "Terms of the labels: for our partners alone." in found["abstract"]
    assert read(AboutDataset(licence=" cc-by-sa-4.0 "))["license"] == "CC-BY-SA-4.0"


def test_without_authors_it_is_anonymous_as_the_guide_of_the_format_asks() -> None:
    assert read(AboutDataset(authors=("", " ")))["authors"] == [{"name": "anonymous"}]
