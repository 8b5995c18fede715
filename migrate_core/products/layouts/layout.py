"""A layout as a value, and the parts of names that all layouts share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..product import RESOLUTION_M

_BAND = re.compile(r"(?:^|[/_])(B\d{2}|B8A)(?:_(\d{2})m)?\.jp2$")
# Sen2Cor before 2.4 wrote …_SCL_L2A_TL_…_20m.jp2.
_SCENE_CLASSIFICATION = re.compile(r"(?:^|[/_])SCL(?:_L2A_[^/]*)?(?:_(\d{2})m)?\.jp2$")
_FOLDER_RESOLUTION = re.compile(r"(?:^|/)R(\d{2})m/[^/]*$")
# Rasters since processing baseline 04.00, polygons before, of a longer name before 2016-12.
_CLOUD_CLASSES = re.compile(r"(?:^|/)(?:MSK_)?CLASSI_B00\.jp2$")
_CLOUD_POLYGONS = re.compile(r"(?:^|/)(?:MSK_CLOUDS_B00|[^/]*_MSK_CLOUDS_[^/]*_B00_[^/]*)\.gml$")


@dataclass(frozen=True)
class Granule:
    """Where the files of one granule lie, by their names below the product's root.

    `name` is that of its folder, or what the names of its files begin with: other facts are read
    from it. `bands` has the file of each band that is there, at its own resolution. `metadata` is
    the granule's own (MTD_TL.xml), `clouds` its cloud mask, polygons (.gml) or raster (.jp2).
    """

    name: str
    bands: Mapping[str, str]
    scene_classification: str | None = None
    metadata: str | None = None
    clouds: str | None = None


@dataclass(frozen=True)
class Layout:
    """The granules below `root`, a folder that is empty or ends in a slash.

    `metadata` is the product's own (MTD_MSIL*.xml), `documents` are tileInfo.json and
    productInfo.json of the AWS layout. All names are relative to the root.
    """

    root: str
    granules: tuple[Granule, ...]
    metadata: str | None = None
    documents: tuple[str, ...] = ()


def native_bands(names: Iterable[str]) -> dict[str, str]:
    """The file of each band at its own resolution; level 2A has coarser copies beside it."""
    bands = {}
    for name in names:
        match = _BAND.search(name)
        if match is None or match[1] not in RESOLUTION_M:
            continue
        if _resolution(name, match[2]) in (None, RESOLUTION_M[match[1]]):
            bands[match[1]] = name
    return bands


def scene_classification(names: Iterable[str], resolution_m: int = 20) -> str | None:
    """The file of the scene classification, at 20 m unless its coarser copy is asked for."""
    for name in names:
        match = _SCENE_CLASSIFICATION.search(name)
        if match is not None and (_resolution(name, match[1]) or 20) == resolution_m:
            return name
    return None


def _resolution(name: str, suffix: str | None) -> int | None:
    """The resolution that a file's suffix or folder says, in metres."""
    folder = _FOLDER_RESOLUTION.search(name)
    code = suffix or (folder[1] if folder else None)
    return int(code) if code else None


def cloud_mask(names: Iterable[str]) -> str | None:
    """The file of the cloud mask, the raster before the polygons where both are there."""
    names = tuple(names)
    for pattern in (_CLOUD_CLASSES, _CLOUD_POLYGONS):
        found = next((name for name in names if pattern.search(name)), None)
        if found is not None:
            return found
    return None


def shallowest(names: Iterable[str]) -> list[str]:
    """Those of the names that lie least deep, in the order they came."""
    names = list(names)
    least = min((name.count("/") for name in names), default=0)
    return [name for name in names if name.count("/") == least]


def below(names: Iterable[str], root: str) -> list[str]:
    """The names below a root, relative to it."""
    return [name.removeprefix(root) for name in names if name.startswith(root)]
