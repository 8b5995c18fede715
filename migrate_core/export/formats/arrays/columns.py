"""The columns of a Parquet file of samples, as Arrow and the library `datasets` name them.

`datasets` reads what a column is from the metadata `huggingface` of the file's schema, as it writes
it itself, and from the YAML at the head of README.md:
https://huggingface.co/docs/datasets/about_dataset_features
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base import Content
from .described import array_names, image_dtype, unique_names

# Names of arrays with three and two dimensions, in schemas and in YAML.
_ARRAYS = {3: ("Array3D", "array3_d"), 2: ("Array2D", "array2_d")}


@dataclass(frozen=True, eq=False)
class Column:
    """A column: its type in Arrow, and what `datasets` calls it in schemas and in YAML.

    `metadata` are those of the field in the schema.
    """

    name: str
    arrow: Any
    feature: dict[str, Any]
    yaml: dict[str, Any]
    metadata: dict[str, str] | None = None


def columns(content: Content) -> list[Column]:
    """All columns; the pixels' come after the id."""
    return [
        _value("sample_id", "string"),
        *(_array(name, content) for name in array_names(content)),
        _classes(content),
        _value("pair_id", "string"),
        _value("scene_id", "string"),
        _value("sensed_at", "string"),
        _value("days_offset", "float64"),
        _value("crs", "string"),
        _transform(),
        _value("row", "int32"),
        _value("column", "int32"),
    ]


def schema(content: Content) -> Any:
    """The schema of all files."""
    import pyarrow as pa

    found = columns(content)
    features = {column.name: column.feature for column in found}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(
        [pa.field(column.name, column.arrow, metadata=column.metadata) for column in found],
        metadata=metadata,
    )


def nested(arrays: Sequence[NDArray[Any]]) -> Any:
    """Arrays of one shape as a column of nested lists, without a copy for each number."""
    import pyarrow as pa

    values = np.stack(arrays)
    found = pa.array(values.reshape(-1))
    for length in reversed(values.shape[1:]):
        offsets = np.arange(0, len(found) + 1, length, dtype=np.int32)
        found = pa.ListArray.from_arrays(offsets, found)
    return found


def _value(name: str, dtype: str) -> Column:
    import pyarrow as pa

    arrow = pa.string() if dtype == "string" else pa.from_numpy_dtype(np.dtype(dtype))
    return Column(name, arrow, {"dtype": dtype, "_type": "Value"}, {"name": name, "dtype": dtype})


def _transform() -> Column:
    import pyarrow as pa

    feature = {
        "feature": {"dtype": "float64", "_type": "Value"},
        "length": 6,
        "_type": "Sequence",
    }
    yaml = {"name": "transform", "sequence": "float64", "length": 6}
    return Column("transform", pa.list_(pa.float64(), 6), feature, yaml)


def _classes(content: Content) -> Column:
    """The classes in a sample; their numbers are the values of the label, so gaps have names."""
    import pyarrow as pa

    given = unique_names(content.classes)
    names = [given.get(value, f"unused {value}") for value in range(max(given) + 1)]
    feature = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}
    numbered = {str(value): name for value, name in enumerate(names)}
    yaml = {"name": "classes", "sequence": {"class_label": {"names": numbered}}}
    return Column("classes", pa.list_(pa.int64()), feature, yaml)


def _array(name: str, content: Content) -> Column:
    import pyarrow as pa

    size = content.chip_size or 0
    layers = {"image": (len(content.bands),), "fractions": (len(content.classes),)}.get(name, ())
    dtype = {"image": image_dtype(content), "fractions": "float32"}.get(name, "uint8")
    shape = [*layers, size, size]
    kind, yaml_kind = _ARRAYS[len(shape)]
    arrow = pa.from_numpy_dtype(np.dtype(dtype))
    for _ in shape:
        arrow = pa.list_(arrow)
    feature = {"shape": shape, "dtype": dtype, "_type": kind}
    yaml = {"name": name, "dtype": {yaml_kind: {"shape": shape, "dtype": dtype}}}
    # Without these `datasets` takes the column for lists, whatever the features say.
    extension = {
        "ARROW:extension:name": f"datasets.features.features.{kind}ExtensionType",
        "ARROW:extension:metadata": json.dumps([shape, dtype]),
    }
    return Column(name, arrow, feature, yaml, extension)
