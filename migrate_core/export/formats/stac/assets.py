"""The assets of an item: what the four rasters of a sample hold, in the words of extensions.

Versions are those that pystac knows: EO and Raster 1.1.0, Classification 2.0.0, Label 1.0.1 and
Projection 2.0.0 (https://github.com/stac-extensions). Names of bands are also in `bands`, where
STAC 1.1 has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ....model import IGNORE
from ....products.scene_classes import Flag
from ...request import UINT16
from ...samples.pixels import REFLECTANCE_SCALE
from ...samples.spectral import spectral_band
from ..base import ClassOfLabel, Content
from ..rasters import IGNORE_NAME, NO_DATA

Json = dict[str, Any]

_BASE = "https://stac-extensions.github.io"
EXTENSIONS = tuple(
    f"{_BASE}/{name}/schema.json"
    for name in (
        "label/v1.0.1",
        "projection/v2.0.0",
        "eo/v1.1.0",
        "raster/v1.1.0",
        "classification/v2.0.0",
    )
)
GEOTIFF = "image/tiff; application=geotiff"
GEOJSON = "application/geo+json"
IMAGE_ASSET = "image"
_RESOLUTION_M = 10


def item_assets(content: Content) -> dict[str, Json]:
    """All assets by their keys, without the paths of their files."""
    return {
        IMAGE_ASSET: _image(content),
        "label": _label(content.classes),
        "fractions": _fractions(content.classes),
        "quality": _quality(),
        "extent": {
            "title": "Extent of the label",
            "type": GEOJSON,
            "roles": ["labels", "labels-extent"],
        },
    }


def file_of_asset(key: str) -> str:
    """The name of an asset's file in the folder of its item."""
    return f"{key}.geojson" if key == "extent" else f"{key}.tif"


def _raster(title: str, roles: Sequence[str], bands: Sequence[Json]) -> Json:
    asset = {"title": title, "type": GEOTIFF, "roles": list(roles), "gsd": _RESOLUTION_M}
    return {**asset, "raster:bands": [{"sampling": "area", **band} for band in bands]}


def _image(content: Content) -> Json:
    stored = content.options.values
    scale = {"scale": REFLECTANCE_SCALE, "offset": 0} if stored == UINT16 else {}
    band = {"data_type": stored, "nodata": NO_DATA, "spatial_resolution": _RESOLUTION_M, **scale}
    return {
        **_raster("Sentinel-2 reflectance", ["data", "reflectance"], [band] * len(content.bands)),
        "bands": [{"name": name} for name in content.bands],
        "eo:bands": [_eo_band(name) for name in content.bands],
    }


def _eo_band(name: str) -> Json:
    band = spectral_band(name)
    if band is None:
        return {"name": name}
    return {
        "name": name,
        "common_name": band.common_name,
        # The extension counts in micrometres.
        "center_wavelength": band.centre_nm / 1000,
        "full_width_half_max": band.width_nm / 1000,
    }


def _label(classes: Sequence[ClassOfLabel]) -> Json:
    band = {"data_type": "uint8", "nodata": IGNORE}
    return {
        **_raster("Class of each pixel", ["labels", "labels-raster"], [band]),
        "bands": [{"name": "label"}],
        "classification:classes": classes_as_json(classes),
    }


def classes_as_json(classes: Sequence[ClassOfLabel]) -> list[Json]:
    """Classes as the extension Classification has them, and 255."""
    known = [
        {
            "value": one.value,
            "name": _identifier(one),
            "description": one.name,
            "color_hint": "{:02X}{:02X}{:02X}".format(*one.colour),
            "nodata": False,
        }
        for one in classes
    ]
    ignored = {"value": IGNORE, "name": IGNORE_NAME, "description": "not to be learnt from"}
    # Each has all fields, which a table would otherwise fill up with nulls.
    return [*known, {**ignored, "color_hint": "000000", "nodata": True}]


def _identifier(one: ClassOfLabel) -> str:
    """A name of the letters that the extension allows, with the value, so that none is twice."""
    letters = re.sub(r"[^0-9A-Za-z]+", "-", one.name).strip("-").lower()
    return f"{one.value}-{letters}" if letters else f"{one.value}"


def _fractions(classes: Sequence[ClassOfLabel]) -> Json:
    bands = [{"name": f"class {one.value}", "description": one.name} for one in classes]
    stored = [{"data_type": "float32", "unit": "1"}] * len(classes)
    title = "Area share of each class in a pixel, 0 to 1"
    return {**_raster(title, ["labels", "labels-raster"], stored), "bands": bands}


def _quality() -> Json:
    fields = [
        {
            "name": flag.name.lower(),
            "offset": int(flag).bit_length() - 1,
            "length": 1,
            "classes": [{"value": 0, "name": "no"}, {"value": 1, "name": "yes"}],
        }
        for flag in Flag
        if flag.name
    ]
    return {
        **_raster("Quality flags", ["metadata", "cloud", "snow-ice"], [{"data_type": "uint8"}]),
        "bands": [{"name": "quality flags"}],
        "classification:bitfields": fields,
    }
