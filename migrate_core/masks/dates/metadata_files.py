"""Dates in files beside a mask or image: PlanetScope metadata, and STAC items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from defusedxml import DefusedXmlException

from ...errors import MaskError
from ...files.regular import read_text
from ...model import Acquired
from ..files.safety import parse_xml, read_xml_bytes

_MAX_JSON_BYTES = 20_000_000
# Where a STAC item (core and its timestamps) or PlanetScope's `_metadata.json` says when. Of
# `datetime` null, the common metadata `start_datetime` and `end_datetime` must be there.
_MOMENTS = ("acquired", "datetime")
_PERIOD = ("start_datetime", "end_datetime")
# Elements of PlanetScope's XML, by their local names, the most exact first.
_XML_MOMENTS = ("acquisitionDateTime", "acquisitionDate", "beginPosition")


def date_in_files(paths: Iterable[Path]) -> Acquired | None:
    """The first date that one of these metadata files gives; None where none does.

    A file that can't be read as metadata is some other file and says nothing; one that is made to
    do harm is refused with a MaskError.
    """
    return next((found for path in paths if (found := _date(path)) is not None), None)


def _date(path: Path) -> Acquired | None:
    return _xml_date(path) if path.suffix.lower() == ".xml" else _json_date(path)


def assets_of(path: Path) -> tuple[str, ...]:
    """The names of the files that a STAC item has for assets in its own folder."""
    assets = _object(path).get("assets") if path.suffix.lower() != ".xml" else None
    if not isinstance(assets, dict):
        return ()
    hrefs = [asset.get("href") for asset in assets.values() if isinstance(asset, dict)]
    names = [href.removeprefix("./") for href in hrefs if isinstance(href, str)]
    return tuple(name for name in names if "/" not in name)


def _object(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds; empty when it holds none that can be read."""
    try:
        document = json.loads(read_text(path, "utf-8-sig", _MAX_JSON_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _json_date(path: Path) -> Acquired | None:
    properties = _object(path).get("properties")
    if not isinstance(properties, dict):
        return None
    for name in _MOMENTS:
        if (found := _parsed(properties.get(name))) is not None:
            return found
    first, last = (_parsed(properties.get(name)) for name in _PERIOD)
    if first is None or last is None:
        return first or last
    try:
        return Acquired.between(first, last)
    except ValueError:
        return None


def _parsed(text: Any) -> Acquired | None:
    try:
        return Acquired.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _xml_date(path: Path) -> Acquired | None:
    try:
        content = read_xml_bytes(path)
    except OSError:
        return None
    try:
        found = dict(_xml_moments(path.name, content))
    except MaskError as err:
        if isinstance(err.__cause__, DefusedXmlException):
            raise
        return None  # not XML at all: some other file
    return next((found[name] for name in _XML_MOMENTS if name in found), None)


def _xml_moments(name: str, content: bytes) -> Iterator[tuple[str, Acquired]]:
    for element in parse_xml(name, content).iter():
        local = str(element.tag).rpartition("}")[2]
        if local in _XML_MOMENTS and (found := _parsed(element.text)) is not None:
            yield local, found
