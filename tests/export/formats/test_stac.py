"""The format `stac`, opened with pystac, stac-geoparquet and geopandas; pixels with rasterio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet
import pystac
import pytest
import rasterio
import rasterio.warp
import stac_geoparquet.arrow
from pystac.extensions.classification import ClassificationExtension
from pystac.extensions.eo import EOExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.raster import RasterExtension
from pystac.validation.stac_validator import JsonSchemaSTACValidator

from migrate_core.export.request import AboutDataset, ChipOptions
from tests.support.exports import CLASSES, Exportable, MadePair, exportable

# pystac says so when it is imported; the extension is what there is for labels.
pytestmark = pytest.mark.filterwarnings("ignore:The PySTAC Label Extension:DeprecationWarning")

ABOUT = AboutDataset("Quarries of 2020", ("Ann Lee",), "CC-BY-4.0", "Images by somebody")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def exported(made: Exportable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.export.dataset.write_plots", lambda *_: [])
        made.export(folder, "stac", about=ABOUT)
    return folder / "stac"


def collection(folder: Path) -> pystac.Collection:
    return pystac.Collection.from_file(str(folder / "collection.json"))


def items(folder: Path) -> list[pystac.Item]:
    return sorted(collection(folder).get_items(), key=lambda item: item.id)


def without_nulls(value: Any) -> Any:
    """A table has a null where a document says nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(one) for one in value]
    return value


def test_there_is_an_item_for_each_pair(made: Exportable, exported: Path) -> None:
    assert [item.id for item in items(exported)] == sorted(made.pair_ids)


def test_collection_and_items_are_valid_by_the_schemas_of_stac(exported: Path) -> None:
    validator = JsonSchemaSTACValidator()
    documents = [exported / "collection.json", *exported.glob("m*/m*.json")]
    for path in documents:
        document = json.loads(path.read_text())
        kind = "Collection" if path.name == "collection.json" else "Feature"
        assert document["type"] == kind
        schema = validator.validate_core(document, pystac.STACObjectType(kind), "1.1.0")
        assert schema is not None
    assert len(documents) == 7


def test_a_document_that_lacks_its_extent_is_not_valid(exported: Path) -> None:
    document = json.loads((exported / "collection.json").read_text())
    del document["extent"]
    with pytest.raises(pystac.STACValidationError):
        JsonSchemaSTACValidator().validate_core(document, pystac.STACObjectType.COLLECTION, "1.1.0")


def test_assets_have_the_pairs_own_pixels(made: Exportable, exported: Path) -> None:
    for item in items(exported):
        for name in ("image", "label", "fractions", "quality"):
            with rasterio.open(item.assets[name].get_absolute_href()) as dataset:
                assert np.array_equal(dataset.read(), made.read(item.id, name))
                assert list(dataset.transform)[:6] == ProjectionExtension.ext(item).transform
                assert dataset.crs.to_string() == ProjectionExtension.ext(item).code


def test_an_item_lies_where_its_pixels_do(exported: Path) -> None:
    for item in items(exported):
        with rasterio.open(item.assets["image"].get_absolute_href()) as dataset:
            expected = rasterio.warp.transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
        assert item.bbox == pytest.approx(expected, abs=2e-6)


def test_labels_follow_the_rules_of_the_label_extension(exported: Path) -> None:
    from pystac.extensions.label import LabelExtension

    (item, *_) = items(exported)
    label = LabelExtension.ext(item)
    assert label.label_type == "raster"
    assert label.label_properties is None
    (classes,) = label.label_classes or []
    assert classes.name is None
    assert list(classes.classes) == list(CLASSES.values())
    assert [source.id for source in label.get_sources()] == [item.id]
    (link,) = item.get_links("source")
    assert link.extra_fields["label:assets"] == ["image"]
    extent = json.loads(Path(item.assets["extent"].get_absolute_href() or "").read_text())
    assert extent["type"] == "FeatureCollection"
    assert extent["features"][0]["geometry"] == item.geometry


