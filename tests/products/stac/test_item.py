"""STAC items: what a scene is, where its assets are, and whether its offset is still to apply."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import ProductError
from migrate_core.products.offsets import resolve_offset
from migrate_core.products.stac.item import describe_item, reduced
from migrate_core.products.stac.product import open_item
from tests.support.builders import (
    BANDS_L2A,
    EARTH_SEARCH_NAMES,
    RESOLUTION,
    Safe,
    stac_item,
    write_stac,
)

SAFE = Safe(baseline="04.00")


def without(item: dict[str, Any], *properties: str) -> dict[str, Any]:
    kept = {k: v for k, v in item["properties"].items() if k not in properties}
    return {**item, "properties": kept}


def test_an_item_of_earth_search_is_described_in_full() -> None:
    scene = describe_item(stac_item(SAFE))
    assert scene.scene_id == SAFE.product_id
    assert scene.sensed_at == datetime(2020, 1, 21, 10, 43, 51, 24000, tzinfo=UTC)
    assert (scene.level, scene.tile, scene.baseline) == ("L2A", "31TDG", "04.00")
    assert scene.cloud_percent == 1.5
    assert scene.footprint.equals(SAFE.lonlat())


@pytest.mark.parametrize(
    "geometry",
    [
        Polygon([(178.5, 66), (-179, 66), (-179, 65), (178.5, 65)]),
        Polygon([(178.5, 66), (181, 66), (181, 65), (178.5, 65)]),
        MultiPolygon([box(178.5, 65, 180, 66), box(-180, 65, -179, 66)]),
    ],
    ids=["jumping", "going on", "cut"],
)
def test_an_item_across_the_180_degree_meridian_is_cut_there(geometry: BaseGeometry) -> None:
    scene = describe_item({**stac_item(SAFE), "geometry": mapping(geometry)})
    expected = MultiPolygon([box(178.5, 65, 180, 66), box(-180, 65, -179, 66)])
    assert scene.footprint.symmetric_difference(expected).area < 1e-9


def test_without_product_name_the_items_id_stands_for_it() -> None:
    scene = describe_item(without(stac_item(SAFE), "s2:product_uri"))
    assert (scene.scene_id, scene.level) == ("S2A_31TDG_20200121_0_L2A", "L2A")


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"processing:level": "L1C"}, "L1C"),
        ({"s2:product_type": "S2MSI1C"}, "L1C"),
        ({"s2:product_type": "S2MSI2A"}, "L2A"),
    ],
)
def test_the_level_is_found_in_properties(changes: dict[str, str], level: str) -> None:
    item = without(stac_item(SAFE, **changes), "s2:product_uri")
    assert describe_item({**item, "id": "x"}).level == level


@pytest.mark.parametrize("mission", ["S2A", "S2B", "S2C"])
@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_the_level_is_found_in_collection_or_id_whatever_the_mission(
    mission: str, level: str
) -> None:
    item = without(stac_item(replace(SAFE, mission=mission, level=level)), "s2:product_uri")
    assert item["id"] == f"{mission}_31TDG_20200121_0_{level}"
    assert describe_item(item).level == level
    collection = f"sentinel-2-{level.lower()}"
    assert describe_item({**item, "id": "x", "collection": collection}).level == level


@pytest.mark.parametrize(
    ("changes", "tile"),
    [
        ({"grid:code": "MGRS-31TDG"}, "31TDG"),
        ({"grid:code": "MGRS-1CCV"}, "01CCV"),
        ({"grid:code": None, "s2:mgrs_tile": "29RKH"}, "29RKH"),
        ({"grid:code": None, "s2:mgrs_tile": "T29RKH"}, "29RKH"),
        ({"grid:code": None}, "31TDG"),  # from the id
    ],
)
def test_the_tile_is_found(changes: dict[str, Any], tile: str) -> None:
    assert describe_item(without(stac_item(SAFE, **changes), "s2:product_uri")).tile == tile


def test_the_baseline_may_stand_under_the_general_name_or_in_the_product() -> None:
    bare = without(stac_item(SAFE), "s2:processing_baseline")
    assert describe_item(bare).baseline == "04.00"
    item = stac_item(SAFE, **{"processing:version": "05.11"})
    assert describe_item(without(item, "s2:processing_baseline")).baseline == "05.11"


def test_an_unknown_cloud_cover_stays_unknown() -> None:
    assert describe_item(without(stac_item(SAFE), "eo:cloud_cover")).cloud_percent is None
    assert describe_item(stac_item(SAFE, **{"eo:cloud_cover": 0})).cloud_percent == 0


def bad_items() -> dict[str, dict[str, Any]]:
    good = without(stac_item(SAFE), "s2:product_uri")
    properties = good["properties"]
    return {
        "no datetime": without(good, "datetime"),
        "a datetime of null": {**good, "properties": {**properties, "datetime": None}},
        "a garbled datetime": {**good, "properties": {**properties, "datetime": "soon"}},
        "no geometry": {k: v for k, v in good.items() if k != "geometry"},
        "a geometry of null": {**good, "geometry": None},
        "a garbled geometry": {**good, "geometry": {"type": "Polygon", "coordinates": [[1]]}},
        "an unknown geometry": {**good, "geometry": {"type": "Blob", "coordinates": []}},
        "no properties": {k: v for k, v in good.items() if k != "properties"},
        "properties of null": {**good, "properties": None},
        "no tile": {**without(good, "grid:code"), "id": "x_L2A"},
        "no level": {**good, "id": "x"},
        "a garbled cloud cover": {**good, "properties": {**properties, "eo:cloud_cover": "few"}},
        "a tile that does not exist": {
            **good,
            "properties": {**properties, "grid:code": "MGRS-99XYZ"},
        },
    }


@pytest.mark.parametrize("item", bad_items().values(), ids=bad_items())
def test_what_an_item_lacks_or_garbles_is_a_product_error_that_names_it(
    item: dict[str, Any],
) -> None:
    with pytest.raises(ProductError, match=f"^{item['id']}: "):
        describe_item(item)


def test_an_item_without_id_is_a_product_error() -> None:
    item = {k: v for k, v in without(stac_item(SAFE), "s2:product_uri").items() if k != "id"}
    with pytest.raises(ProductError, match=r"^an item: .*'id'"):
        describe_item(item)


# products


def test_a_product_has_its_assets_beside_the_item(tmp_path: Path) -> None:
    path = write_stac(tmp_path, SAFE)
    product = open_item(path)
    assert (product.product_id, product.level) == (SAFE.product_id, "L2A")
    assert product.grid == SAFE.grid
    assert [band.name for band in product.bands] == list(BANDS_L2A)
    for band in product.bands:
        assert Path(band.location) == path.parent / f"{band.name}.tif"
        assert (band.resolution_m, band.driver) == (RESOLUTION[band.name], "GTiff")
    assert product.scene_classification is not None
    assert Path(product.scene_classification.location) == path.parent / "SCL.tif"


def test_assets_may_be_named_after_the_band(tmp_path: Path) -> None:
    path = write_stac(tmp_path, SAFE)
    item = json.loads(path.read_text())
    item["assets"] = {band: item["assets"][EARTH_SEARCH_NAMES[band]] for band in BANDS_L2A}
    path.write_text(json.dumps(item))
    product = open_item(path)
    assert [band.name for band in product.bands] == list(BANDS_L2A)
    assert product.scene_classification is None


def rewritten(tmp_path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    path = write_stac(tmp_path, SAFE)
    item = json.loads(path.read_text())
    change(item)
    path.write_text(json.dumps(item))
    return path


def test_addresses_become_what_gdal_reads_them_by(tmp_path: Path) -> None:
    addresses = {
        "red": ("https://host/a/B04.tif", "/vsicurl/https://host/a/B04.tif"),
        "green": ("s3://bucket/a/B03.tif", "/vsis3/bucket/a/B03.tif"),
        "nir": (f"file://{tmp_path}/B08.tif", f"{tmp_path}/B08.tif"),
        "swir16": ("../other/B11.tif", str(tmp_path / "other" / "B11.tif")),
    }

    def change(item: dict[str, Any]) -> None:
        for key, (href, _) in addresses.items():
            item["assets"][key]["href"] = href

    bands = {band.name: band for band in open_item(rewritten(tmp_path, change)).bands}
    found = {key: bands[band].location for band, key in EARTH_SEARCH_NAMES.items() if band in bands}
    assert {key: found[key] for key in addresses} == {
        key: location for key, (_, location) in addresses.items()
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda item: item.update(assets={}), "no asset of a 10 m band"),
        (lambda item: item.pop("assets"), "no asset of a 10 m band"),
        (lambda item: item["assets"]["blue"].update(href="./none.tif"), "band B02 can't be read"),
    ],
    ids=["all bands", "assets", "a file"],
)
def test_what_a_product_lacks_is_a_product_error(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with pytest.raises(ProductError, match=message):
        open_item(rewritten(tmp_path, change))


@pytest.mark.parametrize(
    "change",
    [lambda item: item["assets"].pop("red"), lambda item: item["assets"]["red"].pop("href")],
    ids=["without asset", "without place"],
)
def test_a_band_that_an_item_lacks_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    product = open_item(rewritten(tmp_path, change))
    assert product.missing == ("B04",)
    assert [band.name for band in product.bands] == [name for name in BANDS_L2A if name != "B04"]


@pytest.mark.parametrize("text", ["", "no json", "[1, 2]", '"text"', "null"])
def test_a_file_that_is_no_item_is_a_product_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "item.json"
    path.write_text(text)
    with pytest.raises(ProductError, match=r"item\.json"):
        open_item(path)


def test_an_item_that_is_gone_or_no_text_is_a_product_error(tmp_path: Path) -> None:
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for name in ("none.json", "bytes.json"):
        with pytest.raises(ProductError, match=f"{name}: the STAC item can't be read"):
            open_item(tmp_path / name)


# offsets


def item_offset(item: dict[str, Any], baseline: str) -> tuple[int, str]:
    """The one offset that all bands get, and where it was found."""
    decision = resolve_offset(BANDS_L2A, reduced(item), baseline)
    (offset,) = set(decision.offsets.values())
    return offset, decision.origin


def with_offset(offset: float, scale: float = 0.0001, **properties: Any) -> dict[str, Any]:
    item = without(stac_item(SAFE, **properties), "earthsearch:boa_offset_applied")
    item["properties"] |= properties
    for asset in item["assets"].values():
        asset["raster:bands"] = [{"scale": scale, "offset": offset}]
    return item


def test_an_offset_that_was_applied_is_not_applied_again() -> None:
    item = with_offset(-0.1, **{"earthsearch:boa_offset_applied": True})
    offset, origin = item_offset(item, "04.00")
    assert offset == 0
    assert "earthsearch:boa_offset_applied" in origin


@pytest.mark.parametrize("flag", [{}, {"earthsearch:boa_offset_applied": False}])
@pytest.mark.parametrize(("value", "expected"), [(-0.1, -1000), (0, 0), (-0.05, -500)])
def test_else_the_offset_of_the_raster_extension_counts(
    flag: dict[str, bool], value: float, expected: int
) -> None:
    offset, origin = item_offset(with_offset(value, **flag), "04.00")
    assert offset == expected
    assert "raster extension" in origin


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [("02.14", 0), ("03.01", 0), ("04.00", -1000), ("05.11", -1000), ("99.99", 0), ("", 0)],
)
def test_else_the_baseline_decides(baseline: str, expected: int) -> None:
    item = without(stac_item(SAFE), "earthsearch:boa_offset_applied")
    offset, origin = item_offset(item, baseline)
    assert offset == expected
    assert f"processing baseline {baseline or '(unknown)'}" in origin


def test_a_product_carries_the_offset_for_each_of_its_bands(tmp_path: Path) -> None:
    product = open_item(write_stac(tmp_path, SAFE, **{"earthsearch:boa_offset_applied": False}))
    assert product.offsets == dict.fromkeys(BANDS_L2A, -1000)
    assert product.offset_origin == "processing baseline 04.00 of the STAC item: -1000"


# real data


def test_a_real_item_of_earth_search_is_described(require_data: Callable[[str], Path]) -> None:
    path = require_data("cog_29RKH_L2A/S2A_29RKH_20200219_0_L2A.json")
    item = json.loads(path.read_text())
    scene = describe_item(item)
    assert scene.scene_id == "S2A_MSIL2A_20200219T112111_N0214_R037_T29RKH_20200219T123947"
    assert (scene.level, scene.tile, scene.baseline) == ("L2A", "29RKH", "02.14")
    assert scene.cloud_percent == pytest.approx(4.051854)
    assert item_offset(item, scene.baseline)[0] == 0


def test_every_real_item_of_boadella_names_a_product(require_data: Callable[[str], Path]) -> None:
    paths = sorted(require_data("boadella").glob("stac/*/*.json"))
    assert len(paths) == 11
    for path in paths:
        product = open_item(path)
        assert product.product_id.startswith(f"{path.name[:3]}_MSIL2A_{path.name[10:18]}")
        assert product.grid.shape == (384, 390)
        assert set(product.offsets.values()) == {0}  # earthsearch:boa_offset_applied


@pytest.mark.parametrize(
    ("properties", "sun"),
    [
        ({}, None),
        ({"view:sun_azimuth": 160.5, "view:sun_elevation": 30.25}, (59.75, 160.5)),
        ({"s2:mean_solar_zenith": 59.5, "s2:mean_solar_azimuth": 161}, (59.5, 161)),
        ({"view:sun_azimuth": 160.5}, None),
        ({"view:sun_azimuth": "east", "view:sun_elevation": 30}, None),
        ({"view:sun_azimuth": float("nan"), "view:sun_elevation": 30}, None),
    ],
)
def test_the_sun_is_where_an_item_says_even_after_it_was_reduced(
    tmp_path: Path, properties: dict[str, Any], sun: tuple[float, float] | None
) -> None:
    found = open_item(write_stac(tmp_path, SAFE, **properties)).sun
    assert (found and (found.zenith_deg, found.azimuth_deg)) == sun
