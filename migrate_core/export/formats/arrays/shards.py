"""Files that hold many samples: which samples are in which, and which files are out of date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ...samples.sample import Sample
from ..base import SPLITS, Content, Part
from .described import array_names

# Of pixels that aren't compressed: small enough that little is lost when an export is cut off.
SHARD_BYTES = 128 * 1024 * 1024


def sample_bytes(sample: Sample, content: Content) -> int:
    """How many bytes the arrays of a sample take that go out."""
    image = len(content.bands) * np.dtype(content.options.values).itemsize
    per_pixel = {"image": image, "fractions": 4 * len(content.classes)}
    used = sum(per_pixel.get(name, 1) for name in array_names(content))
    return sample.window.width * sample.window.height * used


def shards(content: Content) -> Iterator[tuple[str, int, tuple[Sample, ...]]]:
    """The samples of each split in runs of at most SHARD_BYTES: split, number and samples.

    A sample that is larger has a shard of its own. Where only the first shards of a split are
    there, their samples alone give the same shards.
    """
    for split in SPLITS:
        for number, samples in enumerate(_runs(content.of_split(split), content)):
            yield split, number, samples


def _runs(samples: Sequence[Sample], content: Content) -> Iterator[tuple[Sample, ...]]:
    run: list[Sample] = []
    used = 0
    for sample in samples:
        size = sample_bytes(sample, content)
        if run and used + size > SHARD_BYTES:
            yield tuple(run)
            run, used = [], 0
        run.append(sample)
        used += size
    if run:
        yield tuple(run)


def is_first(part: Part, content: Content) -> bool:
    """Whether a part is the first one of all."""
    first = next(sample for split in SPLITS for sample in content.of_split(split))
    return part.samples[0].sample_id == first.sample_id


def remove_others(there: Iterable[Path], kept: Iterable[Path]) -> None:
    """Delete shards that hold samples of an earlier export: they would be read along."""
    for path in set(there) - set(kept):
        path.unlink(missing_ok=True)
