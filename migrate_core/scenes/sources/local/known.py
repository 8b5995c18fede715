"""What was found in files on disk, kept with their stamps so that each is read once.

A file that was replaced, or a product with a file more, is read again; files that are gone are
forgotten. The file in which this is kept can be deleted at any time.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from itertools import repeat, starmap
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError

from ....jobs.many_objects import many_new_objects
from ....model import Scene
from ....workspace import written_then_renamed
from .stamps import Stamp, newest_ns, still_hold

log = logging.getLogger(__name__)

# Counts up when this is written in another form, or more is read of the same files.
_FORM = 1
# A file may be written twice within what a file system's clock can tell apart (2 s on FAT): what
# is younger is not known by its stamp.
_SETTLED_NS = 2_000_000_000
# What reading a file raises that is not there, damaged, or of another form.
_DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, ShapelyError)


@dataclass(frozen=True)
class Known:
    """What was found in the files of these stamps: scenes, and the files that they link to."""

    stamps: tuple[Stamp, ...]
    scenes: tuple[Scene, ...]
    links: tuple[str, ...] = ()


class KnownFiles:
    """What is known of the files of a source, kept in `file`; nothing is kept when it is None.

    `spec` is the source that scenes are of. With `refresh` nothing counts as known.
    """

    def __init__(
        self,
        file: Path | None,
        spec: str,
        *,
        refresh: bool = False,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._file, self._spec, self._clock_ns = file, spec, clock_ns
        self._before = {} if file is None or refresh else _read(file, spec)
        self._now: dict[str, Known] = {}

    def find(self, path: str) -> Known | None:
        """What was found at a path, if everything there is as it was."""
        if path in self._now:
            return self._now[path]
        known = self._before.get(path)
        if known is None or not still_hold(known.stamps):
            return None
        self._now[path] = known
        return known

    def put(self, path: str, known: Known) -> None:
        """Keep what was found at a path, unless it has no stamps or was written just now."""
        settled = newest_ns(known.stamps) < self._clock_ns() - _SETTLED_NS
        if self._file is not None and known.stamps and settled:
            self._now[path] = known

    @contextmanager
    def kept(self) -> Iterator[None]:
        """For a walk over all files; after an error in it what was known before is kept, too."""
        try:
            yield
        except BaseException:
            self._write({**self._before, **self._now})
            raise
        self._write(self._now)

    def _write(self, known: dict[str, Known]) -> None:
        """Write what is known, if it isn't what was read; that it can't be kept is no error."""
        same = known.keys() == self._before.keys() and all(
            one is self._before[path] for path, one in known.items()
        )
        if self._file is None or same:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with written_then_renamed(self._file) as temporary:
                temporary.write_text(json.dumps(_document(known)), encoding="utf-8")
        except OSError as err:
            log.warning("%s: what was found on disk can't be kept (%s).", self._file, err)


def _document(known: dict[str, Known]) -> dict[str, Any]:
    """As JSON, scenes in columns, which is quick for a hundred thousand of them."""
    owned = [(number, one) for number, k in enumerate(known.values()) for one in k.scenes]
    scenes = [scene for _, scene in owned]
    return {
        "form": _FORM,
        "paths": list(known),
        "stamps": [k.stamps for k in known.values()],
        "links": [k.links for k in known.values()],
        "scenes": {
            "file": [number for number, _ in owned],
            **{name: [getattr(scene, name) for scene in scenes] for name in _PLAIN},
            "sensed_at": [scene.sensed_at.isoformat() for scene in scenes],
            "footprint": _hexadecimal([scene.footprint for scene in scenes]),
        },
    }


# The fields of a scene that JSON has as they are; its source is that of the walk.
_PLAIN = ("scene_id", "level", "tile", "baseline", "cloud_percent", "href", "footprint_problem")


def _hexadecimal(footprints: list[Any]) -> list[str]:
    written: list[str] = shapely.to_wkb(np.array(footprints, dtype=object), hex=True).tolist()
    return written


def _read(file: Path, spec: str) -> dict[str, Known]:
    """What was known before, by path; nothing when the file is not there or damaged."""
    try:
        with many_new_objects():
            return _known(json.loads(file.read_text(encoding="utf-8")), spec)
    except FileNotFoundError:
        return {}
    except _DAMAGED as err:
        log.warning("%s: it is damaged (%s); all files are read again.", file, err)
        return {}


def _known(document: Any, spec: str) -> dict[str, Known]:
    """What a document says; nothing when it is of another form."""
    if document["form"] != _FORM:
        return {}
    found: list[list[Scene]] = [[] for _ in document["paths"]]
    for number, scene in _scenes(document["scenes"], spec):
        found[number].append(scene)
    columns = zip(document["paths"], document["stamps"], found, document["links"], strict=True)
    return {
        str(path): Known(tuple(map(_stamp, stamps)), tuple(scenes), tuple(map(str, links)))
        for path, stamps, scenes, links in columns
    }


def _stamp(stamp: list[Any]) -> Stamp:
    path, written, changed, size = stamp
    return str(path), int(written), int(changed), int(size)


def _scenes(columns: dict[str, list[Any]], spec: str) -> Iterator[tuple[int, Scene]]:
    """Which file each scene is of, and the scene."""
    footprints = shapely.from_wkb(np.array(columns["footprint"], dtype=object))
    fields = {
        **{name: columns[name] for name in _PLAIN},
        "source": repeat(spec, len(columns["file"])),
        "sensed_at": map(datetime.fromisoformat, columns["sensed_at"]),
        "footprint": footprints,
        "item": repeat(None, len(columns["file"])),
    }
    # By position, which is quick for a hundred thousand of them.
    values = zip(*(fields[name] for name in _FIELDS), strict=True)
    return zip(columns["file"], starmap(Scene, values), strict=True)


_FIELDS = tuple(field.name for field in dataclass_fields(Scene))
