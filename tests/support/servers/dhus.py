"""A Data Hub mirror on loopback, with a long-term archive."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from migrate_core.settings import ServiceSettings
from tests.support.servers.faulty import Asked, FaultyServer, Reply, file_reply, json_reply, serving

USER, PASSWORD = "somebody", "dhus-very-secret"


def entry_of(uuid: str, name: str, wkt: str) -> dict[str, Any]:
    """A product in the form of the recorded answers."""
    sensed = name[11:26]
    moment = (
        f"{sensed[:4]}-{sensed[4:6]}-{sensed[6:8]}T{sensed[9:11]}:{sensed[11:13]}:{sensed[13:15]}"
        ".024Z"
    )
    return {
        "title": name,
        "id": uuid,
        "link": [{"href": f"https://mirror.example/odata/v1/Products('{uuid}')/$value"}],
        "date": [{"name": "beginposition", "content": moment}],
        "int": {"name": "relativeorbitnumber", "content": "8"},
        "double": {"name": "cloudcoverpercentage", "content": "3.6476"},
        "str": [
            {"name": "footprint", "content": wkt},
            {"name": "tileid", "content": name[39:44]},
            {"name": "processingbaseline", "content": "05.00"},
            {"name": "producttype", "content": f"S2MSI{name[8:10]}"},
            {"name": "identifier", "content": name},
        ],
    }


@dataclass
class Kept:
    """A product of the mirror; one that isn't `online` answers `archive` when it is asked for."""

    entry: dict[str, Any]
    content: bytes
    online: bool = True
    archive: Reply = Reply(202)  # noqa: RUF009
    knows_online: bool = True


class Dhus:
    """The mirror's state."""

    def __init__(self) -> None:
        self.products: dict[str, Kept] = {}
        self.fault: Callable[[Asked], Reply | None] = lambda _: None
        self.server: FaultyServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"{self.server.url}/dhus"

    @property
    def settings(self) -> ServiceSettings:
        return ServiceSettings(dhus_url=self.url, dhus_user=USER, dhus_password=PASSWORD)

    def asked(self, part: str) -> int:
        assert self.server is not None
        return len(self.server.asked_for(part))

    def rule(self, asked: Asked) -> Reply:
        fault = self.fault(asked)
        if fault is not None:
            return fault
        right = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked.headers.get("Authorization") != f"Basic {right}":
            return Reply(401, b"<html>Unauthorized</html>", {"Content-Type": "text/html"})
        if asked.path == "/dhus/search":
            return self._search(asked)
        match = re.search(r"Products\('([^']+)'\)(.*)$", asked.path)
        kept = self.products.get(match[1]) if match else None
        if match is None or kept is None:
            message = "InvalidKey : Invalid key (u) to access Products"
            return json_reply({"error": {"message": {"value": message}}}, 404)
        if match[2] == "/$value":
            return file_reply(asked, kept.content) if kept.online else kept.archive
        return json_reply(self._odata(match[1], kept))

    def _search(self, asked: Asked) -> Reply:
        start, rows = int(asked.query["start"]), int(asked.query["rows"])
        entries = [kept.entry for kept in self.products.values()]
        feed: dict[str, Any] = {"opensearch:totalResults": str(len(entries))}
        page = entries[start : start + rows]
        if page:
            # The mirror's well-known quirk: a single entry is no list.
            feed["entry"] = page[0] if len(page) == 1 else page
        return Reply(200, json.dumps({"feed": feed}).encode(), {"Content-Type": "application/json"})

    @staticmethod
    def _odata(uuid: str, kept: Kept) -> dict[str, Any]:
        gml = (
            '<gml:Polygon srsName="x" xmlns:gml="http://www.opengis.net/gml"><gml:outerBoundaryIs>'
            "<gml:LinearRing><gml:coordinates>42,3 42,4 43,4 42,3</gml:coordinates>"
            "</gml:LinearRing></gml:outerBoundaryIs></gml:Polygon>"
        )
        document: dict[str, Any] = {
            "Id": uuid,
            "Name": kept.entry["title"],
            "ContentLength": str(len(kept.content)),
            "Checksum": {
                "Algorithm": "MD5",
                "Value": hashlib.md5(kept.content).hexdigest().upper(),
            },
            "ContentDate": {"Start": "/Date(1579603431024)/"},
            "CreationDate": "/Date(1579603431024)/",
            "IngestionDate": "/Date(1579603431024)/",
            "ContentGeometry": gml,
            "__metadata": {"media_src": f"https://mirror.example/Products('{uuid}')/$value"},
            "Attributes": {},
        }
        if kept.knows_online:
            document["Online"] = kept.online
        return {"d": document}


@contextmanager
def dhus_running() -> Iterator[Dhus]:
    """The mirror for the time of the block."""
    dhus = Dhus()
    with serving(dhus.rule) as server:
        dhus.server = server
        yield dhus
