"""One pair on disk, as section 5 of the design promises it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from migrate_core import __version__
from migrate_core.errors import MaskError, ProductError
from migrate_core.model import Acquired, Mask, PairParameters, Scene
from migrate_core.pairs.make import PairOutcome, PairTask, make_pair
from migrate_core.pairs.task import outcome_of
from tests.support.pairs import (
    CRS,
    L1C_BANDS,
    L2A_BANDS,
    NORTH,
    RESOLUTIONS,
    TEN_METRE_BANDS,
    TILE,
    WEST,
    Safe,
    checkered,
    placed,
    registered,
    write_mask,
    write_safe,
)

# Where a mask of 40 x 40 pixels of 3 m, turned by 12 degrees, lies in the middle of a product.
TURNED = placed(20.3, 21.7, 3, degrees=12)
FILES = {"image.tif", "label.tif", "fractions.tif", "quality.tif", "pair.json"}


def scene_of(product: Path, safe: Safe) -> Scene:
    return Scene(
        safe.name,
        "local:/scenes",
        datetime.strptime(safe.sensed, "%Y%m%dT%H%M%S").replace(tzinfo=UTC),
        safe.level,
        TILE,
        f"{safe.baseline[:2]}.{safe.baseline[2:]}",
        safe.cloud_percent,
        shapely.box(2, 42, 3, 43),
        str(product),
    )


def task(folder: Path, mask: Mask, scenes: list[Scene], resampling: str = "bilinear") -> PairTask:
    return PairTask(
        "a-pair", mask, tuple(scenes), PairParameters(resampling), str(folder / "a-pair"), 0, 1.0
    )


Maker = Callable[..., tuple[dict[str, Any], PairOutcome]]


@pytest.fixture
def made(tmp_path: Path) -> Maker:
    """Make a pair of pixels and products; gives what lies in its folder, and the outcome."""

    def make(
        pixels: NDArray[Any],
        transform: Affine,
        *products: Safe,
        nodata: float | None = None,
        resampling: str = "bilinear",
        crs: str = CRS,
    ) -> tuple[dict[str, Any], PairOutcome]:
        mask = registered(
            write_mask(tmp_path / "mask.tif", pixels, transform, nodata=nodata, crs=crs)
        )
        scenes = [scene_of(write_safe(tmp_path, safe), safe) for safe in products or (Safe(),)]
        shutil.rmtree(tmp_path / "a-pair", ignore_errors=True)
        outcome = make_pair(task(tmp_path, mask, scenes, resampling))
        return read_pair(tmp_path / "a-pair"), outcome

    return make


def read_pair(folder: Path) -> dict[str, Any]:
    """Pixels by the stem of the file, the datasets' headers as `<stem> header`, pair.json."""
    assert {path.name for path in folder.iterdir()} == FILES
    found: dict[str, Any] = {"json": json.loads((folder / "pair.json").read_text())}
    for name in ("image", "label", "fractions", "quality"):
        with rasterio.open(folder / f"{name}.tif") as dataset:
            pixels = dataset.read()
            found[name] = pixels[0] if name in ("label", "quality") else pixels
            found[f"{name} header"] = {**dataset.profile, "names": dataset.descriptions}
    return found


def grid_position(header: dict[str, Any]) -> tuple[float, float]:
    """Column and row of a raster's corner on the product's 10 m grid."""
    transform = header["transform"]
    return (transform.c - WEST) / 10, (NORTH - transform.f) / 10


# files


def test_files_have_the_types_bands_and_no_data_of_the_contract(made: Maker) -> None:
    pair, _ = made(checkered(), TURNED)
    expected = {
        "image": ("uint16", 0, L2A_BANDS),
        "label": ("uint8", 255, None),
        "fractions": ("float32", None, ("class 0", "class 1")),
        "quality": ("uint8", None, None),
    }
    for name, (dtype, nodata, bands) in expected.items():
        header = pair[f"{name} header"]
        assert (header["driver"], header["dtype"], header["nodata"]) == ("GTiff", dtype, nodata)
        if bands is None:
            assert header["count"] == 1
        else:
            assert header["names"] == bands


