"""Masks of COCO and labelme files: an area for each annotated image, placed by the image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import shapely
from shapely.affinity import affine_transform
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError
from ...model import BACKGROUND, Acquired, Mask, Problem, SourceImage
from ...text import capital
from ..checks import GEOREFERENCE, date_problems, with_problems
from ..dates.names import date_for, date_from_name
from ..options import AddOptions, ClassEntry
from ..raster.identity import mask_identity
from ..raster.opening import DRIVERS, Header, read_header
from .areas import Area, check_count
from .build import Source, features_file, features_of, masks_of
from .classes import FeatureClasses, category_classes, feature_classes
from .features import write_features
from .formats.annotations import BACKGROUND_LABEL, AnnotatedImage, Annotations
from .formats.crs import crs_text
from .formats.layer import one_line
from .periods import UNDATED
from .polygons import repair

_NAMED = 5


@dataclass(frozen=True)
class AnnotationFile:
    """A COCO or labelme file: its path and SHA-256, what it says, and its date where that is known.

    `features` is the folder in the workspace for polygons, `known` the stored values of classes by
    name.
    """

    path: Path
    digest: str
    given: Annotations
    features: Path
    known: dict[str, int]
    date: Acquired | None


def annotated_masks(file: AnnotationFile, options: AddOptions) -> tuple[list[Mask], list[Problem]]:
    """A mask for each image of the file, and what couldn't be used. Raises MaskError."""
    images = file.given.images
    check_count(len(images), file.path.name)
    classes = _classes(file, options)
    masks: list[Mask] = []
    problems = list(_skipped(file, "", file.given.skipped))
    position = 0
    parts = _parts(images)
    for image, part in zip(images, parts, strict=True):
        count = len(image.outlined)
        own = replace(classes, keys=classes.keys[position : position + count])
        position += count
        try:
            masks.append(_mask(file, image, own, part, options))
        except MaskError as err:
            masks.append(_not_georeferenced(file, image, part, str(err), options))
        problems += _skipped(file, f", {image.name}", image.skipped)
    return masks, problems


def _parts(images: Sequence[AnnotatedImage]) -> list[str | None]:
    """The name of each image, numbered where several have the same; None for a single one."""
    if len(images) == 1:
        return [None]
    counts: Counter[str] = Counter()
    parts: list[str | None] = []
    for image in images:
        name = one_line(image.name) or "image"
        counts[name] += 1
        parts.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    return parts


def _classes(file: AnnotationFile, options: AddOptions) -> FeatureClasses:
    """The classes of everything that is drawn on all images, in their order."""
    keys = [drawn.key for image in file.given.images for drawn in image.outlined]
    if file.given.categories is not None:
        return category_classes(keys, file.given.categories, options.classes)
    what = f"{file.path.name}: its labels"
    entries = (*options.classes, ClassEntry(BACKGROUND, BACKGROUND_LABEL))
    return feature_classes(keys, entries, file.known, what)


def _skipped(file: AnnotationFile, which: str, skipped: Sequence[str]) -> Iterator[Problem]:
    """A problem that names what of a file, or of one of its images, couldn't be used."""
    if skipped:
        more = len(skipped) - _NAMED
        text = "; ".join([*skipped[:_NAMED], *([f"and {more} more"] if more > 0 else [])])
        yield Problem(file.path.name, f"{file.path.name}{which}: {text}.")


def _mask(
    file: AnnotationFile,
    image: AnnotatedImage,
    classes: FeatureClasses,
    part: str | None,
    options: AddOptions,
) -> Mask:
    path = find_source(file.path, image.name, options, single=len(file.given.images) == 1)
    header = read_header(path)
    if header.crs is None or header.transform is None:
        raise MaskError(
            f"its image {path.name} has no georeference, so its polygons have none. Give the "
            "image one, or add it again with --image and the georeferenced image."
        )
    size = header.height, header.width
    if image.size not in (None, size):
        raise MaskError(
            f"its image {path.name} has {size[1]} x {size[0]} pixels, but it was drawn on one of "
            f"{image.size[1]} x {image.size[0]}. Name the right image with --image."
        )
    crs = crs_text(header.crs, path.name)
    geometries = _on_map([drawn.area for drawn in image.outlined], header)
    good = ~shapely.is_missing(geometries)
    kept = replace(
        classes, keys=tuple(key for key, yes in zip(classes.keys, good, strict=True) if yes)
    )
    features = features_of(geometries[good], kept, [UNDATED] * int(good.sum()))
    target = features_file(file.features, file.digest, crs, features)
    write_features(target, features, crs)
    polygon = shapely.box(0, 0, header.width, header.height)
    area = Area(part or "1", _in_map_coordinates(polygon, header))
    date = _date(image, path, options, file.date)
    source = Source(file.path, file.digest, crs, features, target, kept, date, path, path)
    (mask,) = masks_of(source, [area], options, alone=part is None)
    return mask


