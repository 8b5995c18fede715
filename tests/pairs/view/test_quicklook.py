"""What quicklooks show, pixel by pixel."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning

from migrate_core.errors import MaskError, PairError
from migrate_core.grid import PixelGrid
from migrate_core.model import Mask
from migrate_core.pairs.files import IMAGE, LABEL, QUALITY, write_raster
from migrate_core.pairs.view import drawing, source_view
from migrate_core.pairs.view.quicklook import (
    COMPOSITES,
    FILL,
    NO_LABEL,
    OCCLUSIONS,
    OUTLINE,
    SINGLE_BAND,
    PairPixels,
    ViewOptions,
    look_grid,
    picture_grid,
    read_pair,
    render,
)
from migrate_core.pairs.view.source_view import SourceLook, source_look
from migrate_core.products.scene_classes import Flag
from tests.support.pairs import CRS, NORTH, WEST, placed, registered, write_mask

GRID = PixelGrid(CRS, placed(0, 0, 10), 24, 16)
BANDS = ("B02", "B03", "B04", "B08", "B12")
PLAIN = ViewOptions(percentiles=(0.0, 100.0), label=NO_LABEL, size=240)


def pixels(**changes: object) -> PairPixels:
    """A pair whose red rises to the east, green to the south, blue constant; nothing occluded."""
    row, column = np.indices(GRID.shape)
    image = np.stack([1000 + 10 * column, 500 + 100 * row, np.full(GRID.shape, 700)])
    known = {
        "grid": GRID,
        "bands": ("B04", "B03", "B02"),
        "image": image.astype(np.uint16),
        "label": np.zeros(GRID.shape, np.uint8),
        "quality": np.zeros(GRID.shape, np.uint8),
    }
    return PairPixels(**{**known, **changes})


def block(rgb: np.ndarray, row: int, column: int) -> np.ndarray:
    """The part of the picture that shows one pixel of the pair, (factor, factor, 3)."""
    factor = rgb.shape[0] // GRID.height
    rows, columns = (slice(n * factor, (n + 1) * factor) for n in (row, column))
    return rgb[rows, columns]


def colour_of(rgb: np.ndarray, row: int, column: int) -> tuple[int, ...]:
    """The one colour of a pixel of the pair; that it is one is part of what is tested."""
    found = np.unique(block(rgb, row, column).reshape(-1, 3), axis=0)
    assert len(found) == 1, found
    return tuple(int(part) for part in found[0])


def test_each_pixel_is_a_crisp_block_stretched_from_black_to_white() -> None:
    look = render(pixels(), PLAIN)
    assert look.rgb.shape == (160, 240, 3)
    assert look.grid.resolution == pytest.approx(1.0)
    assert look.grid.bounds == pytest.approx(GRID.bounds)
    assert colour_of(look.rgb, 0, 0) == (0, 0, 128)
    assert colour_of(look.rgb, 0, 23)[:2] == (255, 0)
    assert colour_of(look.rgb, 8, 12) == (round(255 * 12 / 23), round(255 * 8 / 15), 128)
    assert look.ranges["B04"] == pytest.approx((0.1, 0.123))


def test_percentiles_leave_out_what_has_no_data_or_is_outside() -> None:
    image = pixels().image.copy()
    image[:, 0, 0], image[:, 0, 1] = 0, 65535
    quality = np.zeros(GRID.shape, np.uint8)
    quality[:, -4:] = Flag.OUTSIDE
    look = render(pixels(image=image, quality=quality), PLAIN)
    assert look.ranges["B04"] == pytest.approx((0.1, 0.119))
    assert look.outside
    assert not render(pixels(), PLAIN).outside
    assert colour_of(look.rgb, 0, 1) == (255, 255, 255)
    assert colour_of(look.rgb, 3, -1 % GRID.width) == drawing.NEUTRAL
    empty = {tuple(found) for found in block(look.rgb, 0, 0).reshape(-1, 3).tolist()}
    assert empty == {drawing.NEUTRAL, drawing.NEUTRAL_DARK}


def test_a_pair_without_any_data_is_all_grey() -> None:
    look = render(pixels(image=np.zeros((3, *GRID.shape), np.uint16)), PLAIN)
    colours = {tuple(found) for found in look.rgb[:80].reshape(-1, 3).tolist()}
    assert colours == {drawing.NEUTRAL, drawing.NEUTRAL_DARK}


def test_a_single_band_is_grey() -> None:
    one = pixels(bands=("B04",), image=pixels().image[:1])
    rgb = render(one, replace(PLAIN, composite=SINGLE_BAND, band="B04")).rgb
    assert colour_of(rgb, 2, 23) == (255, 255, 255)
    assert colour_of(rgb, 2, 0) == (0, 0, 0)


def labelled() -> PairPixels:
    label = np.zeros(GRID.shape, np.uint8)
    label[2:7, 4:10], label[2:7, 12:16], label[0] = 1, 2, 255
    return pixels(label=label)


def test_an_outline_runs_inside_its_class_and_leaves_the_middle_free() -> None:
    look = render(labelled(), replace(PLAIN, label=OUTLINE))
    plain = render(labelled(), PLAIN).rgb
    first = tuple(block(look.rgb, 2, 4)[0, 0].tolist())
    assert first == drawing.class_colour(1)
    assert tuple(block(look.rgb, 6, 15)[-1, -1].tolist()) == drawing.class_colour(2)
    assert colour_of(look.rgb, 4, 6) == colour_of(plain, 4, 6)
    assert colour_of(look.rgb, 2, 3) == colour_of(plain, 2, 3)
    assert colour_of(look.rgb, 0, 3) == colour_of(plain, 0, 3)
    assert look.class_ha == pytest.approx({1: 0.30, 2: 0.20})


def test_a_fill_mixes_the_class_colour_by_its_opacity() -> None:
    plain = render(labelled(), PLAIN).rgb
    half = render(labelled(), replace(PLAIN, label=FILL, opacity=0.5)).rgb
    solid = render(labelled(), replace(PLAIN, label=FILL, opacity=1.0)).rgb
    assert colour_of(solid, 4, 6) == drawing.class_colour(1)
    below, above = colour_of(plain, 4, 6), drawing.class_colour(1)
    expected = [(a + b) / 2 for a, b in zip(below, above, strict=True)]
    assert colour_of(half, 4, 6) == pytest.approx(expected, abs=0.51)
    assert colour_of(half, 10, 6) == colour_of(plain, 10, 6)


def test_what_hides_the_ground_is_drawn_only_inside_and_on_demand() -> None:
    quality = np.zeros(GRID.shape, np.uint8)
    quality[4:8, 4:8], quality[4:8, 20:] = Flag.CLOUD, Flag.CLOUD | Flag.OUTSIDE
    occluded = pixels(quality=quality)
    plain = render(occluded, PLAIN)
    drawn = render(occluded, replace(PLAIN, occlusion=True))
    assert plain.occlusions == drawn.occlusions == (Flag.CLOUD,)
    changed = (plain.rgb != drawn.rgb).any(axis=-1)
    factor = drawn.rgb.shape[0] // GRID.height
    expected = np.zeros(GRID.shape, bool)
    expected[4:8, 4:8] = True
    assert (changed == expected.repeat(factor, 0).repeat(factor, 1)).all()


def test_occlusions_differ_in_colour_and_in_more_than_colour() -> None:
    samples = {(colour, direction) for _, colour, direction in OCCLUSIONS.values()}
    assert len({colour for colour, _ in samples}) == len(OCCLUSIONS)
    patterns = [drawing.stripes((60, 60), direction) for direction in (0, 1, -1, 2)]
    for number, pattern in enumerate(patterns):
        assert 0.3 < pattern.mean() < 0.7
        assert not any((pattern == other).all() for other in patterns[number + 1 :])


@given(st.floats(0.5, 1e6))
def test_a_scale_bar_is_the_longest_round_number_that_fits(longest: float) -> None:
    length = drawing.nice_length(longest)
    assert longest / 2.5 * (1 - 1e-9) <= length <= longest * (1 + 1e-8)
    digits = f"{length:.0e}"
    assert digits[0] in "125"


@pytest.mark.parametrize(
    ("resolution", "metres", "words"), [(2.5, 500, "500 m"), (10, 2000, "2 km")]
)
def test_a_scale_bar_has_the_length_it_says(resolution: float, metres: float, words: str) -> None:
    picture = drawing.draw_scale_bar(np.full((800, 800, 3), 90, np.uint8), resolution)
    white = (picture == 255).all(axis=-1)
    longest = max(int(line.sum()) for line in white)
    assert longest == pytest.approx(metres / resolution, abs=1.5)
    assert drawing.format_length(metres) == words


# files


def write_pair(folder: Path, grid: PixelGrid = GRID) -> Path:
    folder.mkdir(parents=True)
    row, column = np.indices(grid.shape)
    image = np.stack([100 * (n + 1) + column + row for n in range(len(BANDS))]).astype(np.uint16)
    label = ((row // 2 + column // 2) % 2).astype(np.uint8)
    write_raster(folder, IMAGE, image, grid, BANDS)
    write_raster(folder, LABEL, label[None], grid, ["label"])
    write_raster(folder, QUALITY, np.zeros_like(label)[None], grid, ["quality flags"])
    return folder


@pytest.mark.parametrize("composite", COMPOSITES)
def test_the_bands_asked_for_are_read_in_their_order(tmp_path: Path, composite: str) -> None:
    bands = ViewOptions(composite=composite).bands
    found = read_pair(write_pair(tmp_path / "p"), bands, 960)
    assert found.grid == GRID
    assert [int(band[0, 0]) for band in found.image] == [100 * (BANDS.index(b) + 1) for b in bands]
    assert found.label[0].tolist()[:4] == [0, 0, 1, 1]


def test_a_large_pair_is_thinned_to_what_a_picture_shows(tmp_path: Path) -> None:
    large = replace(GRID, width=300, height=200)
    folder = write_pair(tmp_path / "p", large)
    found = read_pair(folder, ("B02",), 40)
    assert found.grid.shape == (50, 75)
    assert found.grid.resolution == 40
    look = render(found, replace(PLAIN, composite=SINGLE_BAND, band="B02", size=40))
    assert look.grid == look_grid(folder, 40) == picture_grid(found.grid, 40)
    assert look.rgb.shape[:2] == look.grid.shape


def test_a_band_that_the_product_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(PairError, match="no band B10"):
        read_pair(write_pair(tmp_path / "p"), ("B10",), 960)


@pytest.mark.parametrize(
    ("there", "wanted", "shown"),
    [
        (("B02", "B03", "B08", "B12"), "true_colour", "B03"),
        (("B12", "B08"), "true_colour", "B08"),
        (("B12",), "true_colour", "B12"),
        (("B02", "B12"), "swir", "B12"),
    ],
)
def test_one_band_in_grey_stands_for_three_of_which_one_is_missing(
    tmp_path: Path, there: tuple[str, ...], wanted: str, shown: str
) -> None:
    folder = write_pair(tmp_path / "p")
    with rasterio.open(folder / "image.tif") as dataset:
        image = dataset.read([BANDS.index(band) + 1 for band in there])
    write_raster(folder, IMAGE, image, GRID, there)
    options = replace(PLAIN, composite=wanted)
    found = read_pair(folder, options.bands, 960)
    assert found.bands == (shown,)
    np.testing.assert_array_equal(found.image[0], image[there.index(shown)])
    look = render(found, options)
    np.testing.assert_array_equal(look.rgb[..., 0], look.rgb[..., 2])
    assert look.missing == tuple(band for band in options.bands if band not in there)


@pytest.mark.parametrize("name", ["image.tif", "label.tif", "quality.tif"])
def test_files_that_are_gone_or_no_geotiff_are_told(tmp_path: Path, name: str) -> None:
    folder = write_pair(tmp_path / "p")
    (folder / name).write_text("<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>")
    with pytest.raises(PairError, match="Make the pairs again"):
        read_pair(folder, ("B02",), 960)
    (folder / name).unlink()
    with pytest.raises(PairError, match="Make the pairs again"):
        read_pair(folder, ("B02",), 960)


# the source image


def write_image(path: Path, image: np.ndarray, transform: Affine | None, **more: object) -> Path:
    profile = {
        "driver": "PNG" if path.suffix == ".png" else "GTiff",
        "dtype": image.dtype,
        "count": len(image),
        "height": image.shape[1],
        "width": image.shape[2],
        **more,
    }
    if transform is not None:
        profile |= {"crs": CRS, "transform": transform}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile) as dataset:
            dataset.write(image)
    return path


@pytest.fixture(autouse=True)
def no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source images without the scale bar, which would be in the way of what is measured."""
    monkeypatch.setattr(source_view, "draw_scale_bar", lambda picture, _: picture)


