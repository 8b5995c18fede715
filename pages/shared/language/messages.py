"""Messages of the core in the language of the tab: errors, and what jobs have stored in English.

A message is found by the English text of a language's file that it fits, whose parts in braces
stand for what was filled in; these parts, which may be messages themselves, are translated in the
same way. Of several ways to read a message, the one that leaves least of it English counts. So no
error need know a language, and what is logged, stored or printed stays English, as does what fits
no text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from string import Formatter
from typing import NamedTuple

from migrate_core.text import capital
from pages.shared.language.fields import on_pages
from pages.shared.language.translation import ENGLISH, catalogues, language

# What a text must have of its own, in two words or one and a colon, lest it fits what it isn't.
_LEAST_LETTERS = 5
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_SENTENCE_END = re.compile(r"(?<=[.?!]) (?=\S)")
_CLAUSE_END = re.compile(r"[.?!:;] ")
_NUMBER = re.compile(r"((?:under |over )?[\d.,]+(?: %)?) (.+)", re.DOTALL)
_BRACKET = re.compile(r"(.+?)( \(.*\))", re.DOTALL)
_QUOTED = re.compile(r"('[^']*'|\"[^\"]*\") (.+)", re.DOTALL)
# What stands between items, the widest apart first.
_JOINTS = tuple(map(re.compile, (r"(; or |; )", r"(, or )", r"(, )", r"( and | or )")))
# Parts that hold a word of the program, such as a state, and nothing of a user or a file.
_ENUMERATED = frozenset({"state", "states", "verdict", "shift", "shift_2", "moved_2"})
# No text has more sentences; and so many readings are kept for the next drawing of the page.
_SENTENCES = 5
_REMEMBERED = 4000


def message_text(message: object) -> str:
    """A message, or an error, in the language of the tab and in the terms of pages."""
    text, code = str(message), language()
    return on_pages(text if code == ENGLISH else _translator(code)(text))


@cache
def _translator(code: str) -> Callable[[str], str]:
    return lru_cache(_REMEMBERED)(Messages(catalogues()[code].texts).text)


@dataclass(frozen=True)
class Template:
    """A text with parts to be filled in: what stands between them, their names, its translation."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    translation: str

    @property
    def letters(self) -> int:
        """How much stands between the parts."""
        return sum(map(len, self.literals))

    @property
    def word(self) -> str:
        """The longest word between the parts that none of them can lengthen; or nothing."""
        inner = " ".join(literal.partition(" ")[2].rpartition(" ")[0] for literal in self.literals)
        return max(_WORD.findall(inner), key=len, default="")

    def parts(self, text: str) -> dict[str, str] | None:
        """What is filled in for this to be the text, each as short as can be; None if it isn't."""
        first, *others = self.literals
        last = others.pop()
        start, end = len(first), len(text) - len(last)
        if start > end or not text.startswith(first) or not text.endswith(last):
            return None
        found = []
        for literal in others:
            at = text.find(literal, start, end)
            if at < 0:
                return None
            found.append(text[start:at])
            start = at + len(literal)
        return dict(zip(self.names, (*found, text[start:end]), strict=True))

    def filled(self, parts: Mapping[str, str]) -> str:
        """The translation with these parts, which are texts already, whatever its formats."""
        pieces = Formatter().parse(self.translation)
        return "".join(text + (parts[name] if name else "") for text, name, _, _ in pieces)


def template_of(text: str, translation: str) -> Template | None:
    """A text as a template; None without named parts, or where too little is between them."""
    literals, names = [""], list[str]()
    try:
        for literal, name, _, _ in Formatter().parse(text):
            literals[-1] += literal  # a brace that stands for itself parts it, too
            if name is not None:
                names.append(name)
                literals.append("")
    except ValueError:
        return None
    if not all(names) or not names or not is_specific(" ".join(literals)):
        return None
    return Template(tuple(literals), tuple(names), translation)


def is_specific(text: str) -> bool:
    """Whether a text, or what stands between its parts, has enough of its own to be known by."""
    found = _WORD.findall(text)
    letters = len(text.replace(" ", ""))
    return len(found) + (": " in text) > 1 and letters >= _LEAST_LETTERS


class Reading(NamedTuple):
    """A way to read a text: how many of its characters are known, and what it is in the end."""

    known: int
    text: str


