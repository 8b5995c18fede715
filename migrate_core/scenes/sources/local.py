"""`local:PATH`: a folder of products in any layout, or a static STAC catalogue with COGs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely.geometry import box

from ...errors import MigrateError, SourceError
from ...files.regular import check_regular, read_text
from ...model import Problem, Scene, SearchResult
from ...products.files.found import FoundGranule
from ...products.files.granules import find_granules
from ...products.layouts.finding import NEEDED, has_loose_bands, is_product_folder
from ...products.names import is_product_name
from ...products.stac.item import ItemScene, describe_item
from ...transfer.http.client import HttpClient
from .adapter import SourceAdapter, Trial
from .protocol import Progress, SceneRequest, SceneSource

PREFIX = "local:"
# Files that one catalogue may link to; an archive of one tile over ten years has 2,000 items.
_MOST_FILES = 100_000
_CATALOGUES = ("catalog.json", "collection.json")


@dataclass(frozen=True)
class LocalSource:
    """Products on this machine's disks."""

    path: Path

    @property
    def spec(self) -> str:
        """`local:` and the absolute path, so that it means the same from another folder."""
        return f"{PREFIX}{self.path.absolute()}"

    @property
    def is_local(self) -> bool:
        """A walk of the disk finds all there is."""
        return True

    def search(self, request: SceneRequest) -> SearchResult:
        """Read the metadata of everything below the path; damaged products become problems."""
        if not self.path.exists():
            raise SourceError(
                f"{self.spec}: there is no such folder. Check the path; needed is a folder of "
                "products, or one with a STAC catalog.json."
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
                f"{self.spec}: no Sentinel-2 product was found in it. Needed are {NEEDED}, "
                "or a STAC catalog.json with items."
            )
        fitting = tuple(scene for scene in scenes if _fits(scene, request))
        return SearchResult(fitting, tuple(problems))

    def _everything(self, progress: Progress) -> Iterator[Scene | Problem]:
        products = list(_products(self.path))
        for number, href in enumerate(products):
            progress(number, len(products))
            if isinstance(href, Problem):
                yield href
                continue
            try:
                if href.suffix == ".json":
                    yield self._scene(describe_item(_read_json(href)), href)
                else:
                    yield from (self._scene(granule, href) for granule in _granules(href))
            except MigrateError as err:
                yield Problem(href.name, str(err))

    def _scene(self, found: FoundGranule | ItemScene, path: Path) -> Scene:
        return Scene(
            scene_id=found.scene_id,
            source=self.spec,
            sensed_at=found.sensed_at,
            level=found.level,
            tile=found.tile,
            baseline=found.baseline,
            cloud_percent=found.cloud_percent,
            footprint=found.footprint,
            href=str(path.absolute()),
            footprint_problem=found.footprint_problem,
        )


class Local(SourceAdapter):
    """`local:PATH`."""

    is_local = True

    def open(self, client: HttpClient | None = None) -> SceneSource:  # noqa: ARG002
        """What searches it."""
        return LocalSource(self.path)

    @property
    def path(self) -> Path:
        """The folder, or a file in its place."""
        return Path(self.spec.removeprefix(PREFIX))

    def trials(self, client: HttpClient) -> tuple[Trial, ...]:  # noqa: ARG002
        """Whether it is there."""
        return (Trial("search", self._look),)

    def _look(self) -> str:
        if not self.path.exists():
            raise SourceError(f"There is no {self.path} on this machine. Check the path.")
        return "The folder is there."


def _granules(path: Path) -> tuple[FoundGranule, ...]:
    """The granules of a product; a folder or zip that is only called like one is an error."""
    found = find_granules(path)
    if not found and (is_product_name(path.name) or path.suffix == ".SAFE"):
        raise SourceError(
            f"{path.name}: its name is that of a Sentinel-2 product, but there is none in it. "
            "It is incomplete: get it again."
        )
    return found


def _fits(scene: Scene, request: SceneRequest) -> bool:
    return (
        scene.level == request.level
        and request.first_day <= scene.sensed_at.date() <= request.last_day
        and scene.footprint.intersects(box(*request.bounds))
    )


def _products(path: Path, visited: set[tuple[int, int]] | None = None) -> Iterator[Path | Problem]:
    """Folders of products, zips and STAC item files at or below `path`, in a stable order.

    Each folder once: links may lead back to where one has been.
    """
    visited = set() if visited is None else visited
    if not path.is_dir():
        yield from _product_of_file(path)
        return
    status = path.stat()
    if (status.st_dev, status.st_ino) in visited:
        return
    visited.add((status.st_dev, status.st_ino))
    catalogue = next((path / name for name in _CATALOGUES if (path / name).is_file()), None)
    if catalogue is not None:
        yield from _items(catalogue)
        return
    try:
        if is_product_folder(path):
            yield path
            return
        if has_loose_bands(path):
            yield path  # and there may be products in folders beside the files
        children = sorted(path.iterdir())
    except OSError as err:
        yield Problem(path.name, f"{path}: the folder can't be read ({err.strerror}).")
        return
    for child in children:
        if child.is_dir() or child.suffix.lower() == ".zip":
            yield from _products(child, visited)


def _product_of_file(path: Path) -> Iterator[Path | Problem]:
    """A zip, or the items of a catalogue; what can't be read to its end is a problem."""
    try:
        check_regular(path)
    except OSError as err:
        yield Problem(path.name, f"{path}: it can't be read ({err.strerror}). Leave it out.")
        return
    if path.suffix == ".json":
        yield from _items(path)
    elif path.suffix.lower() == ".zip":
        yield path


def _items(catalogue: Path) -> Iterator[Path | Problem]:
    """The item files that a static catalogue links to, over its children; each file once.

    Walked by hand since one broken file must not end the walk, and links that leave the disk are
    not followed. Links may lead back, or go on without end: no more than _MOST_FILES are read.
    """
    seen, ahead, full = {catalogue.resolve()}, [catalogue], False
    while ahead:
        path = ahead.pop()
        try:
            document = _read_json(path)
        except MigrateError:
            yield path  # reading it again as an item names it as a problem
            continue
        if document.get("type") == "Feature":
            yield path
            continue
        linked = [path.parent / href for href in _hrefs(document)]
        # Reversed, so that what is taken from the end of the list comes in the order of the links.
        for target in reversed(list(dict.fromkeys(linked))):
            if len(seen) >= _MOST_FILES and not full:
                full = True
                yield Problem(
                    catalogue.name,
                    f"{catalogue}: the catalogue links to more than {_MOST_FILES:,} files; those "
                    "beyond are left out. Search in a part of it.",
                )
            if not full and (real := target.resolve()) not in seen:
                seen.add(real)
                ahead.append(target)


def _hrefs(document: dict[str, Any]) -> list[str]:
    """Where a catalogue's links to items and children on this disk lead."""
    links = (link for link in _links(document) if link.get("rel") in ("item", "child"))
    hrefs = (str(link.get("href", "")) for link in links)
    return [href for href in hrefs if "://" not in href]


def _links(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The links of a catalogue, what isn't one left out."""
    links = document.get("links")
    return [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as err:
        raise SourceError(f"{path}: it can't be read as STAC JSON ({err}).") from err
    if not isinstance(document, dict):
        raise SourceError(f"{path}: it is not a STAC object.")
    return document
