"""The documentation: its links lead somewhere, and it names what there is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from migrate_core.cli import cli
from migrate_core.settings import load_settings
from tests.support.commands import commands_of

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
ARCHITECTURE = REPOSITORY / "docs" / "architecture.md"
ONLY_IN_THE_WHEEL = "migrate_core/_app/"
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", FENCE.sub("", document.read_text(encoding="utf-8")), re.M)
    plain = (
        re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower() for heading in headings
    )
    kept = ("".join(sign for sign in heading if _stays(sign)) for heading in plain)
    return {heading.replace(" ", "-") for heading in kept}


def _stays(sign: str) -> bool:
    return sign in " -_" or unicodedata.category(sign)[0] in "LN"


def broken_links(document: Path) -> Iterator[str]:
    for target in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = document.parent / path if path else document
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            yield target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    assert list(broken_links(document)) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(
        "# A `B` – c!\n[1](a.md#a-b--c) [2](gone.md) [3](#no) [4](https://x.example)"
    )
    assert list(broken_links(document)) == ["gone.md", "#no"]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_path_that_is_named_is_there(name: str) -> None:
    text = FENCE.sub("", (REPOSITORY / name).read_text(encoding="utf-8"))
    roots = ("migrate_core/", "pages/", "tests/", "docs/", "benchmarks/", "app.py")
    paths = [code for code in CODE.findall(text) if code.startswith(roots)]
    missing = {path for path in paths if not (REPOSITORY / path).exists()}
    assert missing <= {ONLY_IN_THE_WHEEL}


def test_the_architecture_names_every_package() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    packages = [
        *(REPOSITORY / "migrate_core").glob("*/__init__.py"),
        *(REPOSITORY / "migrate_core" / "pairs").glob("*/__init__.py"),
        *(REPOSITORY / "migrate_core" / "scenes").glob("*/__init__.py"),
        *(REPOSITORY / "migrate_core" / "masks").glob("*/__init__.py"),
    ]
    names = [package.parent.relative_to(REPOSITORY).as_posix() for package in packages]
    assert [name for name in names if f"`{name}/`" not in text] == []


Commands = Iterator[tuple[str, click.Command]]


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Commands:
    for name, command in commands_of(group).items():
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        elif not command.hidden:
            yield " ".join((*words, name)), command


def options_of(command: click.Command) -> Iterator[str]:
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            yield option.opts[0]


def _with_arguments(words: str) -> str:
    """A pattern for the words of a command, between which arguments of a group may stand."""
    return r" (?:[A-Z][A-Z_]* )?".join(map(re.escape, words.split(" ")))


def test_every_command_and_option_is_documented() -> None:
    text = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
    missing = [
        f"{name}: {words}"
        for name, command in commands(cli)
        for words in (name, *options_of(command))
        if not re.search(rf"`[^`]*{_with_arguments(words)}\b", text)
    ]
    assert missing == []


def test_every_setting_is_documented() -> None:
    asked: set[str] = set()

    class Asked(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked.add(name)
            return default

    load_settings(environ=Asked())

    text = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    assert len(asked) > 30
    assert [name for name in sorted(asked) if f"`{name}`" not in text] == []
