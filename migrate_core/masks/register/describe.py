"""From files to `Mask` values: first their headers, then their pixels.

Nothing is refused silently: what is wrong with a mask stands in its `problem`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from affine import Affine

from ...errors import MaskError
from ...model import Acquired, ClassTable, Georeference, Mask, RasterForm, SourceImage
from ..checks import (
    DATE,
    FILE,
    IMAGE,
    UDM,
    content_problems,
    date_problems,
    georeferenced,
    size_problems,
    with_problems,
)
from ..dates.sensors import sensor_of
from ..files.safety import check_bytes, check_file, check_size
from ..options import AddOptions, ClassEntry
from ..raster.class_tables import beside
from ..raster.classes import class_map
from ..raster.content import Content, image_has_no_data, read_content
from ..raster.footprint import footprint, pixel_size_m
from ..raster.georeference import find_georeference, own_georeference
from ..raster.identity import combined_digest, content_digest, mask_identity
from ..raster.layouts import ONE_HOT
from ..raster.opening import Header, read_header
from ..raster.udm import occlusion_problem
from .dating import find_date, given_date
from .sidecars import Sidecars, with_previous_options

# Fields of a mask in the words of `Mask.user_set`.
ACQUIRED, EMPTY, CLASS_NAMES = "acquired", "empty_allowed", "class_names"


def with_header(sidecars: Sidecars, options: AddOptions) -> Mask:
    """What the header of a mask and the files beside it say; its pixels are `pending`."""
    path = sidecars.path
    try:
        check_file(path, follow_links=options.follow_links)
        check_bytes(path)
        digest = content_digest(path, sidecars.tiles)
    except OSError as err:
        why = (
            f"{path.name}: it can't be read ({err.strerror}). Check that it exists and its rights."
        )
        return unreadable(path, why)
    except MaskError as err:
        return unreadable(path, str(err))
    options = with_previous_options(options, sidecars.given, digest)
    name = path.name if sidecars.part is None else f"{path.name} ({sidecars.part})"
    mask = Mask(
        mask_identity(path.stem, digest),
        name,
        str(path),
        digest,
        part=sidecars.part,
        classes=_class_table(options.classes),
        source=SourceImage(
            path=str(sidecars.image) if sidecars.image else None,
            udm=str(sidecars.udm) if sidecars.udm else None,
        ),
        form=_form(sidecars, options),
        empty_allowed=options.allow_empty,
        user_set=_given(sidecars, options),
    )
    try:
        header = _header(sidecars)
    except MaskError as err:
        acquired, _ = _date(sidecars, options, {})
        return replace(unreadable(path, str(err)), acquired=acquired, user_set=mask.user_set)
    return _described(mask, sidecars, options, header)


def _date(
    sidecars: Sidecars, options: AddOptions, tags: Mapping[str, str]
) -> tuple[Acquired | None, dict[str, str]]:
    """The date of a mask, and what is wrong with where it should be from."""
    try:
        return find_date(sidecars, options, tags), {}
    except MaskError as err:
        return None, {DATE: str(err)}


def unreadable(path: Path, why: str) -> Mask:
    """A file that can't be told from others by its content; its path stands in for that."""
    digest = combined_digest(repr(str(path)))
    name = path.name if path.name.isprintable() else repr(path.name)
    return with_problems(Mask(mask_identity(path.stem, digest), name, str(path)), {FILE: why})


def _form(sidecars: Sidecars, options: AddOptions) -> RasterForm:
    """What options and tables say of how classes are made of bands."""
    colours = {e.colour: e.value for e in options.classes if e.colour and e.value is not None}
    return RasterForm(
        threshold=options.threshold,
        colours=colours or None,
        tiles=sidecars.tiles,
        nodata=options.nodata,
    )