@pytest.fixture
def mask(tmp_path: Path) -> Mask:
    """A mask of 2.5 m pixels over GRID, class 1 in a square of 40 m."""
    labels = np.zeros((64, 96), np.uint8)
    labels[24:40, 24:40] = 1
    return registered(write_mask(tmp_path / "m.tif", labels, placed(0, 0, 2.5)))


def bright_square(count: int = 4) -> np.ndarray:
    """An image on the mask's pixels, bright where the class is."""
    image = np.full((count, 64, 96), 200, np.uint16)
    image += (np.arange(96) % 5).astype(np.uint16)
    image[:, 24:40, 24:40] = 900
    return image


def looked(mask: Mask, image: Path | None, options: ViewOptions = PLAIN) -> SourceLook:
    attached = replace(mask, source=replace(mask.source, path=str(image) if image else None))
    return source_look(attached, picture_grid(GRID, 240), options)


def centre_of(bright: np.ndarray) -> list[float]:
    return [float(places.mean()) for places in np.nonzero(bright)]


def test_the_source_image_lies_where_the_pair_lies(tmp_path: Path, mask: Mask) -> None:
    image = write_image(tmp_path / "i.tif", bright_square(), placed(0, 0, 2.5))
    look = looked(mask, image)
    assert look.rgb.shape == (160, 240, 3)
    assert look.pixel_m == pytest.approx(2.5, rel=0.01)
    # The square is 60 to 100 m from the corner, and the picture has 1 m pixels.
    assert centre_of(look.rgb[..., 0] > 200) == pytest.approx([79.5, 79.5], abs=1)


