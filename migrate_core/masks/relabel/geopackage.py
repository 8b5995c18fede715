"""A GeoPackage with the labels of a mask, for QGIS: written, and read back as it was edited."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...errors import MaskError, WrongUseError
from ...model import Mask
from ...workspace import written_then_renamed
from ..files.safety import check_bytes, check_file
from ..raster.opening import file_sha256
from ..vectors.formats.layer import Layer
from ..vectors.formats.ogr import layer_names, ogr_layer
from .label_areas import LabelAreas
from .style import style_table

if TYPE_CHECKING:
    import geopandas as gpd

LABELS, AREA = "labels", "area"
# Columns of the layer of labels: the value as in the mask's file, and the name of the class.
CLASS, NAME = "class", "name"
_STATE = "state"


@dataclass(frozen=True, eq=False)
class EditedFile:
    """The layer of labels of a GeoPackage, that of the area if it is there, the file's SHA-256."""

    labels: Layer
    area: Layer | None
    sha256: str


def write_geopackage(target: Path, mask: Mask, areas: LabelAreas) -> None:
    """Write a layer `labels`, a polygon each row, and a layer `area`, both in the mask's CRS.

    Raises WrongUseError when the file is there, DiskError.
    """
    import pyogrio

    if target.suffix.lower() != ".gpkg":
        raise WrongUseError(f"{target.name}: the labels go into a GeoPackage. Name it .gpkg.")
    if target.exists():
        raise WrongUseError(f"{target} is there already, maybe with edits. Name another file.")
    with written_then_renamed(target) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of the temporary suffix
        for layer, frame in _layers(mask, areas).items():
            pyogrio.write_dataframe(
                frame,
                temporary,
                layer=layer,
                driver="GPKG",
                geometry_type="MultiPolygon",
                promote_to_multi=True,
            )
        style = style_table(mask, LABELS, CLASS)
        pyogrio.write_dataframe(style, temporary, layer="layer_styles", driver="GPKG", FID="id")


def _layers(mask: Mask, areas: LabelAreas) -> dict[str, gpd.GeoDataFrame]:
    import geopandas as gpd

    crs = mask.georeference.crs
    keys = [class_texts(mask)[value] for value in areas.values.tolist()]
    names = [(mask.classes.names or {}).get(key) for key in keys]
    labels = gpd.GeoDataFrame({CLASS: keys, NAME: names}, geometry=areas.polygons, crs=crs)
    known = shapely.difference(areas.area, areas.unknown)
    states = {"known": known, "unknown": areas.unknown}
    states = {state: area for state, area in states.items() if not area.is_empty}
    area = gpd.GeoDataFrame({_STATE: list(states)}, geometry=list(states.values()), crs=crs)
    # Text also where there is no row or no name, so that QGIS makes columns of text.
    labels = labels.astype({CLASS: "string", NAME: "string"})
    return {LABELS: labels, AREA: area}


def class_texts(mask: Mask) -> Mapping[int, str]:
    """The values of classes in the mask's file by those that are stored in pairs."""
    return {stored: text for text, stored in (mask.classes.stored or {}).items()}


def read_geopackage(path: Path, layer: str) -> EditedFile:
    """What was edited; row labels of the tables are ids of features. Raises MaskError."""
    check_file(path, follow_links=False)
    if path.suffix.lower() != ".gpkg":
        raise MaskError(f"{path.name}: needed is a GeoPackage (.gpkg), as `masks labels` writes.")
    journal = path.with_name(f"{path.name}-wal")
    if journal.is_file() and journal.stat().st_size:
        raise MaskError(
            f"{path.name}: {journal.name} beside it holds edits that aren't in it yet. Save the "
            "edits and close the project in QGIS, then take it back."
        )
    check_bytes(path)
    names = layer_names(path)
    area = _readable(lambda: ogr_layer(path, AREA)) if AREA in names and layer != AREA else None
    return EditedFile(ogr_layer(path, layer), area, file_sha256(path))


def _readable(read: Callable[[], Layer]) -> Layer | None:
    """A layer that is only looked at; None where it can't be read."""
    try:
        return read()
    except MaskError:
        return None


def ids_of(layer: Layer, which: Any) -> list[int]:
    """The ids in the file of those features (n,) of a layer."""
    return [int(layer.table.index[index]) for index in np.flatnonzero(which)]
