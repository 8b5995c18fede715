"""Names and colours of classes: from a JSON, a CSV table, a QGIS style or a colour table."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...errors import MaskError, WrongUseError
from ...files.regular import is_regular, read_text
from ..files.csv_lines import delimiter_of
from ..files.safety import parse_xml, read_xml_bytes
from ..options import ClassEntry

_HEX = re.compile(r"^#?([0-9a-fA-F]{6})(?:[0-9a-fA-F]{2})?$")
_VALUE_NAMES = ("value", "id", "class", "code", "pixel", "dn")
_NAME_NAMES = ("name", "label", "title", "category", "class_name", "description")
_COLOUR_NAMES = ("colour", "color", "hex", "rgb")
_KNOWN = ".json, .csv, .qml (QGIS), .clr or .txt (colour table)"


def parse_classes(given: str | Path) -> tuple[ClassEntry, ...]:
    """The classes of `--classes`: a file, or JSON written out. Raises WrongUseError."""
    text = str(given)
    if text.lstrip()[:1] in ("{", "["):
        return _checked("--classes", _from_json("--classes", text))
    return read_classes(Path(text))


def read_classes(path: Path) -> tuple[ClassEntry, ...]:
    """The classes that a file describes, by its suffix. Raises WrongUseError that says what is not.

    JSON: `{"1": "water"}`, `{"water": 1}`, `{"1": {"name": "water", "colour": "#0072b2"}}` or a
    list of `{"value", "name", "colour"}`. CSV: columns of these names. QML: the entries of a
    paletted raster renderer, or the categories of a vector one. Colour tables: lines of a value,
    red, green, blue, and maybe alpha and a name.
    """
    readers: dict[str, Callable[[str, str], Iterable[ClassEntry]]] = {
        ".json": _from_json,
        ".csv": _from_csv,
        ".clr": _from_colour_table,
        ".txt": _from_colour_table,
    }
    suffix = path.suffix.lower()
    try:
        if suffix == ".qml":
            return _checked(path.name, _from_qml(path))
        if suffix not in readers:
            raise WrongUseError(f"{path}: needed is a table of classes of the form {_KNOWN}.")
        text = read_text(path, "utf-8-sig")
        return _checked(path.name, readers[suffix](path.name, text))
    except (OSError, UnicodeDecodeError) as err:
        raise WrongUseError(
            f"{path}: it can't be read as a table of classes ({err}). Needed is {_KNOWN}."
        ) from err
    except MaskError as err:
        raise WrongUseError(str(err)) from err


def _checked(name: str, entries: Iterable[ClassEntry]) -> tuple[ClassEntry, ...]:
    """Each value and each name once, and at least one of them. Raises WrongUseError."""
    found = tuple(entries)
    if not found:
        raise WrongUseError(f"{name}: there is no class in it.")
    for what in ("value", "name"):
        given = [getattr(entry, what) for entry in found if getattr(entry, what) is not None]
        twice = next((one for one in given if given.count(one) > 1), None)
        if twice is not None:
            raise WrongUseError(f"{name}: the {what} {twice!r} is there twice. Leave one out.")
    return found


def _from_json(name: str, text: str) -> Iterable[ClassEntry]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise WrongUseError(f"{name}: it isn't proper JSON ({err}).") from err
    for key in ("classes", "categories"):  # the latter as in COCO
        if isinstance(document, dict) and isinstance(document.get(key), (list, dict)):
            document = document[key]
    if isinstance(document, dict):
        return [_entry_of_pair(name, key, item) for key, item in document.items()]
    if isinstance(document, list):
        return [_entry_of_item(name, number, item) for number, item in enumerate(document)]
    raise WrongUseError(f"{name}: needed is a JSON object or a list of classes.")


def _entry_of_pair(name: str, key: str, item: Any) -> ClassEntry:
    """`value: name`, `value: {name, colour}`, `name: value` or `name: {value, colour}`."""
    if isinstance(item, dict):
        fields = _lower(item)
        if (value := _integer(key)) is not None:
            return _entry(name, {"value": value, **fields})
        return _entry(name, {"name": key, **fields})
    if isinstance(item, int) and not isinstance(item, bool):
        return ClassEntry(item, key)
    value = _integer(key)
    if value is None and (number := _integer(item)) is not None:
        return ClassEntry(number, key)
    if value is None or not isinstance(item, str):
        raise WrongUseError(
            f'{name}: {key!r}: {item!r} describes no class. Write "1": "water" or "water": 1.'
        )
    # Without the sign, a word of six letters such as "facade" would be a colour.
    if item.startswith("#") and _HEX.match(item):
        return ClassEntry(value, None, _colour(item))
    return ClassEntry(value, item)


def _entry_of_item(name: str, number: int, item: Any) -> ClassEntry:
    """A class of a list: a name, whose index is its value, or an object."""
    if isinstance(item, str):
        return ClassEntry(number, item)
    if isinstance(item, dict):
        return _entry(name, _lower(item))
    raise WrongUseError(f"{name}: {item!r} describes no class.")


def _lower(item: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).strip().lower(): value for key, value in item.items()}


def _entry(name: str, fields: Mapping[str, Any]) -> ClassEntry:
    """A class from named fields, whatever their names are of those that are in use."""
    value = _integer(_first(fields, _VALUE_NAMES))
    title = _first(fields, _NAME_NAMES)
    colour = _first(fields, _COLOUR_NAMES)
    if value is None and not title:
        raise WrongUseError(f"{name}: {dict(fields)} has neither a value nor a name of a class.")
    try:
        return ClassEntry(value, str(title) if title else None, _colour(colour))
    except ValueError as err:
        raise WrongUseError(f"{name}: {err}") from err


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((fields[key] for key in names if fields.get(key) not in (None, "")), None)


def _integer(text: Any) -> int | None:
    try:
        number = float(str(text))
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _colour(given: Any) -> str | None:
    """`#rrggbb` of a hexadecimal text or of red, green, blue as numbers 0…255."""
    if given is None:
        return None
    if isinstance(given, str) and (match := _HEX.match(given.strip())):
        return f"#{match[1].lower()}"
    parts = re.findall(r"\d+", given) if isinstance(given, str) else given
    try:
        channels = [int(part) for part in parts[:3]]
    except (TypeError, ValueError, KeyError) as err:
        raise ValueError(f"{given!r} is no colour; write #rrggbb") from err
    if len(channels) != 3 or not all(0 <= number <= 255 for number in channels):
        raise ValueError(f"{given!r} is no colour; write #rrggbb")
    return "#" + "".join(f"{number:02x}" for number in channels)


def _from_csv(name: str, text: str) -> Iterable[ClassEntry]:
    try:
        rows = list(csv.DictReader(text.splitlines(), delimiter=delimiter_of(text)))
    except csv.Error as err:
        raise WrongUseError(f"{name}: it can't be read as a CSV table ({err}).") from err
    return [_entry(name, _lower({k: v for k, v in row.items() if k})) for row in rows]


def _from_colour_table(name: str, text: str) -> Iterable[ClassEntry]:
    """Lines `value r g b [a] [name]`, with spaces or commas, as GDAL, ESRI and QGIS write them."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.replace(",", " ").split()
        if not parts or parts[0].startswith("#") or ":" in parts[0] or _integer(parts[0]) is None:
            continue
        try:
            colour = _colour(parts[1:4])
        except ValueError as err:
            raise WrongUseError(
                f"{name}, line {number}: needed are a value, red, green and blue, each 0 to 255."
            ) from err
        rest = parts[4:]
        if rest and rest[0].isdigit():
            rest = rest[1:]
        entries.append(ClassEntry(_integer(parts[0]), " ".join(rest) or None, colour))
    return entries


