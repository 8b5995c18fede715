"""A workspace with a mask for each scene class, and for flags that overlap, carried to a dataset.

Every place that tells what occludes a label must tell the same of each of these masks.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from migrate_core.cli import cli
from migrate_core.export.dataset import export_dataset
from migrate_core.export.request import ExportRequest
from migrate_core.model import Mask, Pair
from migrate_core.products.scene_classes import SCL_FLAGS, Flag
from migrate_core.store.base import Candidate
from tests.support.pairs import Case, Safe, open_case, placed, registered, write_mask, write_safe
from tests.support.threads import InThreads

# Each mask has 4 x 4 pixels of 20 m: three columns are labelled, the last one is background.
LABEL = np.repeat([[1, 1, 1, 1, 1, 1, 0, 0]], 8, axis=0).astype(np.uint8)
CLOUD_SNOW, CLOUD_SHADOW = 12, 13
OVERLAPS = {CLOUD_SNOW: Flag.CLOUD | Flag.SNOW, CLOUD_SHADOW: Flag.CLOUD | Flag.SHADOW}
IN_SCENE = 28.1


@dataclass(frozen=True)
class Ground:
    """A mask's four columns of scene classes, and how many of its image's were occluded.

    Expected are the occluded thirds of the label in the scene and in the pair, and the clouded
    quarters of the mask, of those with data.
    """

    classes: tuple[int, int, int, int]
    thirds: int
    quarters: float = 0
    source: int = 0
    pair_thirds: int | None = None

    @property
    def in_scene(self) -> float:
        return self.thirds / 3

    @property
    def in_pair(self) -> float:
        return (self.thirds if self.pair_thirds is None else self.pair_thirds) / 3


# 0 no data, 1 saturated or defective, 3 shadow, 8 and 9 cloud, 10 thin cirrus, 11 snow occlude.
GROUNDS = {
    f"class{value:02}": Ground((value, 4, 4, 4), int(value in (0, 1, 3, 8, 9, 10, 11)))
    for value in range(12)
} | {
    "class08": Ground((8, 4, 4, 4), 1, 1),
    "class09": Ground((9, 4, 4, 4), 1, 1),
    "class10": Ground((10, 4, 4, 4), 1, 1),
    "snow": Ground((11, 11, 11, 11), 3),
    "cloud_and_snow": Ground((CLOUD_SNOW, 4, 4, 4), 1, 1),
    "cloud_and_shadow": Ground((CLOUD_SHADOW, 9, 4, 4), 2, 2),
    "cloud_in_both": Ground((9, 4, 4, 4), 1, 1, source=2, pair_thirds=2),
    "source_alone": Ground((4, 4, 4, 4), 0, source=1, pair_thirds=1),
    "cloud_beside": Ground((4, 4, 4, 9), 0, 1),
}
# Unusable is what has more than 10 percent of its label occluded, or of the mask under cloud.
USABLE = {"class02", "class04", "class05", "class06", "class07", "source_alone"}


@dataclass(frozen=True)
class Made:
    """The workspace, what it holds by the name of the mask, and the dataset made of it."""

    case: Case
    candidates: Mapping[str, Candidate]
    pairs: Mapping[str, Pair]
    manifest: Mapping[str, dict[str, str]]
    dataset: Path


def _masks(folder: Path) -> tuple[list[Mask], NDArray[np.int64]]:
    """The masks, in rows of five, and the scene classification over them."""
    masks, classes = [], np.full((30, 30), 4)
    for number, (name, ground) in enumerate(GROUNDS.items()):
        row, column = divmod(number, 5)
        corner = (2 + 10 * column, 2 + 10 * row)
        classes[1 + 5 * row : 5 + 5 * row, 1 + 5 * column : 5 + 5 * column] = ground.classes
        mask = registered(write_mask(folder / f"{name}.tif", LABEL, placed(*corner, 10)))
        if ground.source:
            hidden = np.zeros_like(LABEL)
            hidden[:, : 2 * ground.source] = 1
            udm = write_mask(folder / f"{name}_udm.tif", hidden, placed(*corner, 10))
            mask = replace(mask, source=replace(mask.source, udm=str(udm)))
        masks.append(mask)
    return masks, classes


def make_everything(root: Path) -> Made:
    """The workspace and the dataset in a folder."""
    masks, classes = _masks(root / "masks")
    write_safe(root / "scenes", Safe(cloud_percent=IN_SCENE, pixels={"SCL": classes}))
    case = open_case(root / "workspace")
    case.store.put_masks(masks)
    search = ["scenes", "search", "--source", f"local:{root / 'scenes'}", "--measure-clouds"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
        # Flags overlap where s2cloudless or a cloud mask gives them; here two classes more do.
        before = SCL_FLAGS.copy()
        SCL_FLAGS[list(OVERLAPS)] = list(OVERLAPS.values())
        try:
            run(case, *search)
            assert case.make().failed == 0
        finally:
            SCL_FLAGS[:] = before
    request = ExportRequest(root / "dataset", "undecided")
    export_dataset(case.store, case.workspace, request, lambda *_: None)
    with (root / "dataset" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = {Path(row["mask_name"]).stem: row for row in csv.DictReader(file)}
    ids = {mask.mask_id: Path(mask.name).stem for mask in masks}
    return Made(
        case,
        {ids[mask_id]: found[0] for mask_id, found in case.store.candidates().items()},
        {ids[pair.mask_id]: pair for pair in case.store.pairs()},
        rows,
        root / "dataset",
    )


def run(case: Case, *command: str) -> str:
    result = CliRunner().invoke(cli, ["--workspace", str(case.workspace.root), *command])
    assert result.exit_code == 0, result.output
    return result.stdout
