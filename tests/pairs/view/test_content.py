"""What a packed view shows, against the rasters, PROJ and the source image itself."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image
from pyproj import Transformer
from scipy import ndimage

from migrate_core.errors import PairError
from migrate_core.grid import PixelGrid
from migrate_core.model import Mask, PairParameters, SourceImage
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.view import content
from migrate_core.pairs.view.content import lonlat_nodes, thinned, view_of
from migrate_core.pairs.view.packed import PackedView
from migrate_core.pairs.view.source_content import MAX_FINE_PIXELS, finer_by
from migrate_core.products.scene_classes import Flag
from tests.support.pairs import (
    CRS,
    DAY,
    Case,
    Safe,
    placed,
    prepare,
    registered,
    write_mask,
    write_safe,
)

CLOUD = 9


def write_image(path: Path, bands: np.ndarray, transform: Affine) -> Path:
    profile = {"driver": "GTiff", "dtype": bands.dtype, "crs": CRS, "transform": transform}
    count, height, width = bands.shape
    with rasterio.open(path, "w", count=count, height=height, width=width, **profile) as dataset:
        dataset.write(bands)
    return path


def labels() -> np.ndarray:
    """Two classes in a mask of 120 x 120 pixels of 2.5 m."""
    pixels = np.zeros((120, 120), np.uint8)
    pixels[20:70, 30:80], pixels[80:110, 20:60] = 1, 2
    return pixels


def image(place: Affine) -> np.ndarray:
    """Four bands with the ground of the product, and bright objects that it doesn't show."""
    column, row = (
        ~placed(0, 0, 10) @ place @ np.meshgrid(np.arange(120) + 0.5, np.arange(120) + 0.5)
    )
    ground = 1500 + 7 * column + 11 * row
    return np.stack([ground + 3000 * (labels() > 0)] * 4).astype(np.uint16)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Mask, Path]:
    """A pair of a mask turned by 12 degrees with its source image, partly under cloud."""
    root = tmp_path_factory.mktemp("content")
    classification = np.full((30, 30), 4)
    classification[:8, :8] = CLOUD
    write_safe(root / "scenes", Safe(pixels={"SCL": classification}))
    turned = placed(10, 12, 2.5, -12)
    picture = write_image(root / "image.tif", image(turned), turned)
    mask = registered(write_mask(root / "mask.tif", labels(), turned), DAY)
    mask = replace(
        mask,
        source=replace(mask.source, path=str(picture)),
        classes=replace(mask.classes, names={"1": "water", "2": "mud"}, colours={"2": "#123456"}),
    )
    case = prepare(root / "workspace", [mask], root / "scenes")
    assert case.make(RunOptions(workers=1, parameters=PairParameters("nearest"))).made == 1
    (pair,) = case.store.pairs()
    return case, mask, case.workspace.pair(pair.pair_id)


@pytest.fixture(scope="module")
def view(made: tuple[Case, Mask, Path]) -> PackedView:
    return view_of(made[2], made[1])


def pixels_of(view: PackedView) -> Mapping[str, np.ndarray]:
    return {one.name: one.pixels for one in view.arrays}


def read(folder: Path, name: str) -> np.ndarray:
    with rasterio.open(folder / f"{name}.tif") as dataset:
        return dataset.read()


def test_the_arrays_are_the_rasters(made: tuple[Case, Mask, Path], view: PackedView) -> None:
    _, _, folder = made
    found = pixels_of(view)
    np.testing.assert_array_equal(found["image"], read(folder, "image"))
    np.testing.assert_array_equal(found["label"], read(folder, "label")[0])
    np.testing.assert_array_equal(found["quality"], read(folder, "quality")[0])
    assert np.abs(found["shares"] / view.header["scale"] - read(folder, "fractions")).max() <= 5e-5
    with rasterio.open(folder / "image.tif") as dataset:
        assert view.header["bands"] == dataset.descriptions
        assert view.header["crs"] == CRS
        assert view.header["transform"] == list(dataset.transform)[:6]
        assert (view.header["width"], view.header["height"]) == dataset.shape[::-1]
    assert (view.header["reduced"], view.header["resolution_m"]) == (1, 10)


def test_bands_come_with_wavelength_and_resolution(view: PackedView) -> None:
    place = view.header["bands"].index("B12")
    assert view.header["wavelengths_nm"][place] == 2202
    assert view.header["resolutions_m"][place] == 20


def test_classes_have_name_colour_and_area(view: PackedView) -> None:
    background, water, mud = view.header["classes"]
    found = pixels_of(view)["label"]
    assert (background["value"], background["name"]) == (0, "background")
    assert water["name"] == "water (class 1)"
    assert water["pixels"] == np.count_nonzero(found == 1)
    assert water["area_ha"] == pytest.approx(water["pixels"] / 100)
    assert mud["colour"] == "#123456"


