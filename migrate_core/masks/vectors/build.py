"""From areas of interest and features to `Mask` values, many at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from ...grid import BoolArray, reproject_geometries
from ...model import LONLAT, Acquired, ClassTable, Georeference, Mask, SourceImage, VectorForm
from ...store.serialize import to_json
from ..checks import (
    DATE,
    GEOREFERENCE,
    content_problems,
    date_problems,
    size_problems,
    with_problems,
)
from ..options import AddOptions
from ..raster.footprint import in_world
from ..raster.identity import mask_identity
from .antimeridian import pairs_inside
from .areas import Area
from .classes import FeatureClasses
from .features import Features
from .formats.layer import GeometryArray
from .periods import of_date, spans
from .segments import footprint_edges

# Longitude, which some count from 0 to 360, and latitude, with room for rounding.
_FURTHEST = np.array([360.1, 90.1, 360.1, 90.1])


@dataclass(frozen=True, eq=False)
class Source:
    """What all masks of a file have in common.

    `path` and `digest` are of the file, `crs` and `features` of what was read of it, `file` is
    where that was written, `image` the image whose pixels the polygons are drawn on.
    """

    path: Path
    digest: str
    crs: str
    features: Features
    file: Path
    classes: FeatureClasses
    date: Acquired | None
    image: Path | None = None
    georeference: Path | None = None


def masks_of(
    source: Source, areas: Sequence[Area], options: AddOptions, *, alone: bool
) -> tuple[Mask, ...]:
    """A mask for each area; `alone` when it is the only one of its file, which then has no part."""
    geometries = np.empty(len(areas), dtype=object)
    geometries[:] = [area.geometry for area in areas]
    found = _classes_in(source, areas, geometries)
    extents = reproject_geometries(shapely.box(*shapely.bounds(geometries).T), source.crs, LONLAT)
    footprints = reproject_geometries(footprint_edges(geometries, source.crs), source.crs, LONLAT)
    on_earth = _on_earth(extents) & _on_earth(footprints)
    made = []
    for index, area in enumerate(areas):
        part = None if alone else area.part
        classes = ClassTable(
            stored=found[index],
            names=_of(source.classes.names, found[index]),
            colours=_of(source.classes.colours, found[index]),
        )
        mask = replace(_without_extent(source, area, part, options), classes=classes)
        if on_earth[index]:
            west, south, east, north = area.geometry.bounds
            middle = (west + east) / 2, (south + north) / 2
            extent, footprint = (
                in_world(lonlat[index], source.crs, middle) for lonlat in (extents, footprints)
            )
            mask = replace(mask, extent=extent, footprint=footprint)
        made.append(_checked(mask, area, options.max_pair_pixels))
    return tuple(made)


def _on_earth(lonlat: GeometryArray) -> BoolArray:
    bounds = shapely.bounds(lonlat)
    there: BoolArray = (np.isfinite(bounds) & (np.abs(bounds) <= _FURTHEST)).all(axis=1)
    return there


def _without_extent(source: Source, area: Area, part: str | None, options: AddOptions) -> Mask:
    """A mask with all that doesn't depend on its extent or content."""
    wanted = options.vector
    # Everything that the labels of the mask follow from; not its date, which may be corrected.
    given = [source.digest, part, area.geometry.wkb_hex, source.crs, wanted.layer]
    given += [wanted.class_field, wanted.date_field, wanted.end_date_field, area.dates]
    text = json.dumps([*given, to_json(source.classes.stored)], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    name = source.path.name
    image = source.image or _one_image(options)
    return Mask(
        mask_identity(source.path.stem, digest, part),
        name if part is None else f"{name}#{part}",
        str(source.path),
        source.digest,
        georeference=Georeference(
            crs=source.crs, origin=str(source.georeference) if source.georeference else None
        ),
        acquired=area.acquired if area.acquired or area.undated else source.date,
        source=SourceImage(path=str(image) if image else None, sensor=options.sensor),
        empty_allowed=options.allow_empty,
        part=part,
        form=VectorForm(str(source.file), area.geometry, area.dates),
    )


def _one_image(options: AddOptions) -> Path | None:
    """The source image, when there is one for all masks."""
    image = options.image
    return image.absolute() if image is not None and image.is_file() else None


def _of(given: Mapping[str, str], classes: Mapping[str, int]) -> dict[str, str] | None:
    return {key: given[key] for key in classes if key in given} or None


def _checked(mask: Mask, area: Area, max_pair_pixels: int) -> Mask:
    """The mask with its problems."""
    problems = date_problems(mask) | size_problems(mask, max_pair_pixels)
    if mask.acquired is None:
        problems[DATE] = (
            f"It has no date: {area.undated}. Set it by hand, or mend the column in the file and "
            "add it again."
            if area.undated
            else "It has no date: none was found in its name. Add it again with --date YYYY-MM-DD, "
            "or with --date-field and the column that holds the dates."
        )
    if mask.extent is None:
        problems[GEOREFERENCE] = (
            "It can't be brought to lon/lat: its area lies outside of where its CRS "
            f"({mask.georeference.crs}) is defined. Check that the CRS of the file is right."
        )
    return with_problems(mask, problems | content_problems(mask))


def _classes_in(
    source: Source, areas: Sequence[Area], geometries: GeometryArray
) -> list[dict[str, int]]:
    """For each area its classes (text -> stored value), of the features that belong to it."""
    features = source.features
    which, feature = pairs_inside(geometries, features.geometries, source.crs)
    own = np.ones(which.size, dtype=bool)
    wanted = [area.dates for area in areas]
    if any(text is not None for text in wanted):
        dates = spans(features.periods)[feature]
        own = of_date(dates, spans([text or "" for text in wanted])[which])
        own |= np.array([text is None for text in wanted])[which]
    keys = list(source.classes.stored)
    indexes = {key: number for number, key in enumerate(keys)}
    of_feature = np.array([-1 if key is None else indexes[key] for key in source.classes.keys])
    pairs = np.column_stack([which[own], of_feature[feature[own]]])
    found: list[dict[str, int]] = [{} for _ in areas]
    for index, number in np.unique(pairs, axis=0).tolist():
        if number >= 0:
            found[index][keys[number]] = source.classes.stored[keys[number]]
    return found


def features_of(
    geometries: GeometryArray, classes: FeatureClasses, periods: Sequence[str]
) -> Features:
    """The features as they are written to the workspace."""
    values = np.array(classes.values, dtype=np.uint8).reshape(len(geometries))
    return Features(geometries, values, tuple(periods))


def features_file(folder: Path, digest: str, crs: str, features: Features) -> Path:
    """Where the features of a file lie: the name follows from the file and what was made of it."""
    text = hashlib.sha256(f"{digest} {crs}".encode())
    text.update(features.values.tobytes())
    text.update("\n".join(features.periods).encode())
    for wkb in shapely.to_wkb(features.geometries):
        text.update(wkb)
    return (folder / f"{digest[:16]}-{text.hexdigest()[:16]}.fgb").absolute()
