"""The values that travel between stages: frozen, without pixels, ready for JSON.

Times are UTC-aware, footprints lon/lat (EPSG:4326), shares 0…1 and percentages 0…100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from affine import Affine
from shapely.geometry.base import BaseGeometry

from .acquired import Acquired as Acquired
from .acquired import Number as Number
from .acquired import iso as iso
from .acquired import utc as utc
from .grid import PixelGrid
from .occlusion import Occluded as Occluded
from .occlusion import Occlusion as Occlusion
from .occlusion import OcclusionBySensor as OcclusionBySensor
from .occlusion import SensorShares as SensorShares
from .occlusion import Shares as Shares
from .settings import AssessmentSettings
from .states import EditKind, MaskState, PairState, Verdict

LONLAT = "EPSG:4326"
IGNORE = 255
BACKGROUND = 0

# Sentinel-2A was launched on this day; no scene is older.
FIRST_SENTINEL2_DAY = date(2015, 6, 23)


@dataclass(frozen=True)
class RasterForm:
    """How class values are made of the bands of a label raster.

    `layout` is one of
    - `single`: band 1 holds class values, or with a `threshold` a quantity that makes class 1 from
      there on and class 0 below;
    - `one-hot`: a band for each class, `first` being the class of band 1, `named` whether the file
      names them; a pixel in no band is background;
    - `probabilities`: likewise, the band with the largest value that reaches `threshold`;
    - `colours`: red, green and blue, of which `colours` (`#rrggbb` -> class value) makes classes.
    `bands` is how many bands there are, alpha not counted. `valid_band` is the number of a band
    that is 0 where the others say nothing. `tiles` are the files that the mask is cut into, in one
    grid; none when it is one file. `nodata` are the values that a person says are no data, empty
    when none is; None leaves it to the file.
    """

    layout: str = "single"
    bands: int = 1
    first: int = 0
    named: bool = False
    threshold: float | None = None
    valid_band: int | None = None
    colours: Mapping[str, int] | None = None
    tiles: tuple[str, ...] = ()
    nodata: tuple[float, ...] | None = None


@dataclass(frozen=True)
class VectorForm:
    """Labels that are polygons.

    `features` is the layer in the workspace that holds them as they were read, in the mask's CRS;
    `area` the area of interest in that CRS, outside of which nothing is known. Where features are
    dated, `dates` is the period (as of `Acquired`) that those of this mask overlap, empty for those
    without a date; others are of another time, and where they lie nothing is known.
    """

    features: str
    area: BaseGeometry
    dates: str | None = None


@dataclass(frozen=True)
class Mask:
    """A label raster, or an area of a label vector, and what is known of it.

    `extent` is the polygon of the raster's corners, `footprint` the area of its valid pixels,
    both lon/lat. `classes` maps each value found in the file to the value stored in pairs.
    Anything unknown is None. `georeference` names the file that CRS and transform come from where
    it isn't the mask itself. `problems` are the sentences of `problem` by topic. `class_pixels`
    counts the pixels of each value in the file, `class_names` names values. `empty_allowed` marks
    a mask that may be without labelled pixels, as a negative example; `edited` names the fields
    that a person has set.

    A file may hold several masks: `part` tells them apart. `raster` says how labels are read from
    bands; a mask with `vector` consists of polygons instead, has no pixels of its own (width,
    height and transform are None) and `extent` is the rectangle around its area. `udm` is a raster
    of what was occluded in the source image, `valid_from` the image whose no-data holds for the
    mask, `sensor` the name of the sensor the labels were drawn on. `class_colours` are `#rrggbb` by
    value. `pending` marks a mask of which only the header was read so far. `no_data` counts pixels
    by no-data values, also absent ones, `doubtful` those of a quantity that look like one.
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
    part: str | None = None
    raster: RasterForm = field(default_factory=RasterForm)
    vector: VectorForm | None = None
    udm: str | None = None
    valid_from: str | None = None
    sensor: str | None = None
    class_colours: Mapping[str, str] | None = None
    pending: bool = False
    no_data: Mapping[str, int] | None = None
    doubtful: Mapping[str, int] | None = None

    @property
    def key(self) -> str:
        """What tells the mask from all others: its file, and which part of it."""
        return self.path if self.part is None else f"{self.path}#{self.part}"

    @property
    def state(self) -> MaskState:
        """`ready`, or `problem` when something must be mended first."""
        return MaskState.PROBLEM if self.problem else MaskState.READY

    @property
    def grid(self) -> PixelGrid:
        """The mask's own grid; only a mask with a georeference has one."""
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
    that replaced the item since can't change what a pair is made of. `footprint_problem` says what
    was wrong with the outline that the source gave, and what `footprint` is in its place.
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
    footprint_problem: str | None = None


