"""GeoParquet (<https://geoparquet.org>), read by Arrow."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError

from ....errors import MaskError
from ...files.safety import check_is_file
from .crs import crs_text
from .layer import Layer

# What a table may take in memory.
_MAX_BYTES = 4 * 1024**3
# The key `geo` as Thrift's compact protocol writes it into the footer: its length, then its text.
_GEO_KEY = b"\x03geo"
# A Parquet file ends with the length of its footer, and its magic.
_MAGIC, _END_BYTES = b"PAR1", 8


def parquet_layer(path: Path) -> Layer:
    """The table of a GeoParquet file. Raises MaskError."""
    _check(path)
    try:
        frame = _table(path)
    except _failures() as err:
        raise MaskError(
            f"{path.name}: it can't be read as GeoParquet ({err}). The file is damaged or "
            "incomplete: copy it again from where it came."
        ) from err
    frame = frame.reset_index(drop=True)
    crs = crs_text(frame.crs, path.name) if frame.crs is not None else None
    geometries = np.array(frame.geometry.array, dtype=object)
    return Layer(geometries, frame.drop(columns=frame.geometry.name), crs)


def _failures() -> tuple[type[Exception], ...]:
    """What reading a damaged file raises."""
    import pyarrow as pa

    return pa.ArrowException, ShapelyError, ValueError, KeyError, TypeError, OSError


def _table(path: Path) -> Any:
    """The table with its geometries, None where one can't be read."""
    import geopandas as gpd
    import pyarrow.parquet as pq

    try:
        with np.errstate(invalid="ignore"):  # NaN is reported where the polygons are looked at
            return gpd.read_parquet(path.absolute())
    except ShapelyError:
        # One geometry that is damaged costs all of them there.
        table = pq.read_table(path.absolute())
        given = _geo(table.schema)
        name = given["primary_column"]
        geometries = shapely.from_wkb(table.column(name).to_pylist(), on_invalid="ignore")
        crs = given["columns"][name].get("crs", "OGC:CRS84")
        return gpd.GeoDataFrame(table.drop_columns(name).to_pandas(), geometry=geometries, crs=crs)


def is_geoparquet(path: Path) -> bool:
    """Whether a Parquet file says that it holds geometries; True for a damaged one, reported later.

    Its footer is only looked at: Arrow reads files where their crash costs nothing else.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(-min(size, _END_BYTES), os.SEEK_END)
            length, magic = struct.unpack("<I4s", file.read(_END_BYTES))
            file.seek(-_END_BYTES - length, os.SEEK_END)
            return magic != _MAGIC or _GEO_KEY in file.read(length)
    except (OSError, struct.error):
        return True


def _geo(metadata: Any) -> Any:
    """What the file says of its geometries, None where it says nothing."""
    given = (metadata.metadata or {}).get(b"geo")
    try:
        return None if given is None else json.loads(given)
    except (ValueError, RecursionError):
        return None


def _check(path: Path) -> None:
    import pyarrow.parquet as pq

    check_is_file(path)
    try:
        metadata = pq.read_metadata(path)
    except _failures() as err:
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
