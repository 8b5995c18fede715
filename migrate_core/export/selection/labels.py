"""What the files of finished pairs say that the database doesn't: pixels by class, level, days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import PairError
from ...model import BACKGROUND, IGNORE, ClassTable
from ...pairs.files import DOCUMENT, LABEL, open_raster, read_document
from ...products.names import read_names
from ...store.base import Store
from ...store.finished_pairs import tiles_and_days
from ...workspace import Workspace

# GDAL reads without Python's lock, so that several files are read at once.
READERS = 4
_REMEMBERED = 200_000


def label_counts(workspace: Workspace, pair_ids: Sequence[str]) -> dict[str, Mapping[int, int]]:
    """Numbers of pixels by class value of the labels of pairs, 255 (ignore) left out.

    A label that can't be read has none: see `unreadable_labels`. What was read is remembered as
    long as the file stays as it is.
    """
    found = _counts_of(workspace, pair_ids)
    return {pair_id: counts or {} for pair_id, counts in found.items()}


def unreadable_labels(workspace: Workspace, pair_ids: Sequence[str]) -> tuple[str, ...]:
    """Those of the pairs whose label is gone or can't be read: at them an export ends."""
    found = _counts_of(workspace, pair_ids)
    return tuple(pair_id for pair_id, counts in found.items() if counts is None)


def _counts_of(
    workspace: Workspace, pair_ids: Sequence[str]
) -> dict[str, Mapping[int, int] | None]:
    folders = [workspace.pair(pair_id) for pair_id in pair_ids]
    with ThreadPoolExecutor(READERS) as readers:
        counts = list(readers.map(_counts_in, folders))
    return dict(zip(pair_ids, counts, strict=True))


def _counts_in(folder: Path) -> Mapping[int, int] | None:
    try:
        state = (folder / LABEL.file).stat()
        return _counts(folder, state.st_mtime_ns, state.st_size)
    except (OSError, PairError):
        return None


@lru_cache(maxsize=_REMEMBERED)
def _counts(folder: Path, _written_ns: int, _size: int) -> Mapping[int, int]:
    with open_raster(folder, LABEL) as dataset:
        pixels = np.bincount(dataset.read(1).ravel(), minlength=IGNORE + 1)
    return {int(value): int(pixels[value]) for value in np.flatnonzero(pixels[:IGNORE])}


def values_of_class(tables: Iterable[ClassTable]) -> dict[str, frozenset[int]]:
    """The stored values by what people may call a class: its name in any mask, and its value."""
    found: dict[str, set[int]] = defaultdict(set)
    found["background"].add(BACKGROUND)
    for table in tables:
        for stored in (table.stored or {}).values():
            found[str(stored)].add(stored)
        for stored, name in table.named:
            found[name].add(stored)
    known = {name: frozenset(values - {IGNORE}) for name, values in found.items()}
    return {name: values for name, values in known.items() if values}


def names_of_values(tables: Iterable[ClassTable]) -> dict[int, str]:
    """What stored values are called, each by the first name that a mask has for it."""
    found: dict[int, str] = {BACKGROUND: "background"}
    for name, values in values_of_class(tables).items():
        for value in values:
            if not name.isdecimal():
                found.setdefault(value, name)
    return found


def level_of(workspace: Workspace, pair_id: str, scene_ids: Sequence[str]) -> str | None:
    """The product level of a pair, by the name of its scene, else by its pair.json."""
    level = read_names(scene_ids[:1]).level
    if level is not None:
        return level
    scenes = _scenes(workspace, pair_id)
    return str(scenes[0].get("level")) if scenes else None


class Days:
    """The UTC days on which scenes were sensed, as text."""

    def __init__(self, store: Store, workspace: Workspace) -> None:
        self._known = {scene: day for scene, (_, day) in tiles_and_days(store).items()}
        self._workspace = workspace

    def of(self, pair_id: str, scene_ids: Sequence[str]) -> tuple[str, ...]:
        """The days of all scenes of a pair: by the store, their names, or its pair.json."""
        days = set()
        for number, scene_id in enumerate(scene_ids):
            if (known := self._known.get(scene_id)) is not None:
                days.add(known.isoformat())
            elif (sensed_at := read_names([scene_id]).sensed_at) is not None:
                days.add(sensed_at.date().isoformat())
            else:
                days |= {
                    str(scene["sensed_at"])[:10]
                    for scene in _scenes(self._workspace, pair_id)[number : number + 1]
                    if scene.get("sensed_at")
                }
        return tuple(sorted(days))


def _scenes(workspace: Workspace, pair_id: str) -> list[Mapping[str, str]]:
    folder = workspace.pair(pair_id)
    try:
        return _read_scenes(folder, (folder / DOCUMENT).stat().st_mtime_ns)
    except (OSError, PairError):
        return []


@lru_cache(maxsize=_REMEMBERED)
def _read_scenes(folder: Path, _written_ns: int) -> list[Mapping[str, str]]:
    return list(read_document(folder).get("scenes", ()))
