"""What was occluded in the source image: its records, and flag 64 of a pair."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from migrate_core.errors import MaskError
from migrate_core.grid import PixelGrid
from migrate_core.masks.raster.udm import source_occlusion
from migrate_core.model import Mask, PairParameters
from migrate_core.pairs.make import PairTask, make_pair
from tests.pairs.test_make import scene_of
from tests.support.builders import UTM31, north_up, write_raster
from tests.support.masks import NAME, PIXELS, added, good
from tests.support.pairs import Safe, checkered, placed, write_mask, write_safe

OCCLUDED: NDArray[np.uint8] = np.zeros_like(PIXELS)
OCCLUDED[:, 20:] = 1
DAY = "2020-02-02"


def udm2(*, band: int = 6, value: int = 1) -> NDArray[np.uint8]:
    """Eight bands of Planet's UDM2, all clear but where HIDDEN is set in one band."""
    bands = np.zeros((8, *PIXELS.shape), np.uint8)
    bands[band - 1] = OCCLUDED * value
    bands[0] = 1 - OCCLUDED
    bands[6] = 90
    return bands


def record(path: Path, **options: Any) -> NDArray[np.uint8]:
    """The occlusion of a mask on its own pixels."""
    mask = good(path, **options)
    found = source_occlusion(mask, mask.grid)
    assert found is not None
    assert found.grid == mask.grid
    return found.values


# records


@pytest.mark.parametrize("band", [2, 3, 4, 5, 6, 8])
def test_every_defect_of_a_udm2_hides(tmp_path: Path, band: int) -> None:
    udm = write_raster(tmp_path / "udm2.tif", udm2(band=band, value=16 if band == 8 else 1))
    mask = write_raster(tmp_path / NAME, PIXELS)
    np.testing.assert_array_equal(record(mask, udm=udm), OCCLUDED)


def test_clear_and_confidence_of_a_udm2_hide_nothing(tmp_path: Path) -> None:
    udm = write_raster(tmp_path / "udm2.tif", udm2(band=1))
    mask = write_raster(tmp_path / NAME, PIXELS)
    assert not record(mask, udm=udm).any()


@pytest.mark.parametrize("value", [1, 2, 64, 255])
@pytest.mark.parametrize("nodata", [None, 0])
def test_a_single_band_hides_where_it_is_not_0(
    tmp_path: Path, value: int, nodata: int | None
) -> None:
    udm = write_raster(tmp_path / "udm.tif", OCCLUDED * np.uint8(value), nodata=nodata)
    mask = write_raster(tmp_path / NAME, PIXELS)
    np.testing.assert_array_equal(record(mask, udm=udm), OCCLUDED)


def test_no_data_of_a_record_is_neither_hidden_nor_clear(tmp_path: Path) -> None:
    pixels = OCCLUDED.copy()
    pixels[0] = 9
    udm = write_raster(tmp_path / "udm.tif", pixels, nodata=9)
    mask = write_raster(tmp_path / NAME, PIXELS)
    np.testing.assert_array_equal(record(mask, udm=udm), np.where(pixels == 9, 255, OCCLUDED))


def test_alpha_of_the_image_hides_where_there_is_no_udm(tmp_path: Path) -> None:
    alpha = (1 - OCCLUDED) * np.uint8(255)
    source = write_raster(
        tmp_path / "i.tif", np.stack([PIXELS + 9] * 3 + [alpha]), photometric="rgb", alpha="yes"
    )
    mask = write_raster(tmp_path / NAME, PIXELS)
    np.testing.assert_array_equal(record(mask, image=source), OCCLUDED)
    udm = write_raster(tmp_path / "udm.tif", PIXELS)
    np.testing.assert_array_equal(record(mask, image=source, udm=udm), PIXELS)


def test_a_record_without_georeference_has_the_masks_pixels(tmp_path: Path) -> None:
    udm = write_raster(tmp_path / "udm.png", OCCLUDED, crs=None)
    mask = write_raster(tmp_path / NAME, PIXELS)
    np.testing.assert_array_equal(record(mask, udm=udm), OCCLUDED)


def test_only_what_is_around_is_read(tmp_path: Path) -> None:
    udm = write_raster(tmp_path / "udm.tif", np.kron(OCCLUDED, np.ones((9, 9), np.uint8)))
    mask = good(write_raster(tmp_path / NAME, PIXELS), udm=udm)
    around = PixelGrid(UTM31, north_up(resolution=10), 3, 2)
    found = source_occlusion(mask, around)
    assert found is not None
    assert found.values.shape == (8, 11)  # 20 m and 30 m of 3 m pixels, and one more on the way
    far = PixelGrid(UTM31, north_up(500_000), 3, 2)
    assert source_occlusion(mask, far) is None


