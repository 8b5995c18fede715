"""Which arrays the groups of a Zarr store have, and what is said of them.

Names of flags are those of the CF conventions, section 3.5 (flag_values, flag_masks).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....model import IGNORE
from ....products.scene_classes import Flag
from ...samples.sample import Sample
from ..base import Content
from ..rasters import IGNORE_NAME
from .described import FLAG_MEANINGS, about, about_sample, array_names, image_dtype, unique_names
from .zarr_files import TEXT, ZarrArray

# Of an image that isn't compressed; the other arrays of the same samples are smaller.
SHARD_BYTES = 64 * 1024 * 1024
SAMPLE = "sample"
_TEXTS = ("sample_id", "pair_id", "scene_id", "crs")
_NUMBERS = {"row": "int32", "column": "int32", "sensed_at": "int64"}
_SENSED = {"units": "seconds since 1970-01-01T00:00:00Z", "calendar": "proleptic_gregorian"}


def samples_per_shard(content: Content) -> int:
    """How many samples are in one file."""
    size = content.chip_size or 1
    image = len(content.bands) * np.dtype(image_dtype(content)).itemsize * size * size
    return max(1, SHARD_BYTES // image)


def pixel_arrays(content: Content, count: int) -> list[ZarrArray]:
    """The arrays with pixels of `count` samples: a chunk is a sample."""
    layers = {"image": ("band", len(content.bands)), "fractions": ("class", len(content.classes))}
    dtypes = {"image": image_dtype(content), "fractions": "float32"}
    fills = {"label": IGNORE, "quality": int(Flag.OUTSIDE)}
    found = []
    for name in array_names(content):
        dimension, layer = ((layers[name][0],), (layers[name][1],)) if name in layers else ((), ())
        one = (*layer, content.chip_size or 1, content.chip_size or 1)
        found.append(
            ZarrArray(
                name,
                dtypes.get(name, "uint8"),
                (SAMPLE, *dimension, "y", "x"),
                (count, *one),
                (samples_per_shard(content), *one),
                fills.get(name, 0),
                (1, *one),
                _attributes(name, content),
            )
        )
    return found


def columns(content: Content, count: int) -> list[ZarrArray]:
    """The arrays with what is known of each of `count` samples."""
    some = samples_per_shard(content)

    def column(name: str, dtype: str, fill: Any, **attributes: Any) -> ZarrArray:
        return ZarrArray(name, dtype, (SAMPLE,), (count,), (some,), fill, None, attributes)

    return [
        *(column(name, TEXT, "") for name in _TEXTS),
        *(
            column(name, dtype, 0, **(_SENSED if name == "sensed_at" else {}))
            for name, dtype in _NUMBERS.items()
        ),
        column("days_offset", "float64", "NaN", units="days"),
        ZarrArray(
            "transform",
            "float64",
            (SAMPLE, "coefficient"),
            (count, 6),
            (some, 6),
            "NaN",
            None,
            {"long_name": "affine transform a, b, c, d, e, f: x = a column + b row + c"},
        ),
    ]


def axes(content: Content) -> list[tuple[ZarrArray, Sequence[Any]]]:
    """The arrays that name bands and classes, with their values."""
    names = unique_names(content.classes)
    bands, values = content.bands, tuple(names)
    return [
        (ZarrArray("band", TEXT, ("band",), (len(bands),), (len(bands),), ""), bands),
        (
            ZarrArray(
                "class",
                "uint8",
                ("class",),
                (len(values),),
                (len(values),),
                0,
                None,
                {"names": list(names.values())},
            ),
            values,
        ),
    ]


def column_values(name: str, samples: Sequence[Sample]) -> list[Any] | NDArray[Any]:
    """What a column says of samples."""
    found = [about_sample(sample)[name] for sample in samples]
    if name == "sensed_at":
        return [int(datetime.fromisoformat(text).timestamp()) for text in found]
    if name == "days_offset":
        return [np.nan if days is None else days for days in found]
    return np.array(found) if name == "transform" else found


def group_attributes(content: Content, split: str) -> dict[str, Any]:
    """What holds for the samples of a split; `coordinates` is what xarray takes as such."""
    named = [array.name for array in columns(content, 0)]
    return {**about(content), "split": split, "coordinates": " ".join(named)}


def _attributes(name: str, content: Content) -> dict[str, Any]:
    names = unique_names(content.classes)
    if name == "image":
        given: dict[str, Any] = about(content)["image"]
        return {"bands": list(content.bands), **given}
    if name == "fractions":
        return {"classes": list(names), "names": list(names.values()), "units": "1"}
    if name == "quality":
        return {
            "flag_masks": [int(flag) for flag in FLAG_MEANINGS],
            "flag_meanings": " ".join(FLAG_MEANINGS.values()),
        }
    meanings = [*names.values(), IGNORE_NAME]
    return {
        "ignore": IGNORE,
        "flag_values": [*names, IGNORE],
        "flag_meanings": " ".join("_".join(one.split()) for one in meanings),
        "names": meanings,
    }