def test_a_rotated_source_image_is_turned_north_up(tmp_path: Path, mask: Mask) -> None:
    turned = placed(0, 0, 2.5) @ Affine.rotation(30)
    image = bright_square()
    x, y = turned @ (32.0, 32.0)
    look = looked(mask, write_image(tmp_path / "i.tif", image, turned, nodata=0))
    expected = [NORTH - y - 0.5, x - WEST - 0.5]
    assert centre_of((look.rgb > 200).all(axis=-1)) == pytest.approx(expected, abs=1.5)


def test_the_outline_has_the_pixels_of_the_mask(tmp_path: Path, mask: Mask) -> None:
    image = write_image(tmp_path / "i.tif", bright_square(), placed(0, 0, 2.5))
    look = looked(mask, image, replace(PLAIN, label=OUTLINE))
    assert look.outlined
    coloured = (look.rgb == drawing.class_colour(1)).all(axis=-1)
    rows, columns = np.nonzero(coloured)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (60, 99, 60, 99)


def test_a_mask_that_changed_since_lends_no_outline(tmp_path: Path, mask: Mask) -> None:
    image = write_image(tmp_path / "i.tif", bright_square(), placed(0, 0, 2.5))
    write_mask(Path(mask.path), np.ones((64, 96), np.uint8), placed(0, 0, 2.5))
    assert not looked(mask, image, replace(PLAIN, label=OUTLINE)).outlined


