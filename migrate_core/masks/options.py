"""What a person says about the masks being added, by option of the command or in the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..model import Acquired
from ..settings import MAX_PAIR_PIXELS


@dataclass(frozen=True)
class ClassEntry:
    """A class as a table describes it: the value in the file and what it is called and shown as.

    `value` is the class value (of rasters), `name` what people and vector layers call it, `colour`
    `#rrggbb`. What isn't given is None.
    """

    value: int | None
    name: str | None = None
    colour: str | None = None


@dataclass(frozen=True)
class MappingRow:
    """What the mapping table says of one mask: its source image and its date, each or None."""

    image: Path | None = None
    date: Acquired | None = None


@dataclass(frozen=True)
class VectorOptions:
    """How masks are made of a vector layer.

    `layer` names the layer of a file that has several. `class_field`, `date_field` and
    `end_date_field` are columns. Areas of interest are the polygons of the file `aoi`, or square
    chips of `chip_size_m` metres (inside those polygons where both are given), or else the extents
    of the features with `margin_m` metres around them.
    """

    layer: str | None = None
    class_field: str | None = None
    date_field: str | None = None
    end_date_field: str | None = None
    aoi: Path | None = None
    chip_size_m: float | None = None
    margin_m: float | None = None


@dataclass(frozen=True)
class AddOptions:
    """What a person says about the masks being added.

    `image` is one source image, or a folder of them matched by stem. Dates: `mapping` and `dates`
    (by file name) beat `date`, which beats `date_pattern` (named groups, on file names), which
    beats what is found in and beside the files. `udm` is a raster of what was occluded in the
    source image, or a folder of them matched by stem. `threshold` makes class 1 of what reaches it;
    `nodata` are the values that stand for no data whatever the file declares, empty when none does;
    `crs` is for files that have none. `mosaic` joins the files of a folder that share a grid to
    one mask. `allow_empty` takes masks without any labelled pixel as deliberate negative examples;
    `follow_links` takes files that are symbolic links. `max_pair_pixels` is how many pixels of 10 m
    the pair of a mask may have. `sensor` is a name of `sensors.SENSORS`.
    """

    image: Path | None = None
    date: Acquired | None = None
    dates: Mapping[str, Acquired] = field(default_factory=dict)
    mapping: Mapping[str, MappingRow] = field(default_factory=dict)
    date_pattern: re.Pattern[str] | None = None
    udm: Path | None = None
    classes: tuple[ClassEntry, ...] = ()
    threshold: float | None = None
    nodata: tuple[float, ...] | None = None
    crs: str | None = None
    vector: VectorOptions = field(default_factory=VectorOptions)
    sensor: str | None = None
    mosaic: bool = False
    allow_empty: bool = False
    follow_links: bool = False
    now: datetime | None = None
    max_pair_pixels: int = MAX_PAIR_PIXELS
