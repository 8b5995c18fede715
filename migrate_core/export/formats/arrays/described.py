"""What the formats of arrays say of a dataset and of each sample, in plain values of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....model import IGNORE
from ....products.scene_classes import Flag
from ...request import FRACTIONS, HARD, UINT16
from ...samples.pixels import REFLECTANCE_SCALE, Pixels
from ...samples.sample import Sample
from ..base import ClassOfLabel, Content
from ..rasters import NO_DATA

SENTINEL_ATTRIBUTION = "Contains modified Copernicus Sentinel data"
FLAG_MEANINGS = {
    Flag.OUTSIDE: "outside_of_label",
    Flag.NO_DATA: "no_data_or_saturated",
    Flag.CLOUD: "cloud",
    Flag.SHADOW: "cloud_shadow",
    Flag.CIRRUS: "thin_cloud",
    Flag.SNOW: "snow",
    Flag.SOURCE: "occluded_in_source_image",
    Flag.UNKNOWN: "label_unknown_or_ignored",
}


def array_names(content: Content) -> tuple[str, ...]:
    """The arrays of a sample, by what was asked for: image, label and fractions, quality."""
    wanted = content.options.label
    label = () if wanted == FRACTIONS else ("label",)
    shares = () if wanted == HARD else ("fractions",)
    return ("image", *label, *shares, "quality")


def arrays_of(pixels: Pixels, content: Content) -> dict[str, NDArray[Any]]:
    """The arrays of a sample by name; (bands or classes, height, width) or (height, width)."""
    return {name: getattr(pixels, name) for name in array_names(content)}


def image_dtype(content: Content) -> str:
    """The data type of images: uint16 or float32."""
    return content.options.values


def about(content: Content) -> dict[str, Any]:
    """What holds for all samples: title, terms, bands, values, classes, and what is no data."""
    owner = content.about
    scale = REFLECTANCE_SCALE if content.options.values == UINT16 else 1.0
    return {
        "title": content.name,
        "authors": list(owner.authors),
        "licence": owner.licence,
        "attribution": [
            *([owner.attribution] if owner.attribution else []),
            f"{SENTINEL_ATTRIBUTION} {', '.join(content.years)}",
        ],
        "bands": list(content.bands),
        "image": {"dtype": image_dtype(content), "nodata": NO_DATA, "reflectance_scale": scale},
        "label": {"ignore": IGNORE, "classes": classes(content)},
        "quality": {str(int(flag)): meaning for flag, meaning in FLAG_MEANINGS.items()},
    }


def classes(content: Content) -> list[dict[str, Any]]:
    """Value, name and colour of each class, in the order of the bands of the area shares."""
    return [
        {
            "value": one.value,
            "name": one.name,
            "colour": "#{:02x}{:02x}{:02x}".format(*one.colour),
        }
        for one in content.classes
    ]


def about_sample(sample: Sample) -> dict[str, Any]:
    """Where and when a sample was taken: `transform` has the six numbers of an affine transform.

    `row` and `column` are those of its first pixel in its pair.
    """
    grid, row = sample.grid, sample.row
    return {
        "sample_id": sample.sample_id,
        "pair_id": sample.pair_id,
        "scene_id": row["scene_id"],
        "sensed_at": row["sensed_at"],
        "days_offset": row["days_offset"],
        "crs": grid.crs,
        "transform": [float(number) for number in tuple(grid.transform)[:6]],
        "row": sample.window.row,
        "column": sample.window.column,
    }


def classes_in(pixels: Pixels) -> list[int]:
    """The class values in a sample: of its label, or where no pixel has one, of its shares."""
    found = [int(value) for value in np.unique(pixels.label) if value != IGNORE]
    if found:
        return found
    shares = pixels.fractions.reshape(len(pixels.classes), -1).max(axis=1)
    return [value for value, share in zip(pixels.classes, shares, strict=True) if share > 0]


def unique_names(found: tuple[ClassOfLabel, ...]) -> Mapping[int, str]:
    """The name of each class by its value; a name that several have gets the value behind it."""
    names = [one.name for one in found]
    return {
        one.value: one.name if names.count(one.name) == 1 else f"{one.name} ({one.value})"
        for one in found
    }
