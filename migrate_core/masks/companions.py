"""What belongs to a mask file by its name: source image, UDM, and metadata beside either.

Folders are listed once and looked up by likeness of names, so that thousands of masks stay quick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from ..errors import MaskError
from .options import AddOptions, MappingRow
from .raster import DRIVERS
from .sensors import beginnings, name_keys

_METADATA = (".json", ".geojson", ".xml")


@dataclass(frozen=True)
class Companions:
    """A mask file with what belongs to it.

    `metadata` are files that may say when the mask was drawn on, `image_metadata` the same for its
    source image. `tiles` are the files of a mask that is cut into several; `path` is then their
    folder. `obstacle` is a sentence on why its image or UDM can't be told.
    """

    path: Path
    image: Path | None = None
    udm: Path | None = None
    metadata: tuple[Path, ...] = ()
    image_metadata: tuple[Path, ...] = ()
    tiles: tuple[str, ...] = ()
    obstacle: str | None = None


class Folder:
    """The files of a folder by the likenesses of their names."""

    def __init__(self, place: Path, suffixes: Iterable[str]) -> None:
        self._place = place
        self._by_key: dict[str, list[Path]] = defaultdict(list)
        wanted = set(suffixes)
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            if file.suffix.lower() in wanted:
                for key in dict.fromkeys(name_keys(file)):
                    self._by_key[key].append(file.absolute())

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
    """Finds the companions of many masks for the same options."""

    def __init__(self, options: AddOptions) -> None:
        self._options = options
        self._images = _folder(options.image)
        self._udms = _folder(options.udm)
        self._metadata: dict[Path, Folder] = {}

    def companions(self, path: Path, tiles: Sequence[Path] = ()) -> Companions:
        """What belongs to a mask file, or to the folder of its tiles."""
        row = mapping_row(path, self._options)
        obstacle = None
        try:
            image = row.image or _named(path, self._options.image, self._images, "image")
        except MaskError as err:
            image, obstacle = None, str(err)
        try:
            udm = _named(path, self._options.udm, self._udms, "udm")
        except MaskError as err:
            udm, obstacle = None, obstacle or str(err)
        return Companions(
            path,
            image.absolute() if image else None,
            udm.absolute() if udm else None,
            self._beside(path),
            self._beside(image.absolute()) if image else (),
            tuple(map(str, tiles)),
            obstacle,
        )

    def _beside(self, path: Path) -> tuple[Path, ...]:
        folder = self._metadata.get(path.parent)
        if folder is None:
            folder = self._metadata[path.parent] = Folder(path.parent, _METADATA)
        return tuple(folder.like(path))


def mapping_row(path: Path, options: AddOptions) -> MappingRow:
    """What the mapping table says of a mask file: by path, name or stem."""
    for key in (str(path), path.name, path.stem):
        if key in options.mapping:
            return options.mapping[key]
    return MappingRow()


def _folder(place: Path | None) -> Folder | None:
    return Folder(place, DRIVERS) if place is not None and place.is_dir() else None


def _named(path: Path, place: Path | None, folder: Folder | None, option: str) -> Path | None:
    """The file of an option: itself, or the one in its folder that fits by name.

    Raises MaskError when several fit equally well.
    """
    if place is None or folder is None:
        return place
    found = folder.like(path, by_beginning=option == "image")
    if len(found) > 1:
        raise MaskError(
            f"{path.name}: several {option}s in {place} fit it "
            f"({', '.join(file.name for file in found)}). Name the right one with --{option}, or "
            "in a table with --mapping."
        )
    return found[0] if found else None


def unmatched_images(folders: Iterable[Path], used: Set[Path]) -> list[Path]:
    """The image files directly in `folders` that no mask is paired with, sorted."""
    files = (file for folder in folders if folder.is_dir() for file in folder.iterdir())
    images = {file.absolute() for file in files if file.suffix.lower() in DRIVERS}
    return sorted(images - used)
