"""What of a dataset is written already, so that an export goes on where the last one ended.

A file in the dataset has a line for each part that was finished, and the last line of a part
counts. A part is done when its files are there and it was written from the same pixels, bands,
split and options.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from ..workspace import written_then_renamed
from .formats.base import Content, Format, Part
from .samples.sample import Sample

JOURNAL = ".export.jsonl"

# Whether a file of a dataset, by its path in it, is there.
There = Callable[[str], bool]


@dataclass(frozen=True)
class Written:
    """A part that was written: its format, what it was written from, and its files."""

    format: str
    part: str
    stamp: str
    files: tuple[str, ...]


class Journal:
    """The parts that are in the dataset `destination`; a context that closes its file."""

    def __init__(self, destination: Path) -> None:
        self._path = destination / JOURNAL
        self._written = {(one.format, one.part): one for one in _read(self._path)}
        self._file: TextIO | None = None

    def __enter__(self) -> Journal:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._close()

    def has(self, wanted: Written, there: There) -> bool:
        """Whether a part is noted as it should be, and its files are `there`."""
        found = self._written.get((wanted.format, wanted.part))
        return found == wanted and all(map(there, found.files))

    def files_of(self, one: Written) -> tuple[str, ...]:
        """The files that a part had when it was written last; none for a new one."""
        found = self._written.get((one.format, one.part))
        return found.files if found else ()

    def note(self, one: Written) -> None:
        """Note that a part is finished."""
        if self._file is None:
            self._file = self._path.open("a", encoding="utf-8")
        self._file.write(_line(one))
        # A part that was noted counts even if this process is killed next.
        self._file.flush()
        self._written[one.format, one.part] = one

    def forget(self, stale: Iterable[Written]) -> None:
        """Note that parts are no longer there; writes the file anew."""
        self._close()
        for one in stale:
            self._written.pop((one.format, one.part), None)
        with written_then_renamed(self._path) as temporary:
            temporary.write_text("".join(map(_line, self._written.values())), encoding="utf-8")

    def all(self) -> tuple[Written, ...]:
        """All parts that were noted."""
        return tuple(self._written.values())

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class Stamps:
    """How the parts of one format are noted; what they share is digested once."""

    def __init__(self, form: Format, content: Content, destination: Path) -> None:
        self._form = form
        self._destination = destination
        self._pairs: dict[tuple[str, str], str] = {}
        self._common = {
            "version": form.version,
            "options": repr(content.options),
            "bands": content.bands,
            "classes": repr(content.classes),
        }

    def written(self, part: Part) -> Written:
        """How a part is noted once it is written."""
        names = self._form.in_dataset(part.files, self._destination)
        return Written(self._form.name, part.name, self._stamp(part), names)

    def _stamp(self, part: Part) -> str:
        """What tells a part from one written from anything else, in hexadecimal digits."""
        samples = [
            [sample.sample_id, repr(sample.window), self._pair(sample)] for sample in part.samples
        ]
        return _digest({**self._common, "samples": samples})

    def _pair(self, sample: Sample) -> str:
        """The digest of the row and the provenance of a sample's pair: many samples share one."""
        key = (sample.pair_id, sample.split)
        if key not in self._pairs:
            self._pairs[key] = _digest({"row": sample.row, "pair": sample.entry.provenance})
        return self._pairs[key]


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
