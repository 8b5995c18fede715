"""KML 2.x: placemarks with polygons, their data and times; links to elsewhere aren't followed.

<https://developers.google.com/kml/documentation/kmlreference>: coordinates are
`lon,lat[,height]` in WGS 84.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import shapely
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon

from ....errors import MaskError
from ....files.regular import read_bytes
from ....model import LONLAT
from .json_documents import MAX_TEXT_BYTES, check_size
from .layer import Layer

_OTHER_SHAPES = {"Point", "LineString", "LinearRing", "Track", "Model"}
_TIMES = {"when": "timestamp", "begin": "begin", "end": "end"}


def kml_layer(path: Path) -> Layer:
    """The placemarks of a KML file as one layer. Raises MaskError."""
    import pandas as pd

    placemarks = [node for node in _root(path).iter() if _name(node) == "Placemark"]
    geometries = np.empty(len(placemarks), dtype=object)
    geometries[:] = [_geometry(placemark) for placemark in placemarks]
    records = [_record(placemark) for placemark in placemarks]
    table = pd.DataFrame(records, index=range(len(records)), dtype=object)
    return Layer(geometries, table, LONLAT)


def _root(path: Path) -> Element:
    check_size(path)
    try:
        root: Element = fromstring(read_bytes(path, MAX_TEXT_BYTES))
    except DefusedXmlException as err:
        raise MaskError(
            f"{path.name}: it defines entities, which can make a few bytes of XML fill the memory "
            "or read other files. Save it again without them (a plain KML has none)."
        ) from err
    except (ParseError, ValueError, LookupError) as err:
        raise MaskError(
            f"{path.name}: it can't be read as XML ({err}). It is cut off or of another form: save "
            "or copy it again, or leave it out."
        ) from err
    if _name(root) != "kml":
        raise MaskError(
            f"{path.name}: its first element is {_name(root)}, that of KML is kml. Save it as KML, "
            "or give it the suffix of what it is."
        )
    return root


def _name(node: Element) -> str:
    """The name of an element without its namespace."""
    return str(node.tag).rpartition("}")[2]


def _texts(node: Element, name: str) -> Iterator[str]:
    for child in node.iter():
        if _name(child) == name and child.text:
            yield child.text.strip()


def _geometry(placemark: Element) -> Any:
    """The polygons of a placemark; a point where it has only other shapes, None without any."""
    nodes = list(placemark.iter())
    drawn = [node for node in nodes if _name(node) == "Polygon"]
    polygons = [polygon for node in drawn for polygon in _polygon(node)]
    if polygons:
        return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
    others = not drawn and any(_name(node) in _OTHER_SHAPES for node in nodes)
    return shapely.Point(0, 0) if others else None


def _polygon(node: Element) -> list[Polygon]:
    """A Polygon element as a list of one, or none when its coordinates can't be read."""
    shells: list[list[tuple[float, float]]] = []
    holes: list[list[tuple[float, float]]] = []
    for child in node:
        rings = [_ring(text) for text in _texts(child, "coordinates")]
        (shells if _name(child) == "outerBoundaryIs" else holes).extend(rings)
    try:
        with np.errstate(invalid="ignore"):  # NaN is reported where the polygons are looked at
            return [Polygon(shells[0], holes)] if len(shells) == 1 else []
    except (ShapelyError, ValueError):
        return []


def _ring(text: str) -> list[tuple[float, float]]:
    try:
        points = [tuple(map(float, point.split(",")[:2])) for point in text.split()]
    except ValueError:
        return []
    return [(point[0], point[1]) for point in points if len(point) == 2]


def _record(placemark: Element) -> dict[str, Any]:
    """Name, description, times and data of a placemark."""
    record: dict[str, Any] = {}
    for node in placemark.iter():
        name, text = _name(node), (node.text or "").strip()
        if name in _TIMES and text:
            record.setdefault(_TIMES[name], text)
        elif name == "SimpleData" and node.get("name"):
            record[str(node.get("name"))] = text
        elif name == "Data" and node.get("name"):
            record[str(node.get("name"))] = next(_texts(node, "value"), None)
    for node in placemark:
        if _name(node) in ("name", "description") and node.text:
            record.setdefault(_name(node), node.text.strip())
    if placemark.get("id"):
        record.setdefault("id", placemark.get("id"))
    return record
