"""The texts of the core that may be a message on a page, by its source, as templates.

A part that is filled in is named by the last name of its expression that isn't a function's:
`{path.name}` is `{name}`, `{', '.join(bands)}` is `{bands}`; a second one of a name is `{name_2}`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

CORE = Path(__file__).resolve().parents[2] / "migrate_core"
# Raised there, and seen at a terminal or in a notebook only.
NOT_ON_PAGES = ("cli/", "notebook.py", "__main__.py")
# A token of a sentence, unlike `tile_id`, `a/b` or `SELECT`.
_WORD = re.compile(r"[(\"'`]*[A-Za-z]?[a-z][a-z'-]*[.,;:?!)\"'`]*")


@dataclass(frozen=True)
class Message:
    """A text of the core, where it stands, and whether an error is raised with it."""

    text: str
    module: str
    line: int
    raised: bool


def module_messages(code: str, module: str, errors: frozenset[str]) -> Iterator[Message]:
    """The messages of a module: texts that errors are raised with, and other texts of sentences."""
    yield from _Collector(module, errors).visit(ast.parse(code), raised=False)


@cache
def core_messages() -> tuple[Message, ...]:
    """The messages of all modules, each text once, raised ones first."""
    found: dict[str, Message] = {}
    everything = [
        message
        for path in sorted(CORE.rglob("*.py"))
        if not (name := path.relative_to(CORE).as_posix()).startswith(NOT_ON_PAGES)
        for message in module_messages(path.read_text(encoding="utf-8"), name, error_names())
    ]
    for message in sorted(everything, key=lambda message: not message.raised):
        found.setdefault(message.text, message)
    return tuple(found.values())


@cache
def error_names() -> frozenset[str]:
    """The classes of errors of the core."""
    return frozenset(
        node.name
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        if any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
    )


class _Collector:
    def __init__(self, module: str, errors: frozenset[str]) -> None:
        self._module = module
        self._errors = errors

    def visit(self, node: ast.AST, *, raised: bool) -> Iterator[Message]:
        match node:
            case ast.Expr(value=ast.Constant()):  # a docstring
                return
            case ast.Call():
                yield from self._of_call(node, raised=raised)
            case ast.arg() | ast.Subscript(value=ast.Name(id="Literal")):
                return
            case ast.expr() if _has_text(node):
                yield from self._of_text(node, raised=raised)
            case _:
                passed_on = raised and isinstance(node, (ast.IfExp, ast.BoolOp, ast.Starred))
                for child in ast.iter_child_nodes(node):
                    yield from self.visit(child, raised=passed_on)

    def _of_call(self, call: ast.Call, *, raised: bool) -> Iterator[Message]:
        name = _name_of(call.func)
        if name == "_":  # looked up by itself
            return
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and owner.id in ("log", "_log"):
            return
        joined = raised and name == "join"
        for child in ast.iter_child_nodes(call):
            yield from self.visit(child, raised=joined or name in self._errors)

    def _of_text(self, node: ast.expr, *, raised: bool) -> Iterator[Message]:
        for pieces in _alternatives(node):
            own = "{}".join(piece if isinstance(piece, str) else "" for piece in pieces)
            words = sum(_WORD.fullmatch(token) is not None for token in own.split())
            if words + (raised and ": " in own and words > 0) > 1:
                yield Message(_template(pieces), self._module, node.lineno, raised)
        taken = {id(one) for one in _conditions(node)}
        for part in ast.walk(node):
            if isinstance(part, ast.FormattedValue) and id(part.value) not in taken:
                yield from self.visit(part.value, raised=False)


def _has_text(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.JoinedStr():
            return True
        case ast.BinOp(op=ast.Add()):
            return _has_text(node.left) or _has_text(node.right)
    return False


Pieces = list[str | ast.expr]


def _alternatives(node: ast.expr) -> list[Pieces]:
    """A text in pieces, once for each way that its conditions can go; equal ones go together."""
    tests = sorted({ast.unparse(one.test) for one in _conditions(node)})
    answers = product((True, False), repeat=len(tests))
    return [list(_pieces(node, dict(zip(tests, one, strict=True)))) for one in answers]


def _conditions(node: ast.expr) -> Iterator[ast.IfExp]:
    match node:
        case ast.JoinedStr(values=values):
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    yield from _conditions(value.value)
        case ast.BinOp(op=ast.Add()):
            yield from _conditions(node.left)
            yield from _conditions(node.right)
        case ast.IfExp(body=body, orelse=orelse) if _has_text(body) and _has_text(orelse):
            yield node
            yield from _conditions(body)
            yield from _conditions(orelse)


def _pieces(node: ast.expr, answers: Mapping[str, bool]) -> Iterator[str | ast.expr]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            for value in values:
                yield from _pieces(value, answers)
        case ast.FormattedValue(value=value):
            yield from _pieces(value, answers)
        case ast.BinOp(op=ast.Add()) if _has_text(node):
            yield from _pieces(node.left, answers)
            yield from _pieces(node.right, answers)
        case ast.IfExp() if (test := ast.unparse(node.test)) in answers:
            yield from _pieces(node.body if answers[test] else node.orelse, answers)
        case _:
            yield node


def _template(pieces: Pieces) -> str:
    seen: dict[str, int] = {}
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece.replace("{", "{{").replace("}", "}}")
            continue
        name = _last_name(piece)
        seen[name] = seen.get(name, 0) + 1
        text += f"{{{name}}}" if seen[name] == 1 else f"{{{name}_{seen[name]}}}"
    return text if seen else text.replace("{{", "{").replace("}}", "}")


def _last_name(node: ast.expr) -> str:
    called = {id(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    names = [
        (id(one) not in called, one.end_lineno or 0, one.end_col_offset or 0, _name_of(one))
        for one in ast.walk(node)
        if isinstance(one, (ast.Name, ast.Attribute))
    ]
    return (max(names)[3].strip("_").lower() if names else "") or "part"


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
