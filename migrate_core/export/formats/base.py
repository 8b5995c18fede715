"""What every format of a dataset does: name its parts, write one, and write what holds for all.

A part is what is written, kept and taken away as one: the files of a sample, or a file with many
samples. The driver (`export.writing`) asks a format for its parts, leaves out those that are there
already, and notes each that is done; so an export that is cut off goes on where it was, and one
that is repeated writes only what has changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import ClassVar, TypeVar

from ...model import BACKGROUND
from ...pairs.view.drawing import NEUTRAL_DARK, Colour, class_colour
from ..request import AboutDataset, PixelOptions
from ..samples.pixels import PixelReader, Pixels
from ..samples.sample import Sample
from ..splits.options import SHARES

T = TypeVar("T")

# In this order wherever they are listed.
SPLITS = tuple(SHARES)


@dataclass(frozen=True)
class ClassOfLabel:
    """A class: its value in the label, what people call it, and its colour (red, green, blue)."""

    value: int
    name: str
    colour: Colour


@dataclass(frozen=True)
class Content:
    """What a format writes: samples in the order of their ids, and how their pixels are read.

    `years` are those in which the Sentinel-2 images were taken.
    """

    samples: tuple[Sample, ...]
    reader: PixelReader
    classes: tuple[ClassOfLabel, ...]
    name: str
    years: tuple[str, ...]
    about: AboutDataset = field(default_factory=AboutDataset)
    chip_size: int | None = None

    @property
    def options(self) -> PixelOptions:
        """Which bands and values go out."""
        return self.reader.options

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands of all images, in their order."""
        return self.reader.bands

    def of_split(self, split: str) -> tuple[Sample, ...]:
        """The samples of a split."""
        return tuple(sample for sample in self.samples if sample.split == split)

    def only(self, samples: Sequence[Sample]) -> Content:
        """The same with fewer samples."""
        return replace(self, samples=tuple(samples))

    def pixels(self, sample: Sample) -> Pixels:
        """The pixels of a sample. Raises ExportError."""
        return self.reader.read(sample)


@dataclass(frozen=True)
class Part:
    """What is written as one: `files`, relative to the format's folder, hold these samples."""

    name: str
    samples: tuple[Sample, ...]
    files: tuple[str, ...]


class Cut(Enum):
    """Whether the samples of a format are chips: never, when chips are asked for, or always."""

    NEVER = "never"
    WHEN_ASKED = "when asked"
    ALWAYS = "always"


class Format(ABC):
    """A form of a dataset. `version` is counted up when the same request gives other files.

    `title` and `help` are for people who choose; `loads` is the line of Python that loads it, in
    which DEST stands for the folder. `streams` says that `finish` opens no file of a part, so that
    one that was sent to an object store need not be kept.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    loads: ClassVar[str]
    version: ClassVar[int] = 1
    cut: ClassVar[Cut] = Cut.WHEN_ASKED
    streams: ClassVar[bool] = False

    def folder(self, destination: Path) -> Path:
        """Where in a dataset it lies."""
        return destination / self.name

    def in_dataset(self, names: Iterable[str], destination: Path) -> tuple[str, ...]:
        """Files of this format as paths in the dataset, with forward slashes."""
        below = self.folder(destination).relative_to(destination).as_posix()
        return tuple(names) if below == "." else tuple(f"{below}/{name}" for name in names)

    @abstractmethod
    def parts(self, content: Content) -> Sequence[Part]:
        """All that is to be written, in this order."""

    @abstractmethod
    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write a part; its files are whole once they are there. Raises ExportError, DiskError."""

    @abstractmethod
    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """Write what holds for all of `content`, and give the names of those files back.

        Called again whenever samples come or go, and with fewer samples when an export was cut off.
        """


def sharded(content: Content, size: int) -> Iterator[tuple[str, int, tuple[Sample, ...]]]:
    """The samples of each split in runs of at most `size`: split, number and samples."""
    for split in SPLITS:
        for number, samples in enumerate(batched(content.of_split(split), size)):
            yield split, number, samples


def batched(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    """Runs of `size` items, the last one shorter."""
    rest = iter(items)
    while run := tuple(islice(rest, size)):
        yield run


def classes_of_label(
    values: Sequence[int],
    names: Mapping[int, str],
    colours: Mapping[int, Colour],
) -> tuple[ClassOfLabel, ...]:
    """The classes of labels by value; one that nobody has named is called by its value."""
    return tuple(
        ClassOfLabel(value, names.get(value) or _name(value), colours.get(value) or _colour(value))
        for value in values
    )


def _name(value: int) -> str:
    return "background" if value == BACKGROUND else f"class {value}"


def _colour(value: int) -> Colour:
    return NEUTRAL_DARK if value == BACKGROUND else class_colour(value)