class Messages:
    """The texts of a language as templates, found by a word of each."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._templates: defaultdict[str, list[Template]] = defaultdict(list)
        for text, translation in texts.items():
            if "{" in text and (template := template_of(text, translation)) is not None:
                self._templates[template.word].append(template)
        # While a message is looked at, its parts are so again and again.
        self._read = lru_cache(_REMEMBERED)(self._best)

    def text(self, message: str) -> str:
        """A message as far as it is known; lines by themselves."""
        return "\n".join(self._read(line).text for line in message.split("\n"))

    def _best(self, text: str) -> Reading:
        """The reading of which most is known; the first of equals."""
        if " " not in text:
            return Reading(0, text)
        if (found := self._texts.get(text)) is not None:
            return Reading(len(text), found)
        readings = (Reading(0, text), *self._readings(text))
        return max(readings, key=lambda reading: reading.known)

    def _readings(self, text: str) -> Iterator[Reading]:
        yield from self._fitting(text)
        if (inner := text.strip()) != text:
            before, _, after = text.partition(inner)
            found = self._read(inner)
            yield Reading(found.known, f"{before}{found.text}{after}")
            return
        yield from self._varied(text)
        yield from self._in_sentences(text)
        yield from self._named(text)
        yield from self._with_more(text)
        if not _SENTENCE_END.search(text):
            yield from self._listed(text)

    def _fitting(self, text: str) -> Iterator[Reading]:
        """By each template that it fits; what is filled in had better be no sentences."""
        for word in {"", *_WORD.findall(text)}:
            for template in self._templates.get(word, ()):
                if (parts := template.parts(text)) is None:
                    continue
                filled = {name: self._part(name, part) for name, part in parts.items()}
                known = template.letters + sum(part.known for part in filled.values())
                known -= sum(len(_CLAUSE_END.findall(part)) for part in parts.values())
                texts = {name: part.text for name, part in filled.items()}
                yield Reading(known, template.filled(texts))

    def _part(self, name: str, text: str) -> Reading:
        """What is filled in: a message; or one word, as it is unless it is known to be ours."""
        if name in _ENUMERATED and (found := self._texts.get(text)) is not None:
            return Reading(len(text), found)
        return self._read(text)

    def _varied(self, text: str) -> Iterator[Reading]:
        """With a full stop or without, or begun with a capital, unlike the text that is known."""
        if text.endswith("."):
            inner = self._read(text[:-1])
            yield Reading(inner.known, f"{inner.text}.")
        else:
            for known, found in self._fitting(f"{text}."):
                yield Reading(known - 1, found.removesuffix("."))
            if (exact := self._texts.get(f"{text}.")) is not None:
                yield Reading(len(text), exact.removesuffix("."))
        if text[0].isupper():
            inner = self._read(text[0].lower() + text[1:])
            yield Reading(inner.known, capital(inner.text))

    def _in_sentences(self, text: str) -> Iterator[Reading]:
        """By its first sentences, of which no text has more than some, and the others."""
        for end in islice(_SENTENCE_END.finditer(text), _SENTENCES):
            first, others = self._read(text[: end.start()]), self._read(text[end.end() :])
            yield Reading(first.known + others.known, f"{first.text} {others.text}")

    def _named(self, text: str) -> Iterator[Reading]:
        """After the name of what it is about: `FILE: text`, or `'FILE' text`."""
        name, colon, rest = text.partition(": ")
        if colon:
            about, found = self._read(name), self._read(rest)
            yield Reading(about.known + found.known, f"{about.text}: {found.text}")
        if match := _QUOTED.fullmatch(text):
            found = self._read(match[2])
            yield Reading(found.known, f"{match[1]} {found.text}")

    def _with_more(self, text: str) -> Iterator[Reading]:
        """After a number: `8.8 % under cloud`; or before what is in brackets."""
        if match := _NUMBER.fullmatch(text):
            noun = self._texts.get(match[2])
            found = self._read(match[2]) if noun is None else Reading(len(match[2]), noun)
            yield Reading(found.known, f"{match[1]} {found.text}")
        if match := _BRACKET.fullmatch(text):
            head, more, inner = map(self._read, (match[1], match[2], match[2][2:-1]))
            if inner.known > more.known:
                more = Reading(inner.known, f" ({inner.text})")
            yield Reading(head.known + more.known, f"{head.text}{more.text}")

    def _listed(self, text: str) -> Iterator[Reading]:
        """Several with `;`, with commas, or with a word between."""
        for between in _JOINTS:
            pieces = between.split(text)
            if len(pieces) > 1:
                found = [self._read(piece) for piece in pieces[::2]]
                joints = [self._texts.get(joint, joint) for joint in pieces[1::2]]
                pieces[::2], pieces[1::2] = (item.text for item in found), joints
                yield Reading(sum(item.known for item in found), "".join(pieces))