def test_pixels_of_classes_are_counted(made: Exportable, exported: Path) -> None:
    for item in items(exported):
        counts = item.properties["label:overviews"][0]["counts"]
        found = made.read(item.id, "label")
        expected = {name: int((found == value).sum()) for value, name in CLASSES.items()}
        assert {one["name"]: one["count"] for one in counts} == expected


def test_bands_and_values_are_described(exported: Path) -> None:
    (item, *_) = items(exported)
    image, label, quality = (item.assets[name] for name in ("image", "label", "quality"))
    bands = EOExtension.ext(image).bands or []
    with rasterio.open(image.get_absolute_href()) as dataset:
        assert [band.name for band in bands] == list(dataset.descriptions)
    assert [band.common_name for band in bands][1:4] == ["blue", "green", "red"]
    stored = RasterExtension.ext(image).bands or []
    assert {(band.scale, band.nodata, band.data_type) for band in stored} == {(1e-4, 0, "uint16")}
    classes = ClassificationExtension.ext(label).classes or []
    assert {one.value for one in classes} == {*CLASSES, 255}
    fields = ClassificationExtension.ext(quality).bitfields or []
    assert {1 << one.offset: one.name for one in fields}[4] == "cloud"


def test_the_table_of_items_is_that_of_their_documents(exported: Path) -> None:
    table = pyarrow.parquet.read_table(exported / "items.parquet")
    rows = {one["id"]: one for one in stac_geoparquet.arrow.stac_table_to_items(table)}
    for item in items(exported):
        document = json.loads((exported / item.id / f"{item.id}.json").read_text())
        row = rows.pop(item.id)
        assert row["properties"].pop("datetime")[:19] == document["properties"]["datetime"][:19]
        del document["properties"]["datetime"]
        assert without_nulls(row) == without_nulls(document)
    assert not rows


def test_the_table_opens_in_geopandas(exported: Path) -> None:
    frame = geopandas.read_parquet(exported / "items.parquet")
    assert len(frame) == 6
    assert frame.crs.to_string() == "OGC:CRS84"
    extent = collection(exported).extent.spatial.bboxes[0]
    assert list(frame.total_bounds) == pytest.approx(extent)


def test_terms_are_those_of_the_request(exported: Path) -> None:
    found = collection(exported)
    assert (found.title, found.license) == (ABOUT.title, ABOUT.licence)
    assert ABOUT.attribution in found.description
    assert next(one.name for one in found.providers or []) == "Ann Lee"


def test_chips_are_items_of_their_own(
    made: Exportable, tmp_path: Path, plots_undrawn: None
) -> None:
    dataset = made.export(tmp_path, "stac", chips=ChipOptions(32, 32))
    found = items(tmp_path / "stac")
    assert len(found) == dataset.samples["stac"] > 6
    for item in found:
        with rasterio.open(item.assets["label"].get_absolute_href()) as label:
            assert label.shape == (32, 32)
            assert tuple(item.properties["proj:shape"]) == (32, 32)


def test_a_dataset_with_a_new_title_is_one_collection(
    made: Exportable, tmp_path: Path, plots_undrawn: None
) -> None:
    for title, written in (("One", 6), ("Other", 0)):
        assert made.export(tmp_path, "stac", about=AboutDataset(title)).rewritten == written
        found = {item.collection_id for item in items(tmp_path / "stac")}
        assert found == {collection(tmp_path / "stac").id} == {title.lower()}


def test_a_pair_across_180_degrees_is_cut_there(tmp_path: Path, plots_undrawn: None) -> None:
    # There 180°, the eastern edge of zone 60, is 167 km east of its middle.
    made = exportable(tmp_path / "made", [MadePair(60, 667_000, 6_656_000, 80, 60)])
    made.export(tmp_path / "out", "stac")
    (item,) = items(tmp_path / "out" / "stac")
    west, _, east, _ = item.bbox or []
    assert west > 179.9
    assert east < -179.9
    assert item.geometry is not None
    assert item.geometry["type"] == "MultiPolygon"
