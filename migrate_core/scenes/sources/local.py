"""`local:PATH`: a folder of SAFE folders and zips, or a static STAC catalogue with COGs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely.geometry import box

from ...errors import MigrateError, SourceError
from ...model import Problem, Scene, SearchResult
from ...products.safe import MARKER, find_safe
from ...products.stac_item import describe_item
from .protocol import Progress, SceneRequest

_PRODUCT_LIKE = re.compile(r"^S2[A-Z]_MSIL|\.SAFE$")
_CATALOGUES = ("catalog.json", "collection.json")


@dataclass(frozen=True)
class LocalSource:
    """Products on this machine's disks."""

    path: Path

    @property
    def spec(self) -> str:
        """`local:` and the absolute path, so that it means the same from another folder."""
        return f"local:{self.path.absolute()}"

    @property
    def whole(self) -> bool:
        """A walk of the disk finds all there is."""
        return True

    def search(self, request: SceneRequest) -> SearchResult:
        """Read the metadata of everything below the path; damaged products become problems."""
        if not self.path.exists():
            raise SourceError(
                f"{self.spec}: there is no such folder. Check the path; needed is a folder of "
                "SAFE folders or zips, or one with a STAC catalog.json."
            )
        scenes: list[Scene] = []
        problems: list[Problem] = []
        for found in self._everything(request.progress):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                scenes.append(found)
        if not scenes and not problems:
            raise SourceError(
                f"{self.spec}: no Sentinel-2 product was found in it. Needed are SAFE folders or "
                f"zips (with {MARKER}) or a STAC catalog.json with items."
            )
        fitting = tuple(scene for scene in scenes if _fits(scene, request))
        return SearchResult(fitting, tuple(problems))

    def _everything(self, progress: Progress) -> Iterator[Scene | Problem]:
        places = list(_places(self.path))
        for number, href in enumerate(places):
            progress(number, len(places))
            if isinstance(href, Problem):
                yield href
                continue
            try:
                scene = self._item(href) if href.suffix == ".json" else self._safe(href)
            except MigrateError as err:
                yield Problem(href.name, str(err))
                continue
            if scene is not None:
                yield scene

    def _safe(self, path: Path) -> Scene | None:
        safe = find_safe(path)
        if safe is None and _PRODUCT_LIKE.search(path.name):
            raise SourceError(
                f"{path.name}: its name is that of a Sentinel-2 product, but no {MARKER} is in it. "
                "It is incomplete: get it again."
            )
        if safe is None:
            return None
        metadata = safe.metadata
        return Scene(
            scene_id=safe.product_id,
            source=self.spec,
            sensed_at=metadata.sensed_at,
            level=metadata.level,
            tile=safe.tile,
            baseline=metadata.baseline,
            cloud_percent=metadata.cloud_percent,
            footprint=metadata.footprint,
            href=str(path.absolute()),
        )

    def _item(self, path: Path) -> Scene:
        item = describe_item(_read_json(path))
        return Scene(
            scene_id=item.scene_id,
            source=self.spec,
            sensed_at=item.sensed_at,
            level=item.level,
            tile=item.tile,
            baseline=item.baseline,
            cloud_percent=item.cloud_percent,
            footprint=item.footprint,
            href=str(path.absolute()),
        )


def _fits(scene: Scene, request: SceneRequest) -> bool:
    return (
        scene.level == request.level
        and request.first_day <= scene.sensed_at.date() <= request.last_day
        and scene.footprint.intersects(box(*request.bounds))
    )


def _places(path: Path) -> Iterator[Path | Problem]:
    """SAFE folders, zips and STAC item files at or below `path`, in a stable order."""
    if path.is_file():
        if path.suffix == ".json":
            yield from _items(path, set())
        elif path.suffix.lower() == ".zip":
            yield path
        return
    if path.suffix == ".SAFE" or any(path.glob(MARKER)):
        yield path
        return
    catalogue = next((path / name for name in _CATALOGUES if (path / name).is_file()), None)
    if catalogue is not None:
        yield from _items(catalogue, set())
        return
    try:
        children = sorted(path.iterdir())
    except OSError as err:
        yield Problem(path.name, f"{path}: the folder can't be read ({err.strerror}).")
        return
    for child in children:
        if child.is_dir() or child.suffix.lower() == ".zip":
            yield from _places(child)


def _items(path: Path, seen: set[Path]) -> Iterator[Path]:
    """The item files that a static catalogue links to, over its children; each file once.

    Walked by hand since one broken file must not end the walk, and links that leave the disk are
    not followed.
    """
    if path.resolve() in seen:
        return
    seen.add(path.resolve())
    try:
        document = _read_json(path)
    except MigrateError:
        yield path  # reading it again as an item names it as a problem
        return
    if document.get("type") == "Feature":
        yield path
        return
    for link in _links(document):
        href = str(link.get("href", ""))
        if link.get("rel") in ("item", "child") and "://" not in href:
            yield from _items(path.parent / href, seen)


def _links(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The links of a catalogue, what isn't one left out."""
    links = document.get("links")
    return [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise SourceError(f"{path}: it can't be read as STAC JSON ({err}).") from err
    if not isinstance(document, dict):
        raise SourceError(f"{path}: it is not a STAC object.")
    return document
