"""A walk over products in folders and zips, and over the items of static STAC catalogues."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ....errors import MigrateError, SourceError
from ....files.regular import check_regular, read_text
from ....model import Problem, Scene
from ....products.files.found import FoundGranule
from ....products.files.granules import find_granules
from ....products.layouts.finding import has_loose_bands, is_product_folder
from ....products.names import is_product_name
from ....products.stac.item import ItemScene, describe_item
from ..protocol import Progress
from .known import Known, KnownFiles
from .stamps import Stamp, stamps_below, stamps_of, without_images

# Files that one catalogue may link to; an archive of one tile over ten years has 2,000 items.
_MOST_FILES = 500_000
_CATALOGUES = ("catalog.json", "collection.json")
# How many files of a catalogue are read between two reports of the progress.
_REPORTED = 100


class Walk:
    """One walk, which reads files that `known` doesn't know, or that have changed since.

    `spec` is the source of the scenes. `progress(finished, total)` may raise to end it.
    """

    def __init__(self, spec: str, known: KnownFiles, progress: Progress) -> None:
        self._spec, self._known, self._progress = spec, known, progress
        self._real_folders: dict[str, str] = {}

    def everything(self, path: Path) -> Iterator[Scene | Problem]:
        """The scenes of all products at or below `path`, and what can't be read."""
        ahead = list(self._below(path, set()))
        for number, found in enumerate(ahead):
            if isinstance(found, Path):
                self._progress(number, len(ahead))
                yield from self._product(found)
            else:
                yield found

    def _below(self, path: Path, visited: set[tuple[int, int]]) -> Iterator[Path | Scene | Problem]:
        """Folders and zips of products, and what the items of catalogues say, in a stable order.

        Each folder once: links may lead back to where one has been.
        """
        if not path.is_dir():
            yield from self._at_file(path)
            return
        status = path.stat()
        if (status.st_dev, status.st_ino) in visited:
            return
        visited.add((status.st_dev, status.st_ino))
        catalogue = next((path / name for name in _CATALOGUES if (path / name).is_file()), None)
        if catalogue is not None:
            yield from self._items(catalogue)
            return
        try:
            if self._known.find(str(path)) or is_product_folder(path):
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
                yield from self._below(child, visited)

    def _at_file(self, path: Path) -> Iterator[Path | Scene | Problem]:
        """A zip, or the items of a catalogue; what can't be read to its end is a problem."""
        try:
            check_regular(path)
        except OSError as err:
            yield Problem(path.name, f"{path}: it can't be read ({err.strerror}). Leave it out.")
            return
        if path.suffix == ".json":
            yield from self._items(path)
        elif path.suffix.lower() == ".zip":
            yield path

    def _product(self, path: Path) -> Iterator[Scene | Problem]:
        """The scenes of a product, one for each granule."""
        known = self._known.find(str(path))
        if known is not None:
            yield from known.scenes
            return
        try:
            # Before anything is read: what changes meanwhile is then noticed the next time.
            stamps = _product_stamps(path)
            granules = _granules(path)
            scenes = tuple(self._scene(granule, path) for granule in granules)
            if all(granule.metadata and granule.granule.metadata for granule in granules):
                stamps = without_images(stamps)
            if scenes:
                self._known.put(str(path), Known(stamps, scenes))
        except OSError as err:
            yield Problem(path.name, f"{path}: it can't be read ({err.strerror}).")
        except MigrateError as err:
            yield Problem(path.name, str(err))
        else:
            yield from scenes

    def _items(self, catalogue: Path) -> Iterator[Scene | Problem]:
        """What the item files say that a static catalogue links to, over its children, each once.

        Walked by hand since one broken file must not end the walk, and links that leave the disk
        are not followed. Links may lead back, or go on without end: no more than _MOST_FILES are
        read.
        """
        seen, ahead, full, finished = {self._real(str(catalogue))}, [str(catalogue)], False, 0
        while ahead:
            path = ahead.pop()
            if finished % _REPORTED == 0:
                self._progress(finished, finished + 1 + len(ahead))
            finished += 1
            try:
                found = self._document(path)
            except MigrateError as err:
                yield Problem(Path(path).name, str(err))
                continue
            yield from found.scenes
            # Reversed, so that what is taken from the end of the list comes in the order of links.
            for target in reversed(found.links):
                if len(seen) >= _MOST_FILES and not full:
                    full = True
                    yield Problem(
                        catalogue.name,
                        f"{catalogue}: the catalogue links to more than {_MOST_FILES:,} files; "
                        "those beyond are left out. Search in a part of it.",
                    )
                if not full and (real := self._real(target)) not in seen:
                    seen.add(real)
                    ahead.append(target)

    def _document(self, path: str) -> Known:
        """What an item or a catalogue says. Raises MigrateError."""
        known = self._known.find(path)
        if known is not None:
            return known
        file = Path(path)
        try:
            stamps = stamps_of([path])
        except OSError:
            stamps = ()  # reading it says why
        document = _read_json(file)
        if document.get("type") == "Feature":
            known = Known(stamps, (self._scene(describe_item(document), file),))
        else:
            linked = (str(file.parent / href) for href in _hrefs(document))
            known = Known(stamps, (), tuple(dict.fromkeys(linked)))
        self._known.put(path, known)
        return known

    def _real(self, path: str) -> str:
        """A path without links and `..`; folders are looked up once, since files are many."""
        folder, name = os.path.split(path)
        if name in ("", ".", "..") or os.path.islink(path):  # noqa: PTH114 - quick, for many files
            return os.path.realpath(path)
        if folder not in self._real_folders:
            self._real_folders[folder] = os.path.realpath(folder)
        return f"{self._real_folders[folder]}{os.sep}{name}"

    def _scene(self, found: FoundGranule | ItemScene, path: Path) -> Scene:
        return Scene(
            scene_id=found.scene_id,
            source=self._spec,
            sensed_at=found.sensed_at,
            level=found.level,
            tile=found.tile,
            baseline=found.baseline,
            cloud_percent=found.cloud_percent,
            footprint=found.footprint,
            href=str(path.absolute()),
            footprint_problem=found.footprint_problem,
        )


def _product_stamps(path: Path) -> tuple[Stamp, ...]:
    """Those of all a product consists of; none for bands that lie loose, perhaps beside others."""
    if not path.is_dir():
        return stamps_of([str(path)])
    return stamps_below(path) if is_product_folder(path) else ()


def _granules(path: Path) -> tuple[FoundGranule, ...]:
    """The granules of a product; a folder or zip that is only called like one is an error."""
    found = find_granules(path)
    if not found and (is_product_name(path.name) or path.suffix == ".SAFE"):
        raise SourceError(
            f"{path.name}: its name is that of a Sentinel-2 product, but there is none in it. "
            "It is incomplete: get it again."
        )
    return found


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
