"""GeoParquet (<https://geoparquet.org>), read by Arrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from shapely.errors import ShapelyError

from ...errors import MaskError
from ..safety import check_is_file
from .crs import crs_text
from .layer import Layer

# What a table may take in memory.
_MAX_BYTES = 4 * 1024**3
_FAILURES = (pa.ArrowException, ShapelyError, ValueError, KeyError, TypeError, OSError)


def parquet_layer(path: Path) -> Layer:
    """The table of a GeoParquet file. Raises MaskError."""
    _check(path)
    try:
        frame = gpd.read_parquet(path.absolute())
    except _FAILURES as err:
        raise MaskError(
            f"{path.name}: it can't be read as GeoParquet ({err}). The file is damaged or "
            "incomplete: copy it again from where it came."
        ) from err
    frame = frame.reset_index(drop=True)
    crs = crs_text(frame.crs, path.name) if frame.crs is not None else None
    geometries = np.array(frame.geometry.array, dtype=object)
    return Layer(geometries, frame.drop(columns=frame.geometry.name), crs)


def is_geoparquet(path: Path) -> bool:
    """Whether a Parquet file says that it holds geometries; False for what can't be read."""
    try:
        return _geo(pq.read_metadata(path)) is not None
    except _FAILURES:
        return False


def _geo(metadata: Any) -> Any:
    """What the file says of its geometries, None where it says nothing."""
    said = (metadata.metadata or {}).get(b"geo")
    try:
        return None if said is None else json.loads(said)
    except (ValueError, RecursionError):
        return None


def _check(path: Path) -> None:
    check_is_file(path)
    try:
        metadata = pq.read_metadata(path)
    except _FAILURES as err:
        raise MaskError(
            f"{path.name}: it can't be read as Parquet ({err}). The file is empty, damaged or of "
            "another form: copy it again from where it came."
        ) from err
    if _geo(metadata) is None:
        raise MaskError(
            f"{path.name}: a Parquet table without geometries (its metadata have no key `geo`). "
            "Save it as GeoParquet, for example with geopandas' `to_parquet`."
        )
    groups = range(metadata.num_row_groups)
    size = sum(metadata.row_group(number).total_byte_size for number in groups)
    if size > _MAX_BYTES:
        raise MaskError(
            f"{path.name}: its table takes {size / 1024**3:.0f} GB unpacked, at most "
            f"{_MAX_BYTES / 1024**3:.0f} GB are read. Save it in parts."
        )
