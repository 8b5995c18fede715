"""The files of a pair: when they are complete, and what is said of damaged ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from migrate_core.errors import PairError
from migrate_core.grid import PixelGrid
from migrate_core.pairs.files import (
    DOCUMENT,
    LABEL,
    RASTERS,
    PairRaster,
    open_raster,
    pair_complete,
    read_document,
    write_document,
    write_raster,
)

GRID = PixelGrid("EPSG:32631", Affine(10, 0, 482820, 0, -10, 4690320), 300, 20)


def test_a_pair_is_complete_with_its_last_file_only(tmp_path: Path) -> None:
    for name in (*(raster.file for raster in RASTERS), DOCUMENT):
        assert not pair_complete(tmp_path)
        (tmp_path / name).touch()
    assert pair_complete(tmp_path)


@pytest.mark.parametrize("raster", RASTERS, ids=lambda raster: raster.name)
def test_a_raster_is_read_as_it_was_written(raster: PairRaster, tmp_path: Path) -> None:
    pixels = np.arange(GRID.width * GRID.height * 2).reshape(2, *GRID.shape) % 251
    write_raster(tmp_path, raster, pixels.astype(raster.dtype), GRID, ["one", "two"])
    with open_raster(tmp_path, raster) as dataset:
        assert dataset.dtypes == (raster.dtype, raster.dtype)
        assert (dataset.nodata, dataset.descriptions) == (raster.nodata, ("one", "two"))
        assert (dataset.crs.to_string(), dataset.transform) == (GRID.crs, GRID.transform)
        np.testing.assert_array_equal(dataset.read(), pixels)


def test_blocks_of_a_raster_are_no_larger_than_it_needs(tmp_path: Path) -> None:
    write_raster(tmp_path, LABEL, np.zeros((1, *GRID.shape), np.uint8), GRID, ["label"])
    with open_raster(tmp_path, LABEL) as dataset:
        assert dataset.block_shapes == [(32, 256)]


def test_a_raster_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "label.tif").write_bytes(b"II*")
    with pytest.raises(PairError, match=r"label\.tif: .* Delete the pair's folder"):
        with open_raster(tmp_path, LABEL):
            pass


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_document(tmp_path, {"mask": {"name": "Grün"}, "shift": None})
    assert read_document(tmp_path) == {"mask": {"name": "Grün"}, "shift": None}


def test_a_document_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / DOCUMENT).write_text("{", encoding="utf-8")
    with pytest.raises(PairError, match=r"pair\.json: the file can't be read"):
        read_document(tmp_path)