def _from_qml(path: Path) -> Iterable[ClassEntry]:
    """QGIS: `paletteEntry` of rasters; `category` of vectors, whose colours lie in symbols."""
    root = parse_xml(path.name, read_xml_bytes(path))
    entries = [
        ClassEntry(
            _integer(entry.get("value")),
            entry.get("label") or None,
            _qml_colour(entry.get("color")),
        )
        for entry in root.iter("paletteEntry")
    ]
    for category in root.iter("category"):
        value, label = category.get("value") or "", category.get("label") or None
        if value:
            integer = _integer(value)
            entries.append(ClassEntry(integer, label if integer is not None else value))
    return entries


def _qml_colour(text: str | None) -> str | None:
    try:
        return _colour(text)
    except ValueError:
        return None


def beside(path: Path) -> tuple[ClassEntry, ...]:
    """The classes that a QGIS style or an `.aux.xml` beside a raster describes; maybe none."""
    style = path.with_suffix(".qml")
    if is_regular(style):
        return tuple(_from_qml(style))
    aux = path.with_name(path.name + ".aux.xml")
    return tuple(_from_aux(aux)) if is_regular(aux) else ()


def _from_aux(path: Path) -> Iterable[ClassEntry]:
    """GDAL's raster attribute table (its Value and Class_Name columns), or category names."""
    root = parse_xml(path.name, read_xml_bytes(path))
    for table in root.iter("GDALRasterAttributeTable"):
        columns = [(d.findtext("Name") or "").strip().lower() for d in table.iter("FieldDefn")]
        rows = ([cell.text or "" for cell in row.iter("F")] for row in table.iter("Row"))
        found = (_entry_or_none(dict(zip(columns, row, strict=False))) for row in rows)
        return [entry for entry in found if entry is not None]
    names = [category.text or "" for category in root.iter("Category")]
    return [ClassEntry(value, name) for value, name in enumerate(names) if name]


def _entry_or_none(fields: Mapping[str, Any]) -> ClassEntry | None:
    value, title = _integer(_first(fields, _VALUE_NAMES)), _first(fields, _NAME_NAMES)
    return ClassEntry(value, str(title)) if value is not None and title else None