def test_a_level_1c_pair_has_the_cirrus_band_and_clouds_by_s2cloudless(made: Maker) -> None:
    # Vegetation under a clear sky, which the tilted planes of the other tests don't look like.
    sizes = {name: 600 // resolution for name, resolution in RESOLUTIONS.items()}
    green = dict(zip(L1C_BANDS, (1100, 800, 700, 400, 900, 2200, 2800), strict=False))
    green |= {"B08": 3000, "B8A": 3200, "B09": 900, "B10": 10, "B11": 1700, "B12": 800}
    numbers = {name: np.full((sizes[name],) * 2, value) for name, value in green.items()}
    pair, outcome = made(checkered(), TURNED, Safe(level="L1C", baseline="0208", pixels=numbers))
    assert pair["image header"]["names"] == L1C_BANDS
    found = outcome.occlusion.labelled
    assert (found.cloud, found.cirrus, found.snow, found.shadow) == (0.0, 0.0, 0.0, None)
    assert not (pair["quality"] & (4 + 8 + 16 + 32)).any()
    # The metadata of this product don't tell where the sun stood.
    assert outcome.suggestion.verdict == "unsure"
    assert "Cloud shadows are not known" in outcome.suggestion.reason
    (finding,) = pair["json"]["clouds"]
    assert (finding["asked"], finding["method"]) == ("auto", "s2cloudless")
    assert "sun" in finding["unknown_because"][0]


@pytest.mark.parametrize(
    ("transform", "size"), [(TURNED, 40), (placed(20, 21, 10), 12), (placed(20.5, 21.5, 7), 12)]
)
def test_all_rasters_share_the_bounding_window_on_the_products_lattice(
    made: Maker, transform: Affine, size: int
) -> None:
    pair, _ = made(checkered(size, 4), transform)
    corners = [transform @ corner for corner in ((0, 0), (size, 0), (size, size), (0, size))]
    columns = [(x - WEST) / 10 for x, _ in corners]
    rows = [(NORTH - y) / 10 for _, y in corners]
    first = (np.floor(min(columns) + 1e-6), np.floor(min(rows) + 1e-6))
    shape = (np.ceil(max(columns) - 1e-6) - first[0], np.ceil(max(rows) - 1e-6) - first[1])
    for name in ("image", "label", "fractions", "quality"):
        header = pair[f"{name} header"]
        assert header["crs"].to_epsg() == 32631
        assert (header["transform"].a, header["transform"].e) == (10, -10)
        assert grid_position(header) == first
        assert (header["width"], header["height"]) == shape


def test_a_mask_of_another_zone_goes_to_that_of_the_scene(made: Maker) -> None:
    x, y = Transformer.from_crs(CRS, "EPSG:32630", always_xy=True).transform(
        WEST + 300, NORTH - 300
    )
    transform = Affine.translation(x, y) @ Affine.scale(3, -3) @ Affine.translation(-20, -20)
    pair, _ = made(checkered(), transform, crs="EPSG:32630")
    assert pair["image header"]["crs"].to_epsg() == 32631
    assert all(float(place).is_integer() for place in grid_position(pair["image header"]))
    # The mask is 120 m wide; between the zones, its scale changes by under 1 %.
    area = pair["fractions"].sum() * 100
    assert area == pytest.approx(120 * 120, rel=0.01)


# the image


def expected_window(
    pair: dict[str, Any], numbers: NDArray[Any], offset: int = 0
) -> NDArray[np.int64]:
    """A 10 m band in the pair's window after the offset rule, nothing outside the footprint."""
    column, row = (int(place) for place in grid_position(pair["image header"]))
    height, width = pair["label"].shape
    pixels = numbers[row : row + height, column : column + width].astype(np.int64)
    special = (pixels == 0) | (pixels == 65535)
    pixels = np.where(special, pixels, np.maximum(pixels + offset, 1))
    pixels[pair["quality"] & 1 == 1] = 0
    return pixels


@pytest.mark.parametrize(
    ("level", "baseline", "offset"),
    [
        ("L2A", "0214", None),
        ("L2A", "0400", -1000),
        ("L2A", "0509", -900),
        ("L1C", "0208", None),
        ("L1C", "0400", -1000),
    ],
)
def test_10_m_bands_are_the_products_pixels_after_the_offset_rule(
    made: Maker, level: str, baseline: str, offset: int | None
) -> None:
    safe = Safe(level=level, baseline=baseline, offset=offset)
    special = safe.numbers("B03").copy()
    # Within the footprint: no data, saturated, and numbers that fall below 1 or just above it.
    special[24, 22:31] = [0, 65535, 1, 500, 999, 1000, 1001, 1002, 65534]
    safe = replace(safe, pixels={"B03": special})
    pair, _ = made(checkered(), TURNED, safe)
    for band in TEN_METRE_BANDS:
        found = pair["image"][safe.bands.index(band)]
        np.testing.assert_array_equal(
            found, expected_window(pair, safe.numbers(band), offset or 0), err_msg=band
        )
    assert (pair["quality"] & 1 == 1).any()
    seen = expected_window(pair, special, offset or 0)
    assert {0, 65535, 65534 + (offset or 0)} <= set(seen.ravel().tolist())


def test_coarser_bands_come_up_by_the_resampling_that_was_asked_for(made: Maker) -> None:
    # In a plane, linear interpolation gives the plane; nearest gives the coarse pixel.
    safe = Safe(offset=-1000, baseline="0400")
    pair, _ = made(checkered(), TURNED, safe)
    nearest, _ = made(checkered(), TURNED, safe, resampling="nearest")
    column, row = (int(place) for place in grid_position(pair["image header"]))
    rows, columns = np.indices(pair["label"].shape)
    inside = pair["quality"] & 1 == 0
    for band in safe.bands:
        resolution = RESOLUTIONS[band]
        if resolution == 10:
            continue
        coarse = safe.numbers(band).astype(np.int64) - 1000
        factor = resolution // 10
        same = coarse[(rows + row) // factor, (columns + column) // factor]
        found = nearest["image"][safe.bands.index(band)]
        np.testing.assert_array_equal(found[inside], same[inside], err_msg=band)
        # Centre of fine pixel i in coarse pixels: (i + 0.5) / factor - 0.5.
        u = (columns + column + 0.5) / factor - 0.5
        v = (rows + row + 0.5) / factor - 0.5
        plane = coarse[0, 0] + (7 * u + 11 * v) * factor
        found = pair["image"][safe.bands.index(band)]
        assert np.abs(found - plane)[inside].max() <= 0.5 + 1e-6, band


def test_outside_the_footprint_there_is_no_data_to_ignore(made: Maker) -> None:
    pair, _ = made(checkered(), TURNED)
    corners = [TURNED @ corner for corner in ((0, 0), (40, 0), (40, 40), (0, 40))]
    header = pair["image header"]
    columns, rows = np.meshgrid(np.arange(header["width"]), np.arange(header["height"]))
    x, y = header["transform"] @ (columns + 0.5, rows + 0.5)
    inside = shapely.contains_xy(shapely.Polygon(corners), x, y)
    assert 0 < inside.sum() < inside.size
    np.testing.assert_array_equal(pair["quality"] & 1 == 0, inside)
    assert not pair["image"][:, ~inside].any()
    assert (pair["image"][:, inside] > 0).all()
    assert (pair["label"][~inside] == 255).all()
    assert (pair["quality"][~inside] & 129 == 129).all()


def test_no_data_of_the_mask_is_outside_its_footprint(made: Maker) -> None:
    pixels = checkered(12, 4)
    pixels[:, 8:] = 9
    pair, _ = made(pixels, placed(20, 21, 10), nodata=9)
    assert pair["label"].shape == (12, 8)
    np.testing.assert_array_equal(pair["label"], checkered(12, 4)[:, :8])
    assert "9" not in pair["json"]["mask"]["classes"]


def test_a_hole_in_the_mask_is_ignored_where_it_lies(made: Maker) -> None:
    pixels = np.ones((6, 6), dtype=np.uint8)
    pixels[2:4, 2:4] = 0
    pair, _ = made(pixels, placed(20, 21, 10), nodata=0)
    hole = pixels == 0
    np.testing.assert_array_equal(pair["label"], np.where(hole, 255, 1))
    np.testing.assert_array_equal(pair["quality"], np.where(hole, 129, 0))
    assert not pair["image"][:, hole].any()
    np.testing.assert_array_equal(pair["fractions"][1], np.where(hole, 0.0, 1.0))


# the label


def test_the_label_is_the_larger_class_ties_to_the_lower_unknown_if_under_half(
    made: Maker,
) -> None:
    # Each 10 m pixel is two by two mask pixels of 5 m.
    blocks = {
        (0, 0): [[0, 0], [0, 1]],  # 3/4 background
        (0, 1): [[0, 1], [1, 1]],  # 3/4 class 1
        (0, 2): [[0, 1], [1, 0]],  # a tie of 0 and 1
        (0, 3): [[7, 1], [1, 7]],  # a tie of 1 and 7
        (1, 0): [[7, 7], [1, 0]],  # half class 7
        (1, 1): [[1, 1], [9, 9]],  # half known: class 1
        (1, 2): [[9, 9], [9, 1]],  # a quarter known: ignore
        (1, 3): [[1, 7], [9, 9]],  # half known, a tie
    }
    pixels = np.zeros((4, 8), dtype=np.uint8)
    for (row, column), block in blocks.items():
        pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = block
    pair, _ = made(pixels, placed(20, 21, 5), nodata=9)
    expected = np.array([[0, 1, 0, 1], [7, 1, 255, 1]])
    inside = pair["quality"] & 1 == 0
    np.testing.assert_array_equal(pair["label"][inside], expected[inside])
    # Centres lie on the corner of the last pixel of each block; where that is unknown, so are they.
    assert inside[0].all()
    assert pair["label"][1, 2] == 255
    np.testing.assert_allclose(pair["fractions"][:, 0, 3], [0, 0.5, 0.5])
    np.testing.assert_allclose(pair["fractions"][:, 1, 2], [0, 0.25, 0])


def test_fractions_are_the_exact_overlap_of_polygons(made: Maker) -> None:
    pixels = checkered()
    pair, _ = made(pixels, TURNED)
    header = pair["fractions header"]
    for number, value in enumerate((0, 1)):
        row, column = np.nonzero(pixels == value)
        area = shapely.transform(
            shapely.union_all(shapely.box(column, row, column + 1, row + 1)),
            lambda p: np.column_stack(TURNED @ (p[:, 0], p[:, 1])),
        )
        columns, rows = np.meshgrid(np.arange(header["width"]), np.arange(header["height"]))
        west, north = header["transform"] @ (columns, rows)
        boxes = shapely.box(west, north - 10, west + 10, north)
        expected = shapely.area(shapely.intersection(boxes, area)) / 100
        np.testing.assert_allclose(pair["fractions"][number], expected, atol=1e-6)


def test_0_and_255_become_0_and_1(made: Maker) -> None:
    pixels = checkered(12, 4)
    pair, _ = made(pixels * 255, placed(20, 21, 10))
    np.testing.assert_array_equal(pair["label"], pixels)
    assert pair["fractions header"]["names"] == ("class 0", "class 1")
    assert pair["json"]["mask"]["classes"] == {"0": 0, "255": 1}


def test_values_that_fit_stay_and_others_get_the_next_free_ones(made: Maker) -> None:
    pixels = np.array([[0, 1, 3], [-5, 300, 3]], dtype=np.int16)
    pair, _ = made(pixels, placed(20, 21, 10))
    assert pair["json"]["mask"]["classes"] == {"-5": 2, "0": 0, "1": 1, "3": 3, "300": 4}
    np.testing.assert_array_equal(pair["label"], [[0, 1, 3], [2, 4, 3]])
    names = ("class 0", "class 1", "class 2", "class 3", "class 4")
    assert pair["fractions header"]["names"] == names


def test_background_has_its_fractions_even_if_the_mask_has_none(made: Maker) -> None:
    pair, _ = made(np.full((4, 4), 6, dtype=np.uint8), placed(20, 21, 10))
    assert pair["fractions header"]["names"] == ("class 0", "class 6")
    assert not pair["fractions"][0].any()


# quality and occlusion


def test_flags_and_shares_say_what_hides_the_label(made: Maker) -> None:
    classification = np.full((30, 30), 4)
    classification[10, 10:13] = [9, 3, 10]  # 10 m rows 20 and 21, columns 20 to 25
    pixels = np.ones((4, 8), dtype=np.uint8)
    pixels[2:] = 0
    pair, outcome = made(pixels, placed(20, 20, 10), Safe(pixels={"SCL": classification}))
    expected = np.zeros((4, 8), dtype=np.uint8)
    expected[:2] = [4, 4, 8, 8, 16, 16, 0, 0]
    np.testing.assert_array_equal(pair["quality"], expected)
    found = outcome.occlusion
    assert (found.labelled.cloud, found.labelled.shadow, found.labelled.cirrus) == (0.25,) * 3
    assert (found.all.cloud, found.all.snow, found.all.nodata) == (0.125, 0.0, 0.0)
    assert outcome.suggestion.verdict == "reject"
    assert pair["json"]["occlusion"]["labelled"]["cloud"] == 0.25
    assert pair["json"]["suggestion"]["verdict"] == "reject"


def test_a_mask_that_reaches_over_the_products_edge_has_no_data_there(made: Maker) -> None:
    pair, outcome = made(np.ones((4, 8), dtype=np.uint8), placed(-3, 20, 10))
    assert grid_position(pair["image header"]) == (-3, 20)
    assert not pair["image"][:, :, :3].any()
    assert (pair["image"][:, :, 3:] > 0).all()
    np.testing.assert_array_equal(pair["quality"] & 2 == 2, [[True] * 3 + [False] * 5] * 4)
    assert outcome.occlusion.labelled.nodata == 3 / 8
    # What is known of the label stays known.
    assert (pair["label"] == 1).all()


# half tiles


def half(number: int, columns: tuple[int, int], **more: Any) -> Safe:
    return Safe(generated=f"20200202T1345{number:02}", columns=columns, **more)


def test_halves_that_complete_each_other_are_put_together(made: Maker) -> None:
    whole = Safe(baseline="0400", offset=-1000)
    west = half(1, (0, 30), baseline="0400", offset=-1000)
    east = half(2, (30, 60), baseline="0400", offset=-1000)
    pair, outcome = made(checkered(), TURNED, west, east)
    for band in TEN_METRE_BANDS:
        found = pair["image"][whole.bands.index(band)]
        expected = expected_window(pair, whole.numbers(band), -1000)
        np.testing.assert_array_equal(found, expected)
    assert outcome.occlusion.all.nodata == 0
    assert [scene["scene_id"] for scene in pair["json"]["scenes"]] == [west.name, east.name]


def test_no_gap_stays_along_a_seam_inside_a_coarse_pixel(made: Maker) -> None:
    # A 60 m pixel at the seam holds data in both halves; the 10 m pixels in it are in one only.
    whole = Safe()
    pair, outcome = made(checkered(), TURNED, half(1, (0, 27)), half(2, (27, 60)))
    assert outcome.occlusion.all.nodata == 0
    for band in TEN_METRE_BANDS:
        found = pair["image"][whole.bands.index(band)]
        np.testing.assert_array_equal(found, expected_window(pair, whole.numbers(band)))


def test_where_both_halves_have_data_the_first_is_taken(made: Maker) -> None:
    first, second = half(1, (0, 36)), half(2, (24, 60))
    second = replace(second, pixels={"B02": second.numbers("B02") + np.uint16(3000)})
    pair, _ = made(np.ones((4, 40), dtype=np.uint8), placed(10, 20, 10), first, second)
    plain = Safe().numbers("B02")[20:24, 10:50].astype(np.int64)
    plain[:, 26:] += 3000
    np.testing.assert_array_equal(pair["image"][1], plain)


# pair.json


def test_the_document_has_its_sections_whatever_was_asked_for(made: Maker) -> None:
    pair, outcome = made(checkered(), TURNED)
    what_it_is = "pair_id software mask scenes days_offset coverage parameters"
    image = "grid bands missing_bands offset_check mosaic"
    label = "registration shift ignore_rim objects transformation"
    quality = "clouds occlusion one_sided occluded"
    assessment = "warnings notes suggestion judged_by"
    change = "change change_note change_rules change_found compared_with"
    names = " ".join((what_it_is, image, label, quality, assessment, change)).split()
    assert sorted(pair["json"]) == sorted(names)
    assert outcome_of(pair["json"]) == outcome


def test_the_provenance_says_where_everything_came_from(made: Maker, tmp_path: Path) -> None:
    safe = Safe(baseline="0400", offset=-1000, cloud_percent=2.5)
    pair, _ = made(checkered(), TURNED, safe)
    found = pair["json"]
    digest = hashlib.sha256((tmp_path / "mask.tif").read_bytes()).hexdigest()
    mask = found["mask"]
    assert (mask["name"], mask["file"]) == ("mask.tif", str(tmp_path / "mask.tif"))
    assert (mask["sha256"], mask["acquired"]) == (digest, "2020-02-02")
    assert mask["classes"] == {"0": 0, "1": 1}
    (scene,) = found["scenes"]
    assert (scene["scene_id"], scene["product_id"]) == (safe.name, safe.name)
    assert (scene["baseline"], scene["level"], scene["tile"]) == ("04.00", "L2A", TILE)
    assert scene["sensed_at"] == "2020-02-02T10:43:51Z"
    assert scene["cloud_percent"] == 2.5
    assert scene["offsets"] == dict.fromkeys(L2A_BANDS, -1000)
    assert scene["offsets_from"] == "BOA_ADD_OFFSET in MTD_MSIL2A.xml"
    assert found["parameters"] == {"resampling": "bilinear"}
    assert found["software"]["version"] == __version__
    assert found["bands"] == list(L2A_BANDS)
    header = pair["image header"]
    assert found["grid"]["crs"] == CRS
    assert found["grid"]["transform"] == list(header["transform"])[:6]
    assert (found["grid"]["width"], found["grid"]["height"]) == (header["width"], header["height"])


def test_a_product_without_offsets_says_that_there_are_none(made: Maker) -> None:
    pair, _ = made(checkered(), TURNED, Safe(baseline="0214"))
    (scene,) = pair["json"]["scenes"]
    assert set(scene["offsets"].values()) == {0}
    assert "no BOA_ADD_OFFSET" in scene["offsets_from"]


# again, and when something is wrong


@pytest.fixture
def plain_task(tmp_path: Path) -> PairTask:
    mask = registered(write_mask(tmp_path / "mask.tif", checkered(12, 4), placed(20, 21, 10)))
    return task(tmp_path, mask, [scene_of(write_safe(tmp_path, Safe()), Safe())])


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_complete_pair_is_found_and_left_alone(plain_task: PairTask) -> None:
    first = make_pair(plain_task)
    before = stamps(Path(plain_task.folder))
    assert make_pair(plain_task) == first
    assert stamps(Path(plain_task.folder)) == before


@pytest.mark.parametrize("lost", sorted(FILES))
def test_a_pair_that_lost_a_file_is_made_anew(plain_task: PairTask, lost: str) -> None:
    folder = Path(plain_task.folder)
    first = make_pair(plain_task)
    before = read_pair(folder)
    (folder / lost).unlink()
    assert make_pair(plain_task) == first
    after = read_pair(folder)
    np.testing.assert_array_equal(after["label"], before["label"])
    np.testing.assert_array_equal(after["image"], before["image"])


def test_the_document_follows_a_corrected_date(plain_task: PairTask) -> None:
    make_pair(plain_task)
    folder = Path(plain_task.folder)
    before = stamps(folder)
    mask = replace(plain_task.mask, acquired=Acquired.parse("2020-02-05"))
    make_pair(replace(plain_task, mask=mask, days_offset=-3))
    found = read_pair(folder)["json"]
    assert (found["mask"]["acquired"], found["days_offset"]) == ("2020-02-05", -3)
    after = stamps(folder)
    assert {name for name in after if after[name] != before[name]} == {"pair.json"}


def test_a_mask_that_changed_since_it_was_added_is_refused(plain_task: PairTask) -> None:
    write_mask(Path(plain_task.mask.path), 1 - checkered(12, 4), placed(20, 21, 10))
    with pytest.raises(MaskError, match=r"mask\.tif.*has changed since it was added"):
        make_pair(plain_task)
    assert not Path(plain_task.folder).exists()


def test_a_mask_that_is_gone_is_named(plain_task: PairTask) -> None:
    Path(plain_task.mask.path).unlink()
    with pytest.raises(MaskError, match=r"mask\.tif.*is gone"):
        make_pair(plain_task)


def test_a_band_that_is_cut_off_is_named_and_leaves_nothing(plain_task: PairTask) -> None:
    band = Path(plain_task.scenes[0].href) / Safe().path_of("B11")
    band.write_bytes(band.read_bytes()[:200])
    with pytest.raises(ProductError, match="B11"):
        make_pair(plain_task)
    folder = Path(plain_task.folder)
    assert not folder.exists()
    assert not list(folder.parent.glob(".unfinished*"))


def test_a_product_that_lacks_a_band_is_refused_by_its_name(plain_task: PairTask) -> None:
    (Path(plain_task.scenes[0].href) / Safe().path_of("B8A")).unlink()
    with pytest.raises(ProductError, match="B8A is missing"):
        make_pair(plain_task)


def test_a_product_that_lacks_bands_is_made_where_that_is_allowed(plain_task: PairTask) -> None:
    whole = make_pair(replace(plain_task, folder=f"{plain_task.folder}-whole"))
    for band in ("B04", "B11"):
        (Path(plain_task.scenes[0].href) / Safe().path_of(band)).unlink()
    with pytest.raises(ProductError, match=r"B04, B11 are missing.*--allow-missing-bands"):
        make_pair(plain_task)
    allowed = replace(plain_task.parameters, allow_missing_bands=True)
    outcome = make_pair(replace(plain_task, parameters=allowed))
    there = [band for band in L2A_BANDS if band not in ("B04", "B11")]
    document = json.loads((Path(plain_task.folder) / "pair.json").read_text())
    assert (document["bands"], document["missing_bands"]) == (there, ["B04", "B11"])
    with (
        rasterio.open(Path(plain_task.folder) / "image.tif") as found,
        rasterio.open(Path(f"{plain_task.folder}-whole") / "image.tif") as expected,
    ):
        assert list(found.descriptions) == there
        numbers = [expected.descriptions.index(band) + 1 for band in there]
        np.testing.assert_array_equal(found.read(), expected.read(numbers))
    # What isn't there is no gap in what is.
    assert outcome.occlusion == whole.occlusion
