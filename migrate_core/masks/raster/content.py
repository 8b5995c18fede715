"""The pixels of a mask: which classes it has, where it is valid, and its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import MaskFlags

from ...errors import MaskError
from ...grid import BoolArray
from ...model import IGNORE, Mask, RasterForm
from .classes import MAX_CLASSES, recode, value_counts
from .identity import content_digest
from .layout_detection import find_layout
from .layouts import SINGLE, Strip, read_blocks, read_decimated
from .no_data import value_text
from .opening import band_names, label_bands, opened

# A file without overviews is read as a whole to be shown small; beyond this it takes too long.
_READ_PIXELS = 400_000_000
# A JPEG of more values than two that lie this far apart in all, but as close as this to their
# neighbours, was black and white (or the like) before it was compressed.
_FEW_VALUES, _CONTRAST, _NOISE = 3, 64, 8


@dataclass(frozen=True)
class Content:
    """What the pixels of a mask say.

    `form` is how its bands make classes, `counts` how many pixels have each class value, `valid`
    (height, width) which are known at all. `names` and `colours` (`#rrggbb`) are what the file
    itself says of class values. `no_data` and `doubtful` are those of `Mask`.
    """

    form: RasterForm
    counts: Mapping[int, int]
    valid: BoolArray
    names: Mapping[str, str]
    colours: Mapping[str, str]
    no_data: Mapping[str, int]
    doubtful: Mapping[str, int]

    @property
    def values(self) -> frozenset[int]:
        """The class values found."""
        return frozenset(self.counts)


def read_content(mask: Mask) -> Content:
    """All class values of a mask whose header is known, and its valid area. Raises MaskError."""
    valid = np.zeros(_shape(mask), dtype=bool)
    counts: Counter[int] = Counter()
    no_data: Counter[float] = Counter()
    doubtful: Counter[float] = Counter()
    with opened(files_of(mask)[0]) as dataset:
        form = _form(mask, dataset)
        for where, strip in _blocks(mask, form, dataset):
            new = strip.valid & ~valid[where]
            valid[where] |= strip.valid
            # The most by far, and without a copy.
            values = strip.values.ravel() if new.all() else strip.values[new]
            no_data.update(strip.no_data)
            doubtful.update(strip.doubtful)
            try:
                counts.update(value_counts(values))
            except MaskError as err:
                raise MaskError(f"{mask.name}: {err}") from err
        names, colours = _own_table(dataset, form)
    if len(counts) > MAX_CLASSES:
        raise MaskError(
            f"{mask.name}: it has {len(counts)} different values; a mask has at most "
            f"{MAX_CLASSES} classes. Is it an image?"
        )
    if form.layout == SINGLE and form.threshold is None and _is_lossy(mask, counts):
        raise MaskError(
            f"{mask.name}: it is a JPEG, whose compression has made {len(counts)} values of few "
            f"({min(counts)} to {max(counts)}). Say with --threshold from where on they mean class "
            "1 (128 for black and white), or save the mask as PNG."
        )
    return Content(form, counts, valid, names, colours, _by_value(no_data), _by_value(+doubtful))


def _by_value(counts: Mapping[float, int]) -> dict[str, int]:
    return {value_text(value): count for value, count in sorted(counts.items())}


def _is_lossy(mask: Mask, counts: Mapping[int, int]) -> bool:
    """Whether the values of a JPEG are spread around those that were saved."""
    values = sorted(counts)
    if Path(mask.path).suffix.lower() not in (".jpg", ".jpeg") or len(values) < _FEW_VALUES:
        return False
    steps = [high - low for low, high in pairwise(values)]
    return values[-1] - values[0] > _CONTRAST and min(steps) <= _NOISE


def read_labels(mask: Mask) -> NDArray[np.uint8]:
    """The labels of a registered mask (height, width), uint8 stored values, 255 = no data.

    Raises MaskError when the file is gone or isn't the one that was registered.
    """
    check_unchanged(mask)
    labels = np.full(_shape(mask), IGNORE, dtype=np.uint8)
    for where, strip in _blocks(mask, mask.raster):
        free = labels[where] == IGNORE
        new = np.where(strip.valid, recode(strip.values, mask.classes.stored or {}), IGNORE)
        labels[where] = np.where(free, new, labels[where])
    return labels


def check_unchanged(mask: Mask) -> None:
    """Raises MaskError when the file of a mask is gone or isn't the one that was registered."""
    path = Path(mask.path)
    if not path.exists():
        raise MaskError(
            f"{mask.name}: {path} is gone. Put the file back, or add the mask again from where "
            "it is now."
        )
    try:
        changed = content_digest(path, mask.tiles) != mask.sha256
    except OSError as err:
        raise MaskError(
            f"{mask.name}: {err.filename} can't be read ({err.strerror}). Put the file back, or "
            "add the mask again."
        ) from err
    if changed:
        raise MaskError(
            f"{mask.name}: {path} has changed since it was added. Run `masks add` on it again so "
            "that its classes, extent and pairs follow."
        )


def files_of(mask: Mask) -> tuple[Path, ...]:
    """The raster files that the mask consists of."""
    return tuple(map(Path, mask.tiles)) or (Path(mask.path),)


