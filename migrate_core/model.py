"""The values that travel between stages: frozen, without pixels, ready for JSON.

Times are UTC-aware, footprints lon/lat (EPSG:4326), shares 0…1 and percentages 0…100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

from .acquired import Acquired as Acquired
from .acquired import Number as Number
from .acquired import iso as iso
from .acquired import utc as utc
from .mask import BACKGROUND as BACKGROUND
from .mask import ClassTable as ClassTable
from .mask import Georeference as Georeference
from .mask import LabelVersion as LabelVersion
from .mask import Mask as Mask
from .mask import RasterForm as RasterForm
from .mask import SourceImage as SourceImage
from .mask import VectorForm as VectorForm
from .settings import AssessmentSettings
from .states import Basis, BatchKind, EditKind, Failure, PairState, Verdict

LONLAT = "EPSG:4326"
IGNORE = 255

# Sentinel-2A was launched on this day; no scene is older.
FIRST_SENTINEL2_DAY = date(2015, 6, 23)


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
    """What occludes the ground: over all pixels of the footprint, and over the labelled ones."""

    all: Shares
    labelled: Shares


@dataclass(frozen=True)
class Occluded:
    """Shares 0…1 of pixels that anything occludes, of the footprint and of the label; or None."""

    all: float | None
    labelled: float | None


@dataclass(frozen=True)
class SensorShares:
    """Shares 0…1 of pixels by the image in which the ground is occluded; None where not known."""

    sentinel2_only: float | None
    source_only: float | None
    both: float | None
    clear: float | None


@dataclass(frozen=True)
class OcclusionBySensor:
    """In which image the ground is occluded: over all pixels of the footprint, and the labelled."""

    all: SensorShares
    labelled: SensorShares


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
    did; None where they weren't asked for or can't be known. `thresholds` are those behind
    the suggestion, `compared_with` is the source image behind `change`, `change_note` why it wasn't
    measured, and `change_rules` the number of the rules by which it was looked for; `occluded` is
    what anything occludes.

    `failure` is the kind of a failed pair's `error`; None in what earlier versions wrote.

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
    occlusion_by_sensor: OcclusionBySensor | None = field(
        default=None, metadata={"stored": "one_sided"}
    )
    thresholds: AssessmentSettings | None = field(default=None, metadata={"stored": "judged_by"})
    compared_with: str | None = None
    change_note: str | None = None
    change_rules: int | None = None
    superseded_at: datetime | None = None
    mask_key: str | None = None
    occluded: Occluded | None = None
    edits: tuple[str, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True)
class Decision:
    """One entry of the log: `verdict` is `accept`, `reject`, `unsure` or `undo`.

    `batch` is the id of the batch that it is part of; an `undo` with one takes back the reviewer's
    entry of that batch, others their newest. A decision that `settles` stands in the place of what
    was said of the pair before.
    """

    pair_id: str
    verdict: Verdict
    reviewer: str
    reason: str | None
    decided_at: datetime
    basis: Basis = Basis.PERSON
    batch: str | None = None
    settles: bool = False


@dataclass(frozen=True)
class Batch:
    """Decisions that were made at once, and can be undone at once.

    `document` says how: the filter of a rule, the version of a model, the `batch` that is undone.
    """

    batch_id: str
    kind: BatchKind
    document: Mapping[str, Any]
    reviewer: str
    made_at: datetime


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


def named_problem(problem: Problem) -> str:
    """A problem that begins with the name of what it is about, once."""
    text = problem.message
    return text if text.startswith(problem.item) else f"{problem.item}: {text}"


@dataclass(frozen=True)
class SearchResult:
    """Scenes found, and the parts of the sources that could not be read."""

    scenes: tuple[Scene, ...]
    problems: tuple[Problem, ...] = field(default_factory=tuple)
