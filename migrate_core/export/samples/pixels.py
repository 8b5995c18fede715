"""The pixels of a sample, in the bands and values that were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ExportError, PairError
from ...grid import PixelGrid, Window
from ...model import IGNORE
from ...pairs.files import FRACTIONS, IMAGE, LABEL, QUALITY, PairRaster, open_raster
from ...pairs.label.hard_label import hard_label
from ...products.scene_classes import OCCLUDING_FLAGS, Flag
from ...workspace import Workspace
from ..request import FLOAT32, KEPT, OCCLUDED, PixelOptions
from .sample import Sample

# What images hold, times this, is reflectance.
REFLECTANCE_SCALE = 1e-4
# Pairs are read one after the other, and each for several chips.
_PAIRS_IN_MEMORY = 2


@dataclass(frozen=True, eq=False)
class Pixels:
    """What a sample holds on `grid`; arrays are (bands, height, width) or (height, width).

    `image` is uint16 reflectance x 10000 or float32 reflectance, 0 without data; `label` uint8
    with 255 = ignore; `fractions` float32, the area share 0…1 of each of `classes`, 0 where not
    known; `quality` uint8, the flags of `Flag`. Outside of the pair are 0, 255, 0 and 1.
    """

    grid: PixelGrid
    bands: tuple[str, ...]
    classes: tuple[int, ...]
    image: NDArray[Any]
    label: NDArray[np.uint8]
    fractions: NDArray[np.float32]
    quality: NDArray[np.uint8]

    @property
    def labelled_share(self) -> float:
        """The share 0…1 of pixels with a label."""
        return float((self.label != IGNORE).mean())


@dataclass(frozen=True, eq=False)
class LabelPixels:
    """The label of a sample alone, as `Pixels` has it."""

    grid: PixelGrid
    label: NDArray[np.uint8]


@dataclass(frozen=True)
class PixelReader:
    """Reads samples of a workspace in one form: the same bands and classes for all of them."""

    workspace: Workspace
    options: PixelOptions
    bands: tuple[str, ...]
    classes: tuple[int, ...]
    class_names: Mapping[int, str] = field(default_factory=dict)

    def read(self, sample: Sample) -> Pixels:
        """The pixels of a sample. Raises ExportError when the pair's files are gone or damaged."""
        with self._opened(sample) as raw:
            label = _cut(self._label(raw), sample.window, IGNORE)
            return Pixels(
                sample.grid,
                self.bands,
                self.classes,
                self._values(_cut(raw.image[_positions(raw.bands, self.bands)], sample.window, 0)),
                label,
                _cut(_spread(raw.fractions, raw.classes, self.classes), sample.window, 0),
                _cut(raw.quality, sample.window, int(Flag.OUTSIDE)),
            )

    def label(self, sample: Sample) -> NDArray[np.uint8]:
        """Only the label of a sample, (height, width). Raises ExportError."""
        with self._opened(sample) as raw:
            return _cut(self._label(raw), sample.window, IGNORE)

    def read_label(self, sample: Sample) -> LabelPixels:
        """Only the label of a sample, and where it lies. Raises ExportError."""
        return LabelPixels(sample.grid, self.label(sample))

    @contextmanager
    def _opened(self, sample: Sample) -> Iterator[_Rasters]:
        folder = self.workspace.pair(sample.pair_id)
        try:
            # Repaired pairs are written anew: their time tells one version from another.
            yield _rasters(folder, (folder / LABEL.file).stat().st_mtime_ns)
        except PairError as err:
            raise ExportError(f"{sample.pair_id}: {err}") from err
        except OSError as err:
            raise ExportError(
                f"{sample.pair_id}: its files can't be read ({err}). Run `pairs make`, which makes "
                "the pair again."
            ) from err

    def _label(self, raw: _Rasters) -> NDArray[np.uint8]:
        if self.options.ignore == KEPT:
            return hard_label(raw.fractions.astype(np.float64), raw.classes)
        if self.options.ignore == OCCLUDED:
            occluded = (raw.quality & int(OCCLUDING_FLAGS)) != 0
            return np.where(occluded, np.uint8(IGNORE), raw.label)
        return raw.label

    def _values(self, image: NDArray[np.uint16]) -> NDArray[Any]:
        if self.options.values != FLOAT32:
            return image
        return (image * REFLECTANCE_SCALE).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Rasters:
    """The rasters of a whole pair, each read when it is first asked for; nobody writes into them.

    The label is asked for alone when chips are planned and classes counted.
    """

    folder: Path

    @cached_property
    def _image(self) -> tuple[tuple[str, ...], NDArray[Any]]:
        return _raster(self.folder, IMAGE)

    @cached_property
    def _fractions(self) -> tuple[tuple[str, ...], NDArray[Any]]:
        return _raster(self.folder, FRACTIONS)

    @property
    def bands(self) -> tuple[str, ...]:
        return self._image[0]

    @property
    def image(self) -> NDArray[np.uint16]:
        return self._image[1]

    @property
    def classes(self) -> tuple[int, ...]:
        return tuple(int(name.removeprefix("class ")) for name in self._fractions[0])

    @property
    def fractions(self) -> NDArray[np.float32]:
        return self._fractions[1]

    @cached_property
    def label(self) -> NDArray[np.uint8]:
        label: NDArray[np.uint8] = _raster(self.folder, LABEL)[1][0]
        return label

    @cached_property
    def quality(self) -> NDArray[np.uint8]:
        quality: NDArray[np.uint8] = _raster(self.folder, QUALITY)[1][0]
        return quality


@lru_cache(maxsize=_PAIRS_IN_MEMORY)
def _rasters(folder: Path, _written_ns: int) -> _Rasters:
    return _Rasters(folder)


def _raster(folder: Path, raster: PairRaster) -> tuple[tuple[str, ...], NDArray[Any]]:
    with open_raster(folder, raster) as dataset:
        return tuple(dataset.descriptions), dataset.read()


def _positions(there: Sequence[str], wanted: Sequence[str]) -> list[int]:
    return [there.index(band) for band in wanted]


def _spread(
    shares: NDArray[np.float32], there: Sequence[int], wanted: Sequence[int]
) -> NDArray[np.float32]:
    """Shares (classes, height, width) for other classes; those that the pair lacks are 0."""
    found = np.zeros((len(wanted), *shares.shape[1:]), dtype=np.float32)
    for number, value in enumerate(wanted):
        if value in there:
            found[number] = np.nan_to_num(shares[there.index(value)])
    return found


def _cut(pixels: NDArray[Any], window: Window, outside: int) -> NDArray[Any]:
    """A window of (…, height, width) as an array of its own; `outside` where it stands over."""
    *_, height, width = pixels.shape
    part = pixels[(..., *window.slices)]
    if window.row + window.height <= height and window.column + window.width <= width:
        return np.ascontiguousarray(part)
    cut = np.full((*pixels.shape[:-2], window.height, window.width), outside, pixels.dtype)
    cut[..., : part.shape[-2], : part.shape[-1]] = part
    return cut
