"""Text of others stays text: in Markdown, and in tables that spreadsheets open."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from migrate_core.escaping import (
    csv_cell,
    from_csv_cell,
    markdown_code,
    markdown_text,
    write_csv,
)

FORMULA = re.compile(r"\s*[=+\-@\t\r\n]")
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Letters that mean something to Markdown, to spreadsheets, or to both.
SIGNS = st.text(st.sampled_from("ab1 .!()[]<>*_`~#=+-@:;,'\"|\\$&/\t\n"), max_size=30)


def tokens(markdown: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(markdown):
        yield token
        yield from token.children or ()


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@given(SIGNS)
def test_markdown_shows_a_text_as_it_is(text: str) -> None:
    found = list(tokens(markdown_text(text)))
    assert {token.type for token in found} <= {
        "paragraph_open",
        "inline",
        "text",
        "text_special",
        "paragraph_close",
    }
    assert "".join(t.content for t in found if t.type.startswith("text")) == in_one_line(text)


@given(SIGNS)
def test_markdown_shows_code_as_it_is(text: str) -> None:
    if in_one_line(text):
        found = list(tokens(f"x {markdown_code(text)} y"))
        assert [t.content for t in found if t.type == "code_inline"] == [in_one_line(text)]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("$x$", r"\$x\$"),
        (":red[x]", r"\:red\[x\]"),
        (":material/error:", r"\:material/error:"),
        ("20210611_094107.tif", "20210611_094107.tif"),
        ("02.14", "02.14"),
        ("a: b", "a: b"),
    ],
)
def test_what_streamlit_reads_beyond_markdown_is_escaped(text: str, escaped: str) -> None:
    assert markdown_text(text) == escaped


@example(" \n")
@given(SIGNS)
def test_no_cell_is_a_formula_and_each_reads_back(text: str) -> None:
    assert not FORMULA.match(csv_cell(text))
    assert from_csv_cell(csv_cell(text)) == text


@pytest.mark.parametrize("value", [-9.5, 3, True, None])
def test_numbers_stay_numbers(value: Any) -> None:
    assert csv_cell(value) is value


def test_a_table_reads_back_and_no_separator_of_any_country_splits_it(tmp_path: Path) -> None:
    row = {"a": "=1+1;x", "b": 'say "hi"\nthere', "c": -1.5, "d": None, "e": "ü"}
    write_csv(tmp_path / "table.csv", list(row), [row])
    content = (tmp_path / "table.csv").read_text(encoding="utf-8")
    assert content.splitlines()[0] == "a,b,c,d,e"
    assert '"\'=1+1;x"' in content
    assert ",-1.5," in content
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        (back,) = csv.DictReader(file)
    assert {name: from_csv_cell(text) for name, text in back.items()} == {
        **row,
        "c": "-1.5",
        "d": "",
    }