def _class_table(entries: Iterable[ClassEntry]) -> ClassTable:
    """Names and colours of the classes of a table that name a value."""
    valued = {str(entry.value): entry for entry in entries if entry.value is not None}
    names = {value: entry.name for value, entry in valued.items() if entry.name}
    colours = {value: entry.colour for value, entry in valued.items() if entry.colour}
    return ClassTable(names=names or None, colours=colours or None)


def _given(sidecars: Sidecars, options: AddOptions) -> tuple[str, ...]:
    """What a person says of the mask with these options; the rest is found in the files."""
    given = {
        ACQUIRED: given_date(sidecars, options) is not None,
        EMPTY: options.allow_empty,
        CLASS_NAMES: any(entry.name and entry.value is not None for entry in options.classes),
    }
    return tuple(name for name, yes in given.items() if yes)


def _described(mask: Mask, sidecars: Sidecars, options: AddOptions, header: Header) -> Mask:
    """The mask with georeference, date, sensor and UDM, and all problems these have."""
    mask = replace(mask, width=header.width, height=header.height, pending=True)
    mask, problems = _put(mask, header, options.crs)
    problems |= size_problems(mask, options.max_pair_pixels)
    acquired, undated = _date(sidecars, options, header.dates)
    mask = replace(
        mask, acquired=acquired, source=replace(mask.source, sensor=options.sensor or _sensor(mask))
    )
    says_valid = header.declares_valid or mask.raster.nodata is not None
    if IMAGE not in problems and not says_valid and _image_says_valid(mask):
        mask = replace(mask, source=replace(mask.source, valid_from=mask.source.path))
    if mask.source.udm and (problem := occlusion_problem(Path(mask.source.udm), mask)):
        problems[UDM] = f"{problem} Add it again with another --udm, or without."
    return with_problems(
        mask, problems | dict(sidecars.obstacles) | (undated or date_problems(mask))
    )


def _put(mask: Mask, header: Header, given_crs: str | None) -> tuple[Mask, dict[str, str]]:
    """The mask with its georeference, and what is wrong with that."""
    try:
        georeference, obstacle = find_georeference(mask, header, given_crs)
    except MaskError as err:
        return replace(mask, georeference=own_georeference(header)), {IMAGE: str(err)}
    return georeferenced(_at(mask, georeference), obstacle)


def _at(mask: Mask, georeference: Georeference) -> Mask:
    """The mask where its georeference puts it."""
    if georeference.origin:
        # The same pixels somewhere else are another mask.
        digest = combined_digest(
            str(mask.sha256), str(georeference.crs), str(georeference.transform)
        )
        mask = replace(mask, mask_id=mask_identity(Path(mask.path).stem, digest))
    return replace(mask, georeference=georeference)


def _header(sidecars: Sidecars) -> Header:
    """The header of a file, or of the grid that the tiles of a mask span. Raises MaskError."""
    if not sidecars.tiles:
        return read_header(sidecars.path)
    headers = [read_header(Path(tile)) for tile in sidecars.tiles]
    first = headers[0]
    assert first.transform is not None  # only tiles with a grid are grouped
    corners = []
    for header in headers:
        assert header.transform is not None
        column, row = ~first.transform @ (header.transform.c, header.transform.f)
        corners.append((round(column), round(row), header.width, header.height))
    left, top = (min(corner[axis] for corner in corners) for axis in (0, 1))
    width = max(c[0] + c[2] for c in corners) - left
    height = max(c[1] + c[3] for c in corners) - top
    transform = first.transform @ Affine.translation(left, top)
    check_size(sidecars.path.name, width, height)
    return replace(first, width=width, height=height, transform=transform, declares_valid=True)


def _sensor(mask: Mask) -> str | None:
    pixel = None
    if mask.extent is not None:
        pixel = pixel_size_m(mask.grid)
    named = [Path(mask.path), *([Path(mask.source.path)] if mask.source.path else [])]
    found = next((sensor for path in named if (sensor := sensor_of(path, pixel))), None)
    return found.name if found else None


