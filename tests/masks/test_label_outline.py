"""The outline of a label, for drawing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

from migrate_core.errors import MaskError
from migrate_core.masks import label_outline as outlines
from migrate_core.masks.label_outline import label_outline
from migrate_core.model import LONLAT
from tests.support.pairs import numbered_masks
from tests.support.vectors import UTM, added, frame, only, reprojected, square, write

GEOD = Geod(ellps="WGS84")


def area_m2(found: object) -> float:
    return abs(float(GEOD.geometry_area_perimeter(found)[0]))


def test_the_outline_of_pixels_has_their_area_and_place(tmp_path: Path) -> None:
    (mask,) = numbered_masks(tmp_path, 1)
    found = label_outline(mask)
    assert mask.extent is not None
    assert mask.extent.buffer(1e-6).contains(found)
    # Half of 80 m by 80 m is labelled, in squares.
    assert area_m2(found) == pytest.approx(area_m2(mask.extent) / 2, rel=0.05)


def test_a_mask_of_polygons_has_the_outline_of_its_polygons(tmp_path: Path) -> None:
    field = square(0, 0)
    path = write(tmp_path / "fields.gpkg", frame([field, square(300, 300)], {"class": [1, 2]}))
    found = label_outline(only(added(path)))
    assert len(found.geoms) == 2
    expected = reprojected(shapely.union_all([field, square(300, 300)]), UTM, LONLAT)
    assert found.symmetric_difference(expected).area < 0.02 * expected.area


def test_of_a_label_in_very_many_parts_the_largest_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mask,) = numbered_masks(tmp_path, 1)
    parts = len(label_outline(mask).geoms)
    assert parts > 1
    monkeypatch.setattr(outlines, "_MOST_PARTS", 1)
    assert len(label_outline(mask).geoms) == 1


def test_a_label_without_anything_has_an_empty_outline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mask,) = numbered_masks(tmp_path, 1)
    nothing = np.zeros((8, 8), dtype=np.uint8)
    monkeypatch.setattr(outlines, "small_labels", lambda *_: nothing)
    assert label_outline(mask).is_empty


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    (mask,) = numbered_masks(tmp_path, 1)
    Path(mask.path).unlink()
    with pytest.raises(MaskError, match=r"m0\.tif"):
        label_outline(mask)
    with pytest.raises(MaskError, match="no georeference"):
        label_outline(replace(mask, extent=None))
