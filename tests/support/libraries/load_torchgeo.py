"""Loads DATASET/torchgeo and DATASET with TorchGeo and PyTorch; saves each sample in OUT."""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

dataset, out = (Path(path) for path in sys.argv[1:])
sys.path[:0] = [str(dataset), str(dataset / "torchgeo")]

from load import Dataset, collate, torchgeo_dataset  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402
from torchgeo.datasets import IntersectionDataset, NonGeoDataset, RasterDataset  # noqa: E402
from torchgeo.samplers import PreChippedGeoSampler  # noqa: E402
from torchgeo_data import Samples, zones  # noqa: E402

warnings.simplefilter("ignore")


class Own(RasterDataset):
    """What people write who read names themselves."""

    filename_regex = r".*_(?P<start>\w{21})_(?P<stop>\w{21})\.tif"
    date_format = "%Y%m%dT%H%M%S%f"


class OwnLabels(Own):
    is_image = False


found = {"samples": {}, "intersections": {}, "own": {}, "sampled": {}, "plain": {}}
for split in ("train", "val", "test"):
    samples = Samples(split)
    found["samples"][split] = []
    for index in range(len(samples)):
        sample = samples[index]
        found["samples"][split].append(sample["sample_id"])
        names = [name for name in ("image", "mask", "fractions") if name in sample]
        np.savez(out / f"{sample['sample_id']}.npz", **{n: sample[n].numpy() for n in names})
    for zone in zones(split):
        both = samples.datasets[zone]
        assert isinstance(both, IntersectionDataset)
        found["intersections"][f"{split}/{zone}"] = len(both)
        found["sampled"][f"{split}/{zone}"] = len(list(PreChippedGeoSampler(both)))
        folder = dataset / "torchgeo" / split / zone
        own = Own(folder / "images") & OwnLabels(folder / "labels")
        found["own"][f"{split}/{zone}"] = len(own)
    plain = torchgeo_dataset(split)
    assert isinstance(plain, NonGeoDataset)
    found["plain"][split] = [plain[index]["sample_id"] for index in range(len(plain))]

loaded = DataLoader(Dataset("train"), batch_size=3, collate_fn=collate, num_workers=1)
found["batches"] = [
    [list(batch["image"].shape), str(batch["image"].dtype), str(batch["label"].dtype)]
    for batch in loaded
]
print(json.dumps(found))
