"""The search of a mirror."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from shapely.geometry import box

from ....errors import MigrateError, SourceError
from ....model import Problem, Scene, SearchResult, utc
from ....products.footprints import from_wkt
from ....products.metadata.product_xml import finite
from ....products.names import parse_name, without_safe
from ....products.product import utm_crs
from ....settings import ServiceSettings
from ....transfer.http.client import HttpClient
from ..protocol import MOST_SCENES, SceneRequest, endless
from .mirror import PAGE, Mirror

HREF = "dhus:"
_LEVELS = {"S2MSI1C": "L1C", "S2MSI2A": "L2A", "S2MSI2Ap": "L2A"}


class DhusSource:
    """Sentinel-2 products of a mirror."""

    def __init__(
        self, url: str, services: ServiceSettings, client: HttpClient | None = None
    ) -> None:
        self._client = client or HttpClient("dhus")
        self._url = url
        self._services = services
        self._mirror = Mirror(url, services, self._client)

    @property
    def spec(self) -> str:
        """`dhus:` and the address."""
        return self._mirror.spec

    @property
    def is_local(self) -> bool:
        """A question costs what it asks for."""
        return False

    def search(self, request: SceneRequest) -> SearchResult:
        """Ask page by page; entries that can't be read become problems."""
        start = datetime.combine(request.first_day, time(), UTC)
        end = datetime.combine(request.last_day, time(), UTC) + timedelta(days=1)
        area = box(*request.bounds).wkt
        scenes: dict[str, Scene] = {}
        problems: list[Problem] = []
        seen: set[str] = set()
        offset = 0
        while True:
            # Also while it waits for the mirror, so that a cancellation is heard.
            client = self._client.checked(partial(request.progress, offset, offset + PAGE))
            mirror = Mirror(self._url, self._services, client)
            page = mirror.page(request.level, (start, end), area, offset)
            for uuid, entry in page.items():
                try:
                    scene = parse_entry(uuid, entry, self.spec)
                except SourceError as err:
                    problems.append(Problem(str(entry.get("title", uuid)), str(err)))
                    continue
                if scene.level == request.level and start <= scene.sensed_at < end:
                    scenes[scene.scene_id] = scene
            why = None
            if len(page) < PAGE:
                break
            if seen.issuperset(page):
                why = f"{self.spec}: its pages repeat themselves"
            seen.update(page)
            if len(seen) > MOST_SCENES:
                why = endless(self.spec)
            if why is not None:
                message = f"{why}. What it had answered before counts."
                problems.append(Problem(f"{self.spec}, the rest", message))
                break
            offset += PAGE
        return SearchResult(tuple(scenes.values()), tuple(problems))


def parse_entry(uuid: str, entry: Mapping[str, Any], spec: str) -> Scene:
    """The scene of an entry, as sentinelsat has read it. Raises SourceError."""
    try:
        name = without_safe(str(entry.get("identifier") or entry["title"]))
        parts = parse_name(name)
        tile = parts.tile if parts else str(entry["tileid"])
        utm_crs(tile)
        footprint = from_wkt(entry.get("footprint"), tile)
        return Scene(
            scene_id=name,
            source=spec,
            sensed_at=utc(entry["beginposition"]),
            level=parts.level if parts else _LEVELS[str(entry["producttype"])],
            tile=tile,
            baseline=parts.baseline if parts else str(entry.get("processingbaseline", "")),
            cloud_percent=finite(entry.get("cloudcoverpercentage")),
            footprint=footprint.area,
            href=f"{HREF}{uuid}",
            footprint_problem=footprint.problem,
        )
    except (KeyError, TypeError, ValueError, AttributeError, MigrateError) as err:
        raise SourceError(
            f"{entry.get('title', uuid)}: its entry at {spec} lacks or garbles {err}; needed are a "
            "name, beginposition, and the tile and level."
        ) from err
