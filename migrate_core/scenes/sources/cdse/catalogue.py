"""Questions to the OData catalogue: filters, years, pages beyond the limits of paging."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ....errors import SourceError, TransferError
from ....grid import Bounds
from ....model import Scene
from ....transfer.http.client import HttpClient, Query
from ..protocol import MOST_SCENES, endless
from .products import SPEC, CdseProduct, parse_product, parse_scene

PAGE = 1000
# With a larger $skip the service answers 422.
_LARGEST_SKIP = 10_000
# "One year a query at most."
_YEAR = timedelta(days=365)
_UNPROCESSABLE = 422
_NOT_FOUND = 404
_PRODUCT_TYPES = {"L1C": "S2MSI1C", "L2A": "S2MSI2A"}
# Around the sensing time of a product that vanished, where its successor is looked for.
_SAME_OVERPASS = timedelta(minutes=15)


@dataclass(frozen=True)
class Window:
    """Sensing times from `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime


def years(first_day: date, last_day: date) -> list[Window]:
    """The period of two UTC dates, both inclusive, in windows of at most a year."""
    start = datetime.combine(first_day, time(), UTC)
    end = datetime.combine(last_day, time(), UTC) + timedelta(days=1)
    windows = []
    while start < end:
        stop = min(start + _YEAR, end)
        windows.append(Window(start, stop))
        start = stop
    return windows


def scene_filter(level: str, window: Window, *more: str) -> str:
    """`$filter` for products of a level and a time, and what else is asked of them."""
    parts = [
        "Collection/Name eq 'SENTINEL-2'",
        f"ContentDate/Start ge {_moment(window.start)}",
        f"ContentDate/Start lt {_moment(window.end)}",
        string_attribute("productType", _PRODUCT_TYPES[level]),
        *more,
    ]
    return " and ".join(parts)


def string_attribute(name: str, value: str) -> str:
    """The condition that an attribute equals a text."""
    kind = "OData.CSC.StringAttribute"
    condition = f"att:att/Name eq '{name}' and att/{kind}/Value eq '{_quoted(value)}'"
    return f"Attributes/{kind}/any({condition})"


def intersects(bounds: Bounds) -> str:
    """The condition that a footprint touches a rectangle in lon/lat."""
    west, south, east, north = bounds
    west, east = max(west, -180.0), min(east, 180.0)
    south, north = max(south, -90.0), min(north, 90.0)
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    ring = ",".join(f"{lon:.6f} {lat:.6f}" for lon, lat in corners)
    return f"OData.CSC.Intersects(area=geography'SRID=4326;POLYGON(({ring}))')"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


class Catalogue:
    """The OData catalogue at one address."""

    def __init__(self, client: HttpClient, url: str) -> None:
        self._client = client
        self._products = f"{url}/Products"
        self._deleted = f"{url}/DeletedProducts"

    def entries(self, level: str, window: Window, *more: str) -> Iterator[dict[str, Any]]:
        """All entries of a window, each once, in the order of their sensing times.

        Beyond what paging reaches, the window begins again at the last time that was seen.
        """
        seen: set[str] = set()
        while True:
            found = 0
            last: str | None = None
            complete = True
            try:
                for entry in self._pages(scene_filter(level, window, *more)):
                    last = entry.get("ContentDate", {}).get("Start", last)
                    if entry.get("Id") not in seen:
                        found += 1
                        seen.add(str(entry.get("Id")))
                        yield entry
                        if len(seen) > MOST_SCENES:
                            raise SourceError(f"{endless(SPEC)}.")
            except _TooFarError:
                complete = False
            if complete:
                return
            if not found or last is None:
                raise SourceError(
                    f"{SPEC}: more than {_LARGEST_SKIP} products share one sensing time, which "
                    "can't be paged through. Search for fewer masks at a time."
                )
            window = replace(window, start=datetime.fromisoformat(last))

    def _pages(self, condition: str) -> Iterator[dict[str, Any]]:
        """The entries page by page, as `@odata.nextLink` leads; raises _TooFarError at its end."""
        params = {
            "$filter": condition,
            "$orderby": "ContentDate/Start asc",
            "$top": str(PAGE),
            "$expand": "Attributes",
        }
        asked: set[str] = set()
        while True:
            question = urlencode(sorted(params.items()))
            if question in asked:
                raise SourceError(
                    f"{SPEC}: the next page of its answer is one that was there before. Try again "
                    "later, or use another source."
                )
            asked.add(question)
            document = self._page(params)
            yield from document["value"]
            link = document.get("@odata.nextLink")
            if not link or not document["value"]:
                return
            # Only its query: the address is that of the settings, a mirror's perhaps.
            params = dict(parse_qsl(urlsplit(str(link)).query, keep_blank_values=True))
            if int(params.get("$skip", "0") or 0) > _LARGEST_SKIP:
                raise _TooFarError

    def _page(self, params: dict[str, str]) -> dict[str, Any]:
        try:
            document = self._client.get_json(self._products, params)
        except TransferError as err:
            if err.status == _UNPROCESSABLE and params.get("$skip", "0") != "0":
                raise _TooFarError from err
            raise
        if not isinstance(document, dict) or not isinstance(document.get("value"), list):
            raise SourceError(
                f"{SPEC}: {self._products} doesn't answer as an OData catalogue. Check "
                "CDSE_ODATA_URL."
            )
        document["value"] = [entry for entry in document["value"] if isinstance(entry, dict)]
        return document

    def current(self, product_id: str, scene: Scene) -> CdseProduct:
        """The product of a scene as it is now: by its id, its name, or its acquisition.

        Products vanish when they are reprocessed. Raises TransferError, SourceError.
        """
        url = f"{self._products}({product_id})"
        try:
            return parse_product(self._client.get_json(url))
        except TransferError as err:
            if err.status != _NOT_FOUND:
                raise
        return self._by_name(scene) or self._by_acquisition(scene) or self._gone(scene)

    def _by_name(self, scene: Scene) -> CdseProduct | None:
        query = Query(
            f"{self._products}/OData.CSC.FilterList",
            method="POST",
            json={"FilterProducts": [{"Name": f"{scene.scene_id}.SAFE"}]},
        )
        return _newest(_values(self._client.json(query)))

    def _by_acquisition(self, scene: Scene) -> CdseProduct | None:
        window = Window(scene.sensed_at - _SAME_OVERPASS, scene.sensed_at + _SAME_OVERPASS)
        found = self.entries(scene.level, window, string_attribute("tileId", scene.tile))
        parsed = []
        for entry in found:
            try:
                parsed.append((parse_scene(entry).baseline, str(entry["Name"]), entry))
            except SourceError:
                continue
        parsed.sort(key=lambda item: item[:2])
        return parse_product(parsed[-1][2]) if parsed else None

    def _gone(self, scene: Scene) -> CdseProduct:
        params = {"$filter": f"Name eq '{_quoted(scene.scene_id)}.SAFE'"}
        deleted = _values(self._client.get_json(self._deleted, params))
        cause = str(deleted[0].get("DeletionCause") or "") if deleted else ""
        raise SourceError(
            f"{scene.scene_id}: {SPEC} has deleted it{f' ({cause})' if cause else ''} and has no "
            "other product of the same acquisition. Search again, or choose another scene."
        )


class _TooFarError(Exception):
    """The next page lies beyond what the service pages through."""


def _values(document: Any) -> Sequence[dict[str, Any]]:
    """The entries of an answer, which FilterList gives as a list of its own."""
    found = document.get("value", []) if isinstance(document, dict) else document
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _newest(entries: Sequence[dict[str, Any]]) -> CdseProduct | None:
    """The product that was published last."""
    if not entries:
        return None
    return parse_product(max(entries, key=lambda entry: str(entry.get("PublicationDate", ""))))
