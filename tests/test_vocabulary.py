"""Names are the field's: words that once stood for something else don't come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# A word in a name of the program, and what to say.
INSTEAD = {
    "anew": "again",
    "around": "runtime, area or grid_covering",
    "belief": "OffsetDecision",
    "codec": "serialize",
    "companions": "sidecars",
    "depot": "ProductStore",
    "doubts": "warnings",
    "elsewhere": "alternatives",
    "facts": "rows, details or sections",
    "lacking": "missing",
    "lattice": "grid",
    "ledger": "QuotaUsage",
    "place": "path, location, position, index, rank, site or georeference",
    "placed": "georeferenced",
    "places": "paths, locations, positions or reader",
    "remarks": "notes",
    "said": "given, message or reason",
    "shelf": "ResponseCache",
    "skies": "scene_clouds",
    "sought": "pending, or SearchArea",
    "stated": "given, or OffsetSource",
    "supply": "prefetcher",
    "surroundings": "Runtime",
    "told": "reported",
    "twins": "duplicates",
    "unmet": "never_connected",
    "whole": "full, complete or is_local_scan",
    "words": "text, message or reason",
}
# What is read in place, and fields whose names stand in the database and in what is written out.
KEPT = {"in_place", "words", "NotInPlaceError"}


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of what a module defines: functions, classes, arguments and variables."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name


def test_no_name_has_a_word_that_was_given_up() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name} (say {INSTEAD[word]})"
        for folder in ("migrate_core", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, name in _names(ast.parse(path.read_text(encoding="utf-8")))
        if name not in KEPT
        for word in map(str.lower, re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))
        if word in INSTEAD
    ]
    assert not found, "\n".join(found)