@dataclass(frozen=True)
class RankedScene:
    """A scene as a candidate for one mask.

    `coverage` is the share of the mask's footprint that the scene, together with the scenes of
    `completed_by` (granules and halves of the same acquisition), has data for. `score` is the
    weighted mean of `terms`; all 0…1, higher is better. `usable` candidates come before the others.

    `cloud_over_mask_percent` is the share of the footprint, as far as there are data, under cloud
    or thin cloud; `occluded_over_label_percent` that of the labelled area that anything occludes
    (`products.scene_classes`). None until measured, and where there is no label.
    """

    scene: Scene
    coverage: float
    days_offset: Number
    score: float
    terms: Mapping[str, float]
    usable: bool
    completed_by: tuple[str, ...] = ()
    cloud_over_mask_percent: float | None = None
    occluded_over_label_percent: float | None = None

    @property
    def scene_ids(self) -> tuple[str, ...]:
        """The scene and those that complete it, in the order their pixels are preferred."""
        return (self.scene.scene_id, *self.completed_by)


@dataclass(frozen=True)
class Suggestion:
    """A verdict (`accept`, `reject` or `unsure`) and its reason in words."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class PairParameters:
    """What the pixels of a pair depend on beside mask and scenes.

    `offset` is the radiometric offset that a person set; None leaves it to what documents say.
    `ignore_occluded` sets labels to ignore where the ground was occluded in the source image.
    `clouds` is what they are assessed by, one of settings.CLOUDS. `register` measures how far the
    mask's image is shifted against Sentinel-2 and moves the mask where that is reliable.
    `ignore_rim_m` is the width in metres of the buffer along class borders that is set to ignore.
    `allow_missing_bands` makes a pair of the bands that an incomplete product has.
    """

    resampling: str = "bilinear"
    offset: int | None = None
    ignore_occluded: bool = False
    clouds: str = "auto"
    register: bool = False
    ignore_rim_m: float = 0.0
    allow_missing_bands: bool = False


@dataclass(frozen=True)
class Shift:
    """How a mask has to be moved to lie where Sentinel-2 shows its objects, in metres.

    `east_m` and `north_m` are to be added to its coordinates, in the axes of the pair's grid;
    `ci_m` is the half width of the 95 % confidence interval of either. Only a `reliable` one moves
    a mask.
    """

    east_m: float
    north_m: float
    ci_m: float
    reliable: bool


@dataclass(frozen=True)
class Pair:
    """A mask with the scenes it is matched to, and what became of it.

    The files of a done pair lie in the workspace under `pairs/<pair_id>/`. `shift` is what
    registration measured, `change` 0…1 how different the inside of the label looks from what it
    did; None where they weren't asked for or can't be known. `judged_by` are the thresholds behind
    the suggestion, `compared_with` is the source image behind `change`, `change_note` why it wasn't
    measured, and `change_rules` the number of the rules by which it was looked for; `occluded` is
    what anything occludes.

    `edits` are the tokens of the repairs that its files and numbers have in them.

    `superseded_at` is since when another pair of the mask has stood in its place, `mask_key` the
    `Mask.key` of a mask that was taken out since; both None where it isn't known.
    """

    pair_id: str
    mask_id: str
    mask_name: str
    scene_ids: tuple[str, ...]
    state: PairState = PairState.QUEUED
    days_offset: Number | None = None
    coverage: float | None = None
    occlusion: Occlusion | None = None
    suggestion: Suggestion | None = None
    error: str | None = None
    parameters: PairParameters | None = None
    shift: Shift | None = None
    change: float | None = None
    one_sided: OcclusionBySensor | None = None
    judged_by: AssessmentSettings | None = None
    compared_with: str | None = None
    change_note: str | None = None
    change_rules: int | None = None
    superseded_at: datetime | None = None
    mask_key: str | None = None
    occluded: Occluded | None = None
    edits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """One entry of the log: `verdict` is `accept`, `reject`, `unsure` or `undo`."""

    pair_id: str
    verdict: Verdict
    reviewer: str
    reason: str | None
    decided_at: datetime


@dataclass(frozen=True)
class PairEdit:
    """One entry of the log of repairs; `token` tells it from all others.

    `document` of an `ignore` has `area` (GeoJSON, polygons in `crs`, which is that of the pair) and
    `reason`; of a `nudge` `east_m` and `north_m`, by which the label is moved, in metres on the
    axes of the pair's grid; that of an `undo` is empty.
    """

    token: str
    pair_id: str
    kind: EditKind
    document: Mapping[str, Any]
    reviewer: str
    made_at: datetime


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
