"""Which kinds of files a format has, and which of them belong to a sample.

Formats name their files as they like. What is left of a path without the name of the sample and its
split is the kind of a file: `images/<sample>.tif` is `images`, `<sample>/label.tif` is `label`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..formats.base import Part
from ..samples.sample import Sample

# By the ends of names; what isn't here has no type of its own.
_MEDIA_TYPES = {
    ".tif": "image/tiff",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".csv": "text/csv",
    ".parquet": "application/x-parquet",
    ".tar": "application/x-tar",
    ".txt": "text/plain",
}
_BYTES = "application/octet-stream"
# The kind of files that hold many samples.
FILE = "file"


@dataclass(frozen=True)
class FileKind:
    """Files of one kind: the patterns of their paths, and their media type."""

    name: str
    patterns: tuple[str, ...]
    media_type: str


def files_of_sample(part: Part, sample: Sample) -> dict[str, str]:
    """The files of a sample by their kinds; of a part with many samples its first file."""
    if len(part.samples) > 1 or not part.files:
        return {FILE: part.files[0]} if part.files else {}
    kinds = [_kind(name, sample) for name in part.files]
    twice = {kind for kind, count in Counter(kinds).items() if count > 1}
    named = [
        f"{kind}_{PurePosixPath(name).suffix.lstrip('.')}" if kind in twice else kind
        for kind, name in zip(kinds, part.files, strict=True)
    ]
    # A sample in many files of one kind is in an array's pieces, of which no one is the sample.
    return dict(zip(named, part.files, strict=True)) if len(set(named)) == len(named) else {}


def kinds_of_files(parts: Sequence[Part]) -> list[FileKind]:
    """All kinds of files of a format, in the order in which they come first."""
    patterns: dict[str, dict[str, None]] = {}
    for part in parts:
        for kind, pattern in _patterns(part):
            patterns.setdefault(kind, {})[pattern] = None
    return [FileKind(kind, tuple(found), _media_type(found)) for kind, found in patterns.items()]


def _patterns(part: Part) -> Iterable[tuple[str, str]]:
    if len(part.samples) == 1 and (found := files_of_sample(part, part.samples[0])):
        return [(kind, _pattern(name, part.samples[0])) for kind, name in found.items()]
    return [(FILE, _pattern_of_many(name)) for name in part.files]


def _kind(name: str, sample: Sample) -> str:
    path = PurePosixPath(name)
    left = [_without(step, sample) for step in (*path.parent.parts, path.stem)]
    return next((step for step in reversed(left) if step), path.suffix.lstrip(".") or FILE)


def _without(step: str, sample: Sample) -> str:
    if step == sample.split:
        return ""
    return step.replace(sample.sample_id, "").strip("_-.")


def _pattern(name: str, sample: Sample) -> str:
    steps = [
        "*" if step == sample.split else step.replace(sample.sample_id, "*")
        for step in PurePosixPath(name).parts
    ]
    return "/".join(steps)


def _pattern_of_many(name: str) -> str:
    """Files differ by their numbers; below a folder of pieces of an array, by anything."""
    first, *rest = PurePosixPath(name).parts
    if len(rest) > 1:
        return f"{first}/**/*"
    return "/".join([first, *rest[:-1], re.sub(r"\d+", "*", rest[-1])] if rest else [_star(first)])


def _star(name: str) -> str:
    return re.sub(r"\d+", "*", name)


def _media_type(patterns: Iterable[str]) -> str:
    found = {_MEDIA_TYPES.get(PurePosixPath(one).suffix, _BYTES) for one in patterns}
    return found.pop() if len(found) == 1 else _BYTES
