"""What labels are usually drawn on: how files of a sensor are named, and how fine its pixels are.

Adding a sensor is one row of `SENSORS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...products.names import SCENE_IN_NAME

# What people append to the image's name when they save its mask, with a number where there are
# several.
_MASK_SUFFIX = re.compile(r"[-_ .]?(mask|label|labels|gt|seg|annotation)s?([-_ .]?\d{1,3})?$", re.I)
# What providers append to a scene's name for the raster of unusable pixels, and for metadata.
_UDM_SUFFIX = re.compile(r"[-_ .]?(udm2?|cloud|clouds|cloudmask|occlusion|qa)([-_ .]?clip)?$", re.I)
_METADATA_SUFFIX = re.compile(r"[-_ .]?(metadata|stac|item|properties)([-_ .]?clip)?$", re.I)


@dataclass(frozen=True)
class Sensor:
    """A kind of images that labels are drawn on.

    `scene` matches the part of a file name that an image, its mask, its UDM and its metadata
    share, with the groups `day` (YYYYMMDD) and `clock` (hhmmss, UTC) where names say so.
    `pixel_m` are the finest and the coarsest pixels in metres, `position_m` the usual error of its
    position in metres. `source` says where these facts are from.
    """

    name: str
    title: str
    scene: re.Pattern[str] | None
    pixel_m: tuple[float, float]
    position_m: float
    source: str


SENSORS = (
    Sensor(
        "planetscope",
        "PlanetScope",
        # 20200202_101532_1014, or with hundredths of a second 20200202_101532_83_1014.
        re.compile(
            r"(?<!\d)(?P<day>\d{8})_(?P<clock>\d{6})(?:_\d{2})?_[0-9a-f]{4}(?![0-9a-zA-Z])", re.I
        ),
        (2.7, 5.0),
        10.0,
        "Planet, PlanetScope Product Specifications: item ids; positional accuracy below 10 m RMSE",
    ),
    Sensor(
        "sentinel-2",
        "Sentinel-2",
        SCENE_IN_NAME,
        (10.0, 60.0),
        8.0,
        "ESA, Sentinel-2 Products Specification Document; L1C Data Quality Report",
    ),
    Sensor("aerial", "Aerial", None, (0.02, 1.5), 1.0, "no common naming; orthophotos"),
)
BY_NAME = {sensor.name: sensor for sensor in SENSORS}


def sensor_of(path: Path, pixel_m: float | None = None) -> Sensor | None:
    """The sensor whose naming a file follows, else one known by its fine pixels, or None."""
    for sensor in SENSORS:
        if sensor.scene is not None and sensor.scene.search(path.stem):
            return sensor
    nameless = (sensor for sensor in SENSORS if sensor.scene is None)
    return next((s for s in nameless if pixel_m and s.pixel_m[0] <= pixel_m <= s.pixel_m[1]), None)


def name_keys(path: Path) -> Iterator[str]:
    """What a file may share with others that belong to it, the closest likeness first.

    Its stem; its stem without what is appended to masks, UDMs and metadata; its scene's name.
    """
    stem = path.stem.lower()
    yield stem
    plain = stem
    for suffix in (_MASK_SUFFIX, _UDM_SUFFIX, _METADATA_SUFFIX):
        plain = suffix.sub("", plain)
    if plain and plain != stem:
        yield plain
    for sensor in SENSORS:
        if sensor.scene is not None and (match := sensor.scene.search(path.stem)):
            yield f"{sensor.name}:{match[0].lower()}"


def is_udm_name(path: Path) -> bool:
    """Whether a file is named as providers name rasters of unusable pixels."""
    return _UDM_SUFFIX.search(path.stem) is not None


def beginnings(stem: str) -> Iterator[str]:
    """The beginnings of a stem up to a separator, the longest first: `a_1` and `a` of `a_1_2`."""
    stem = stem.lower()
    ends = [number for number, sign in enumerate(stem) if sign in "-_ ." and number]
    return (stem[:end] for end in reversed(ends))
