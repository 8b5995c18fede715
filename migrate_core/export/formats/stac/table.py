"""All items of a catalogue as one table, as stac-geoparquet describes it.

https://github.com/stac-utils/stac-geoparquet/blob/main/spec/stac-geoparquet-spec.md
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from ....workspace import written_then_renamed
from ..base import batched

_AT_ONCE = 1000
_VERSION = "1.1.0"
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def write_items(
    path: Path, items: Iterable[Mapping[str, Any]], collection: Mapping[str, Any]
) -> None:
    """Write items as GeoParquet, a row each. Raises DiskError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Items differ in what they have: types come together once all are known.
    parts = [
        pa.Table.from_pylist([_row(item) for item in some])
        for some in batched(list(items), _AT_ONCE)
    ]
    table = pa.concat_tables(parts, promote_options="permissive")
    table = table.set_column(
        table.schema.get_field_index("datetime"),
        "datetime",
        table["datetime"].cast(pa.timestamp("us", "UTC")),
    )
    with written_then_renamed(path) as temporary:
        pq.write_table(
            table.replace_schema_metadata(_metadata(collection)), temporary, compression="zstd"
        )


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as a row: its properties are columns, its geometry is WKB, its bbox has names."""
    properties = dict(item["properties"])
    properties["datetime"] = datetime.fromisoformat(properties["datetime"])
    top = {name: value for name, value in item.items() if name != "properties"}
    return {
        **top,
        "geometry": shapely.to_wkb(shapely.geometry.shape(item["geometry"])),
        "bbox": dict(zip(_CORNERS, item["bbox"], strict=True)),
        **properties,
    }


def _metadata(collection: Mapping[str, Any]) -> dict[str, str]:
    """What makes Parquet GeoParquet 1.1.0 (no CRS is longitude and latitude) and a catalogue."""
    covering = {"bbox": {corner: ["bbox", corner] for corner in _CORNERS}}
    column = {"encoding": "WKB", "geometry_types": [], "covering": covering}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    # Links to each item would be the larger part of the file.
    links = [link for link in collection["links"] if link["rel"] != "item"]
    stac = {
        "version": _VERSION,
        "collections": {collection["id"]: {**collection, "links": links}},
    }
    return {"geo": json.dumps(geo), "stac-geoparquet": json.dumps(stac)}
