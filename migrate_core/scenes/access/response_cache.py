"""Answers of services to searches, kept for a day in the workspace, each with its age.

People search again and again with other limits of clouds and other weights; what a service has for
a place and a period hardly changes meanwhile.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ...jobs.background import now_utc
from ...model import Scene, SearchResult, iso
from ...settings import ServiceSettings
from ...store.serialize import from_json, to_json
from ...workspace import written_then_renamed
from ..sources.protocol import SceneRequest, SceneSource

MAX_AGE = timedelta(hours=24)
_SUFFIX = ".json.gz"
# Counts up when answers are written in another form.
_FORM = 1


@dataclass(frozen=True)
class ResponseCache:
    """Where answers are kept, and for how long; `refresh` asks again whatever is there."""

    folder: Path
    refresh: bool = False
    max_age: timedelta = MAX_AGE
    clock: Callable[[], datetime] = now_utc

    def find(self, key: str) -> tuple[datetime, tuple[Scene, ...]] | None:
        """When a question was answered and how; None when that is too long ago, or never was."""
        if self.refresh:
            return None
        try:
            with gzip.open(self._path(key), "rt", encoding="utf-8") as file:
                document = json.load(file)
            answered_at = datetime.fromisoformat(document["answered_at"])
            if not timedelta() <= self.clock() - answered_at < self.max_age:
                return None
            return answered_at, tuple(from_json(Scene, scene) for scene in document["scenes"])
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None  # there is none, or it is damaged: the service is asked

    def put(self, key: str, scenes: tuple[Scene, ...]) -> datetime:
        """Keep an answer of this moment; the moment."""
        now = self.clock()
        document = {"answered_at": iso(now), "scenes": to_json(scenes)}
        with (
            written_then_renamed(self._path(key)) as temporary,
            gzip.open(temporary, "wt", encoding="utf-8", compresslevel=3) as file,
        ):
            json.dump(document, file)
        return now

    def clear_old(self) -> None:
        """Delete answers that are too old to be used."""
        oldest = (self.clock() - self.max_age).timestamp()
        for path in self.folder.glob(f"*{_SUFFIX}"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"


class CachedSource:
    """A source whose answers are kept on a shelf.

    An answer with problems isn't kept: asking again may mend them.
    """

    def __init__(
        self, source: SceneSource, services: ServiceSettings, response_cache: ResponseCache
    ) -> None:
        self._source = source
        self._cache = response_cache
        # The addresses, since the same name may stand for a mirror or a test server.
        self._identity = [_FORM, source.spec, *_addresses(services)]
        self.answered_at: datetime | None = None

    @property
    def spec(self) -> str:
        """The source's."""
        return self._source.spec

    @property
    def is_local(self) -> bool:
        """The source's."""
        return self._source.is_local

    def search(self, request: SceneRequest) -> SearchResult:
        """The answer that is kept, else the source's; `answered_at` becomes that of the oldest."""
        key = self._key(request)
        found = self._cache.find(key)
        if found is not None:
            answered_at, scenes = found
            self._note(answered_at)
            request.progress(1, 1)
            return SearchResult(scenes)
        result = self._source.search(request)
        if result.problems:
            self._note(self._cache.clock())
        else:
            self._note(self._cache.put(key, result.scenes))
        return result

    def _note(self, answered_at: datetime) -> None:
        self.answered_at = min(self.answered_at or answered_at, answered_at)

    def _key(self, request: SceneRequest) -> str:
        asked: list[Any] = [
            request.bounds,
            request.first_day.isoformat(),
            request.last_day.isoformat(),
            request.level,
            request.max_cloud_percent,
        ]
        text = json.dumps([self._identity, asked])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def kept(
    source: SceneSource, services: ServiceSettings, response_cache: ResponseCache
) -> SceneSource:
    """The source with its answers kept, where it is a service; a disk is read each time."""
    return source if source.is_local else CachedSource(source, services, response_cache)


def response_times(sources: Iterable[SceneSource]) -> dict[str, datetime]:
    """When what the sources gave was answered, by SOURCE; only services have such a time."""
    return {
        source.spec: source.answered_at
        for source in sources
        if isinstance(source, CachedSource) and source.answered_at is not None
    }


def _addresses(services: ServiceSettings) -> list[str]:
    names = (field.name for field in fields(services) if field.name.endswith("_url"))
    return [str(getattr(services, name)) for name in names]