def test_every_flag_is_explained(view: PackedView) -> None:
    assert {flag["bit"] for flag in view.header["flags"]} == {int(flag) for flag in Flag}
    cloud = next(flag for flag in view.header["flags"] if flag["bit"] == Flag.CLOUD)
    assert (cloud["key"], cloud["name"]) == ("cloud", "cloud")
    assert np.any(pixels_of(view)["quality"] & Flag.CLOUD)


def test_the_header_is_json(view: PackedView) -> None:
    json.dumps(dict(view.header), allow_nan=False)


def interpolated(nodes: Mapping[str, Any], u: float, v: float) -> np.ndarray:
    """Bilinear between the nodes at the shares 0…1 of width and height, as a client does."""
    n = nodes["n"]
    points = np.array(nodes["points"]).reshape(n, n, 2)
    x, y = u * (n - 1), v * (n - 1)
    column, row = min(int(x), n - 2), min(int(y), n - 2)
    s, t = x - column, y - row
    upper = points[row, column] * (1 - s) + points[row, column + 1] * s
    lower = points[row + 1, column] * (1 - s) + points[row + 1, column + 1] * s
    return upper * (1 - t) + lower * t


@pytest.mark.parametrize(("size", "north"), [(60, 4_690_320), (5000, 7_990_000), (5000, 1_000_000)])
def test_longitude_and_latitude_are_those_of_proj(size: int, north: int) -> None:
    grid = PixelGrid(CRS, Affine(10, 0, 282_820, 0, -10, north), size, size)
    nodes = lonlat_nodes(grid)
    to_lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    for u, v in [(0, 0), (1, 1), (0.513, 0.27), (0.031, 0.969), (0.4999, 0.5)]:
        lon, lat = to_lonlat.transform(*(grid.transform @ (u * size, v * size)))
        found = interpolated(nodes, u, v)
        # A twentieth of a pixel, in degrees of latitude and of longitude.
        assert abs(found[1] - lat) < 0.5 / 111_000
        assert abs(found[0] - lon) < 0.5 / (111_000 * np.cos(np.radians(lat)))


def test_the_source_image_lies_on_the_finer_grid(
    made: tuple[Case, Mask, Path], view: PackedView
) -> None:
    source, grid = view.header["source"], view.header
    assert (source["factor"], view.header["source_problem"]) == (4, None)
    assert (source["width"], source["height"]) == (4 * grid["width"], 4 * grid["height"])
    assert source["pixel_m"] == pytest.approx(2.5, rel=0.01)
    assert "order assumed" in source["caption"]
    blobs = {blob.name: blob for blob in view.blobs}
    pictures = {name: Image.open(io.BytesIO(blob.content)) for name, blob in blobs.items()}
    assert set(pictures) == {source["image"], source["nir"]}
    rgba = np.asarray(pictures["source"])
    assert rgba.shape == (source["height"], source["width"], 4)
    # Where the label has a class the image is bright; beyond the image it is clear.
    label = pixels_of(view)["source_label"]
    assert label.shape == rgba.shape[:2]
    opaque = rgba[..., 3] == 255
    assert set(np.unique(rgba[..., 3])) == {0, 255}
    assert rgba[opaque & (label > 0) & (label < 255), 0].min() > 150
    assert rgba[opaque & (label == 0), 0].max() < 100
    np.testing.assert_array_equal(label == 255, ~opaque)


def test_the_label_on_the_finer_grid_is_the_mask_itself(
    made: tuple[Case, Mask, Path], view: PackedView
) -> None:
    """At each centre of the finer grid, the value of the mask's pixel there."""
    _, mask, _ = made
    found = pixels_of(view)["source_label"]
    fine = Affine(*view.header["transform"]) @ Affine.scale(1 / 4)
    columns, rows = np.meshgrid(np.arange(found.shape[1]) + 0.5, np.arange(found.shape[0]) + 0.5)
    to_mask = ~mask.grid.transform @ fine
    x = to_mask.a * columns + to_mask.b * rows + to_mask.c
    y = to_mask.d * columns + to_mask.e * rows + to_mask.f
    inside = (x >= 0) & (x < 120) & (y >= 0) & (y < 120)
    expected = np.full(found.shape, 255)
    expected[inside] = labels()[y[inside].astype(int), x[inside].astype(int)]
    # GDAL approximates places to an eighth of a pixel: borders may fall to the other side.
    assert np.mean(found != expected) < 0.005


