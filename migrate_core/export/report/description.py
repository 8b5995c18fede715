"""What card, report and citation say of a dataset, put together once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ... import __version__
from ...products.scene_classes import Flag
from ..formats.base import SPLITS, Content, Format
from ..request import AboutDataset, ExportRequest
from ..selection.entries import Entry
from .limits import known_limits
from .origin import Origin, UsedScene, made_by, origins, used_scenes
from .review_evidence import ReviewEvidence
from .settings import Setting, named_settings
from .statistics import Statistics
from .terms import attribution_of_sources, copernicus_line, licence_of_labels

FLAG_TEXTS: Mapping[Flag, str] = {
    Flag.OUTSIDE: "outside the mask's footprint (by pixel centre)",
    Flag.NO_DATA: "no data or saturated",
    Flag.CLOUD: "cloud",
    Flag.SHADOW: "cloud shadow",
    Flag.CIRRUS: "thin cloud or cirrus",
    Flag.SNOW: "snow",
    Flag.SOURCE: "occluded in the source image",
    Flag.UNKNOWN: "label unknown or set to ignore",
}


@dataclass(frozen=True)
class WrittenFormat:
    """A format that is in the dataset.

    `folder` is where in it, with a slash, or empty; `loads` the line that loads it; `samples` the
    numbers of samples by split, `chip_size` the side of chips in pixels, None for whole pairs.
    """

    name: str
    title: str
    help: str
    loads: str
    folder: str
    samples: Mapping[str, int]
    chip_size: int | None


@dataclass(frozen=True)
class ClassRow:
    """A class: value, name (empty where it has none), area, pairs with it, shares 0…1 by split."""

    value: int
    name: str
    area_ha: float
    share: float
    pairs: int
    by_split: Mapping[str, float | None]


@dataclass(frozen=True)
class Description:
    """All that is said of a dataset; `written_on` is the day of the export (UTC)."""

    title: str
    about: AboutDataset
    counted: Statistics
    evidence: ReviewEvidence
    written_on: date
    formats: Sequence[WrittenFormat]
    classes: Sequence[ClassRow]
    settings: Sequence[Setting]
    origins: Sequence[Origin]
    scenes: Sequence[UsedScene]
    scenes_not_listed: int
    limits: Sequence[str]
    split_notes: Sequence[str]
    made_by: Sequence[str]

    @property
    def version(self) -> str:
        """The version of the program that wrote the dataset."""
        return __version__

    @property
    def licence(self) -> str:
        """The terms of the labels in words."""
        return licence_of_labels(self.about)

    @property
    def attribution(self) -> str:
        """What the owner of the source images asks for, in words."""
        return attribution_of_sources(self.about)

    @property
    def copernicus(self) -> str:
        """The line that goes with the images."""
        return copernicus_line(self.counted.sensing_years)

    @property
    def pairs_by_split(self) -> Mapping[str, int]:
        """Numbers of pairs, in the order of training, validation and test."""
        counts = Counter(str(row["split"]) for row in self.counted.rows)
        return {split: counts[split] for split in _ordered(counts)}


@dataclass(frozen=True)
class Exported:
    """What was exported: the request, the pairs, the uncut content, and that of each format."""

    request: ExportRequest
    chosen: Sequence[Entry]
    uncut: Content
    formats: Sequence[tuple[Format, Content]]


def describe(
    exported: Exported,
    counted: Statistics,
    evidence: ReviewEvidence,
    written_on: date,
    split_notes: Sequence[str],
) -> Description:
    """Put together what is said of a dataset; `split_notes` are those of the split check."""
    chosen, uncut = exported.chosen, exported.uncut
    scenes, not_listed = used_scenes(chosen)
    return Description(
        uncut.name,
        exported.request.about,
        counted,
        evidence,
        written_on,
        formats=[_format(form, content) for form, content in exported.formats],
        classes=class_rows(counted),
        settings=named_settings(exported.request, chosen),
        origins=origins(chosen),
        scenes=scenes,
        scenes_not_listed=not_listed,
        limits=known_limits(counted, chosen, uncut.classes, _bands(exported)),
        split_notes=tuple(split_notes),
        made_by=made_by(chosen),
    )


def _format(form: Format, content: Content) -> WrittenFormat:
    counts = Counter(sample.split for sample in content.samples)
    return WrittenFormat(
        form.name,
        form.title,
        form.help,
        form.loads,
        "" if form.name == "geotiff" else f"{form.name}/",
        {split: counts[split] for split in _ordered(counts)},
        content.chip_size,
    )


def _ordered(names: Mapping[str, int]) -> list[str]:
    """Splits in their order; what else there is after them."""
    return [*SPLITS, *sorted(set(names) - set(SPLITS))]


def class_rows(counted: Statistics) -> list[ClassRow]:
    """The classes that occur, by value."""
    total = sum(counted.class_ha.values()) or 1.0
    splits = _ordered(dict.fromkeys(counted.split_pixels, 0))
    return [
        ClassRow(
            value,
            counted.class_names.get(value) or ("background" if value == 0 else ""),
            area,
            area / total,
            counted.pairs_with_class[value],
            {split: counted.share_in_split(split, value) for split in splits},
        )
        for value, area in counted.class_ha.items()
    ]


def _bands(exported: Exported) -> tuple[str, ...]:
    """The bands that go out in at least one image."""
    chosen = exported.request.pixels.bands
    there = (band for entry in exported.chosen for band in entry.provenance["bands"])
    return chosen or tuple(dict.fromkeys(there))
