"""The glossary: one list for docs and pages, in order, with the terms that tables use."""

from __future__ import annotations

import re
from pathlib import Path

from migrate_core import text
from pages.shared.glossary import GLOSSARY

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"


def test_the_document_has_the_terms_of_the_pages() -> None:
    rows = re.findall(r"^\| (?!Term|---)(.+?) \| (.+) \|$", DOCUMENT.read_text("utf-8"), re.M)
    assert dict(rows) == dict(GLOSSARY)


def test_terms_are_in_alphabetical_order() -> None:
    assert list(GLOSSARY) == sorted(GLOSSARY, key=str.lower)


def test_every_number_that_has_a_help_text_is_explained() -> None:
    helps = {name.removesuffix("_HELP") for name in vars(text) if name.endswith("_HELP")}
    assert helps
    for name in helps:
        assert getattr(text, name) in GLOSSARY