@pytest.mark.parametrize(
    ("count", "composite", "bands"),
    [
        (1, "true_colour", ("grey",)),
        (4, "true_colour", ("red", "green", "blue")),
        (4, "false_colour", ("nir", "red", "green")),
        (4, "swir", ("nir", "red", "green")),
        (8, "false_colour", ("nir", "red", "green")),
    ],
)
def test_bands_without_names_are_taken_by_their_count(
    tmp_path: Path, mask: Mask, count: int, composite: str, bands: tuple[str, ...]
) -> None:
    image = write_image(
        tmp_path / "i.tif", bright_square(count), placed(0, 0, 2.5), photometric="minisblack"
    )
    look = looked(mask, image, replace(PLAIN, composite=composite))
    assert (look.bands, look.assumed) == (bands, True)


def test_names_and_colours_in_the_file_beat_the_count(tmp_path: Path, mask: Mask) -> None:
    image = bright_square(4)
    image[0, :8, :8] = 950
    path = write_image(tmp_path / "i.tif", image, placed(0, 0, 2.5))
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = ("Red", "Green", "Blue", "NIR")
    look = looked(mask, path, replace(PLAIN, composite="false_colour"))
    assert (look.bands, look.assumed) == (("nir", "red", "green"), False)
    assert look.rgb[5, 5].tolist()[1] == 255
    assert look.rgb[5, 5].tolist()[0] < 20
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = (None,) * 4
        dataset.colorinterp = (
            ColorInterp.blue, ColorInterp.green, ColorInterp.red, ColorInterp.undefined,
        )  # fmt: skip
    assert looked(mask, path).rgb[5, 5].tolist()[2] == 255


