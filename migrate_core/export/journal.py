"""What of a dataset is written already, so that an export goes on where the last one ended.

A file in the dataset has a line for each part that was finished, and the last line of a part
counts. A part is done when its files are there and it was written from the same pixels, bands,
split and options.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..workspace import written_then_renamed
from .formats.base import Content, Format, Part
from .samples.sample import Sample

JOURNAL = ".export.jsonl"


@dataclass(frozen=True)
class Written:
    """A part that was written: its format, what it was written from, and its files."""

    format: str
    part: str
    stamp: str
    files: tuple[str, ...]


class Journal:
    """The parts that are in the dataset `destination`."""

    def __init__(self, destination: Path) -> None:
        self._path = destination / JOURNAL
        self._destination = destination
        self._written = {(one.format, one.part): one for one in _read(self._path)}

    def has(self, wanted: Written) -> bool:
        """Whether a part is there as it should be."""
        found = self._written.get((wanted.format, wanted.part))
        return found == wanted and all((self._destination / name).is_file() for name in found.files)

    def note(self, one: Written) -> None:
        """Note that a part is finished."""
        self._written[one.format, one.part] = one
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(one))

    def forget(self, stale: Iterable[Written]) -> None:
        """Note that parts are no longer there; writes the file anew."""
        for one in stale:
            self._written.pop((one.format, one.part), None)
        with written_then_renamed(self._path) as temporary:
            temporary.write_text("".join(map(_line, self._written.values())), encoding="utf-8")

    def all(self) -> tuple[Written, ...]:
        """All parts that were noted."""
        return tuple(self._written.values())


def written(form: Format, part: Part, content: Content, destination: Path) -> Written:
    """How a part is noted once it is written."""
    folder = form.folder(destination)
    names = tuple((folder / name).relative_to(destination).as_posix() for name in part.files)
    return Written(form.name, part.name, stamp(form, part, content), names)


def stamp(form: Format, part: Part, content: Content) -> str:
    """What tells a part from one that was written from anything else, in hexadecimal digits."""
    given = {
        "version": form.version,
        "options": repr(content.options),
        "bands": content.bands,
        "classes": repr(content.classes),
        "samples": [_of_sample(sample) for sample in part.samples],
    }
    return _digest(given)


def _of_sample(sample: Sample) -> list[Any]:
    return [sample.sample_id, repr(sample.window), sample.row, sample.entry.provenance]


def _digest(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _line(one: Written) -> str:
    return json.dumps([one.format, one.part, one.stamp, list(one.files)]) + "\n"


def _read(path: Path) -> list[Written]:
    """The lines of a journal; one that a kill has cut off, or that isn't ours, is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [found for line in lines if (found := _parsed(line)) is not None]


def _parsed(line: str) -> Written | None:
    try:
        form, part, digest, files = json.loads(line)
        return Written(form, part, digest, tuple(files))
    except (ValueError, TypeError):
        return None
