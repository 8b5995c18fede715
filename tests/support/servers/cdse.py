"""The Copernicus Data Space as far as this project speaks with it, small and on loopback."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from migrate_core.settings import ServiceSettings
from tests.support.servers.faulty import Asked, FaultyServer, Reply, file_reply, json_reply, serving

TOKEN, ODATA, DOWNLOAD = "/token", "/odata/v1", "/download/v1"
USER, PASSWORD = "somebody", "hunter2-very-secret"
_ID = re.compile(r"/Products\(([^)]+)\)")


def zipped(folder: Path) -> bytes:
    """A SAFE folder as the zip that the service hands out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return buffer.getvalue()


@dataclass
class Offered:
    """One product; `files` by path inside the SAFE."""

    id: str
    entry: dict[str, Any]
    content: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)


def entry_of(
    id: str,
    name: str,
    footprint: Any,
    content: bytes = b"",
    **changes: Any,
) -> dict[str, Any]:
    """A product as the catalogue lists it, in the form of the recorded answers."""
    level, sensed, tile = name[4:10].replace("MSI", ""), name[11:26], name[39:44]
    start = (
        f"{sensed[:4]}-{sensed[4:6]}-{sensed[6:8]}T{sensed[9:11]}:{sensed[11:13]}:{sensed[13:15]}"
        ".024000Z"
    )
    attributes = {
        "tileId": tile,
        "cloudCover": 1.5,
        "productType": f"S2MSI{level[1:]}",
        "processorVersion": f"{name[28:30]}.{name[30:32]}",
    }
    return {
        "Id": id,
        "Name": name,
        "ContentLength": len(content),
        "Online": True,
        "PublicationDate": "2023-08-23T09:26:23.105134Z",
        "S3Path": f"/eodata/Sentinel-2/MSI/{level}/{name}",
        "Checksum": [
            {"Value": hashlib.md5(content).hexdigest(), "Algorithm": "MD5"},
        ],
        "ContentDate": {"Start": start, "End": start},
        "GeoFootprint": footprint,
        "Attributes": [{"Name": key, "Value": value} for key, value in attributes.items()],
        **changes,
    }


class Cdse:
    """The service's state: products, tokens, and a `fault` that may answer in its place."""

    def __init__(self) -> None:
        self.products: dict[str, Offered] = {}
        self.fault: Callable[[Asked], Reply | None] = lambda _: None
        self.requests_a_token = 10**9
        self.totp: str | None = None
        self.page = 1000
        self.largest_skip = 10_000
        self.grants: list[str] = []
        self.server: FaultyServer | None = None
        self._lock = threading.Lock()
        self._left: dict[str, int] = {}

    def offer(self, id: str, safe: Path, **changes: Any) -> Offered:
        """Take a SAFE folder into the archive."""
        content = zipped(safe)
        files = {
            path.relative_to(safe).as_posix(): path.read_bytes()
            for path in safe.rglob("*")
            if path.is_file()
        }
        footprint = changes.pop("footprint")
        entry = entry_of(id, safe.name, footprint, content, **changes)
        return self.add(Offered(id, entry, content, files))

    def add(self, offered: Offered) -> Offered:
        self.products[offered.id] = offered
        return offered

    @property
    def settings(self) -> ServiceSettings:
        assert self.server is not None
        return ServiceSettings(
            cdse_odata_url=self.server.url + ODATA,
            cdse_download_url=self.server.url + DOWNLOAD,
            cdse_token_url=self.server.url + TOKEN,
            cdse_username=USER,
            cdse_password=PASSWORD,
        )

    def rule(self, asked: Asked) -> Reply:
        with self._lock:
            fault = self.fault(asked)
        if fault is not None:
            return fault
        if asked.path == TOKEN:
            return self._token(asked)
        if asked.path.startswith(DOWNLOAD):
            return self._download(asked)
        return self._catalogue(asked)

    def _token(self, asked: Asked) -> Reply:
        form = asked.form
        with self._lock:
            self.grants.append(form["grant_type"])
            number = len(self.grants)
            if form["grant_type"] == "password":
                right = (form["username"], form["password"]) == (USER, PASSWORD)
                right = right and form.get("totp") == self.totp
            else:
                right = form["refresh_token"].startswith("refresh-")
            if not right:
                return json_reply({"error": "invalid_grant"}, 401)
            access = f"access-{number}"
            self._left[access] = self.requests_a_token
        return json_reply(
            {
                "access_token": access,
                "expires_in": 600,
                "refresh_token": f"refresh-{number}",
                "refresh_expires_in": 3600,
            }
        )

    def _download(self, asked: Asked) -> Reply:
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        with self._lock:
            if self._left.get(token, 0) <= 0:
                return json_reply({"detail": "Expired signature!"}, 401)
            self._left[token] -= 1
        match = _ID.search(asked.path)
        offered = self.products.get(match[1]) if match else None
        if offered is None:
            return json_reply({"detail": "not found"}, 404)
        nodes = re.findall(r"Nodes\(([^)]+)\)", asked.path)
        content = offered.files.get("/".join(nodes[1:])) if nodes else offered.content
        if content is None:
            return json_reply({"detail": "no such node"}, 404)
        return file_reply(asked, content, ETag=f'"{hashlib.md5(content).hexdigest()}"')

    def _catalogue(self, asked: Asked) -> Reply:
        if asked.path.endswith("/OData.CSC.FilterList"):
            names = re.findall(r'"Name": ?"([^"]+)"', asked.body.decode())
            return json_reply(
                {"value": [p.entry for p in self.products.values() if p.entry["Name"] in names]}
            )
        if asked.path.endswith("/DeletedProducts"):
            return json_reply({"value": [{"DeletionCause": "Reprocessing"}]})
        if match := _ID.search(asked.path):
            offered = self.products.get(match[1])
            return json_reply(offered.entry) if offered else json_reply({"detail": "gone"}, 404)
        return self._search(asked)

    def _search(self, asked: Asked) -> Reply:
        skip = int(asked.query.get("$skip", "0"))
        if skip > self.largest_skip:
            return json_reply({"detail": "skip must be at most 10000"}, 422)
        condition = asked.query["$filter"]
        first = re.search(r"ContentDate/Start ge (\S+)", condition)
        end = re.search(r"ContentDate/Start lt (\S+)", condition)
        fitting = sorted(
            (
                product.entry
                for product in self.products.values()
                if (first is None or product.entry["ContentDate"]["Start"][:23] >= first[1][:23])
                and (end is None or product.entry["ContentDate"]["Start"][:23] < end[1][:23])
                and all(_has(product.entry, *pair) for pair in _attributes(condition))
            ),
            key=lambda entry: (entry["ContentDate"]["Start"], entry["Id"]),
        )
        top = min(int(asked.query.get("$top", "20")), self.page)
        document: dict[str, Any] = {"value": fitting[skip : skip + top]}
        if skip + top < len(fitting):
            # As the service does, whatever address it was asked at.
            query = urlencode({**asked.query, "$skip": str(skip + top)})
            document["@odata.nextLink"] = f"https://catalogue.example/odata/v1/Products?{query}"
        return json_reply(document)


def _attributes(condition: str) -> list[tuple[str, str]]:
    return re.findall(r"att/Name eq '(\w+)' and att/\S+/Value eq '([^']+)'", condition)


def _has(entry: dict[str, Any], name: str, value: str) -> bool:
    return {"Name": name, "Value": value} in entry["Attributes"]


@contextmanager
def cdse_running() -> Iterator[Cdse]:
    """The service for the time of the block."""
    cdse = Cdse()
    with serving(cdse.rule) as server:
        cdse.server = server
        yield cdse
