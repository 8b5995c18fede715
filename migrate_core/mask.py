"""A mask: where it lies, what its values mean, and what its labels are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from affine import Affine
from shapely.geometry.base import BaseGeometry

from .acquired import Acquired
from .grid import PixelGrid
from .states import MaskState

BACKGROUND = 0


@dataclass(frozen=True)
class Georeference:
    """CRS and transform (`a, b, c, d, e, f` of an affine one), each None where nothing gives it.

    `origin` is the source image where that gives either of them, or the CRS that a person named;
    None when all is the mask's own.
    """

    crs: str | None = None
    transform: tuple[float, ...] | None = None
    origin: str | None = None


@dataclass(frozen=True)
class ClassTable:
    """What the values in the file mean, all by value as text; None where it isn't known.

    `stored` maps each value to the one stored in pairs, `pixels` counts them, `names` and `colours`
    (`#rrggbb`) are those of classes. `no_data` counts pixels by no-data values, also absent ones,
    `doubtful` those of a quantity that look like one.
    """

    stored: Mapping[str, int] | None = None
    pixels: Mapping[str, int] | None = None
    names: Mapping[str, str] | None = None
    colours: Mapping[str, str] | None = None
    no_data: Mapping[str, int] | None = None
    doubtful: Mapping[str, int] | None = None

    @property
    def named(self) -> list[tuple[int, str]]:
        """The stored values that are called something, with it: by name, or by a vector's text."""
        names = self.names or {}
        texts = (
            (stored, names.get(source) or ("" if source.lstrip("-").isdecimal() else source))
            for source, stored in (self.stored or {}).items()
        )
        return [(stored, text) for stored, text in texts if text]


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
class SourceImage:
    """What the labels were drawn on: the file `path`, and the name of its `sensor`.

    `udm` is a raster of what was occluded in it; `valid_from` the image whose no-data holds for the
    mask.
    """

    path: str | None = None
    sensor: str | None = None
    udm: str | None = None
    valid_from: str | None = None


@dataclass(frozen=True)
class LabelVersion:
    """That the labels of a mask were edited since its file was read, and by whom.

    `number` counts from 2, the labels of the file being version 1; `edited_from` is the `mask_id`
    of the version that was edited. `file` is the name of the edited GeoPackage, None where the
    label was drawn in the review; `sha256` is the digest of that file, or of what was drawn.
    """

    number: int
    edited_from: str
    file: str | None
    sha256: str
    reviewer: str
    made_at: datetime


@dataclass(frozen=True)
class Mask:
    """A label raster, or an area of a label vector, and what is known of it.

    A file may hold several masks: `part` tells them apart. `form` says how labels are read from
    bands, or that they are polygons; such a mask has no pixels of its own (`width`, `height` and
    the transform are None) and `extent` is the rectangle around its area. Else `extent` is the
    polygon of the raster's corners, `footprint` the area of its valid pixels, both lon/lat.
    Anything unknown is None.

    `problems` are sentences by topic. `empty_allowed` marks a mask that may be without labelled
    pixels, as a negative example; `user_set` names the fields that a person has set. `pending`
    marks a mask of which only the header was read so far. `version` is set where the labels were
    edited: they are polygons then, while `path`, `sha256` and the grid stay those of the file.
    """

    mask_id: str
    name: str
    path: str
    sha256: str | None = None
    part: str | None = None
    width: int | None = None
    height: int | None = None
    georeference: Georeference = field(default_factory=Georeference)
    extent: BaseGeometry | None = None
    footprint: BaseGeometry | None = None
    acquired: Acquired | None = None
    form: RasterForm | VectorForm = field(default_factory=RasterForm)
    classes: ClassTable = field(default_factory=ClassTable)
    source: SourceImage = field(default_factory=SourceImage)
    problems: Mapping[str, str] = field(default_factory=dict)
    empty_allowed: bool = False
    user_set: tuple[str, ...] = field(default=(), metadata={"stored": "edited"})
    pending: bool = False
    version: LabelVersion | None = None

    @property
    def key(self) -> str:
        """What tells the mask from all others: its file, and which part of it."""
        return self.path if self.part is None else f"{self.path}#{self.part}"

    @property
    def problem(self) -> str | None:
        """All problems in a text that begins with the mask's name; None when there are none."""
        return problem_text(self.name, self.problems)

    @property
    def state(self) -> MaskState:
        """`ready`, or `problem` when something must be mended first."""
        return MaskState.PROBLEM if self.problems else MaskState.READY

    @property
    def raster(self) -> RasterForm:
        """How labels are read from bands. Raises ValueError for a mask of polygons."""
        if isinstance(self.form, VectorForm):
            raise ValueError(f"{self.name} consists of polygons")
        return self.form

    @property
    def vector(self) -> VectorForm | None:
        """The polygons that a mask consists of; None for a raster."""
        return self.form if isinstance(self.form, VectorForm) else None

    @property
    def tiles(self) -> tuple[str, ...]:
        """The files in one grid that the mask is cut into; none when it is one file."""
        return self.form.tiles if isinstance(self.form, RasterForm) else ()

    @property
    def grid(self) -> PixelGrid:
        """The mask's own grid; only a raster with a georeference has one."""
        crs, transform = self.georeference.crs, self.georeference.transform
        if crs is None or transform is None or self.width is None or self.height is None:
            raise ValueError(f"{self.name} has no georeference")
        return PixelGrid(crs, Affine(*transform[:6]), self.width, self.height)

    @property
    def stored_classes(self) -> tuple[int, ...]:
        """The class values as stored in pairs, ascending, background always among them."""
        return tuple(sorted({BACKGROUND, *(self.classes.stored or {}).values()}))


def problem_text(name: str, problems: Mapping[str, str]) -> str | None:
    """The problems of a mask in a text that begins with its name; None when there are none."""
    if not problems:
        return None
    text = " ".join(problems.values())
    return text if text.startswith(f"{name}: ") else f"{name}: {text}"