@pytest.mark.parametrize(
    ("pixels", "options", "reason"),
    [
        (np.zeros((3, 20, 30), np.uint8), {}, "3 bands"),
        (OCCLUDED, {"transform": north_up(500_000)}, "lies elsewhere"),
        (OCCLUDED[:5], {"crs": None}, "no georeference"),
        (None, {}, "can't be opened"),
    ],
    ids=["bands", "elsewhere", "no place", "no raster"],
)
def test_a_record_that_can_not_be_one_is_told(
    tmp_path: Path, pixels: NDArray[np.uint8] | None, options: dict[str, Any], reason: str
) -> None:
    udm = tmp_path / "udm.tif"
    if pixels is None:
        udm.write_text("none")
    else:
        write_raster(udm, pixels, **options)
    mask = added(write_raster(tmp_path / NAME, PIXELS), udm=udm)
    assert str(mask.problem).startswith(f"{NAME}: ")
    assert "udm.tif" in str(mask.problem)
    assert reason in str(mask.problem)
    assert "--udm" in str(mask.problem)
    assert mask.classes.stored == {"0": 0, "1": 1}


def test_a_record_that_is_gone_is_told_when_it_is_needed(tmp_path: Path) -> None:
    udm = write_raster(tmp_path / "udm.tif", OCCLUDED)
    mask = good(write_raster(tmp_path / NAME, PIXELS), udm=udm)
    udm.unlink()
    with pytest.raises(MaskError, match=r"udm\.tif is gone"):
        source_occlusion(mask, mask.grid)


def test_a_real_udm2_belongs_to_a_mask_of_its_scene(
    tmp_path: Path, require_data: Callable[[str], Path]
) -> None:
    folder = require_data("planetscope_udm2")
    with rasterio.open(next(folder.glob("*udm2*.tif"))) as dataset:
        bands = dataset.read()
        profile = {"crs": dataset.crs, "transform": dataset.transform}
    pixels = (np.indices(bands.shape[1:]).sum(axis=0) // 200 % 2).astype(np.uint8)
    path = write_raster(tmp_path / "20151119_025740_0c74_mask.tif", pixels, **profile)
    expected = (bands[[1, 2, 3, 4, 5, 7]] != 0).any(axis=0)
    np.testing.assert_array_equal(record(path, udm=folder) == 1, expected)


# pairs


def quality(folder: Path, mask: Mask, **parameters: Any) -> dict[str, NDArray[np.uint8]]:
    """The quality and label of a pair of a mask on 10 m pixels and a clear product."""
    safe = Safe()
    scene = scene_of(write_safe(folder, safe), safe)
    task = PairTask("p", mask, (scene,), PairParameters(**parameters), str(folder / "p"), 0, 1.0)
    outcome = make_pair(task)
    found = {}
    for name in ("quality", "label"):
        with rasterio.open(folder / "p" / f"{name}.tif") as dataset:
            found[name] = dataset.read(1)
    found["share"] = outcome.occlusion.all.source
    return found


def occluded_mask(folder: Path, udm_resolution: float = 5.0) -> tuple[Mask, NDArray[np.bool_]]:
    """A mask on the product's grid, and where its 5 m UDM hides at least half of each pixel."""
    path = write_mask(folder / "mask.tif", checkered(20, 5), placed(10, 10, 10))
    fine = np.random.default_rng(3).integers(0, 2, (40, 40)).astype(np.uint8)
    udm = write_mask(folder / "udm.tif", fine, placed(10, 10, udm_resolution))
    share = fine.reshape(20, 2, 20, 2).mean(axis=(1, 3))
    mask = good(path, udm=udm, date=added(write_raster(folder / "d_20200202.tif", PIXELS)).acquired)
    return mask, share >= 0.5


def test_hidden_pixels_are_flag_64_and_stay_labelled(tmp_path: Path) -> None:
    mask, hidden = occluded_mask(tmp_path)
    found = quality(tmp_path, mask)
    np.testing.assert_array_equal(found["quality"], hidden * 64)
    np.testing.assert_array_equal(found["label"], checkered(20, 5))
    assert found["share"] == pytest.approx(hidden.mean())


def test_hidden_pixels_can_be_ignored(tmp_path: Path) -> None:
    mask, hidden = occluded_mask(tmp_path)
    found = quality(tmp_path, mask, ignore_occluded=True)
    np.testing.assert_array_equal(found["label"], np.where(hidden, 255, checkered(20, 5)))
    np.testing.assert_array_equal(found["quality"] & 64, hidden * 64)
    np.testing.assert_array_equal(found["quality"] & 128, hidden * 128)


def test_without_record_nothing_is_hidden(tmp_path: Path) -> None:
    mask, _ = occluded_mask(tmp_path)
    found = quality(tmp_path, replace(mask, source=replace(mask.source, udm=None)))
    assert not found["quality"].any()
    assert found["share"] in (0, None)