def test_an_image_without_georeference_lies_where_a_mask_of_its_size_lies(
    tmp_path: Path, mask: Mask
) -> None:
    image = bright_square(3).clip(0, 255).astype(np.uint8)
    look = looked(mask, write_image(tmp_path / "i.png", image, None))
    assert centre_of(look.rgb[..., 0] > 240) == pytest.approx([79.5, 79.5], abs=1)
    smaller = write_image(tmp_path / "j.png", image[:, :60], None)
    with pytest.raises(MaskError, match="no georeference"):
        looked(mask, smaller)


def test_what_the_image_does_not_cover_is_grey(tmp_path: Path, mask: Mask) -> None:
    image = write_image(tmp_path / "i.tif", bright_square()[:, :, :48], placed(0, 0, 2.5))
    right = looked(mask, image).rgb[:100, 125:]
    colours = {tuple(found) for found in right.reshape(-1, 3).tolist()}
    assert colours == {drawing.NEUTRAL, drawing.NEUTRAL_DARK}


def test_no_image_or_one_that_is_gone_or_of_another_form_is_told(
    tmp_path: Path, mask: Mask
) -> None:
    with pytest.raises(MaskError, match="No source image was given"):
        looked(mask, None)
    with pytest.raises(MaskError, match="is gone"):
        looked(mask, tmp_path / "gone.tif")
    (tmp_path / "i.vrt").write_text("<VRTDataset/>")
    with pytest.raises(MaskError, match="can't be read"):
        looked(mask, tmp_path / "i.vrt")
    (tmp_path / "v.tif").write_text("<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>")
    with pytest.raises(MaskError, match="can't be opened"):
        looked(mask, tmp_path / "v.tif")


def test_a_dozen_classes_are_told_apart() -> None:
    colours = {drawing.class_colour(value) for value in range(1, 13)}
    assert len(colours) == 12
    assert not colours & {drawing.NEUTRAL, drawing.NEUTRAL_DARK}
