"""The pipeline from masks to pairs over the command line, as a person walks it, and its results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from migrate_core.store.base import open_store
from migrate_core.store.candidates import select_all
from migrate_core.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parents[2]


def migrate(workspace: Path, *arguments: object) -> Any:
    """The JSON document of a command. Items with a problem (exit status 1) are said and skipped."""
    command = [sys.executable, "-m", "migrate_core", "--workspace", workspace, *arguments]
    words = [*map(str, command), "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    run = subprocess.run(words, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(words)} ended with {run.returncode}: {run.stderr[-2000:]}")
    if run.returncode == 1:
        print(run.stderr[-1500:], file=sys.stderr)
    return json.loads(run.stdout)


@dataclass(frozen=True)
class Made:
    """A pair as it lies on disk: its row of `pairs list`, the folder of its files."""

    row: dict[str, Any]
    workspace: Path

    @property
    def mask(self) -> str:
        """The stem of the mask's file."""
        return Path(self.row["mask_name"]).stem

    @property
    def scene(self) -> str:
        """The name of the (first) scene."""
        return str(self.row["scene_ids"][0])

    def read(self, name: str) -> NDArray[Any]:
        """A raster of the pair, (bands, height, width)."""
        with rasterio.open(self.workspace / self.row[name]) as dataset:
            pixels: NDArray[Any] = dataset.read()
            return pixels

    def transform(self) -> Affine:
        """The transform of all its rasters."""
        with rasterio.open(self.workspace / self.row["label"]) as dataset:
            transform: Affine = dataset.transform
            return transform

    def labelled_share(self) -> NDArray[np.float64]:
        """The share 0…1 of each pixel (height, width) that has a class other than background."""
        with rasterio.open(self.workspace / self.row["fractions"]) as dataset:
            wanted = [n for n, text in enumerate(dataset.descriptions, 1) if text != "class 0"]
            return np.asarray(dataset.read(wanted).sum(axis=0, dtype=np.float64))

    def labelled(self) -> NDArray[np.bool_]:
        """Pixels (height, width) whose hard label is neither background nor ignore."""
        label = self.read("label")[0]
        return np.asarray((label != 0) & (label != 255))

    def inside(self) -> NDArray[np.bool_]:
        """Pixels (height, width) inside the mask's footprint."""
        return np.asarray(self.read("quality")[0] & 1 == 0)

    def document(self) -> dict[str, Any]:
        """What pair.json says."""
        text = (self.workspace / self.row["label"]).with_name("pair.json").read_text("utf-8")
        found: dict[str, Any] = json.loads(text)
        return found


def made_pairs(workspace: Path, *options: object) -> list[Made]:
    """Make the pairs of the selected matches with `options`; those that are done."""
    rows = migrate(workspace, "pairs", "make", *options)
    return [Made(row, workspace) for row in rows if row["state"] == "done"]


def each_scene(
    workspace: Path, found: Sequence[dict[str, Any]], *options: object
) -> Iterator[Made]:
    """The pairs of every scene of a search with each mask that has it, one scene after another."""
    for scene in sorted({one["scene_id"] for item in found for one in item["scenes"]}):
        choices = {
            item["mask_id"]: scene
            for item in found
            if any(one["scene_id"] == scene for one in item["scenes"])
        }
        select_all(open_store(Workspace(workspace)), choices)
        yield from (pair for pair in made_pairs(workspace, *options) if pair.scene == scene)


def move(source: Path, target: Path, east_m: float, north_m: float) -> None:
    """Copy a GeoTIFF in a metric CRS and displace its georeference."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    with rasterio.open(target, "r+") as dataset:
        dataset.transform = Affine.translation(east_m, north_m) @ dataset.transform
