"""What came of adding masks: a sentence, and which source image each mask got."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ...model import Mask, Problem
from ...text import _, counted
from ..checks import FILE
from .sidecars import unmatched_images


@dataclass(frozen=True)
class ImagePairs:
    """Source images and masks by name: pairs (mask, image), and what is left on either side.

    The counts are of all, also where only the first are listed.
    """

    paired: tuple[tuple[str, str], ...] = ()
    without_image: tuple[str, ...] = ()
    without_mask: tuple[str, ...] = ()
    paired_count: int = 0
    without_image_count: int = 0
    without_mask_count: int = 0

    def limited(self, most: int) -> ImagePairs:
        """The first `most` of each, with the counts of all."""
        return replace(
            self,
            paired=self.paired[:most],
            without_image=self.without_image[:most],
            without_mask=self.without_mask[:most],
        )

    def __str__(self) -> str:
        """`5 paired, 1 mask without a source image, 2 images fit no mask`."""
        without, left = self.without_image_count, self.without_mask_count
        parts = [_("{count:,} paired").format(count=self.paired_count)]
        if without:
            parts.append(_("{masks} without a source image").format(masks=counted(without, "mask")))
        if left:
            fits = _("{images} fits no mask") if left == 1 else _("{images} fit no mask")
            parts.append(fits.format(images=counted(left, "image")))
        return ", ".join(parts)


def image_pairs(masks: Sequence[Mask], location: Path | None, used: Set[Path]) -> ImagePairs | None:
    """Which source images the masks have; None where no image was given and none has one.

    `location` is the image or the folder of images that was given, `used` are the images of all
    masks. A file that can't be read has no image to get.
    """
    read = [mask for mask in masks if FILE not in mask.problems]
    paired = [(mask.name, Path(mask.source.path).name) for mask in read if mask.source.path]
    if location is None and not paired:
        return None
    folders = [location] if location is not None and location.is_dir() else []
    without = [mask.name for mask in read if not mask.source.path]
    left = [image.name for image in unmatched_images(folders, used)]
    counts = (len(paired), len(without), len(left))
    return ImagePairs(tuple(paired), tuple(without), tuple(left), *counts)


def pair_lines(found: ImagePairs, most: int) -> list[str]:
    """The pairs as lines of text, the first `most`, and what is left on either side."""
    left = (
        [f"{name} → no image fits it" for name in found.without_image],
        [f"{name} (an image) → fits no mask" for name in found.without_mask],
        [f"{mask} → {image}" for mask, image in found.paired],
    )
    lines = [line for part in left for line in islice(part, most)]
    count = found.paired_count + found.without_image_count + found.without_mask_count
    return [*lines, f"… and {count - len(lines):,} more"] if count > len(lines) else lines


def unread(masks: Iterable[Mask]) -> list[Problem]:
    """The masks that are only the place of a file that couldn't be read."""
    return [Problem(mask.name, mask.problems[FILE]) for mask in masks if FILE in mask.problems]


def result_of_adding(masks: Sequence[Mask], refused: Sequence[Problem]) -> str:
    """How many masks were added, and how many files can't be read, in a line.

    `refused` are the files that didn't become masks. Why is reported with each problem.
    """
    unusable = len(unread(masks))
    lost = len(refused) + unusable
    to_mend = sum(bool(mask.problems) for mask in masks) - unusable
    added = len(masks) - unusable
    result = f"{added:,} added, {lost:,} can't be read." if lost else f"{added:,} added."
    if not to_mend:
        return result
    mend = f"{to_mend:,} of those added {'has' if to_mend == 1 else 'have'} a problem to mend."
    return f"{result} {mend}"
