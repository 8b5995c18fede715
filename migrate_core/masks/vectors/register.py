"""The masks of one vector file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MaskError
from ...model import Acquired, Mask, Problem
from ..options import AddOptions, VectorOptions
from .areas import Drawn, areas_of_interest
from .build import Source, features_file, features_of, masks_of
from .classes import FeatureClasses, feature_classes, single_class
from .features import write_features
from .formats.annotations import coco, labelme
from .formats.crs import crs_text
from .formats.json_documents import COCO, LABELME, kind_of, load_json
from .formats.layer import Layer, column
from .formats.reading import JSON_SUFFIXES, read_layer
from .images import AnnotationFile, annotated_masks
from .periods import UNDATED, Periods, feature_periods
from .polygons import Polygons, named_features, usable_polygons


@dataclass(frozen=True)
class VectorContext:
    """Where masks go to: `features` is the folder of the workspace for polygons as they were read.

    `known_classes` maps names of classes, of files added before, to their stored values, which
    they keep; `file_date` is the date of the file, for features that have none of their own.
    """

    features: Path
    known_classes: Mapping[str, int] = field(default_factory=dict)
    file_date: Acquired | None = None


@dataclass(frozen=True)
class VectorResult:
    """The masks of a file, the features that couldn't be used, and how areas were made."""

    masks: tuple[Mask, ...]
    problems: tuple[Problem, ...]
    note: str | None


def vector_masks(
    path: Path, digest: str, options: AddOptions, context: VectorContext
) -> VectorResult:
    """The masks of a vector file, whose SHA-256 is `digest`.

    Raises MaskError when the file can't be used at all; what is wrong with single features or
    masks stands in the result.
    """
    path = path.absolute()
    if path.suffix.lower() in JSON_SUFFIXES:
        document = load_json(path)
        if kind_of(document) in (COCO, LABELME):
            return _annotations(path, digest, document, options, context)
    return _features(path, digest, options, context)


def _annotations(
    path: Path, digest: str, document: Any, options: AddOptions, context: VectorContext
) -> VectorResult:
    given = coco(document, path.name) if kind_of(document) == COCO else labelme(document)
    known = dict(context.known_classes)
    file = AnnotationFile(path, digest, given, context.features, known, context.file_date)
    masks, problems = annotated_masks(file, options)
    note = None
    if len(masks) > 1:
        note = (
            f"{path.name}: one mask for each of its {len(masks)} images; what is in no annotation "
            "is background."
        )
    return VectorResult(tuple(masks), tuple(problems), note)


def _features(path: Path, digest: str, options: AddOptions, context: VectorContext) -> VectorResult:
    wanted = options.vector
    layer = read_layer(path, wanted.layer)
    crs = layer.crs or _crs_given(path, options)
    polygons = usable_polygons(layer, crs, path.name)
    classes = _classes(path, layer, polygons, options, context)
    periods = _periods(path, layer, polygons, wanted)
    numbers = tuple((polygons.rows + 1).tolist())
    drawn = Drawn(polygons.geometries, numbers, crs, periods)
    made = areas_of_interest(drawn, wanted, path.name)
    texts = periods.texts if periods else [UNDATED] * len(numbers)
    features = features_of(polygons.geometries, classes, texts)
    target = features_file(context.features, digest, crs, features)
    write_features(target, features, crs)
    source = Source(path, digest, crs, features, target, classes, context.file_date)
    masks = masks_of(source, made.areas, options, alone=len(made.areas) == 1)
    problems = (*polygons.problems, *_unclear(path, drawn, classes), *made.problems)
    return VectorResult(masks, problems, f"{path.name}: {made.note}")


def _crs_given(path: Path, options: AddOptions) -> str:
    """The CRS that a person names for a file without one. Raises MaskError."""
    if options.crs is None:
        raise MaskError(
            f"{path.name}: it says nothing of its CRS, so its polygons have no position. Add "
            "it again with --crs (for example --crs EPSG:32631); a Shapefile has its CRS in a .prj "
            "file beside it."
        )
    return crs_text(options.crs, path.name)


def _classes(
    path: Path, layer: Layer, polygons: Polygons, options: AddOptions, context: VectorContext
) -> FeatureClasses:
    name = options.vector.class_field
    if name is None:
        return single_class(len(polygons.rows), options.classes)
    values = column(layer, name, path.name, "--class-field")
    what = f"{path.name}: its column {name!r}"
    chosen = [values[row] for row in polygons.rows]
    return feature_classes(chosen, options.classes, context.known_classes, what)


def _periods(path: Path, layer: Layer, polygons: Polygons, wanted: VectorOptions) -> Periods | None:
    """The dates of the features; None when no column has them.

    A column that only the areas of interest have is theirs.
    """
    if wanted.date_field is None:
        if wanted.end_date_field is not None:
            raise MaskError(
                f"{path.name}: --end-date-field names the end of a period; its start is needed "
                "too, with --date-field."
            )
        return None
    absent = wanted.date_field not in layer.table.columns
    if absent and wanted.aoi and wanted.date_field in read_layer(wanted.aoi).table.columns:
        return None
    starts = _chosen(column(layer, wanted.date_field, path.name, "--date-field"), polygons)
    ends = None
    if wanted.end_date_field is not None:
        found = column(layer, wanted.end_date_field, path.name, "--end-date-field")
        ends = _chosen(found, polygons)
    return feature_periods(starts, ends)


def _chosen(values: Sequence[Any], polygons: Polygons) -> list[Any]:
    return [values[row] for row in polygons.rows]


def _unclear(path: Path, drawn: Drawn, classes: FeatureClasses) -> list[Problem]:
    """Features whose class or date isn't known, by their numbers."""
    problems = []
    unknown = [
        number for number, key in zip(drawn.numbers, classes.keys, strict=True) if key is None
    ]
    if unknown:
        what = "without a class; where they lie, the label is unknown (ignore)"
        problems.append(named_features(path.name, unknown, what))
    if drawn.periods is not None:
        undated = np.array([reason is not None for reason in drawn.periods.reasons])
        numbers = [drawn.numbers[index] for index in np.flatnonzero(undated)]
        if numbers:
            what = "without a date that can be read; their masks have no date"
            problems.append(named_features(path.name, numbers, what))
    return problems
