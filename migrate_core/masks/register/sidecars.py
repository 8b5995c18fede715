"""What belongs to a mask file by its name: source image, UDM, and metadata beside either.

Folders are listed once and looked up by likeness of names, so that thousands of masks stay quick.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import MaskError
from ..checks import IMAGE, UDM
from ..dates.metadata_files import assets_of
from ..dates.names import table_keys
from ..dates.sensors import beginnings, is_udm_name, name_keys
from ..options import AddOptions, ClassEntry, MappingRow
from ..raster.opening import DRIVERS

_METADATA = (".json", ".geojson", ".xml")
# Of more metadata in a folder than this, only those of the mask's name are looked into.
_MOST_ITEMS = 200


@dataclass(frozen=True)
class PreviousOptions:
    """The options of a mask when it was added before, which holds for the same content."""

    digest: str | None
    crs: str | None
    threshold: float | None
    nodata: tuple[float, ...] | None
    classes: tuple[ClassEntry, ...]


@dataclass(frozen=True)
class Sidecars:
    """A mask file with what belongs to it.

    `metadata` are files that may say when the mask was drawn on, `image_metadata` the same for its
    source image. `tiles` are the files of a mask that is cut into several; `path` is then their
    folder, and `part` tells apart the masks of one folder. `obstacles` are sentences, by topic of
    `checks`, on why its image or UDM can't be named. `given` are the options of before.
    """

    path: Path
    image: Path | None = None
    udm: Path | None = None
    metadata: tuple[Path, ...] = ()
    image_metadata: tuple[Path, ...] = ()
    tiles: tuple[str, ...] = ()
    part: str | None = None
    obstacles: Mapping[str, str] = field(default_factory=dict)
    given: PreviousOptions | None = None


def files_in(location: Path) -> list[Path]:
    """The files directly in a folder, sorted; none where there is no folder.

    Only what can be read to its end: a pipe of the right name would be waited for.
    """
    if not location.is_dir():
        return []
    with os.scandir(location) as entries:
        found = sorted((entry.name, entry.path) for entry in entries if entry.is_file())
    return [Path(path) for _, path in found]


class Folder:
    """The files of a folder by the likenesses of their names."""

    def __init__(self, location: Path, suffixes: Iterable[str]) -> None:
        self.files: list[Path] = []
        self._by_key: dict[str, list[Path]] = defaultdict(list)
        wanted = set(suffixes)
        for file in files_in(location.absolute()):
            if file.suffix.lower() in wanted:
                self.files.append(file)
                # Metadata are also named after the whole file: `a.tif.json`.
                inner = Path(file.stem)
                named = inner if inner.suffix.lower() in DRIVERS else file
                for key in dict.fromkeys(name_keys(named)):
                    self._by_key[key].append(file)

    def like(self, path: Path, *, by_beginning: bool = False) -> list[Path]:
        """The files most like `path` by name, itself left out; none when none is.

        `by_beginning` also finds `img1` for `img1_water`, the longest name first.
        """
        keys = list(name_keys(path))
        if by_beginning:
            keys += beginnings(path.stem)
        for key in keys:
            if found := [file for file in self._by_key.get(key, ()) if file != path]:
                return found
        return []


class Finder:
    """Finds the sidecars of many masks for the same options."""

    def __init__(self, options: AddOptions) -> None:
        self._options = options
        self._images = _folder(options.image)
        self._udms = _folder(options.udm)
        self._metadata: dict[Path, Folder] = {}
        self._assets: dict[Path, dict[str, Path]] = {}

    def sidecars(self, path: Path, tiles: Sequence[Path] = ()) -> Sidecars:
        """What belongs to a mask file, or to the folder of its tiles."""
        row = mapping_row(path, self._options)
        obstacles, image, udm = {}, row.image, None
        try:
            image = image or self.image(path)
        except MaskError as err:
            obstacles[IMAGE] = str(err)
        try:
            udm = _named(path, self._options.udm, self._udms, UDM)
        except MaskError as err:
            obstacles[UDM] = str(err)
        return Sidecars(
            path,
            image.absolute() if image else None,
            udm.absolute() if udm else None,
            self._beside(path),
            self._beside(image.absolute()) if image else (),
            tuple(map(str, tiles)),
            obstacles=obstacles,
        )

    def image(self, path: Path) -> Path | None:
        """The source image of a mask file. Raises MaskError when several fit equally well."""
        return _named(path, self._options.image, self._images, IMAGE)

    def _beside(self, path: Path) -> tuple[Path, ...]:
        folder = self._metadata.get(path.parent)
        if folder is None:
            folder = self._metadata[path.parent] = Folder(path.parent, _METADATA)
        return tuple(folder.like(path)) or self._items_beside(path, folder)

    def _items_beside(self, path: Path, folder: Folder) -> tuple[Path, ...]:
        """STAC items of other names that list the file among their assets."""
        assets = self._assets.get(path.parent)
        if assets is None:
            few = folder.files if len(folder.files) <= _MOST_ITEMS else []
            assets = self._assets[path.parent] = {
                name: item for item in few for name in assets_of(item)
            }
        found = assets.get(path.name)
        return (found,) if found else ()


def with_previous_options(
    options: AddOptions, given: PreviousOptions | None, digest: str
) -> AddOptions:
    """The options for a mask of this digest; what they don't give is as it was given before."""
    if given is None or given.digest != digest:
        return options
    return replace(
        options,
        crs=options.crs or given.crs,
        threshold=given.threshold if options.threshold is None else options.threshold,
        nodata=given.nodata if options.nodata is None else options.nodata,
        classes=options.classes or given.classes,
    )


def mapping_row(path: Path, options: AddOptions) -> MappingRow:
    """What the mapping table says of a mask file."""
    if not options.mapping:
        return MappingRow()
    rows = (options.mapping[key] for key in table_keys(path) if key in options.mapping)
    return next(rows, MappingRow())


def _folder(location: Path | None) -> Folder | None:
    return Folder(location, DRIVERS) if location is not None and location.is_dir() else None


def _named(path: Path, location: Path | None, folder: Folder | None, option: str) -> Path | None:
    """The file of an option: itself, or the one in its folder that fits by name.

    Raises MaskError when several fit equally well.
    """
    if location is None or folder is None:
        return location
    found = folder.like(path, by_beginning=option == IMAGE)
    # Scenes come with both in one folder.
    found = [file for file in found if is_udm_name(file) == (option == UDM)] or found
    if len(found) > 1:
        raise MaskError(
            f"There are several {option}s in {location} that fit it ("
            f"{', '.join(file.name for file in found)}). Name the right one with --{option}, or "
            "in a table with --mapping."
        )
    return found[0] if found else None


def unmatched_images(folders: Iterable[Path], used: Set[Path]) -> list[Path]:
    """The image files directly in `folders` that no mask is paired with, sorted."""
    files = (file for folder in folders for file in files_in(folder.absolute()))
    images = {file for file in files if file.suffix.lower() in DRIVERS}
    return sorted(images - used)
