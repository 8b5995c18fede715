"""The search of a STAC API."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pystac
from pystac_client import Client
from pystac_client.errors import ClientTypeError
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from ....errors import ProductError, SourceError, TransferError
from ....model import Problem, Scene, SearchResult
from ....products.stac.item import describe_item, reduced
from ....transfer.http.client import HttpClient, Query
from ....transfer.http.retry import RetryPolicy, Runtime
from ..protocol import MOST_SCENES, SceneRequest, endless
from .profiles import StacService

# Items of 30 kB: a page stays under the 6 MB that some gateways allow an answer to have.
_PAGE = 100
# Search engines refuse to page beyond 10,000 results: periods with more than this are halved.
_DEEP = 8_000
# Periods are halved down to this many days where a service can't page through them.
_SHORTEST_DAYS = 1


@dataclass(frozen=True)
class StacSource:
    """Scenes of a STAC API; `policy` and `runtime` are how its requests are tried again."""

    service: StacService
    policy: RetryPolicy = field(default_factory=RetryPolicy, repr=False)
    runtime: Runtime = field(default_factory=Runtime, compare=False, repr=False)

    @property
    def spec(self) -> str:
        """The SOURCE argument."""
        return self.service.spec

    @property
    def is_local(self) -> bool:
        """A service finds what it is asked for without looking at all it has."""
        return False

    def search(self, request: SceneRequest) -> SearchResult:
        """Page through all items that fit; an odd item becomes a problem. Raises SourceError."""
        return _Search(self, request).result()


class _Io(StacApiIO):
    """Sends pystac-client's requests through our HTTP, which tries again and can be stopped."""

    def __init__(self, http: HttpClient) -> None:
        super().__init__(max_retries=None)
        self._http = http

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """The body of an answer, which was seen to be JSON."""
        body, params = (parameters, {}) if method == "POST" else (None, parameters or {})
        query = Query(
            href,
            method or "GET",
            params={name: str(value) for name, value in params.items()},
            headers=headers or {},
            json=body,
        )
        document = self._http.json(query)
        if not isinstance(document, dict):
            raise TransferError(f"{self._http.service}: it answered with JSON that is no object")
        return json.dumps(document)


class _IncompleteError(Exception):
    """A service stopped before all items of a period were sent."""


