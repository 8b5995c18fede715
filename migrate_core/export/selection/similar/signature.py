"""What a pair looks like, in few numbers: spectra, textures, and a picture of 16 x 16 pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....errors import PairError
from ....model import IGNORE
from ....pairs.files import IMAGE, LABEL, open_raster
from ....workspace import Workspace
from ..labels import READERS

FloatArray = NDArray[np.float32]

# Blue, red, near infrared and short-wave infrared: what tells most surfaces apart.
BANDS = ("B02", "B04", "B08", "B11")
PICTURE_BANDS = ("B04", "B08", "B11")
PICTURE_SIZE = 16
_SCALE = 1e-4
# Larger images are read with fewer pixels: numbers of them are no different.
_MOST_PIXELS = 256
# A class with fewer pixels has no mean that says anything.
_LEAST_OF_CLASS = 20
_REMEMBERED = 20_000


@dataclass(frozen=True, eq=False)
class Signature:
    """What a pair looks like.

    `features` are by name: (quantity, class value), the class None for all pixels with data.
    `picture` is (bands, 16, 16) reflectance of `PICTURE_BANDS`, `classes` (16, 16) the class values
    there; `known` is how many pixels have a label.
    """

    features: Mapping[tuple[str, int | None], float]
    picture: FloatArray
    classes: NDArray[np.uint8]
    known: int


def signatures(workspace: Workspace, pair_ids: Sequence[str]) -> dict[str, Signature]:
    """The signatures of pairs; those whose files can't be read, or have no data, are left out.

    What was read is remembered as long as the files stay as they are.
    """
    folders = [workspace.pair(pair_id) for pair_id in pair_ids]
    with ThreadPoolExecutor(READERS) as readers:
        found = list(readers.map(_signature_in, folders))
    return {one: sign for one, sign in zip(pair_ids, found, strict=True) if sign is not None}


def _signature_in(folder: Path) -> Signature | None:
    try:
        states = [(folder / raster.file).stat() for raster in (IMAGE, LABEL)]
        return _signature(folder, *(state.st_mtime_ns for state in states))
    except (OSError, PairError):
        return None


@lru_cache(maxsize=_REMEMBERED)
def _signature(folder: Path, _image_ns: int, _label_ns: int) -> Signature | None:
    with open_raster(folder, IMAGE) as dataset:
        bands = [band for band in BANDS if band in dataset.descriptions]
        numbers = [dataset.descriptions.index(band) + 1 for band in bands]
        if not numbers:
            return None
        stored = dataset.read(numbers, out_shape=(len(bands), *_shape(dataset)))
    with open_raster(folder, LABEL) as dataset:
        label = dataset.read(1, out_shape=_shape(dataset))
        known = round(float((label != IGNORE).mean()) * dataset.width * dataset.height)
    valid = (stored > 0).all(axis=0)
    if not valid.any():
        return None
    image = dict(zip(bands, (stored * _SCALE).astype(np.float32), strict=True))
    return Signature(_features(image, label, valid), _picture(image, valid), _small(label), known)


def _shape(dataset: Any) -> tuple[int, int]:
    return min(dataset.height, _MOST_PIXELS), min(dataset.width, _MOST_PIXELS)


def _features(
    image: Mapping[str, FloatArray], label: NDArray[np.uint8], valid: NDArray[np.bool_]
) -> dict[tuple[str, int | None], float]:
    found: dict[tuple[str, int | None], float] = {}
    index = _ndvi(image)
    everything = dict(image) if index is None else {**image, "NDVI": index}
    for name, values in everything.items():
        found[f"mean {name}", None] = float(values[valid].mean())
        found[f"spread of {name}", None] = float(values[valid].std())
    if "B08" in image:
        found["texture of B08", None] = _gradient_energy(image["B08"], valid)
    for value in np.unique(label[valid & (label != IGNORE)]):
        of_class = valid & (label == value)
        if of_class.sum() < _LEAST_OF_CLASS:
            continue
        for name in ("NDVI", "B04", "B08", "B11"):
            if name in everything:
                found[f"mean {name}", int(value)] = float(everything[name][of_class].mean())
    return found


def _ndvi(image: Mapping[str, FloatArray]) -> FloatArray | None:
    """The normalised difference vegetation index (Rouse et al. 1974), 0 where both are 0."""
    if "B04" not in image or "B08" not in image:
        return None
    total = image["B08"] + image["B04"]
    index = (image["B08"] - image["B04"]) / np.where(total > 0, total, 1)
    return index.astype(np.float32)


def _gradient_energy(values: FloatArray, valid: NDArray[np.bool_]) -> float:
    """The mean squared difference of neighbours that both have data, as its root."""
    squares, number = 0.0, 0
    for axis in (0, 1):
        both = np.logical_and(*_neighbours(valid, axis))
        one, other = _neighbours(values, axis)
        squares += float(((one - other)[both] ** 2).sum())
        number += int(both.sum())
    return float(np.sqrt(squares / number)) if number else 0.0


def _neighbours(values: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    return (values[1:], values[:-1]) if axis == 0 else (values[:, 1:], values[:, :-1])


def _picture(image: Mapping[str, FloatArray], valid: NDArray[np.bool_]) -> FloatArray:
    """Means of blocks; pixels without data have the mean of the band."""
    found = np.zeros((len(PICTURE_BANDS), PICTURE_SIZE, PICTURE_SIZE), dtype=np.float32)
    for number, band in enumerate(PICTURE_BANDS):
        if band in image:
            values = np.where(valid, image[band], image[band][valid].mean())
            found[number] = _block_means(values)
    return found


def _block_means(values: FloatArray) -> FloatArray:
    """Means of 16 x 16 blocks; a side with fewer pixels repeats some."""
    height, width = (max(side, PICTURE_SIZE) for side in values.shape)
    full = values[np.ix_(_spread(values.shape[0], height), _spread(values.shape[1], width))]
    rows = np.arange(PICTURE_SIZE) * height // PICTURE_SIZE
    columns = np.arange(PICTURE_SIZE) * width // PICTURE_SIZE
    sums = np.add.reduceat(np.add.reduceat(full, rows, axis=0), columns, axis=1)
    tall, wide = np.diff(rows, append=height), np.diff(columns, append=width)
    means: FloatArray = (sums / (tall[:, None] * wide[None, :])).astype(np.float32)
    return means


def _small(label: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The class values at the middles of 16 x 16 blocks."""
    rows, columns = (
        ((np.arange(PICTURE_SIZE) + 0.5) * side / PICTURE_SIZE).astype(int) for side in label.shape
    )
    found: NDArray[np.uint8] = label[np.ix_(rows, columns)]
    return found


def _spread(length: int, wanted: int) -> NDArray[np.int64]:
    return np.arange(wanted) * length // wanted
