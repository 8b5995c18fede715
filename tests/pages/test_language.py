"""Texts of pages in other languages: each has its file, and no page leaves a text out."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from pages.shared.language.translation import ENGLISH, catalogues
from tests.support.messages import core_messages

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "app.py", *sorted((REPOSITORY / "pages").rglob("*.py"))]
CORE = sorted((REPOSITORY / "migrate_core").rglob("*.py"))
SCRIPTS = sorted((REPOSITORY / "pages").rglob("*.js"))
# In scripts: `t("…")`, and what is seen of a text that goes without.
LOOKED_UP = re.compile(r"""(?<![\w.])t\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)""")
LITERAL = r"""["'`](?=[^"'`]*[A-Za-z][a-z])"""  # SWIR is the same everywhere
SEEN = re.compile(
    rf"""(?<![\w.])(?:title|short|hint|placeholder|alt|"aria-label"): {LITERAL}"""
    rf"""|\.title = {LITERAL}"""
    rf"""|(?<![\w.])(?:say\([\w.#]+, |(?:\w+\.)?tell\(){LITERAL}"""
    rf"""|(?<![\w.])(?:slider|select|group)\({LITERAL}"""
    rf"""|(?<![\w.])element\(\s*"\w+",\s*\{{[^{{}}]*\}},(?:\s*[\w.#()]+,)*\s*{LITERAL}"""
)
OTHERS = [code for code in catalogues() if code != ENGLISH]
# What Streamlit shows of a call: the first argument of most, and these by name.
SHOWN = {"label", "help", "placeholder", "caption", "captions", "text", "body", "title"}
SHOWING = {
    "button", "caption", "checkbox", "dataframe", "date_input", "dialog", "download_button",
    "error", "expander", "file_uploader", "form_submit_button", "header", "info", "link_button",
    "markdown", "metric", "multiselect", "number_input", "page_link", "pills", "popover",
    "progress", "radio", "segmented_control", "select_slider", "selectbox", "slider", "status",
    "subheader", "success", "tabs", "text_area", "text_input", "title", "toast", "toggle",
    "warning", "write",
    "Column", "CheckboxColumn", "ImageColumn", "NumberColumn", "ProgressColumn", "TextColumn",
}  # fmt: skip


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def calls(paths: list[Path]) -> Iterator[tuple[Path, ast.Call]]:
    for path in paths:
        for node in nodes(path):
            if isinstance(node, ast.Call):
                yield path, node


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@cache
def looked_up_in_scripts() -> frozenset[str]:
    """The literal texts that scripts look up; each stands in double quotes, as in JSON."""
    return frozenset(
        json.loads(text)
        for path in SCRIPTS
        for text in LOOKED_UP.findall(path.read_text(encoding="utf-8"))
    )


def seen_in_scripts() -> Iterator[str]:
    """Where a script shows a literal text as it stands."""
    for path in SCRIPTS:
        code = path.read_text(encoding="utf-8")
        for found in SEEN.finditer(code):
            line = code.count("\n", 0, found.end()) + 1
            text = code[found.end() :].split("\n")[0]
            # Of `${one}: ${other}` only what isn't filled in is a text.
            plain = re.sub(r"\$\{[^}]*\}", "", text.split("`")[0])
            if code[found.end() - 1] != "`" or re.search(r"[A-Za-z][a-z]", plain):
                yield f"{path.relative_to(REPOSITORY)}:{line}: {text[:60]}"


def marked() -> set[str]:
    """The literal texts that are looked up."""
    return set(looked_up_in_scripts()) | {
        call.args[0].value
        for _, call in calls([*PAGES, *CORE])
        if name_of(call) == "_" and call.args
        if isinstance(call.args[0], ast.Constant)
    }


def constants() -> set[str]:
    """Every text of the code: those that are looked up by a name stand in tables of it."""
    return set(looked_up_in_scripts()) | {
        node.value
        for path in [*PAGES, *CORE]
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def has_letters(node: ast.expr) -> bool:
    """Whether an expression has a literal text with a word in it that nobody translates."""
    match node:
        case ast.Constant(value=str(text)):
            plain = text.replace(":material/", "").strip("*:")
            return any(
                len(part) > 1 for part in "".join(c if c.isalpha() else " " for c in plain).split()
            )
        case ast.JoinedStr():
            return any(has_letters(value) for value in node.values)
        case ast.BinOp():
            return has_letters(node.left) or has_letters(node.right)
        case ast.IfExp():
            return has_letters(node.body) or has_letters(node.orelse)
    return False


def untranslated() -> Iterator[str]:
    """Where a literal text is shown as it stands."""
    for path, call in calls(PAGES):
        if not isinstance(call.func, ast.Attribute) or name_of(call) not in SHOWING:
            continue
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "log":
            continue
        first = [] if name_of(call) == "page_link" else call.args[:1]
        named = [keyword.value for keyword in call.keywords if keyword.arg in SHOWN]
        for node in (*first, *named):
            if has_letters(node):
                yield f"{path.relative_to(REPOSITORY)}:{node.lineno}"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_page_shows_a_text_that_nobody_could_translate() -> None:
    assert list(untranslated()) == []


def test_no_page_raises_a_text_that_nobody_could_translate() -> None:
    # What is wrong with a request of a script of the review, nobody can do anything about.
    lost = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in PAGES
        if "review" not in path.parts
        for node in nodes(path)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        if any(has_letters(text) for text in node.exc.args)
    ]
    assert lost == []


def test_no_script_shows_a_text_that_nobody_could_translate() -> None:
    assert "Undo" in looked_up_in_scripts()
    assert list(seen_in_scripts()) == []


def test_a_text_that_a_script_shows_as_it_stands_is_found() -> None:
    for line in (
        'title: "Side"', "placeholder: `note ${key}`", 'bar.tell("Not saved.")',
        'say(this.zoom, "Zoom")', 'element("h3", {}, "Layers")', 'group("Bands", ids)',
    ):  # fmt: skip
        assert SEEN.search(line), line
    for line in ('title: t("Side")', 'title: "?"', 'bar.tell(t("Not saved."))', 'short: "+"'):
        assert not SEEN.search(line), line


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_text_that_is_looked_up(code: str) -> None:
    assert sorted(marked() - set(catalogues()[code].texts)) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_no_text_that_is_gone(code: str) -> None:
    known = constants() | {message.text for message in core_messages()}
    plural = {f"{text}s" for text in known}
    assert sorted(set(catalogues()[code].texts) - known - plural) == []


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_filled_into_a_text_is_filled_into_its_translation(code: str) -> None:
    formatted = marked() | {message.text for message in core_messages()}
    for text, translation in catalogues()[code].texts.items():
        if text in formatted:
            assert fields(text) == fields(translation), text
        assert text.count("**") == translation.count("**"), text
        assert text.startswith(" ") == translation.startswith(" "), text
        assert text.endswith(" ") == translation.endswith(" "), text
