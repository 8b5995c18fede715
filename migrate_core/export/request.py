"""What an export is asked for: which pairs, in which formats, bands and values, split how.

A request is stored with its job, so it holds plain values only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import WrongUseError
from .selection.choice import ACCEPTED, INCLUDES, Choice
from .selection.curation import Curation as Curation
from .splits.options import SplitOptions as SplitOptions

GEOTIFF = "geotiff"
# What happens with the last row and column of chips that don't fit into a pair.
PAD, SHIFT, DROP = "pad", "shift", "drop"
PADDINGS = (PAD, SHIFT, DROP)
UINT16, FLOAT32 = "uint16", "float32"
VALUES = (UINT16, FLOAT32)
HARD, FRACTIONS, BOTH = "hard", "fractions", "both"
LABELS = (HARD, FRACTIONS, BOTH)
APPLIED, KEPT, OCCLUDED = "applied", "kept", "occluded"
IGNORES = (APPLIED, KEPT, OCCLUDED)
SMALLEST_CHIP_PX, LARGEST_CHIP_PX = 8, 8192


@dataclass(frozen=True)
class ChipOptions:
    """How pairs are cut: side and stride in 10 m pixels, and which chips are left out.

    `padding` is what happens where chips stand over the edge of a pair: `pad` fills image with 0
    and label with 255, `shift` moves the last chip inwards, `drop` leaves it out. A chip goes in
    where at least `least_labelled` (0…1) of its pixels have a label other than 255.
    """

    size: int = 128
    stride: int = 128
    padding: str = PAD
    least_labelled: float = 0.0

    def check(self) -> None:
        """Raises WrongUseError for what can't be cut."""
        if not SMALLEST_CHIP_PX <= self.size <= LARGEST_CHIP_PX:
            raise WrongUseError(
                f"Chips of {self.size} pixels can't be made; needed are {SMALLEST_CHIP_PX} to "
                f"{LARGEST_CHIP_PX}."
            )
        if not 1 <= self.stride <= self.size:
            raise WrongUseError(
                f"A stride of {self.stride} pixels doesn't fit chips of {self.size}; needed is 1 "
                f"to {self.size}, so that nothing between chips is left out."
            )
        _check_choice("padding", self.padding, PADDINGS)
        if not 0 <= self.least_labelled <= 1:
            raise WrongUseError(
                f"A labelled share of {self.least_labelled:g} is none; needed is 0 to 1."
            )


@dataclass(frozen=True)
class PixelOptions:
    """Which bands and values go out, and what of the label.

    `bands` in the order they are wanted, none for all that every pair has. `values` are
    reflectance x 10000 (uint16) or reflectance (float32). `label` is the class with the largest
    share, the area shares of the classes, or both. `ignore`: what reviewers and settings set to
    ignore is 255 in the label (applied), has the class of the largest share in spite of that
    (kept), or is 255 as are all pixels that are occluded (occluded).
    """

    bands: tuple[str, ...] = ()
    values: str = UINT16
    label: str = HARD
    ignore: str = APPLIED

    def check(self) -> None:
        """Raises WrongUseError for what there isn't."""
        _check_choice("values", self.values, VALUES)
        _check_choice("label", self.label, LABELS)
        _check_choice("ignore", self.ignore, IGNORES)
        twice = {band for band in self.bands if self.bands.count(band) > 1}
        if twice:
            named = ", ".join(sorted(twice))
            raise WrongUseError(f"Bands are named twice: {named}. Name each once.")


@dataclass(frozen=True)
class AboutDataset:
    """What its owner says of a dataset: its title, who made it, and under which terms it goes out.

    `licence` is that of the labels, as an SPDX identifier or in words; `attribution` is what the
    owner of the source images asks for.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class ExportRequest:
    """Where a dataset goes, which pairs go into it, and in what form.

    `include` and `looked_at_only` are those of `Choice`. Without `chips` pairs are cut only for
    formats that need samples of one size. With `sent_to`, the address of an object store, the
    dataset goes there, and `destination` is the folder in which it is made ready.
    """

    destination: Path
    include: str = ACCEPTED
    archive: bool = False
    formats: tuple[str, ...] = (GEOTIFF,)
    looked_at_only: bool = False
    pixels: PixelOptions = field(default_factory=PixelOptions)
    chips: ChipOptions | None = None
    about: AboutDataset = field(default_factory=AboutDataset)
    splits: SplitOptions = field(default_factory=SplitOptions)
    curation: Curation = field(default_factory=Curation)
    sent_to: str = ""

    @property
    def choice(self) -> Choice:
        """Which pairs go into it."""
        return Choice(self.include, self.looked_at_only)

    def check(self) -> None:
        """Raises WrongUseError for what can't be done."""
        _check_choice("choice of pairs", self.include, INCLUDES)
        if not self.formats:
            raise WrongUseError("No format is named; needed is at least one.")
        if self.archive and self.sent_to:
            raise WrongUseError(
                f"A zip is written beside a folder only, not into {self.sent_to}. Leave it "
                "out, or export into a folder."
            )
        self.pixels.check()
        self.splits.check()
        self.curation.check()
        if self.chips is not None:
            self.chips.check()


def _check_choice(what: str, given: str, choices: Sequence[str]) -> None:
    if given not in choices:
        raise WrongUseError(f"{given!r} is no {what}; needed is one of {', '.join(choices)}.")
