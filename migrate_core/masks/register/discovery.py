"""Which files are masks: as they are named, or found in folders; tiles of one grid together."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import MaskError, WrongUseError
from ...model import Problem
from ..dates.names import date_from_name
from ..files.isolation import read_isolated
from ..files.safety import check_file
from ..raster.identity import canonical_path
from ..raster.opening import DRIVERS, Header, read_header
from ..vectors.formats.reading import VECTOR_SUFFIXES

# How far tiles may be off a common grid, in pixels, before they are masks of their own.
_GRID_TOLERANCE = 1e-3


@dataclass(frozen=True)
class FoundFiles:
    """Files to register, each once, sorted within their folders, and those that are refused."""

    files: tuple[Path, ...]
    refused: tuple[Problem, ...] = ()


def is_raster(path: Path) -> bool:
    """Whether a file may be a label raster, by its suffix."""
    return path.suffix.lower() in DRIVERS


def mask_files(
    paths: Iterable[Path],
    *,
    follow_links: bool = False,
    takes: Callable[[Path], bool] = is_raster,
) -> FoundFiles:
    """The files to register: as named, or those below the folders named that `takes` accepts.

    Hidden files and folders are passed over. Symbolic links are refused unless `follow_links`, and
    so is a folder without any mask. Raises WrongUseError when nothing but such folders is named.
    """
    files: dict[str, Path] = {}
    candidates, empty = _candidates(paths, takes, follow_links=follow_links)
    if empty and not candidates:
        raise WrongUseError(_without_masks(empty[0]))
    refused = [Problem(_printable(path.name), _without_masks(path)) for path in empty]
    for path in candidates:
        try:
            check_file(path, follow_links=follow_links)
        except MaskError as err:
            refused.append(Problem(_printable(path.name), str(err)))
        else:
            # However often and by whichever path a file is named, it is one.
            files.setdefault(canonical_path(path), Path(os.path.abspath(path)))  # noqa: PTH100 - takes `..` out
    return FoundFiles(tuple(files.values()), tuple(refused))


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)


def _candidates(
    paths: Iterable[Path], takes: Callable[[Path], bool], *, follow_links: bool
) -> tuple[list[Path], list[Path]]:
    """The files named or in folders, and the folders that hold none."""
    candidates: list[Path] = []
    empty: list[Path] = []
    for path in paths:
        if not path.is_dir() or (path.is_symlink() and not follow_links):
            candidates.append(path)
            continue
        found = _below(path, takes, follow_links=follow_links)
        candidates += found
        if not found:
            empty.append(path)
    return candidates, empty


def _without_masks(folder: Path) -> str:
    return (
        f"{folder}: the folder holds no mask; needed are files with one of the suffixes "
        f"{', '.join((*DRIVERS, *VECTOR_SUFFIXES))}."
    )


def _below(folder: Path, takes: Callable[[Path], bool], *, follow_links: bool) -> list[Path]:
    """The files of the wanted suffixes in a folder and all below it; hidden ones are passed over.

    Links to folders are among them where links aren't followed, to be reported. `os.walk` knows
    what is a file from the listing of the folder, without a look at each.
    """
    found: list[Path] = []
    visited = set()
    for directory, folders, names in os.walk(folder, followlinks=follow_links):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if follow_links:  # a link may lead to where one has been
            real = Path(directory).resolve()
            if real in visited:
                folders.clear()
                continue
            visited.add(real)
        else:
            found += [link for name in folders if (link := Path(directory, name)).is_symlink()]
        found += [
            Path(directory, name)
            for name in sorted(names)
            if not name.startswith(".") and takes(Path(directory, name))
        ]
    return sorted(found)


def mosaics(files: Iterable[Path]) -> tuple[tuple[Path, ...], ...]:
    """Groups of files of a folder that share CRS, pixels and grid; what stands alone, alone.

    Files of different days by their names are never tiles of one mask. Files that can't be opened
    stand alone, to be named when they are registered.
    """
    groups: dict[object, list[Path]] = defaultdict(list)
    for path in files:
        groups[_grid_or_path(path)].append(path)
    return tuple(tuple(group) for group in groups.values())


def _grid_or_path(path: Path) -> object:
    try:
        return read_isolated(path.name, lambda: None, _grid_key, path)
    except MaskError:
        return path


def _grid_key(path: Path) -> object:
    """What tiles of one mask have in common; the path itself for what has no grid."""
    header: Header = read_header(path)
    if header.crs is None or header.transform is None:
        return path
    a, b, c, d, e, f = tuple(header.transform)[:6]
    column, row = ~header.transform.__class__(a, b, 0, d, e, 0) @ (c, f)
    phase = tuple(_phase(number) for number in (column, row))
    shape = tuple(round(number, 9) for number in (a, b, d, e))
    day = date_from_name(path.name)
    return path.parent, header.crs, header.bands, shape, phase, day and day.first_day


def _phase(number: float) -> int:
    """The part of a position within a pixel, in thousandths; whole pixels give 0."""
    return round((number % 1.0) / _GRID_TOLERANCE) % round(1 / _GRID_TOLERANCE)
