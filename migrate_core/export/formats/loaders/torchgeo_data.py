"""Loads the dataset in whose folder this file lies with TorchGeo (0.9 or newer).

    from torchgeo_data import Samples, dataset, zones
    Samples("train")[0]                             # each sample once, as it is stored
    train = dataset("train", zones("train")[0])     # a GeoDataset: images & labels of a UTM zone

A GeoDataset has one CRS, and brings all other files into it by resampling. So there is one for each
UTM zone; `Samples` has those of all zones. An image meets its own label only, also where masks of
one day overlap: the names of both end with the same two instants, which no other sample has. They
are the second of sensing plus some microseconds. Use `dataset` with any sampler of TorchGeo, and
`Samples` to have each sample once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from torchgeo.datasets import IntersectionDataset, RasterDataset

HERE = Path(__file__).resolve().parent
_DESCRIBED = json.loads((HERE / "load.json").read_text(encoding="utf-8"))
# By their values; 255 is ignore, and no class.
CLASSES = {one["value"]: one["name"] for one in _DESCRIBED["classes"]}
BANDS = tuple(_DESCRIBED["bands"])
# Reflectance = value of an image * SCALE; 0 is no data.
SCALE: float = _DESCRIBED["scale"]
LABEL = _DESCRIBED["label"]


class _Rasters(RasterDataset):  # type: ignore[misc]
    filename_glob = "*.tif"
    filename_regex = r".*_(?P<start>\d{8}T\d{12})_(?P<stop>\d{8}T\d{12})\.tif$"
    date_format = "%Y%m%dT%H%M%S%f"


class Images(_Rasters):
    """`image`: (bands, height, width), float32, reflectance = value * SCALE."""

    all_bands = BANDS
    rgb_bands = tuple(band for band in ("B04", "B03", "B02") if band in BANDS)


class Labels(_Rasters):
    """`mask`: (height, width), int64, the values of CLASSES and 255 = ignore."""

    is_image = False


class Fractions(_Rasters):
    """`fractions`: (classes, height, width), float32, the area share 0…1 of each of CLASSES."""

    is_image = False

    @property
    def dtype(self) -> Any:
        """Shares are no classes."""
        return torch.float32

    def __getitem__(self, index: Any) -> dict[str, Any]:
        """The shares at a place and time."""
        sample: dict[str, Any] = super().__getitem__(index)
        shares = sample.pop("mask")
        sample["fractions"] = shares[None] if shares.ndim == 2 else shares
        return sample


def zones(split: str) -> tuple[str, ...]:
    """The CRSs of the images of a split, as their folders are called."""
    return tuple(sorted(path.name for path in (HERE / split).glob("*") if path.is_dir()))


def dataset(split: str, zone: str, **options: Any) -> Any:
    """Images & labels of a split (`train`, `val`, `test`) and UTM zone.

    Labels are hard, shares, or both, as they were exported. `options` are those of RasterDataset.
    """
    folder = HERE / split / zone
    found = Images(folder / "images", **options)
    for kind, wanted in ((Labels, LABEL != "fractions"), (Fractions, LABEL != "hard")):
        if wanted:
            found = IntersectionDataset(found, kind(folder / kind.__name__.lower()))
    return found


class Samples(Dataset):  # type: ignore[misc]
    """All samples of a split, of all UTM zones, by number; each as it is stored.

    A sample is that of `dataset` and has the texts `sample_id` and `crs` besides.
    """

    def __init__(self, split: str, **options: Any) -> None:
        self.datasets = {zone: dataset(split, zone, **options) for zone in zones(split)}
        self._samples = [
            (zone, row) for zone, found in self.datasets.items() for row in range(len(found))
        ]

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._samples)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """The sample of that number. Raises IndexError."""
        zone, row = self._samples[index]
        found = self.datasets[zone]
        images = _images(found)
        path, box = images.index["filepath"].iloc[row], images.index.geometry.iloc[row].bounds
        time = images.index.index[row]
        sample: dict[str, Any] = found[box[0] : box[2], box[1] : box[3], time.left : time.right]
        sample["sample_id"] = Path(path).stem.rsplit("_", 2)[0]
        sample["crs"] = images.crs.to_string()
        return sample


def _images(found: Any) -> Any:
    while isinstance(found, IntersectionDataset):
        found = found.datasets[0]
    return found