def _shape(mask: Mask) -> tuple[int, int]:
    if mask.height is None or mask.width is None:
        raise ValueError(f"{mask.name} has no pixels")
    return mask.height, mask.width


def _form(mask: Mask, dataset: Any) -> RasterForm:
    if dataset.dtypes[0].startswith("complex"):
        raise MaskError(f"{mask.name}: complex numbers can't be class values.")
    try:
        others = [partial(opened, path) for path in files_of(mask)[1:]]
        return replace(find_layout(dataset, mask.raster, others), tiles=mask.tiles)
    except MaskError as err:
        raise MaskError(f"{mask.name}: {err}") from err


Where = tuple[slice, slice]


def _blocks(mask: Mask, form: RasterForm, first: Any = None) -> Iterator[tuple[Where, Strip]]:
    """Strips of the mask with their class values, and which rows and columns of it they are.

    `first` is the dataset of its first file, if that is open already.
    """
    for number, path in enumerate(files_of(mask)):
        with opened(path) if number or first is None else nullcontext(first) as dataset:
            column, row = _offset(mask, dataset.transform) if form.tiles else (0, 0)
            columns = slice(column, column + dataset.width)
            try:
                for strip in read_blocks(dataset, form):
                    where = (slice(row + strip.rows.start, row + strip.rows.stop), columns)
                    if (known := _valid_in_image(mask, where)) is not None:
                        strip = replace(strip, valid=strip.valid & known)
                    yield where, strip
            except MaskError as err:
                raise MaskError(f"{path.name}: {err}") from err


def _offset(mask: Mask, transform: Affine) -> tuple[int, int]:
    """Column and row of a tile's first pixel on the grid of the mask."""
    column, row = ~mask.grid.transform @ (transform.c, transform.f)
    return round(column), round(row)


def _valid_in_image(mask: Mask, where: Where) -> BoolArray | None:
    """Where the source image, on the mask's own grid, has data; None where it doesn't matter."""
    if mask.source.valid_from is None:
        return None
    path = Path(mask.source.valid_from)
    if not path.is_file():
        raise MaskError(
            f"the image {path}, whose no-data hold for it, is gone. Put it back, or add the mask "
            "again with another --image."
        )
    with opened(path) as image:
        rows, columns = where
        window = rasterio.windows.Window.from_slices(rows, columns)
        found: BoolArray = image.dataset_mask(window=window) > 0
    return found


def image_has_no_data(path: Path) -> bool:
    """Whether an image says which of its pixels are valid, by no-data, a mask or alpha."""
    with opened(path) as dataset:
        return any(MaskFlags.all_valid not in flags for flags in dataset.mask_flag_enums)


def _own_table(dataset: Any, form: RasterForm) -> tuple[dict[str, str], dict[str, str]]:
    """Names and colours of class values that the file itself brings."""
    if form.layout == SINGLE:
        return {}, _palette(dataset)
    names = band_names(dataset)
    described = (
        (str(form.first + index), names[number - 1])
        for index, number in enumerate(label_bands(dataset))
    )
    return {value: text for value, text in described if text}, {}


def _palette(dataset: Any) -> dict[str, str]:
    """The colour table of band 1, `#rrggbb` by value; empty where there is none."""
    try:
        table = dataset.colormap(1)
    except ValueError:
        return {}
    return {
        str(value): f"#{red:02x}{green:02x}{blue:02x}"
        for value, (red, green, blue, _) in table.items()
    }


def small_labels(mask: Mask, longest: int) -> NDArray[np.uint8]:
    """The labels of a mask at most `longest` pixels wide or high, by the nearest pixels.

    (height, width) uint8 as stored in pairs, 255 where nothing is known. What its source image
    says of validity is left aside. Raises MaskError when a file is gone or can't be shown.
    """
    height, width = _shape(mask)
    scale = min(1.0, longest / max(height, width))
    small = np.full((max(1, round(height * scale)), max(1, round(width * scale))), IGNORE, np.uint8)
    for path in files_of(mask):
        if not path.is_file():
            raise MaskError(
                f"{mask.name}: {path} is gone. Put the file back, or add the mask again from where "
                "it is now."
            )
        with opened(path) as dataset:
            _check_showable(mask, dataset)
            column, row = _offset(mask, dataset.transform) if mask.tiles else (0, 0)
            rows = _scaled(row, dataset.height, small.shape[0] / height)
            columns = _scaled(column, dataset.width, small.shape[1] / width)
            shape = (rows.stop - rows.start, columns.stop - columns.start)
            values, valid = read_decimated(dataset, mask.raster, shape)
        found = np.where(valid, recode(values, mask.classes.stored or {}), IGNORE)
        part = small[rows, columns]
        part[:] = found[: part.shape[0], : part.shape[1]]
    return small


def _scaled(first: int, size: int, scale: float) -> slice:
    start = round(first * scale)
    return slice(start, max(round((first + size) * scale), start + 1))


def _check_showable(mask: Mask, dataset: Any) -> None:
    """A file without overviews is read as a whole to be shown small. Raises MaskError."""
    pixels = dataset.width * dataset.height
    if pixels > _READ_PIXELS and not dataset.overviews(1):
        raise MaskError(
            f"{mask.name}: {pixels / 1e6:.0f} million pixels without overviews take too long "
            "to show. `gdaladdo` adds overviews; everything else works without."
        )