def test_change_is_where_the_indicator_found_it(
    made: tuple[Case, Mask, Path], view: PackedView
) -> None:
    found = view.header["change"]
    assert found["method"] == "source image"
    assert found["value"] > 0.9
    changed, pixels = pixels_of(view)["change"], pixels_of(view)
    clear = np.isin(pixels["label"], (1, 2)) & (pixels["quality"] == 0)
    # The objects are gone, and so is each pixel in the middle of one.
    assert set(np.unique(changed)) == {0, 1}
    assert not changed[~clear].any()
    inner = ndimage.binary_erosion(clear)
    assert changed[inner].mean() == pytest.approx(found["value"], abs=0.1)


def test_without_a_mask_the_pair_is_shown_alone(made: tuple[Case, Mask, Path]) -> None:
    view = view_of(made[2], None)
    assert set(pixels_of(view)) == {"image", "label", "quality", "shares"}
    assert (view.header["source"], view.blobs) == (None, ())
    assert "taken out" in view.header["source_problem"]


def test_without_an_image_the_mask_keeps_its_own_outline(made: tuple[Case, Mask, Path]) -> None:
    view = view_of(made[2], replace(made[1], source=SourceImage()))
    assert view.header["source_problem"] == "No source image was given with this mask."
    height, width = pixels_of(view)["label"].shape
    assert pixels_of(view)["source_label"].shape == (4 * height, 4 * width)


def test_a_mask_that_has_changed_is_not_drawn(made: tuple[Case, Mask, Path]) -> None:
    view = view_of(made[2], replace(made[1], sha256="0" * 64))
    assert "source_label" not in pixels_of(view)
    assert "its label isn't drawn" in view.header["source"]["caption"]


def test_the_shift_is_said_and_the_image_moved_back_by_it(
    made: tuple[Case, Mask, Path], view: PackedView, tmp_path: Path
) -> None:
    """The label was moved to where Sentinel-2 shows its objects; so is what it was drawn on."""
    _, mask, folder = made
    moved = tmp_path / folder.name
    moved.mkdir()
    for path in folder.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    document = json.loads((moved / "pair.json").read_text())
    shift = {"east_m": 10.0, "north_m": -20.0, "ci_m": 0.5, "reliable": True}
    document["registration"] = {"shift": shift, "applied": True}
    (moved / "pair.json").write_text(json.dumps(document))
    found = view_of(moved, mask)
    assert found.header["shift"]["text"].startswith("the mask was moved 22.4 m")
    before, after = (pixels_of(one)["source_label"] for one in (view, found))
    np.testing.assert_array_equal(after[8:, 4:], before[:-8, :-4])


def test_a_large_pair_is_thinned_out_to_true_values(
    made: tuple[Case, Mask, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mask, folder = made
    image, label = read(folder, "image"), read(folder, "label")[0]
    monkeypatch.setattr(content, "MAX_PIXELS", image[0].size // 8)
    view = view_of(folder, mask)
    assert view.header["reduced"] == 3
    assert (view.header["full_height"], view.header["full_width"]) == label.shape
    found = pixels_of(view)
    height, width = (-(-size // 3) for size in label.shape)
    assert found["label"].shape == (height, width)
    rows, columns = (
        ((np.arange(count) + 0.5) * size / count).astype(int)
        for size, count in zip(label.shape, (height, width), strict=True)
    )
    there = np.ix_(rows, columns)
    np.testing.assert_array_equal(found["label"], label[there])
    np.testing.assert_array_equal(found["image"], image[:, *there])
    # Areas are those of the whole pair, which the thinner grid covers.
    assert view.header["classes"][1]["pixels"] == np.count_nonzero(label == 1)
    corner = Affine(*view.header["transform"]) @ (width, height)
    with rasterio.open(folder / "label.tif") as dataset:
        assert corner == pytest.approx(dataset.transform @ (dataset.width, dataset.height))
    assert "change" not in found


def test_a_thinner_grid_covers_the_same_area() -> None:
    grid = PixelGrid(CRS, placed(0, 0, 10), 101, 50)
    found = thinned(grid, 4)
    assert found.shape == (13, 26)
    assert found.bounds == pytest.approx(grid.bounds)


def test_the_finer_grid_stays_within_what_a_client_holds() -> None:
    grid = PixelGrid(CRS, placed(0, 0, 10), 250, 250)
    assert finer_by(grid, 3.0) == 3
    assert finer_by(grid, 30.0) == 1
    assert (
        (250 * finer_by(grid, 0.3)) ** 2 <= MAX_FINE_PIXELS < (250 * (finer_by(grid, 0.3) + 1)) ** 2
    )
    assert finer_by(PixelGrid(CRS, placed(0, 0, 10), 5000, 5000), 0.3) == 1


def test_files_that_are_gone_are_told(made: tuple[Case, Mask, Path], tmp_path: Path) -> None:
    (tmp_path / "pair.json").write_text("{}")
    with pytest.raises(PairError, match="Make the pairs again"):
        view_of(tmp_path, None)