def _on_map(areas: Sequence[BaseGeometry], header: Header) -> np.ndarray:
    """Areas in pixels reprojected to the image's CRS, valid; None where nothing is left."""
    reprojected = np.empty(len(areas), dtype=object)
    reprojected[:] = [_in_map_coordinates(area, header) for area in areas]
    return repair(reprojected)


def _in_map_coordinates(area: BaseGeometry, header: Header) -> BaseGeometry:
    assert header.transform is not None
    a, b, c, d, e, f = tuple(header.transform)[:6]
    return affine_transform(area, (a, b, d, e, c, f))


def _date(
    image: AnnotatedImage, path: Path, options: AddOptions, of_file: Acquired | None
) -> Acquired | None:
    """The date by the table, the option, the image's name, or what is known of the file.

    COCO's `date_captured` isn't asked: programs write the day of the export into it.
    """
    return (
        date_for(Path(image.name), options.dates)
        or options.date
        or date_from_name(path.name, options.now)
        or of_file
    )


def _not_georeferenced(
    file: AnnotationFile,
    image: AnnotatedImage,
    part: str | None,
    reason: str,
    options: AddOptions,
) -> Mask:
    """A mask that can't be used before its image is found and has a georeference."""
    name = file.path.name if part is None else f"{file.path.name}#{part}"
    mask = Mask(
        mask_identity(file.path.stem, file.digest, part),
        name,
        str(file.path),
        file.digest,
        part=part,
        acquired=_date(image, Path(image.name), options, file.date),
        empty_allowed=options.allow_empty,
        source=SourceImage(sensor=options.sensor),
    )
    text = capital(reason)
    return with_problems(mask, {GEOREFERENCE: text, **date_problems(mask)})


def find_source(annotations: Path, name: str, options: AddOptions, *, single: bool) -> Path:
    """The image that annotations were drawn on: as --image says, or beside their file.

    Only the name counts of a path that leads elsewhere. An image of another form but equal stem
    (a GeoTIFF beside the PNG that was drawn on) is taken when the named one isn't there or has no
    georeference. Raises MaskError.
    """
    if options.image is not None and options.image.is_file():
        if not single:
            raise MaskError(
                "one image can't be the source of all images of the file. Name their folder with "
                "--image."
            )
        return options.image.absolute()
    folders = [annotations.parent] if options.image is None else [options.image, annotations.parent]
    found = [path for folder in folders for path in _candidates(folder, name)]
    if not found:
        raise MaskError(
            f"its image {one_line(PurePosixPath(name).name)} is neither beside {annotations.name} "
            "nor in the folder of --image. Put it there, or name its folder with --image."
        )
    return next((path for path in found if _georeferenced(path)), found[0]).absolute()


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    """Files in a folder that can be the image called `name`, the likeliest first."""
    if not name.isprintable():
        return
    plain = PurePosixPath(name.replace("\\", "/"))
    inside = [plain, PurePosixPath(plain.name)]
    candidates = inside[1:] if plain.is_absolute() or ".." in plain.parts else inside
    for candidate in candidates:
        wanted = folder / candidate
        for path in (wanted, *(wanted.with_suffix(suffix) for suffix in DRIVERS)):
            within = path.resolve().is_relative_to(folder.resolve())
            # A name that is too long for a file system is none of its files.
            with suppress(OSError):
                if path.suffix.lower() in DRIVERS and within and path.is_file():
                    yield path


def _georeferenced(path: Path) -> bool:
    try:
        header = read_header(path)
    except MaskError:
        return False
    return header.crs is not None and header.transform is not None
