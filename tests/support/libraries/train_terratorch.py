"""Runs DATASET/terratorch/config.yaml by TerraTorch's command line; saves each sample in OUT."""

import json
import os
import sys
from pathlib import Path

import numpy as np

dataset, out = (Path(path) for path in sys.argv[1:])
os.chdir(dataset / "terratorch")

from terratorch.cli_tools import build_lightning_cli  # noqa: E402

cli = build_lightning_cli(
    [
        "fit",
        "--config=config.yaml",
        "--trainer.max_epochs=1",
        "--trainer.accelerator=cpu",
        f"--trainer.default_root_dir={out}",
        "--data.init_args.num_workers=0",
    ]
)
found = {
    "steps": cli.trainer.global_step,
    "loss": float(cli.trainer.callback_metrics["train/loss"]),
}
found["samples"], found["batches"] = {}, {}
for split, stage in (("train", "fit"), ("val", "validate"), ("test", "test")):
    cli.datamodule.setup(stage)
    samples = getattr(cli.datamodule, f"{split}_dataset")
    found["samples"][split] = []
    for index in range(len(samples)):
        sample = samples[index]
        name = Path(sample["filename"]).stem
        found["samples"][split].append(name)
        np.savez(out / f"{name}.npz", image=sample["image"].numpy(), mask=sample["mask"].numpy())
    batch = next(iter(getattr(cli.datamodule, f"{split}_dataloader")()))
    found["batches"][split] = list(batch["image"].shape)
print(json.dumps(found))
