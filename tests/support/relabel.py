"""Masks whose labels go out to a GeoPackage and come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio

from migrate_core.grid import PixelGrid
from migrate_core.masks.relabel.versions import Relabelled, RelabelRequest, relabel, save_labels
from migrate_core.model import Mask
from migrate_core.pairs.label.grid_labels import grid_labels
from migrate_core.pairs.label.hard_label import hard_label
from migrate_core.session import Session
from migrate_core.settings import load_settings
from tests.support.pairs import placed

UTM = "EPSG:32631"
Edit = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]


def unedited(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame


def target() -> PixelGrid:
    """A grid of 10 m around all masks that `placed` puts near its corner."""
    return PixelGrid(UTM, placed(-60, -60, 10), 160, 160)


def shares(mask: Mask) -> np.ndarray:
    """The shares of all classes of a mask on the target."""
    return grid_labels(mask).shares(target(), mask.stored_classes)


def hard(mask: Mask) -> np.ndarray:
    """The labels of a mask on the target, 255 where a centre lies outside of it."""
    inside = grid_labels(mask).inside(target())
    return np.where(inside, hard_label(shares(mask), mask.stored_classes), 255)


@dataclass
class Labels:
    """A workspace, and a folder for what goes out of it."""

    session: Session
    folder: Path

    def put(self, *masks: Mask) -> None:
        self.session.store.put_masks(masks)

    def out(self, mask: Mask) -> Path:
        """The labels of a mask in a file of their own."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}-out.gpkg"
        save_labels(self.session, mask.mask_id, path)
        return path

    def edited(self, mask: Mask, edit: Edit = unedited) -> Path:
        """The labels of a mask, edited as QGIS saves them: in the layer, other layers stay."""
        path = self.out(mask)
        frame = edit(pyogrio.read_dataframe(path, layer="labels"))
        pyogrio.write_dataframe(frame, path, layer="labels", driver="GPKG")
        return path

    def back(self, mask: Mask, path: Path, **options: bool | str) -> Relabelled:
        request = RelabelRequest(mask.mask_id, path, "ann", **options)  # type: ignore[arg-type]
        return relabel(self.session, request)

    def round_trip(self, mask: Mask, edit: Edit = unedited) -> Relabelled:
        """A mask of the workspace, out, edited and back."""
        self.put(mask)
        return self.back(mask, self.edited(mask, edit))


def opened(folder: Path) -> Iterator[Labels]:
    """For a fixture."""
    (folder / "out").mkdir()
    session = Session(load_settings(folder / "workspace"))
    yield Labels(session, folder / "out")
    session.store.engine.dispose()
