"""Trains an epoch on DATASET/ultralytics with Ultralytics; saves each sample in OUT."""

import json
import sys
from pathlib import Path

import numpy as np
from ultralytics import YOLO
from ultralytics.data.dataset import SemanticDataset
from ultralytics.data.utils import check_det_dataset

dataset, out = (Path(path) for path in sys.argv[1:])
settings = str(dataset / "ultralytics" / "data.yaml")
data = check_det_dataset(settings)
found = {"names": data["names"], "samples": {}}
for split in ("train", "val", "test"):
    samples = SemanticDataset(
        img_path=data[split], data=data, imgsz=32, augment=False, task="semantic"
    )
    found["samples"][split] = []
    for index in range(len(samples)):
        sample = samples.get_image_and_label(index)
        name = Path(sample["im_file"]).stem
        found["samples"][split].append(name)
        np.savez(out / f"{name}.npz", image=sample["img"], mask=sample["semantic_mask"])

trained = YOLO("yolo26n-sem.yaml").train(
    data=settings,
    epochs=1,
    imgsz=64,
    batch=4,
    device="cpu",
    workers=0,
    project=str(out / "runs"),
    plots=False,
    amp=False,
)
found["pixels"] = {
    trained.names[number]: int(count) for number, count in enumerate(trained.nt_per_class)
}
print()
print(json.dumps(found))
