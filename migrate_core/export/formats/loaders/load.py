"""Loads the dataset in whose folder this file lies. Needs numpy and rasterio, nothing else.

    from load import Dataset
    sample = Dataset("train")[0]    # a dictionary of arrays and texts

It is what PyTorch takes for a dataset (it has a length, and samples by number):

    from torch.utils.data import DataLoader
    from load import Dataset, collate
    for batch in DataLoader(Dataset("train"), batch_size=8, shuffle=True, collate_fn=collate):
        loss = cross_entropy(model(batch["image"]), batch["label"], ignore_index=255)

Images of several sizes can't be stacked by themselves. `collate` pads those of a batch to the
largest; export chips (`--chip-size`) to have one size. Images and labels belong together by their
names. They are read as they are stored, so several UTM zones need no care.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

HERE = Path(__file__).resolve().parent
IGNORE = 255
NO_DATA = 0
# What spreadsheets take for a formula stands behind an apostrophe in tables.
_BEGINS_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


class Dataset:
    """Samples of a split (`train`, `val`, `test`), or all of them.

    `bands` are those of images, in this order; by default those that all images have. `fractions`
    adds the area shares of classes; by default where they were exported as the label. With
    `reflectance` images are reflectance, otherwise as they are stored. Raises ValueError for a
    split or band that there isn't.
    """

    def __init__(
        self,
        split: str | None = None,
        bands: Sequence[str] | None = None,
        fractions: bool | None = None,
        reflectance: bool = True,
        root: str | Path = HERE,
    ) -> None:
        self.root = Path(root)
        described = json.loads((self.root / "load.json").read_text(encoding="utf-8"))
        self.bands = tuple(bands or described["bands"])
        self.classes = {one["value"]: one["name"] for one in described["classes"]}
        self.fractions = described["label"] != "hard" if fractions is None else fractions
        self.reflectance = reflectance
        self._scale = described["scale"]
        rows = _rows(self.root / described["table"])
        splits = sorted({row["split"] for row in rows})
        if split is not None and split not in ("train", "val", "test", *splits):
            raise ValueError(f"There is no split {split!r}; there are {', '.join(splits)}.")
        self._rows = [row for row in rows if split in (None, row["split"])]
        self._id = described["id"]

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """The names of samples, which are those of their files."""
        return tuple(row[self._id] for row in self._rows)

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """All samples."""
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> dict[str, Any]:
        """The sample of that number.

        `image` (bands, height, width), float32 reflectance (0 where there is no data); `label`
        (height, width), int64, 255 = ignore; `fractions` (classes, height, width), float32, if
        wanted; `transform` the six numbers a…f of the affine transform, float64; and the texts
        `crs`, `sample_id`, `pair_id` and `split`. Raises IndexError, and ValueError for files that
        don't fit each other.
        """
        row = self._rows[index]
        name = f"{row[self._id]}.tif"
        with rasterio.open(self.root / "images" / name) as dataset:
            image = dataset.read(self._positions(dataset))
            crs, transform = dataset.crs, dataset.transform
        with rasterio.open(self.root / "labels" / name) as dataset:
            label = dataset.read(1)
            if (dataset.crs, dataset.transform, label.shape) != (crs, transform, image.shape[1:]):
                raise ValueError(f"{name}: its image and its label don't have the same grid.")
        sample = {
            "image": self._values(image),
            "label": label.astype(np.int64),
            "crs": crs.to_string(),
            "transform": np.array(tuple(transform)[:6]),
            "sample_id": row[self._id],
            "pair_id": row["pair_id"],
            "split": row["split"],
        }
        if self.fractions:
            sample["fractions"] = self._shares(self.root / "fractions" / name)
        return sample

    def _positions(self, dataset: Any) -> list[int]:
        there = dataset.descriptions
        missing = [band for band in self.bands if band not in there]
        if missing:
            raise ValueError(
                f"{dataset.name} has no {', '.join(missing)}; it has {', '.join(there)}."
            )
        return [there.index(band) + 1 for band in self.bands]

    def _values(self, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if not self.reflectance or image.dtype.kind == "f":
            return image
        return np.asarray(image * self._scale, np.float32)

    def _shares(self, path: Path) -> np.ndarray[Any, Any]:
        """The shares of all classes of the dataset; a pair's file has those of the pair."""
        with rasterio.open(path) as dataset:
            stored, names = np.nan_to_num(dataset.read()), dataset.descriptions
        shares = np.zeros((len(self.classes), *stored.shape[1:]), np.float32)
        for number, value in enumerate(self.classes):
            if f"class {value}" in names:
                shares[number] = stored[names.index(f"class {value}")]
        return shares


def collate(samples: Sequence[Mapping[str, Any]]) -> Any:
    """A batch of torch tensors, of samples that are padded to the size of the largest.

    They are padded below and on the right: images and shares with 0,
    labels with 255. Needs PyTorch.
    """
    from torch.utils.data import default_collate

    return default_collate(pad_to_largest(samples))


def pad_to_largest(samples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The samples in the size of the largest: 0 in images and shares, 255 in labels."""
    height, width = (max(one["label"].shape[side] for one in samples) for side in (0, 1))
    return [
        {name: _padded(name, value, height, width) for name, value in one.items()}
        for one in samples
    ]


def torchgeo_dataset(split: str | None = None, **options: Any) -> Any:
    """The same as a `NonGeoDataset` of TorchGeo: `image` and `mask` are tensors.

    `options` are those of `Dataset`. Needs TorchGeo.
    """
    import torch
    from torchgeo.datasets import NonGeoDataset

    class Pairs(NonGeoDataset):  # type: ignore[misc]
        samples = Dataset(split, **options)

        def __len__(self) -> int:
            return len(self.samples)

        def __getitem__(self, index: int) -> dict[str, Any]:
            sample = self.samples[index]
            sample["mask"] = sample.pop("label")
            return {
                name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
                for name, value in sample.items()
            }

        def __reduce__(self) -> Any:
            # Workers of a DataLoader make it again: a class in a function can't be sent to them.
            return _torchgeo_again, (split, options)

    return Pairs()


def _torchgeo_again(split: str | None, options: Mapping[str, Any]) -> Any:
    return torchgeo_dataset(split, **options)


def _padded(name: str, value: Any, height: int, width: int) -> Any:
    if name not in ("image", "label", "fractions"):
        return value
    missing = (height - value.shape[-2], width - value.shape[-1])
    sides = [(0, 0)] * (value.ndim - 2) + [(0, missing[0]), (0, missing[1])]
    return np.pad(value, sides, constant_values=IGNORE if name == "label" else NO_DATA)


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return [{name: _text(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def _text(cell: str) -> str:
    is_guarded = cell.startswith("'") and cell.lstrip("' ").startswith(_BEGINS_FORMULA)
    return cell[1:] if is_guarded else cell