class _Search:
    """One search: what it has found, and how far it is."""

    def __init__(self, source: StacSource, request: SceneRequest) -> None:
        self._source = source
        self._service = source.service
        self._request = request
        self._scenes: dict[str, Scene] = {}
        self._problems: dict[str, Problem] = {}
        self._seen: set[str] = set()
        self._expected = 0

    def result(self) -> SearchResult:
        """Search; raises SourceError when the service doesn't answer."""
        request, service = self._request, self._service
        if request.level not in service.collections:
            offered = ", ".join(service.collections)
            raise SourceError(
                f"{service.spec}: it has no {request.level} scenes, only {offered}. Search with "
                f"--level {offered}, or use another source."
            )
        try:
            client = self._client()
            self._period(client, request.first_day, request.last_day)
        except (TransferError, APIError, ClientTypeError, pystac.STACError, KeyError) as err:
            message = (
                f"{service.spec}: the search failed ({err}). Try again later, check the address "
                f"{service.url}, or use another source."
            )
            if not self._scenes:
                raise SourceError(message) from err
            name = f"{service.spec}, the rest"
            self._problems[name] = Problem(name, f"{message} What it had answered before counts.")
        return SearchResult(tuple(self._scenes.values()), tuple(self._problems.values()))

    def _client(self) -> Client:
        runtime = self._source.runtime

        def check() -> None:
            runtime.check()
            self._tell()

        http = HttpClient(
            self._service.spec,
            policy=self._source.policy,
            runtime=Runtime(runtime.sleep, runtime.clock, runtime.jitter, check),
        )
        client = Client.open(self._service.url, stac_io=_Io(http))
        for name in self._service.conforms_to:
            client.add_conforms_to(name)
        return client

    def _tell(self) -> None:
        self._request.progress(len(self._seen), max(self._expected, len(self._seen) + 1))

    def _period(self, client: Client, first: date, last: date) -> None:
        """All items of a period; one that can't be paged through is searched in halves.

        Services with a limit on how deep one can page refuse beyond it, or just stop.
        """
        try:
            for item in self._items(client, first, last):
                self._take(item)
        except _IncompleteError as err:
            days = (last - first).days + 1
            if days <= _SHORTEST_DAYS:
                name = f"{self._service.spec} on {first}"
                self._problems[name] = Problem(name, f"{name}: {err}. Its other scenes count.")
                return
            middle = first + timedelta(days=days // 2 - 1)
            self._period(client, first, middle)
            self._period(client, middle + timedelta(days=1), last)

    def _items(self, client: Client, first: date, last: date) -> Iterator[Mapping[str, Any]]:
        """The items of a period as the service sends them. Raises _IncompleteError."""
        received: set[str] = set()
        matched: int | None = None
        pages = self._pages(client, first, last)
        while True:
            try:
                page = next(pages, None)
            except (TransferError, APIError) as err:
                # The first page says that the service is there; a later one, that it is too deep.
                if received:
                    raise _IncompleteError(
                        f"it sent {len(received)} items and then failed ({err})"
                    ) from err
                raise
            if page is None:
                break
            matched = _matched(page, matched)
            if not received and (matched or 0) > _DEEP and first < last:
                raise _IncompleteError(f"it has {matched} items")
            items = [item for item in page.get("features", []) if isinstance(item, Mapping)]
            ids = {str(item.get("id")) for item in items}
            if items and ids <= received:
                raise _IncompleteError("its pages repeat themselves")
            received |= ids
            if len(self._seen) > MOST_SCENES:
                raise TransferError(endless(self._service.spec))
            self._expected = max(self._expected, matched or 0)
            yield from items
            self._tell()
        if matched is not None and len(received) < matched:
            raise _IncompleteError(f"it sent {len(received)} of {matched} items")

    def _pages(self, client: Client, first: date, last: date) -> Iterator[dict[str, Any]]:
        request = self._request
        with warnings.catch_warnings():
            # pystac-client warns of what a landing page doesn't declare; the search tells more.
            warnings.simplefilter("ignore")
            found = client.search(
                collections=[self._service.collections[request.level]],
                bbox=list(request.bounds),
                datetime=f"{first}T00:00:00Z/{last}T23:59:59.999Z",
                query=self._cloud_query(client),
                limit=_PAGE,
            )
            yield from found.pages_as_dicts()

    def _cloud_query(self, client: Client) -> dict[str, Any] | None:
        """The limit of cloud for the service to apply, where it can."""
        limit = self._request.max_cloud_percent
        if limit is None or not client.conforms_to("QUERY"):
            return None
        return {"eo:cloud_cover": {"lte": limit}}

    def _take(self, item: Mapping[str, Any]) -> None:
        name = str(item.get("id"))
        if name in self._seen:
            return
        self._seen.add(name)
        try:
            scene = self._scene(item)
        except ProductError as err:
            self._problems[name] = Problem(name, f"{self._service.spec}: {err}")
            return
        if self._fits(scene):
            self._scenes.setdefault(scene.scene_id, scene)

    def _scene(self, item: Mapping[str, Any]) -> Scene:
        found = describe_item(item)
        return Scene(
            scene_id=found.scene_id,
            source=self._service.spec,
            sensed_at=found.sensed_at,
            level=found.level,
            tile=found.tile,
            baseline=found.baseline,
            cloud_percent=found.cloud_percent,
            footprint=found.footprint,
            href=_self_link(item) or f"{self._service.url}#{item['id']}",
            item=reduced(item),
            footprint_problem=found.footprint_problem,
        )

    def _fits(self, scene: Scene) -> bool:
        """What the service was asked for; a general one may hold other levels beside."""
        request, limit = self._request, self._request.max_cloud_percent
        clear = limit is None or scene.cloud_percent is None or scene.cloud_percent <= limit
        in_time = request.first_day <= scene.sensed_at.date() <= request.last_day
        return clear and in_time and scene.level == request.level


def _self_link(item: Mapping[str, Any]) -> str | None:
    links = item.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "self" and link.get("href"):
            return str(link["href"]).partition("?")[0]
    return None


def _matched(page: Mapping[str, Any], before: int | None) -> int | None:
    """How many items the service says there are; not all say it."""
    context = page.get("context")
    value = page.get("numberMatched")
    if value is None and isinstance(context, Mapping):
        value = context.get("matched")
    return value if isinstance(value, int) and not isinstance(value, bool) else before
