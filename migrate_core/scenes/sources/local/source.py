"""`local:PATH`: a folder of products in any layout, or a static STAC catalogue with COGs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import shapely

from ....errors import SourceError
from ....model import Problem, Scene, SearchResult
from ....products.layouts.finding import NEEDED
from ....transfer.http.client import HttpClient
from ...costs import CLOUD_ON_DISK, CloudCost
from ..adapter import SourceAdapter, Trial
from ..protocol import SceneRequest, SceneSource
from .known import KnownFiles
from .walk import Walk

PREFIX = "local:"


@dataclass(frozen=True)
class LocalSource:
    """Products on this machine's disks.

    `known` is the file in which it is kept what was found in files that are still the same; None
    to read all of them each time.
    """

    path: Path
    known: Path | None = field(default=None, compare=False)
    refresh: bool = field(default=False, compare=False)

    @property
    def spec(self) -> str:
        """`local:` and the absolute path, so that it means the same from another folder."""
        return f"{PREFIX}{self.path.absolute()}"

    @property
    def is_local(self) -> bool:
        """A walk of the disk finds all there is."""
        return True

    def remembering(self, folder: Path, *, refresh: bool) -> LocalSource:
        """The same, which keeps what it found in a folder; with `refresh` it reads all again."""
        digest = hashlib.sha256(self.spec.encode()).hexdigest()[:32]
        return replace(self, known=folder / f"{digest}.json", refresh=refresh)

    def search(self, request: SceneRequest) -> SearchResult:
        """Read the metadata of everything below the path; damaged products become problems."""
        if not self.path.exists():
            raise SourceError(
                f"{self.spec}: there is no such folder. Check the path; needed is a folder of "
                "products, or one with a STAC catalog.json."
            )
        scenes: list[Scene] = []
        problems: list[Problem] = []
        known = KnownFiles(self.known, self.spec, refresh=self.refresh)
        with known.kept():
            for found in Walk(self.spec, known, request.progress).everything(self.path):
                if isinstance(found, Problem):
                    problems.append(found)
                else:
                    scenes.append(found)
        if not scenes and not problems:
            raise SourceError(
                f"{self.spec}: no Sentinel-2 product was found in it. Needed are {NEEDED}, "
                "or a STAC catalog.json with items."
            )
        return SearchResult(_fitting(scenes, request), tuple(problems))


class Local(SourceAdapter):
    """`local:PATH`."""

    is_local = True

    @property
    def cloud_cost(self) -> CloudCost:
        """Nothing of the network."""
        return CLOUD_ON_DISK

    def open(self, client: HttpClient | None = None) -> SceneSource:  # noqa: ARG002
        """What searches it."""
        return LocalSource(self.path)

    @property
    def path(self) -> Path:
        """The folder, or a file in its place."""
        return Path(self.spec.removeprefix(PREFIX))

    def trials(self, client: HttpClient) -> tuple[Trial, ...]:  # noqa: ARG002
        """Whether it is there."""
        return (Trial("search", self._look),)

    def _look(self) -> str:
        if not self.path.exists():
            raise SourceError(f"There is no {self.path} on this machine. Check the path.")
        return "The folder is there."


def _fitting(scenes: list[Scene], request: SceneRequest) -> tuple[Scene, ...]:
    """The scenes of the level and days that touch the bounds."""
    in_time = [
        scene
        for scene in scenes
        if scene.level == request.level
        and request.first_day <= scene.sensed_at.date() <= request.last_day
    ]
    area = shapely.box(*request.bounds)
    shapely.prepare(area)
    touching = shapely.intersects(area, np.array([s.footprint for s in in_time], dtype=object))
    return tuple(scene for scene, touches in zip(in_time, touching, strict=True) if touches)
