"""From files and folders to `Mask` values: nothing is refused silently, the others go on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ..errors import MaskError, WrongUseError
from ..grid import PixelGrid
from ..model import BACKGROUND, FIRST_SENTINEL2_DAY, Acquired, Mask
from .classes import class_map
from .dates import date_for, date_from_name
from .footprint import extent, footprint
from .images import find_image
from .raster import DRIVERS, Header, file_sha256, read_content, read_header

_ADD = "add it again with"


@dataclass(frozen=True)
class AddOptions:
    """What a person says about the masks being added.

    `image` is one source image, or a folder of them matched by stem; `dates` (by file name) beats
    `date`, which beats the file name; `allow_empty` takes masks without any labelled pixel as
    deliberate negative examples.
    """

    image: Path | None = None
    date: Acquired | None = None
    dates: Mapping[str, Acquired] = field(default_factory=dict)
    allow_empty: bool = False
    now: datetime | None = None


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
        return Mask(mask_id, path.name, str(path), problem=_unreadable(path, err))
    mask = Mask(_identity(path.stem, digest), path.name, str(path), digest)
    try:
        image = find_image(path, options.image)
        mask = replace(mask, image=str(image) if image else None)
        return _described(mask, read_header(path), options)
    except MaskError as err:
        return replace(mask, acquired=_date(mask, options), problem=str(err))


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
    problems += _date_problems(mask)
    try:
        content = read_content(Path(mask.path))
    except MaskError as err:
        return replace(mask, problem=" ".join([str(err), *problems]))
    mask = replace(mask, classes=class_map(content.values) if content.values else None)
    problems += _content_problems(mask, options)
    if mask.extent is not None and content.valid.any():
        mask = replace(mask, footprint=footprint(content.valid, mask.grid))
    return replace(mask, problem=f"{mask.name}: {' '.join(problems)}" if problems else None)


def _georeferenced(mask: Mask, header: Header) -> tuple[Mask, list[str]]:
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
    if source.crs is None or source.transform is None:
        missing = "CRS" if source.crs is None else "transform (its pixels have no place)"
        return mask, [
            f"It has no {missing}. Give the file one (for example `gdal_edit.py -a_srs "
            f"EPSG:32631 {mask.name}`), or {_ADD} --image and the georeferenced image it was "
            "drawn on."
        ]
    try:
        mask = replace(mask, extent=extent(mask.grid))
    except ValueError as err:
        return mask, [
            f"Its corners can't be brought to lon/lat: {err}. Check its CRS ({source.crs}) and "
            "transform."
        ]
    return mask, _image_problems(mask)


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


def _image_problems(mask: Mask) -> list[str]:
    """A source image that can't be read or lies elsewhere is a mistake worth stopping for."""
    if mask.image is None or mask.georeference == mask.image or mask.extent is None:
        return []
    image = Path(mask.image)
    header = read_header(image)
    if header.crs is None or header.transform is None:
        same_size = (header.width, header.height) == (mask.width, mask.height)
        if same_size:
            return []
        return [
            f"Its source image {image.name} has no georeference and another size than the mask. "
            f"Check the pair, or {_ADD} another --image."
        ]
    grid = PixelGrid(header.crs, header.transform, header.width, header.height)
    if not extent(grid).intersects(mask.extent):
        return [
            f"Its source image {image.name} lies elsewhere. Check the pair, or {_ADD} another "
            "--image."
        ]
    return []


def _date(mask: Mask, options: AddOptions) -> Acquired | None:
    """The date by the table, the option, the file's name or its image's name, in this order."""
    image_name = Path(mask.image).name if mask.image else ""
    return (
        date_for(Path(mask.path), options.dates)
        or options.date
        or date_from_name(mask.name, options.now)
        or date_from_name(image_name, options.now)
    )


def _date_problems(mask: Mask) -> list[str]:
    if mask.acquired is None:
        return [
            "It has no date: none was found in its name. "
            f"{_ADD.capitalize()} --date YYYY-MM-DD, or --dates and a table."
        ]
    if mask.acquired.at.date() < FIRST_SENTINEL2_DAY:
        return [
            f"Its date, {mask.acquired.at.date()}, is before the first Sentinel-2 image "
            f"({FIRST_SENTINEL2_DAY}), so it has no counterpart. If the date is wrong, {_ADD} "
            "--date."
        ]
    return []


def _content_problems(mask: Mask, options: AddOptions) -> list[str]:
    if mask.classes is None:
        return ["It is empty: all of its pixels are no data. Leave it out or export it again."]
    labelled = set(mask.classes.values()) - {BACKGROUND}
    if not labelled and not options.allow_empty:
        return [
            "It is empty: all of its pixels are background (0). Leave it out, or, if it is meant "
            f"as a negative example, {_ADD} --allow-empty."
        ]
    return []