def _image_says_valid(mask: Mask) -> bool:
    """Whether the source image has the mask's pixels and says which of them have data."""
    if mask.source.path is None:
        return False
    image = Path(mask.source.path)
    header = read_header(image)
    if (header.width, header.height) != (mask.width, mask.height) or not image_has_no_data(image):
        return False
    if (
        mask.georeference.origin == mask.source.path
        or header.transform is None
        or mask.georeference.transform is None
    ):
        return True
    here = Affine(*mask.georeference.transform)
    # To a hundredth of a pixel, in the units of the CRS.
    near = abs(here.determinant) ** 0.5 / 100
    return bool(header.crs == mask.georeference.crs and header.transform.almost_equals(here, near))


def with_content(mask: Mask) -> Mask:
    """A mask whose header is known with its classes and footprint, read from its pixels."""
    if not mask.pending:
        return mask
    mask = replace(mask, pending=False)
    problems = dict(mask.problems)
    try:
        content = read_content(mask)
        own = beside(Path(mask.path))
    except MaskError as err:
        return with_problems(mask, {FILE: str(err)})
    except MemoryError:
        why = (
            f"{mask.name}: its {mask.width} x {mask.height} pixels don't fit into the memory of "
            "this machine. Cut it into tiles."
        )
        return with_problems(mask, {FILE: why})
    mask = replace(
        mask,
        form=content.form if content.counts else mask.form,
        classes=_found_classes(mask.classes, content, _class_table(own)),
        footprint=(
            footprint(content.valid, mask.grid)
            if mask.extent is not None and content.valid.any()
            else mask.footprint
        ),
    )
    return with_problems(mask, problems | content_problems(mask))


def _found_classes(given: ClassTable, content: Content, own: ClassTable) -> ClassTable:
    """The classes of a mask by its pixels, a table beside it (`own`), and what was `given`."""
    stored, pixels = given.stored, given.pixels
    if content.counts:
        stored, pixels = class_map(content.counts), _counts(content.counts)
    return ClassTable(
        stored,
        pixels,
        names=_of_classes(stored, content.names, own.names, given.names),
        colours=_of_classes(stored, content.colours, own.colours, given.colours),
        no_data=content.no_data,
        doubtful=content.doubtful,
    )


def _counts(counts: Mapping[int, int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(counts.items())}


def counted(mask: Mask, counts: Mapping[int, int]) -> Mask:
    """The mask with its classes and how many pixels each has."""
    table = replace(mask.classes, stored=class_map(counts), pixels=_counts(counts))
    return replace(mask, classes=table)


def _of_classes(
    stored: Mapping[str, int] | None, *tables: Mapping[str, str] | None
) -> dict[str, str] | None:
    """What tables say of the values that a mask has; later tables beat earlier ones."""
    given = {value: text for table in tables for value, text in (table or {}).items()}
    return {value: given[value] for value in stored or {} if value in given} or None


def same_numbering(masks: Iterable[Mask]) -> list[Mask]:
    """Those of several masks whose one-hot bands must be numbered again to agree with the others.

    Without names, bands are classes from 0 in a mask of which each pixel is in some band. Where
    another mask of the folder with as many bands has pixels in none, bands are classes from 1, and
    that the one has no such pixel is chance.
    """
    groups: dict[tuple[Path, int], list[Mask]] = defaultdict(list)
    for mask in masks:
        if mask.raster.layout == ONE_HOT and mask.classes.pixels and not mask.raster.named:
            groups[Path(mask.path).parent, mask.raster.bands].append(mask)
    mixed = (group for group in groups.values() if len({m.raster.first for m in group}) > 1)
    return [_numbered_from_1(mask) for group in mixed for mask in group if mask.raster.first == 0]


def _numbered_from_1(mask: Mask) -> Mask:
    counts = {int(value) + 1: count for value, count in (mask.classes.pixels or {}).items()}
    return counted(replace(mask, form=replace(mask.raster, first=1)), counts)
