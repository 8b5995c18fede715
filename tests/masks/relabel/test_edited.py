"""What can't be taken of an edited GeoPackage is named by its features, and nothing is mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from migrate_core.errors import MaskError, WrongUseError
from migrate_core.masks.relabel.versions import save_labels
from migrate_core.model import Mask
from tests.support.pairs import placed, registered, write_mask
from tests.support.relabel import UTM, Edit, Labels, hard, opened, shares

PIXELS = np.zeros((30, 40), np.uint8)
PIXELS[4:10, 4:10] = 1
PIXELS[4:10, 20:30] = 2
PIXELS[20:26, 8:12] = 1
PIXELS[:2] = 255
# The features of its file have the ids 1, 2 and 3.


@pytest.fixture
def labels(tmp_path: Path) -> Iterator[Labels]:
    yield from opened(tmp_path)


@pytest.fixture
def mask(labels: Labels, tmp_path: Path) -> Mask:
    path = write_mask(tmp_path / "mask_20200202.tif", PIXELS, placed(0, 0, 3), nodata=255)
    found = registered(path)
    named = replace(found.classes, names={"1": "water", "2": "mine"})
    found = replace(found, classes=named)
    labels.put(found)
    return found


def box(column: float, row: float, width: float, height: float) -> shapely.Geometry:
    """A rectangle by columns and rows of the mask."""
    (left, top), (right, bottom) = (
        placed(0, 0, 3) @ corner for corner in ((column, row), (column + width, row + height))
    )
    return shapely.box(left, bottom, right, top)


def with_geometry(index: int, geometry: shapely.Geometry | None) -> Edit:
    def edit(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame.loc[index, "geometry"] = geometry
        return frame

    return edit


def with_class(index: int, key: str | None, name: str | None) -> Edit:
    def edit(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame.loc[index, ["class", "name"]] = [key, name]
        return frame

    return edit


BOWTIE = shapely.MultiPolygon([shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])])
REFUSED = {
    "invalid": (with_geometry(1, BOWTIE), ["Feature 2 is invalid", "Self-intersection"]),
    "no geometry": (with_geometry(2, None), ["Feature 3 is without a geometry"]),
    "unknown value": (with_class(0, "7", None), ["Feature 1 is of the unknown class '7'", "mine"]),
    "no class": (with_class(2, None, None), ["Feature 3 is without a class"]),
    "unknown name": (with_class(1, None, "sand"), ["Feature 2", "tells no class, 'sand'"]),
    "other name": (with_class(1, "2", "water"), ["class '2' but named 'water'"]),
    "misspelt name": (with_class(1, "2", "mien"), ["class '2' but of the unknown name 'mien'"]),
    "empty": (lambda frame: frame.iloc[:0], ["no label is drawn", "--allow-empty"]),
    "no columns": (lambda frame: frame[["geometry"]], ["neither of the columns class and name"]),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_taken_is_named(labels: Labels, mask: Mask, fault: str) -> None:
    edit, words = REFUSED[fault]
    path = labels.edited(mask, edit)
    with pytest.raises(MaskError) as refusal:
        labels.back(mask, path)
    assert path.name in str(refusal.value)
    assert all(word in str(refusal.value) for word in words), refusal.value
    assert labels.session.store.masks() == [mask]


def test_several_faults_are_told_at_once(labels: Labels, mask: Mask) -> None:
    def edit(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return with_geometry(2, None)(with_geometry(0, BOWTIE)(frame))

    with pytest.raises(MaskError, match=r"Feature 3 is without.*Feature 1 is invalid"):
        labels.back(mask, labels.edited(mask, edit))


def test_features_are_named_by_their_ids_after_others_were_deleted(
    labels: Labels, mask: Mask
) -> None:
    path = labels.out(mask)
    with sqlite3.connect(path) as database:
        # As QGIS deletes; triggers of the spatial index need functions that SQLite lacks.
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'labels'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("DELETE FROM labels WHERE fid = 1")
        database.execute("UPDATE labels SET class = '9' WHERE fid = 3")
    database.close()
    with pytest.raises(MaskError, match=r"Feature 3 is of the unknown class '9'"):
        labels.back(mask, path)


def test_points_are_no_labels(labels: Labels, mask: Mask) -> None:
    path = labels.folder / "points.gpkg"
    frame = gpd.GeoDataFrame({"class": ["1"]}, geometry=[shapely.Point(1, 2)], crs=UTM)
    pyogrio.write_dataframe(frame, path, layer="labels", driver="GPKG")
    with pytest.raises(MaskError, match="Feature 1 is a point or a line"):
        labels.back(mask, path)


def test_another_layer_is_taken_when_it_is_named(labels: Labels, mask: Mask) -> None:
    path = labels.out(mask)
    frame = pyogrio.read_dataframe(path, layer="labels")
    pyogrio.write_dataframe(frame.iloc[:2], path, layer="mine", driver="GPKG")
    with pytest.raises(MaskError, match=r"layers labels, area, mine, and no 'gone'"):
        labels.back(mask, path, layer="gone")
    with pytest.raises(MaskError, match="neither of the columns"):
        labels.back(mask, path, layer="area")
    found = labels.back(mask, path, layer="mine").mask
    assert (shares(found)[1] <= shares(mask)[1]).all()


def test_a_layer_in_another_crs_is_brought_back(labels: Labels, mask: Mask) -> None:
    path = labels.folder / "lonlat.gpkg"
    frame = pyogrio.read_dataframe(labels.out(mask), layer="labels")
    dense = frame.set_geometry(frame.geometry.segmentize(3)).to_crs("EPSG:4326")
    pyogrio.write_dataframe(dense, path, layer="labels", driver="GPKG")
    found = labels.back(mask, path)
    assert found.notes == (
        "lonlat.gpkg: brought from EPSG:4326 to EPSG:32631, the CRS of the mask.",
    )
    np.testing.assert_allclose(shares(found.mask), shares(mask), atol=1e-6)


def test_a_layer_without_crs_or_from_elsewhere_is_refused(labels: Labels, mask: Mask) -> None:
    frame = pyogrio.read_dataframe(labels.out(mask), layer="labels")
    path = labels.folder / "none.gpkg"
    bare = frame.set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(bare, path, layer="labels", driver="GPKG")
    with pytest.raises(MaskError, match="has no CRS"):
        labels.back(mask, path)
    path = labels.folder / "elsewhere.gpkg"
    polar = frame.set_crs("EPSG:3413", allow_override=True)
    pyogrio.write_dataframe(polar, path, layer="labels", driver="GPKG")
    with pytest.raises(MaskError, match="none of its features lies in the area"):
        labels.back(mask, path)


def test_what_reaches_out_of_the_area_is_cut_off_and_said(labels: Labels, mask: Mask) -> None:
    wide = shapely.MultiPolygon([box(35, -5, 10, 20)])
    found = labels.back(mask, labels.edited(mask, with_geometry(0, wide)))
    (note,) = found.notes
    assert "Feature 1 is not all within the area of the mask" in note
    before, after = (shares(one)[1].sum() * 100 for one in (mask, found.mask))
    # In the area are 5 columns and 13 rows of it, of 9 m2; it was 6 x 6.
    assert after - before == pytest.approx(9 * (5 * 13 - 36), abs=1e-6)
    assert ((hard(mask) == 255) == (hard(found.mask) == 255)).all()


def test_later_features_lie_on_those_of_other_classes(labels: Labels, mask: Mask) -> None:
    over = shapely.MultiPolygon([box(6, 6, 10, 2)])
    found = labels.back(mask, labels.edited(mask, with_geometry(1, over)))
    (note,) = found.notes
    covered = note.split(": ", 1)[1].split(" partly covered")[0]
    assert covered in ("Feature 1 is", "Feature 2 is")
    (_, low), (_, high) = sorted((int(shares(found.mask)[n].sum() * 1000), n) for n in (1, 2))
    assert {low, high} == {1, 2}
    upper = {"Feature 1 is": 2, "Feature 2 is": 1}[covered]
    areas = {1: 6 * 6 + 6 * 4, 2: 10 * 2}
    areas[3 - upper] -= 4 * 2
    for value, pixels in areas.items():
        assert shares(found.mask)[value].sum() * 100 == pytest.approx(9 * pixels, abs=1e-6)


def test_background_that_is_drawn_takes_away_what_lies_below(labels: Labels, mask: Mask) -> None:
    def edit(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame.loc[10] = ["0", None, shapely.MultiPolygon([box(4, 4, 6, 3)])]
        return frame

    found = labels.back(mask, labels.edited(mask, edit)).mask
    lost = (shares(mask) - shares(found)).sum(axis=(1, 2)) * 100
    assert lost == pytest.approx([-9 * 18, 9 * 18, 0], abs=1e-6)


def test_the_layer_of_the_area_changes_nothing(labels: Labels, mask: Mask) -> None:
    path = labels.out(mask)
    area = pyogrio.read_dataframe(path, layer="area")
    smaller = area.set_geometry(area.geometry.buffer(-12))
    pyogrio.write_dataframe(smaller, path, layer="area", driver="GPKG")
    found = labels.back(mask, path)
    assert found.notes == (
        f"{path.name}: the layer area was edited and isn't taken; the area stays as it was.",
    )
    assert (hard(found.mask) == hard(mask)).all()


def test_all_may_become_background_when_that_is_said(labels: Labels, mask: Mask) -> None:
    path = labels.edited(mask, lambda frame: frame.iloc[:0])
    found = labels.back(mask, path, allow_empty=True).mask
    assert found.empty_allowed
    assert set(np.unique(hard(found))) == {0, 255}
    assert found.classes.stored == mask.classes.stored


def test_a_file_that_is_open_or_no_geopackage_is_refused(labels: Labels, mask: Mask) -> None:
    path = labels.out(mask)
    journal = path.with_name(f"{path.name}-wal")
    journal.write_bytes(b"edits")
    with pytest.raises(MaskError, match="close the project in QGIS"):
        labels.back(mask, path)
    journal.unlink()
    path.write_bytes(b"GeoPackage")
    with pytest.raises(MaskError, match="no GeoPackage"):
        labels.back(mask, path)
    other = path.rename(path.with_suffix(".shp"))
    with pytest.raises(MaskError, match="needed is a GeoPackage"):
        labels.back(mask, other)


def test_a_file_that_is_there_is_not_written_over(labels: Labels, mask: Mask) -> None:
    path = labels.out(mask)
    before = path.read_bytes()
    with pytest.raises(WrongUseError, match="there already"):
        labels_again(labels, mask, path)
    with pytest.raises(WrongUseError, match=r"Name it \.gpkg"):
        labels_again(labels, mask, path.with_suffix(".shp"))
    assert path.read_bytes() == before


def labels_again(labels: Labels, mask: Mask, path: Path) -> None:
    save_labels(labels.session, mask.mask_id, path)
