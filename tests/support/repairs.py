"""A workspace with a made pair to be repaired: a turned mask of 3 m, half of it under a cloud."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry import box, mapping

from migrate_core.grid import PixelGrid
from migrate_core.model import Mask, Pair, PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.review.repair import EditRequest, Repaired, repair
from tests.support.pairs import (
    CRS,
    NORTH,
    WEST,
    Case,
    Safe,
    checkered,
    placed,
    prepare,
    registered,
    write_mask,
    write_safe,
)

# Where a mask of 40 x 40 pixels of 3 m, turned by 12 degrees, lies in the middle of a product.
TURNED = placed(20.3, 21.7, 3, degrees=12)
RASTERS = ("label.tif", "fractions.tif", "quality.tif")


def clouded() -> NDArray[np.int64]:
    """Scene classes (30, 30): a cloud over the left half of the mask, else vegetation."""
    classes = np.full((30, 30), 4)
    classes[:, :12] = 9
    return classes


@dataclass(frozen=True)
class RepairCase:
    """A workspace with one pair."""

    case: Case

    @property
    def pair(self) -> Pair:
        (pair,) = (one for one in self.case.store.pairs() if one.state != "superseded")
        return pair

    @property
    def folder(self) -> Path:
        return self.case.workspace.pair(self.pair.pair_id)

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "pair.json").read_text(encoding="utf-8"))
        return found

    @property
    def grid(self) -> PixelGrid:
        with rasterio.open(self.folder / "label.tif") as dataset:
            return PixelGrid(CRS, dataset.transform, dataset.width, dataset.height)

    def read(self, name: str) -> NDArray[Any]:
        """All bands of one of the pair's rasters."""
        with rasterio.open(self.folder / f"{name}.tif") as dataset:
            return dataset.read()

    def bytes(self) -> dict[str, bytes]:
        """The files that edits change, and the document."""
        return {name: (self.folder / name).read_bytes() for name in (*RASTERS, "pair.json")}

    def edit(
        self, kind: str, token: str | None = None, reviewer: str = "ann", **document: Any
    ) -> Repaired:
        request = EditRequest(self.pair.pair_id, kind, document, reviewer)
        return repair(self.case.store, self.case.workspace, request, token)


def made_case(
    folder: Path, transform: Affine = TURNED, parameters: PairParameters | None = None
) -> RepairCase:
    """Make the pair; tests that call this put threads in the place of worker processes."""
    mask = registered(write_mask(folder / "m.tif", checkered(), transform))
    return made_of(folder, mask, parameters)


def made_of(folder: Path, mask: Mask, parameters: PairParameters | None = None) -> RepairCase:
    """Make the pair of a mask."""
    write_safe(folder / "scenes", Safe(pixels={"SCL": clouded()}))
    case = prepare(folder / "workspace", [mask], folder / "scenes")
    outcome = case.make(RunOptions(workers=1, parameters=parameters or PairParameters()))
    assert (outcome.made, outcome.failed) == (1, 0)
    return RepairCase(case)


def area(west: float, north: float, east: float, south: float) -> dict[str, Any]:
    """A rectangle as GeoJSON in the CRS of the products, by columns and rows of their 10 m grid."""
    shape = box(WEST + 10 * west, NORTH - 10 * south, WEST + 10 * east, NORTH - 10 * north)
    crs = {"type": "name", "properties": {"name": CRS}}
    return {"type": "Feature", "properties": {}, "geometry": mapping(shape), "crs": crs}
