"""The values that travel between stages: frozen, without pixels, ready for JSON.

Times are UTC-aware, footprints lon/lat (EPSG:4326), shares 0…1 and percentages 0…100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from affine import Affine
from shapely.geometry.base import BaseGeometry

from .grid import PixelGrid

LONLAT = "EPSG:4326"
IGNORE = 255
BACKGROUND = 0

# Sentinel-2A was launched on this day; no scene is older.
FIRST_SENTINEL2_DAY = date(2015, 6, 23)

Number = int | float


@dataclass(frozen=True)
class Acquired:
    """When the source image was taken: a UTC time, or only a day (then at midnight)."""

    at: datetime
    time_known: bool

    @classmethod
    def parse(cls, text: str) -> Acquired:
        """Read an ISO 8601 date or time; a time without zone is UTC. Raises ValueError."""
        if len(text.strip()) in (8, 10):
            day = date.fromisoformat(text.strip())
            return cls(datetime.combine(day, time(), UTC), time_known=False)
        try:
            return cls(utc(datetime.fromisoformat(text.strip())), time_known=True)
        except OverflowError as err:  # year 1 or 9999, moved out of the calendar by its zone
            raise ValueError(f"{text!r} is beyond the calendar") from err

    def __str__(self) -> str:
        """ISO 8601, as `parse` reads it."""
        return iso(self.at) if self.time_known else self.at.date().isoformat()

    def days_until(self, moment: datetime) -> Number:
        """Days from here to `moment`; whole days between the dates when the time is unknown."""
        if self.time_known:
            return round((moment - self.at).total_seconds() / 86400, 6)
        return (moment.date() - self.at.date()).days


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a time zone is taken to be UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the second (or finer where it is known)."""
    return utc(moment).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Mask:
    """A label raster and what is known of it.

    `extent` is the polygon of the raster's corners, `footprint` the area of its valid pixels,
    both lon/lat. `classes` maps each value found in the file to the value stored in pairs.
    Anything unknown is None. `georeference` names the file that CRS and transform come from where
    it isn't the mask itself. `problems` are the sentences of `problem` by topic. `class_pixels`
    counts the pixels of each value in the file, `class_names` names values. `empty_allowed` marks
    a mask that may be without labelled pixels, as a negative example; `edited` names the fields
    that a person has set.
    """

    mask_id: str
    name: str
    path: str
    sha256: str | None = None
    crs: str | None = None
    transform: tuple[float, ...] | None = None
    width: int | None = None
    height: int | None = None
    extent: BaseGeometry | None = None
    footprint: BaseGeometry | None = None
    acquired: Acquired | None = None
    classes: Mapping[str, int] | None = None
    problem: str | None = None
    image: str | None = None
    georeference: str | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    class_pixels: Mapping[str, int] | None = None
    class_names: Mapping[str, str] | None = None
    empty_allowed: bool = False
    edited: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """`ready`, or `problem` when something must be mended first."""
        return "problem" if self.problem else "ready"

    @property
    def grid(self) -> PixelGrid:
        """The mask's own lattice; only a mask with a georeference has one."""
        if self.crs is None or self.transform is None or self.width is None or self.height is None:
            raise ValueError(f"{self.name} has no georeference")
        return PixelGrid(self.crs, Affine(*self.transform[:6]), self.width, self.height)

    @property
    def stored_classes(self) -> tuple[int, ...]:
        """The class values as stored in pairs, ascending, background always among them."""
        return tuple(sorted({BACKGROUND, *(self.classes or {}).values()}))


@dataclass(frozen=True)
class SceneQuery:
    """What to look for: days around the mask's date, inclusive by UTC date; cloud in percent."""

    days: int = 10
    max_cloud_percent: float = 100.0
    level: str = "L2A"


@dataclass(frozen=True)
class Scene:
    """One product that a source offers.

    `href` is where its pixels are described: a SAFE directory or zip, or a STAC item.
    `tile` is the MGRS tile without T (`31TDG`), `baseline` the processing baseline (`04.00`).
    `item` is what reading needs of a STAC item that is no file (its assets): it travels with the
    scene into the store and to workers, so that nothing has to be asked for again, and a service
    that replaced the item since can't change what a pair is made of.
    """

    scene_id: str
    source: str
    sensed_at: datetime
    level: str
    tile: str
    baseline: str
    cloud_percent: float | None
    footprint: BaseGeometry
    href: str
    item: Mapping[str, Any] | None = field(default=None, hash=False, repr=False)


@dataclass(frozen=True)
class RankedScene:
    """A scene as a candidate for one mask.

    `coverage` is the share of the mask's footprint that the scene, together with the scenes of
    `completed_by` (other halves of the same acquisition), has data for. `score` is the weighted
    mean of `terms`; all 0…1, higher is better. `usable` candidates come before the others.
    """

    scene: Scene
    coverage: float
    days_offset: Number
    score: float
    terms: Mapping[str, float]
    usable: bool
    completed_by: tuple[str, ...] = ()
    cloud_over_mask_percent: float | None = None

    @property
    def scene_ids(self) -> tuple[str, ...]:
        """The scene and those that complete it, in the order their pixels are preferred."""
        return (self.scene.scene_id, *self.completed_by)


@dataclass(frozen=True)
class Shares:
    """Shares 0…1 of pixels flagged in `quality.tif`; None where it isn't known."""

    cloud: float | None
    shadow: float | None
    cirrus: float | None
    snow: float | None
    nodata: float | None
    source: float | None


@dataclass(frozen=True)
class Occlusion:
    """What hides the ground: over all pixels of the footprint, and over the labelled ones."""

    all: Shares
    labelled: Shares


@dataclass(frozen=True)
class Suggestion:
    """A verdict (`accept`, `reject` or `unsure`) and its reason in words."""

    verdict: str
    reason: str


@dataclass(frozen=True)
class PairParameters:
    """What the pixels of a pair depend on beside mask and scenes.

    `offset` is the radiometric offset that a person set; None leaves it to what documents say.
    """

    resampling: str = "bilinear"
    offset: int | None = None


@dataclass(frozen=True)
class Pair:
    """A mask with the scenes it is matched to, and what became of it.

    `state` is `queued`, `running`, `done`, `failed`, `cancelled` or `superseded`. The files of a
    done pair lie in the workspace under `pairs/<pair_id>/`.
    """

    pair_id: str
    mask_id: str
    mask_name: str
    scene_ids: tuple[str, ...]
    state: str = "queued"
    days_offset: Number | None = None
    coverage: float | None = None
    occlusion: Occlusion | None = None
    suggestion: Suggestion | None = None
    error: str | None = None
    parameters: PairParameters | None = None


@dataclass(frozen=True)
class Decision:
    """One entry of the log: `verdict` is `accept`, `reject`, `unsure` or `undo`."""

    pair_id: str
    verdict: str
    reviewer: str
    reason: str | None
    decided_at: datetime


@dataclass(frozen=True)
class Problem:
    """Something that went wrong with one item while the others went on."""

    item: str
    message: str


@dataclass(frozen=True)
class SearchResult:
    """Scenes found, and the parts of the sources that could not be read."""

    scenes: tuple[Scene, ...]
    problems: tuple[Problem, ...] = field(default_factory=tuple)
