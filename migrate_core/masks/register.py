"""From files and folders to `Mask` values: nothing is refused silently, the others go on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import MaskError, WrongUseError
from ..model import Acquired, Mask
from .checks import FILE, content_problems, date_problems, placed, with_problems
from .classes import class_map
from .dates import date_for, date_from_name
from .footprint import footprint
from .images import find_image
from .options import AddOptions
from .raster import DRIVERS, Header, file_sha256, read_content, read_header

# Fields of a mask in the words of `Mask.edited`.
ACQUIRED, EMPTY = "acquired", "empty_allowed"


def mask_files(paths: Iterable[Path]) -> list[Path]:
    """The files to register, each once: as named, or found in the folders named, sorted."""
    return list(dict.fromkeys(path.absolute() for path in _files(paths)))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(
            file
            for file in path.rglob("*")
            if file.suffix.lower() in DRIVERS and file.is_file() and not file.name.startswith(".")
        )
        if not found:
            raise WrongUseError(
                f"{path}: the folder holds no mask; needed are files with one of the suffixes "
                f"{', '.join(DRIVERS)}."
            )
        yield from found


def inspect(path: Path, options: AddOptions) -> Mask:
    """Everything about one mask file; what is wrong with it stands in its `problem`."""
    path = path.absolute()
    try:
        digest = file_sha256(path)
    except OSError as err:
        digest = hashlib.sha256(str(path).encode()).hexdigest()
        mask_id = _identity(path.stem, digest)
        return with_problems(Mask(mask_id, path.name, str(path)), {FILE: _unreadable(path, err)})
    mask = Mask(_identity(path.stem, digest), path.name, str(path), digest)
    mask = replace(mask, empty_allowed=options.allow_empty, edited=_said(path, options))
    try:
        image = find_image(path, options.image)
        mask = replace(mask, image=str(image) if image else None)
        return _described(mask, read_header(path), options)
    except MaskError as err:
        return with_problems(replace(mask, acquired=_date(mask, options)), {FILE: str(err)})


def _said(path: Path, options: AddOptions) -> tuple[str, ...]:
    """What a person says of the mask with these options; the rest is found in the files."""
    dated = options.date is not None or date_for(path, options.dates) is not None
    said = {ACQUIRED: dated, EMPTY: options.allow_empty}
    return tuple(name for name, yes in said.items() if yes)


def _unreadable(path: Path, err: OSError) -> str:
    return f"{path.name}: it can't be read ({err.strerror}). Check that it exists and its rights."


def _identity(stem: str, digest: str) -> str:
    """The mask's id: its name for people, its content so that it is the same everywhere."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:48] or "mask"
    return f"{slug}-{digest[:8]}"


def _described(mask: Mask, header: Header, options: AddOptions) -> Mask:
    """The mask with georeference, date and content, and all problems these have."""
    if header.bands != 1:
        raise MaskError(
            f"{mask.name}: it has {header.bands} bands; a mask has one. If it is an image, leave "
            "it out or name it with --image."
        )
    mask = replace(mask, width=header.width, height=header.height)
    mask, problems = _georeferenced(mask, header)
    mask = replace(mask, acquired=_date(mask, options))
    problems |= date_problems(mask)
    try:
        content = read_content(Path(mask.path))
    except MaskError as err:
        return with_problems(mask, {FILE: str(err), **problems})
    if content.counts:
        pixels = {str(value): count for value, count in sorted(content.counts.items())}
        mask = replace(mask, classes=class_map(content.values), class_pixels=pixels)
    if mask.extent is not None and content.valid.any():
        mask = replace(mask, footprint=footprint(content.valid, mask.grid))
    return with_problems(mask, problems | content_problems(mask))


def _georeferenced(mask: Mask, header: Header) -> tuple[Mask, dict[str, str]]:
    """The mask with CRS, transform and extent: its own, or borrowed from its source image."""
    source, georeference = header, None
    if (header.crs is None or header.transform is None) and mask.image:
        source, georeference = _borrowed(mask, header), mask.image
    transform = tuple(source.transform)[:6] if source.transform else None
    if georeference:
        # The same pixels somewhere else are another mask.
        place = f"{mask.sha256} {source.crs} {transform}"
        digest = hashlib.sha256(place.encode()).hexdigest()
        mask = replace(mask, mask_id=_identity(Path(mask.path).stem, digest))
    mask = replace(mask, crs=source.crs, transform=transform, georeference=georeference)
    return placed(mask)


def _borrowed(mask: Mask, header: Header) -> Header:
    """The header of the source image, whose pixels must be those of the mask."""
    image = Path(mask.image or "")
    found = read_header(image)
    if (found.width, found.height) != (header.width, header.height):
        raise MaskError(
            f"{mask.name}: it has no georeference, and it can't borrow that of {image.name}: the "
            f"image has {found.width} x {found.height} pixels, the mask {header.width} x "
            f"{header.height}. Name the image it was drawn on with --image."
        )
    return found


def _date(mask: Mask, options: AddOptions) -> Acquired | None:
    """The date by the table, the option, the file's name or its image's name, in this order."""
    image_name = Path(mask.image).name if mask.image else ""
    return (
        date_for(Path(mask.path), options.dates)
        or options.date
        or date_from_name(mask.name, options.now)
        or date_from_name(image_name, options.now)
    )
