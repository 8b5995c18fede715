"""The search of the Copernicus Data Space."""

from __future__ import annotations

from functools import partial
from typing import Any

from ....errors import SourceError
from ....model import Problem, Scene, SearchResult
from ....settings import ServiceSettings
from ....transfer.http.client import HttpClient
from ..protocol import SceneRequest
from .catalogue import Catalogue, intersects, years
from .products import SPEC, parse_scene


class CdseSource:
    """Sentinel-2 products of the Copernicus Data Space; searching needs no account."""

    def __init__(self, services: ServiceSettings, client: HttpClient | None = None) -> None:
        self._client = client or HttpClient(SPEC)
        self._url = services.cdse_odata_url

    @property
    def spec(self) -> str:
        """`cdse`."""
        return SPEC

    @property
    def is_local(self) -> bool:
        """A question costs what it asks for."""
        return False

    def search(self, request: SceneRequest) -> SearchResult:
        """Ask the catalogue, a year at a time; entries that can't be read become problems."""
        scenes: dict[str, Scene] = {}
        problems: list[Problem] = []
        windows = years(request.first_day, request.last_day)
        for number, window in enumerate(windows):
            # Also while it waits for the service, so that a cancellation is heard.
            client = self._client.checked(partial(request.progress, number, len(windows)))
            catalogue = Catalogue(client, self._url)
            entries = catalogue.entries(request.level, window, intersects(request.bounds))
            try:
                for entry in entries:
                    _take(entry, request, scenes, problems)
            except SourceError as err:
                if not scenes:
                    raise
                message = f"{err} What it had answered before counts."
                problems.append(Problem(f"{SPEC}, the rest", message))
                break
        return SearchResult(tuple(scenes.values()), tuple(problems))


def _take(
    entry: dict[str, Any],
    request: SceneRequest,
    scenes: dict[str, Scene],
    problems: list[Problem],
) -> None:
    """Put an entry of the catalogue among the scenes, or among the problems."""
    try:
        scene = parse_scene(entry)
    except SourceError as err:
        problems.append(Problem(str(entry.get("Name", SPEC)), str(err)))
        return
    if scene.level == request.level:
        scenes[scene.scene_id] = scene
