"""Pairs of masks that consist of polygons, on disk and end to end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from shapely.affinity import rotate

from migrate_core.errors import MaskError
from migrate_core.grid import PixelGrid
from migrate_core.masks.options import AddOptions, VectorOptions
from migrate_core.masks.vectors.register import VectorContext, vector_masks
from migrate_core.model import Mask, PairParameters, RankedScene, Scene, SceneQuery
from migrate_core.pairs.identity import pair_id
from migrate_core.pairs.make import PairTask, make_pair
from migrate_core.pairs.view.quicklook import ViewOptions
from migrate_core.pairs.view.source_view import source_look
from migrate_core.scenes.search.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.settings import RankingSettings
from tests.support.builders import a_scene, write_raster
from tests.support.pairs import CRS, NORTH, TILE, WEST, Safe, placed, write_safe
from tests.support.vectors import added, frame, only, write

# A lake in a turned rectangle, in the middle of a product of 60 x 60 pixels.
LAKE = rotate(shapely.box(WEST + 205, NORTH - 395, WEST + 391, NORTH - 207), 17)
ISLAND = shapely.Point(WEST + 300, NORTH - 300).buffer(34)


def made(folder: Path, mask: Mask) -> dict[str, Any]:
    """Make the pair of a mask and a product; its rasters and its document."""
    safe = Safe()
    scene = Scene(
        safe.name,
        "local:/scenes",
        datetime(2020, 2, 2, 10, 43, 51, tzinfo=UTC),
        "L2A",
        TILE,
        "02.14",
        0.0,
        shapely.box(2, 42, 3, 43),
        str(write_safe(folder, safe)),
    )
    target = folder / "a-pair"
    make_pair(PairTask("a-pair", mask, (scene,), PairParameters(), str(target), 0, 1.0))
    found: dict[str, Any] = {"json": json.loads((target / "pair.json").read_text())}
    for name in ("image", "label", "fractions", "quality"):
        with rasterio.open(target / f"{name}.tif") as dataset:
            found[name], found["names"] = dataset.read(), dataset.descriptions
            found["bounds"] = dataset.bounds
        if name == "fractions":
            found["classes"] = found["names"]
    return found


def coverage(geometry: Any, bounds: Any, shape: tuple[int, int]) -> np.ndarray:
    """The share of each pixel that exactextract finds."""
    raster = NumPyRasterSource(
        np.zeros(shape), bounds.left, bounds.bottom, bounds.right, bounds.top
    )
    exact = np.zeros(shape)
    feature = {"type": "Feature", "geometry": geometry.__geo_interface__, "properties": {}}
    (found,) = exact_extract(raster, feature, ["cell_id", "coverage"])
    exact.reshape(-1)[np.asarray(found["properties"]["cell_id"], int)] = found["properties"][
        "coverage"
    ]
    return exact


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, Any]:
    features = frame([LAKE, ISLAND], {"kind": ["water", "land"]}, CRS)
    mask = only(added(write(tmp_path / "lake.gpkg", features), class_field="kind"))
    assert mask.state == "ready", mask.problem
    return {**made(tmp_path, mask), "mask": mask}


def test_shares_of_classes_are_exact_and_add_up(pair: dict[str, Any]) -> None:
    shares = pair["fractions"]
    assert pair["classes"] == ("class 0", "class 1", "class 2")
    lake = LAKE.difference(ISLAND)
    area = shapely.box(*LAKE.bounds)
    for share, part in zip(shares, (area.difference(LAKE), ISLAND, lake), strict=True):
        expected = coverage(part, pair["bounds"], share.shape)
        np.testing.assert_allclose(share, expected, atol=1e-6)
    np.testing.assert_allclose(
        shares.sum(axis=0), coverage(area, pair["bounds"], shares[0].shape), atol=1e-6
    )


def test_the_label_is_the_largest_share_where_half_of_the_pixel_is_known(
    pair: dict[str, Any],
) -> None:
    shares, label, quality = pair["fractions"], pair["label"][0], pair["quality"][0]
    inside = quality & 1 == 0
    known = shares.sum(axis=0)
    sure = inside & (known > 0.501)
    assert sure.sum() > 300
    np.testing.assert_array_equal(label[sure], shares.argmax(axis=0)[sure])
    assert (label[~inside] == 255).all()
    assert (label[known < 0.499] == 255).all()
    np.testing.assert_array_equal(quality & 128 != 0, label == 255)


def test_the_image_is_blank_outside_the_area(pair: dict[str, Any]) -> None:
    height, width = pair["label"].shape[1:]
    bounds = pair["bounds"]
    x = bounds.left + 10 * (np.arange(width) + 0.5)
    y = bounds.top - 10 * (np.arange(height) + 0.5)
    inside = shapely.contains_xy(shapely.box(*LAKE.bounds), *np.meshgrid(x, y))
    np.testing.assert_array_equal((pair["image"] > 0).all(axis=0), inside)
    np.testing.assert_array_equal(pair["quality"][0] & 1 == 0, inside)


def test_the_document_tells_which_part_of_which_file(pair: dict[str, Any]) -> None:
    said, mask = pair["json"]["mask"], pair["mask"]
    assert said["name"] == "lake.gpkg"
    assert said["transform"] is None
    assert said["classes"] == {"land": 1, "water": 2}
    assert said["features"] == Path(mask.vector.features).name
    assert shapely.geometry.shape(said["area"]).equals(mask.vector.area)


def test_what_is_unknown_in_the_area_is_ignored(tmp_path: Path) -> None:
    features = frame([LAKE, ISLAND], {"kind": ["water", None]}, CRS)
    mask = only(added(write(tmp_path / "lake.gpkg", features), class_field="kind"))
    found = made(tmp_path, mask)
    occluded = coverage(ISLAND, found["bounds"], found["label"].shape[1:])
    assert (occluded > 0.6).sum() > 20
    assert (found["label"][0][occluded > 0.6] == 255).all()
    assert (found["image"][:, occluded > 0.6] > 0).all()


def test_a_lonlat_file_gives_the_shares_of_its_curved_edges(tmp_path: Path) -> None:
    lonlat = gpd.GeoSeries([LAKE.segmentize(1)], crs=CRS).to_crs("EPSG:4326")
    path = write(tmp_path / "lake.parquet", gpd.GeoDataFrame(geometry=lonlat))
    mask = only(added(path, margin_m=30))
    assert mask.georeference.crs == "EPSG:4326"
    found = made(tmp_path, mask)
    expected = coverage(LAKE, found["bounds"], found["label"].shape[1:])
    np.testing.assert_allclose(found["fractions"][1], expected, atol=1e-6)


def test_features_that_are_gone_are_named(tmp_path: Path) -> None:
    mask = only(added(write(tmp_path / "lake.gpkg", frame([LAKE], crs=CRS))))
    assert mask.vector is not None
    Path(mask.vector.features).unlink()
    with pytest.raises(MaskError, match=r"gone or damaged.*`masks add` writes them again"):
        made(tmp_path, mask)


def test_the_id_of_a_pair_follows_from_features_area_and_dates(tmp_path: Path) -> None:
    mask = only(added(write(tmp_path / "lake.gpkg", frame([LAKE], crs=CRS))))
    form = mask.vector
    assert form is not None
    ranked = RankedScene(a_scene(), 1.0, 0, 1.0, {}, True)
    others = [
        replace(form, features="/elsewhere/other.fgb"),
        replace(form, area=form.area.buffer(1)),
        replace(form, dates="2020-01-02"),
    ]
    masks = [mask, *(replace(mask, form=other) for other in others)]
    assert len({pair_id(one, ranked, PairParameters()) for one in masks}) == 4
    moved = replace(form, features=f"/elsewhere/{Path(form.features).name}")
    same = pair_id(replace(mask, form=moved), ranked, PairParameters())
    assert same == pair_id(mask, ranked, PairParameters())


def test_polygons_are_drawn_on_the_source_image(tmp_path: Path) -> None:
    image = write_raster(
        tmp_path / "image.tif", np.full((200, 200), 90, np.uint8), transform=placed(20, 20, 1)
    )
    path = write(tmp_path / "lake.gpkg", frame([LAKE], crs=CRS))
    mask = replace(only(added(path)), source=replace(only(added(path)).source, path=str(image)))
    grid = PixelGrid(CRS, placed(20, 20, 1), 200, 200)
    drawn = source_look(mask, grid, ViewOptions())
    plain = source_look(mask, grid, ViewOptions(label="none"))
    assert drawn.outlined
    assert (drawn.rgb != plain.rgb).any()
    assert mask.vector is not None
    Path(mask.vector.features).unlink()
    assert not source_look(mask, grid, ViewOptions()).outlined


def test_water_of_boadella_goes_from_polygons_to_exact_shares(
    require_data: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = require_data("boadella")
    path = folder / "labels" / "water_2020-06-21.geojson"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    wanted = VectorOptions(class_field="label", date_field="date", margin_m=200)
    mask = only(vector_masks(path, digest, AddOptions(vector=wanted), VectorContext(tmp_path)))
    assert (mask.state, str(mask.acquired)) == ("ready", "2020-06-21")
    source = open_source(f"local:{folder / 'safe'}")
    outcome = search([mask], [source], SceneQuery(10), RankingSettings())
    best = outcome.ranked[mask.mask_id][0]
    assert best.scene.sensed_at.date().isoformat() == "2020-06-21"
    target = tmp_path / "pair"
    task = PairTask("p", mask, (best.scene,), PairParameters(), str(target), 0, best.coverage)
    outcome_of_pair = make_pair(task)
    assert outcome_of_pair.suggestion.verdict == "accept"
    with rasterio.open(target / "fractions.tif") as dataset:
        shares, bounds = dataset.read(), dataset.bounds
        assert dataset.descriptions == ("class 0", "class 1")
    (water,) = gpd.read_file(path).geometry
    exact = coverage(shapely.make_valid(water), bounds, shares.shape[1:])
    assert exact.sum() > 10_000
    np.testing.assert_allclose(shares[1], exact, atol=1e-6)
    with rasterio.open(target / "image.tif") as image, rasterio.open(target / "label.tif") as label:
        green, near_infrared = image.read(3).astype(int), image.read(8).astype(int)
        labelled, known = label.read(1) == 1, label.read(1) != 255
    seen = (green > near_infrared) & known & (green > 0)
    assert (seen & labelled).sum() / (seen | labelled).sum() > 0.85
